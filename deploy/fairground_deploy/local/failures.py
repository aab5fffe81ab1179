"""How a local run says that it cannot go on: one line for a person, no traceback."""


class LocalRunError(Exception):
    """The message is for the person who typed the command."""
