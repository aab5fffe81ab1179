"""The one table that tells a handler's refusal from trouble around it.

A refusal is about the event: try it alone a few times, then bury it. Trouble is about everything else: settle
nothing, keep the batch, try for ever. Taking trouble for a refusal would bury good events by the thousand, so
whatever smells of it (a timeout, a lock, a connection) counts as trouble.
"""

import asyncpg

from fairground_common.db import is_infrastructure_trouble
from fairground_common.errors import Unavailable


def is_trouble(error: Exception) -> bool:
    """Tell whether the handler failed because a part it needs is away, full or locked."""
    if isinstance(error, Unavailable | asyncpg.InternalClientError):
        return True
    if isinstance(error, ValueError):  # the driver's complaint about a value is also one of its InterfaceErrors
        return False
    return is_infrastructure_trouble(error)
