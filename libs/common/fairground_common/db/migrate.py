"""``python -m fairground_common.db.migrate games``: bring one service's database to its newest schema.

The one-shot of a stack and what `fairground migrate` calls. It reads

* ``<SERVICE>_OWNER_DATABASE_URL``: the role that migrates, and owns every table
* ``<SERVICE>_DATABASE_URL``: the role the service runs as; it gets its rights
* ``<SERVICE>_SUPERUSER_DATABASE_URL``: optional. When given, the two roles and the database are made first, with the
  passwords of the two addresses; doing it again sets the passwords anew, which is how they are changed.

Ends with 0 and the revision on standard output, with 1 and one line when the database refuses, with 2 and one line
when a setting is missing.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import asyncpg
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from fairground_common.db import migrations
from fairground_common.db.provision import provision
from fairground_common.db.require import shown
from fairground_common.exits import EXIT_BAD_SETTING, EXIT_FAILED, refuse
from fairground_common.progress import Progress, keep_quiet


class SettingMissing(Exception):
    """An address that is needed is not in the environment."""


class DatabaseRefused(Exception):
    """The database cannot be reached, says no, or is at a revision this version of the service does not know."""


def migrate(service: str, environ: Mapping[str, str], progress: Progress = keep_quiet) -> str:
    """Provision if asked to, migrate, and return the revision. Raises SettingMissing, DatabaseRefused."""
    prefix = service.upper()
    owner_url = _setting(environ, f"{prefix}_OWNER_DATABASE_URL")
    app_url = _setting(environ, f"{prefix}_DATABASE_URL")
    superuser_url = environ.get(f"{prefix}_SUPERUSER_DATABASE_URL")
    try:
        if superuser_url:
            asyncio.run(_provision(service, superuser_url, owner_url, app_url))
        return migrations.upgrade(service, owner_url, role_of(app_url), progress)
    except (OSError, TimeoutError, asyncpg.PostgresError, DBAPIError, CommandError) as error:
        raise DatabaseRefused(f"cannot migrate {service}{shown(owner_url)}: {_first_line(error)}") from error


def role_of(url: str) -> str:
    """Return the user name in an address."""
    return unquote(urlsplit(url).username or "")


async def _provision(service: str, superuser_url: str, owner_url: str, app_url: str) -> None:
    await provision(
        superuser_url,
        service=service,
        owner_password=_password_of(owner_url),
        app_password=_password_of(app_url),
        database=urlsplit(owner_url).path.removeprefix("/"),
    )


def _setting(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise SettingMissing(f"bad setting {name}: it is not set")
    return environ[name]


def _password_of(url: str) -> str:
    return unquote(urlsplit(url).password or "")


def _first_line(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return (str(cause) or type(cause).__name__).splitlines()[0]


def main() -> None:
    """The command: each argument is the name of a service."""
    try:
        for service in sys.argv[1:]:
            sys.stdout.write(f"{service} {migrate(service, os.environ)}\n")
    except SettingMissing as missing:
        refuse(EXIT_BAD_SETTING, str(missing))
    except DatabaseRefused as refused:
        refuse(EXIT_FAILED, str(refused))


if __name__ == "__main__":
    main()
