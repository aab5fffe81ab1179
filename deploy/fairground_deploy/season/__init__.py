"""`fairground season`: work on seasons, through the admin API."""
