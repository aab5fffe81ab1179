"""Two games processes on a PostgreSQL of their own, which tests crash and fill.

Whatever it has confirmed must outlive a crash, so it commits to disk as in production; only the machine may not fail.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from fairground_common.db.provision import ServiceDatabase
from fairground_common.embedded import Postgres
from fairground_common.testing import Databases
from fairground_common.testing.chaos import Numbers, Trial


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Yield the server, which keeps its port and its folder over every end of it."""
    options = {"fsync": "off", "max_connections": "120"}
    server = Postgres(tmp_path_factory.mktemp("postgres"), password=secrets.token_hex(8), options=options)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def postgres(server: Postgres) -> str:
    """Return the address of this server, in the place of the session's."""
    return server.url


@pytest.fixture(scope="module")
def fresh_database(postgres: str) -> Callable[[str], ServiceDatabase]:
    """Return what makes databases on this server."""
    return Databases(postgres).fresh


@pytest.fixture
async def trial(
    two_processes: Trial, postgres: str, games_database: ServiceDatabase, tell_numbers: Callable[[Trial, Numbers], None]
) -> AsyncIterator[Trial]:
    """Yield the module's two processes. Every test ends with the check, by a session that nobody has cut yet."""
    await two_processes.open_wheel()
    yield two_processes
    two_processes.database = await asyncpg.connect(postgres, database=urlsplit(games_database.app_url).path[1:])
    tell_numbers(two_processes, await two_processes.is_one_story())
    await two_processes.database.close()
