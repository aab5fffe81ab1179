"""A pooled connection that has broken meanwhile is replaced before it is used.

SQLAlchemy's own check asks the server each time a connection is taken: over this driver three round trips (BEGIN, an
empty statement, ROLLBACK) in front of a transaction that has perhaps four. Mostly nobody needs to ask: a server that
ends, or is ended, closes its connections, and the driver knows. Only one that went silent has to be asked, and only
when nothing has come over the connection for a while.
"""

import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine

QUIET_SECONDS = 1.0
"""After so long without use a connection is asked. Shorter than a server takes to come back from a failure."""

_USED_AT = "fairground.used_at"


def check_when_taken(engine: AsyncEngine) -> None:
    """Have an engine's connections checked when they are taken from its pool."""
    sync = engine.sync_engine
    event.listen(sync, "checkin", _note_use)
    event.listen(sync, "checkout", lambda connection, record, _fairy: _check(sync.dialect, connection, record))


def _note_use(_connection: Any, record: Any) -> None:
    record.info[_USED_AT] = time.monotonic()


def _check(dialect: Any, connection: Any, record: Any) -> None:
    used_at = record.info.get(_USED_AT)
    if used_at is None:  # it has just been made
        return
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError
    if time.monotonic() - used_at >= QUIET_SECONDS and not _answers(dialect, connection):
        raise InvalidatePoolError


def _answers(dialect: Any, connection: Any) -> bool:
    try:
        connection.ping()
    except (dialect.loaded_dbapi.Error, OSError):
        return False
    return True
