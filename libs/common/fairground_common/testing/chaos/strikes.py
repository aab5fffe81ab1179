"""How often something was killed, frozen or otherwise struck on purpose, in this process: a run that broke little has
shown little. Locks, full disks and bad lines are arranged by tests in too many ways to be counted, and come on top.
"""

_struck = 0


def strike() -> None:
    """Note that something is being broken just now."""
    global _struck  # noqa: PLW0603 - one count for all who break things in this process
    _struck += 1


def strikes() -> int:
    return _struck
