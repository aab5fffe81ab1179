"""What operators and admins do with users, and the trace it leaves."""
