"""How a real part says that it cannot be had."""


class PartError(RuntimeError):
    """A part could not be started; the message says why, with the end of its log."""
