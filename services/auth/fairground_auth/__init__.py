"""Who players are: users, passwords, sessions, and the keys that sign their tokens."""
