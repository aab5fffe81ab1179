"""A player as operators look one up: who they are, and how they came in."""
