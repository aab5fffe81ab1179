"""What a database error means: try again, come back later, or a bug.

One table for HTTP answers (503 with Retry-After) and for consumers (keep the batch, try again).
"""

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from fairground_common.errors import FairgroundError, LockNotAcquired, ServiceUnavailable

DEADLOCK, SERIALIZATION, LOCK_TIMEOUT, UNIQUE = "40P01", "40001", "55P03", "23505"

DATABASE_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the driver may raise when the server ends a connection it is about to use
    OSError,
    TimeoutError,
)
"""All that the driver raises. Relay and embedded broker have no opinion about which: they connect again."""

_RETRY_AT_ONCE = {DEADLOCK, SERIALIZATION}
_AWAY_CLASSES = ("08", "53", "57", "58")
"""Connection exceptions, insufficient resources (disk, connections), operator intervention, system error."""


def sqlstate_of(error: BaseException) -> str | None:
    """Return PostgreSQL's SQLSTATE of an error, whether the driver or SQLAlchemy raised it."""
    original = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(original, "sqlstate", None)
    return state if isinstance(state, str) else None


def is_retryable(error: BaseException) -> bool:
    """Tell whether the whole transaction may simply be run again: a deadlock or a serialisation failure."""
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return True
    return sqlstate_of(error) in _RETRY_AT_ONCE


def is_away(error: BaseException) -> bool:
    """Tell whether the connection is not to be had, or serves nobody for now: the server starts, ends, or is full."""
    if isinstance(error, ValueError):
        return False  # the driver's complaint about an address or a value, which is also one of its InterfaceErrors
    if isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return True
    return (sqlstate_of(error) or "").startswith(_AWAY_CLASSES)


def is_infrastructure_trouble(error: BaseException) -> bool:
    """Tell whether the database is away, full or locked: nobody's fault, and later it will work."""
    if isinstance(error, PoolTimeout | TimeoutError) or is_away(error):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = sqlstate_of(error)
    return state is not None and (state.startswith(_AWAY_CLASSES) or state in _RETRY_AT_ONCE or state == LOCK_TIMEOUT)


def as_refusal(error: BaseException) -> FairgroundError | None:
    """Return the 503 that tells a caller about database trouble, or None when the error is a bug of ours."""
    if sqlstate_of(error) == LOCK_TIMEOUT:
        return LockNotAcquired(retry_after=1)
    if is_infrastructure_trouble(error):
        return ServiceUnavailable("The database is away or overloaded.", retry_after=2)
    return None
