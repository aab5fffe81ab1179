"""The one table that tells a handler's refusal from trouble around it.

A refusal is about the event: try it alone a few times, then bury it. Trouble is about everything else: settle
nothing, keep the batch, try for ever. Taking trouble for a refusal would bury good events by the thousand, so
whatever smells of it (a timeout, a lock, a connection) counts as trouble.
"""

from fairground_common.db import is_infrastructure_trouble
from fairground_common.errors import Unavailable


def is_trouble(error: Exception) -> bool:
    """Tell whether the handler failed because a part it needs is away, full or locked."""
    return isinstance(error, Unavailable) or is_infrastructure_trouble(error)
