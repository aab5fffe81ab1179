"""Before a process serves: its database answers, lets it in, and has been migrated.

Otherwise the process ends with one line instead of serving nothing but errors. A database that comes up a moment later
is waited for. This is about the start only: a database lost afterwards makes a process unready, never ends it.
"""

import asyncio
import re
import time

import asyncpg
from pydantic import SecretStr

from fairground_common.db.connection import CONNECT_SECONDS
from fairground_common.db.failures import DATABASE_ERRORS, is_away
from fairground_common.exits import EXIT_DATABASE_UNUSABLE, leave_when_told, reason_of, refuse

START_SECONDS = 5.0
"""How long a database that is away is tried again."""
PAUSE_SECONDS = 0.25

REVISION = "SELECT version_num FROM alembic_version"

_PLACE = re.compile(r"postgresql://(?:[^@/?#:]*(?::[^@/?#]*)?@)?([^@?#]*)(?:\?[^@]*)?")
"""host:port/database of a well-formed address. Of any other nothing is shown: the password could be anywhere in it."""


class DatabaseUnusable(Exception):
    """The database cannot be worked with; the text says why, without the address."""


def require_database(setting: str, url: SecretStr) -> None:
    """Return when the database is fit for work, after one short connection; else end the process with one line.

    ``setting`` is the environment variable with the address, ``<SERVICE>_DATABASE_URL``. A signal ends the waiting.
    """
    leave_when_told()
    address = url.get_secret_value()
    service = setting.removesuffix("_DATABASE_URL").lower()
    try:
        asyncio.run(_find_usable(address, service))
    except DatabaseUnusable as reason:
        refuse(EXIT_DATABASE_UNUSABLE, f"cannot use the database of {setting}{shown(address)}: {reason}")


async def _find_usable(url: str, service: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        patience = max(PAUSE_SECONDS, min(CONNECT_SECONDS, deadline - time.monotonic()))
        try:
            return await _look(url, service, patience)
        except ValueError:  # its text may quote a part of the password
            expected = "it looks like postgresql://user:password@host:port/database"
            raise DatabaseUnusable(f"the address cannot be read; {expected}, special characters as %XX") from None
        except DATABASE_ERRORS as error:
            if not is_away(error) or time.monotonic() + PAUSE_SECONDS >= deadline:
                raise DatabaseUnusable(_reason(error)) from None
        await asyncio.sleep(PAUSE_SECONDS)


async def _look(url: str, service: str, patience: float) -> None:
    connection = await asyncpg.connect(url, timeout=patience, command_timeout=patience)
    try:
        revision = await connection.fetchval(REVISION)
    except (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError):
        revision = None  # the migration makes the table and lets the app role read it
    finally:
        await connection.close(timeout=patience)
    if revision is None:
        raise DatabaseUnusable(f"it has not been migrated; run: python -m fairground_common.db.migrate {service}")


def _reason(error: Exception) -> str:
    words = reason_of(error) if isinstance(error, OSError) else str(error)
    return words.partition("\n")[0] or type(error).__name__


def shown(url: str) -> str:
    """Return ` (host:port/database)` of an address, or nothing: never any part of a password."""
    place = _PLACE.fullmatch(url)
    return f" ({place[1]})" if place else ""
