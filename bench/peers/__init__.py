"""The same things done in the usual way, to compare with."""
