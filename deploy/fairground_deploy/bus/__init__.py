"""`fairground bus`: how the queues are, and what to do with events nobody could handle."""
