"""The brake on guessing: counts in PostgreSQL, so it holds over processes and without any cache."""
