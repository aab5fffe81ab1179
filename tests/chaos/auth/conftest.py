"""Real auth processes on one real database, and the people who come to them."""

from collections.abc import AsyncIterator, Callable

import pytest

from fairground_auth.testing import GATEWAY_KEY, Doors
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing.chaos import running_members
from fairground_common.testing.processes import Program, surroundings


@pytest.fixture(scope="module")
def auth_database(fresh_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    """Return a migrated auth database of this module alone."""
    return fresh_database("auth")


@pytest.fixture(scope="module")
async def owner(auth_database: ServiceDatabase) -> AsyncIterator[Db]:
    db = Db.connect(auth_database.owner_url, application="auth-tests")
    yield db
    await db.close()


@pytest.fixture(scope="module")
def program(auth_database: ServiceDatabase, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Return the auth API with cheap hashing, in front of people who all share one address."""
    environ = surroundings(
        tmp_path_factory.mktemp("state"),
        GATEWAY_KEY=GATEWAY_KEY,
        AUTH_DATABASE_URL=auth_database.app_url,
        AUTH_REFRESH_KEY="r" * 32,
        AUTH_KEY_ENCRYPTION_KEY="k" * 32,
        AUTH_ARGON2_MEMORY_KIB="1024",
        AUTH_ARGON2_PASSES="1",
        AUTH_REGISTRATIONS_PER_IP="10000",
        AUTH_LOGIN_FAILURES_PER_IP="10000",
        LOG_LEVEL="error",  # nobody reads the pipe while it runs
    )
    return Program("fairground_auth", environ, "AUTH_PORT", "AUTH_DATABASE_URL")


@pytest.fixture(scope="module")
async def doors(program: Program, owner: Db) -> AsyncIterator[Doors]:
    """Yield two processes of the auth API on one database."""
    async with running_members(program, program) as members:
        yield Doors(members, owner)
