"""What a server expects next on a connection, and for how long."""

from enum import Enum

HEAD_SECONDS = 10.0
"""From a connection's start, or the first byte after the last request, to the end of a head."""
BODY_SECONDS = 32.0
"""From the end of the head to the end of the body: above all budgets of the gateway proper, whose refusals are better.
It is for bodies nobody reads."""
LINGER_SECONDS = 1.0
"""A refused connection is read on for so long, so that it is not reset before the refusal has been read."""


class Stage(Enum):
    """What comes next from the client."""

    BETWEEN = "between"
    """Nothing, or another request."""
    HEAD = "head"
    BODY = "body"
    LAST = "last"
    """Nothing that is looked at: the answers that are due are the last ones."""
    REFUSED = "refused"
    """Nothing that is looked at, and nothing is due."""


DEADLINES = {Stage.HEAD: HEAD_SECONDS, Stage.BODY: BODY_SECONDS, Stage.REFUSED: LINGER_SECONDS}
