"""Measures plays per second through the gateway, with everything on, beside PostgreSQL's own limit."""
