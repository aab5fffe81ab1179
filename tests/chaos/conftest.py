"""Real games API processes on one real database, and clients who write everything down."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import TokenMint
from fairground_common.testing.chaos import Callers, History, Trial, running_members
from fairground_common.testing.processes import Program, surroundings

SEED_KEY = "s" * 32

_NUMBERS = pytest.StashKey[dict[str, str]]()

MakeTrial = Callable[..., AbstractAsyncContextManager[Trial]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell what became of the attempts of each test."""
    numbers = config.stash.get(_NUMBERS, {})
    if numbers:
        terminalreporter.section("attempts")
    for name, told in numbers.items():
        terminalreporter.line(f"{name}: {told}")


@pytest.fixture
def games_database(fresh_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    """Return a migrated games database of this test alone."""
    return fresh_database("games")


@pytest.fixture
async def database(postgres: str, games_database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
    """Yield a superuser's connection, who sees what every other connection does."""
    connection = await asyncpg.connect(postgres, database=urlsplit(games_database.app_url).path.lstrip("/"))
    yield connection
    await connection.close()


@pytest.fixture
def program(games_database: ServiceDatabase, jwks_url: str, tmp_path: Path) -> Program:
    """Return the games API, on any day."""
    environ = surroundings(
        tmp_path,
        GAMES_DATABASE_URL=games_database.app_url,
        GAMES_SEED_KEY=SEED_KEY,
        JWKS_URL=jwks_url,
        TEST_MODE="true",
        LOG_LEVEL="error",  # nobody reads the pipe while it runs
    )
    return Program("fairground_games", environ, "GAMES_PORT", "GAMES_DATABASE_URL")


@pytest.fixture
def make_trial(
    database: asyncpg.Connection, token_mint: TokenMint, tmp_path: Path, request: pytest.FixtureRequest
) -> MakeTrial:
    """Return a function: programs → a trial with a process of each. Its end is the check."""

    @asynccontextmanager
    async def run(*programs: Program) -> AsyncIterator[Trial]:
        history = History(tmp_path / "history.jsonl")
        async with running_members(*programs) as members:
            callers = Callers([member.port for member in members], token_mint, history)
            trial = Trial(members, callers, database)
            yield trial
            numbers = await trial.is_one_story()
        history.close()
        troubles = ", ".join(f"{count} x {trouble}" for trouble, count in callers.troubles.most_common())
        told = f"{numbers}; unknown ends: {troubles or 'none'}"
        request.config.stash.setdefault(_NUMBERS, {})[request.node.name] = told

    return run


@pytest.fixture
async def trial(make_trial: MakeTrial, program: Program) -> AsyncIterator[Trial]:
    """Yield two processes of the games API on one database."""
    async with make_trial(program, program) as running:
        yield running
