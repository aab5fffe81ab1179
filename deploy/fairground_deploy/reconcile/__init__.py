"""`fairground reconcile`: whether what the services keep is one story, told through their admin APIs."""
