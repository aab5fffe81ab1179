"""Real games API processes on one real database, and clients who write everything down."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from urllib.parse import urlsplit

import asyncpg
import pytest

from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import TokenMint
from fairground_common.testing.chaos import (
    Callers,
    History,
    Numbers,
    Trial,
    first_seed,
    running_members,
    strikes,
    summary,
)
from fairground_common.testing.processes import Program, surroundings

SEED_KEY = "s" * 32

ATTEMPTS = "attempts"
"""A test's property, told in the summary: a property travels from the worker that ran the test."""

MakeTrial = Callable[..., AbstractAsyncContextManager[Trial]]
Tell = Callable[[str], None]
TellNumbers = Callable[[Trial, Numbers], None]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what became of the attempts, each line with all of its module up to then, and the whole run in the last."""
    properties = [
        each
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "teardown"
        for each in report.user_properties
    ]
    told = [str(line) for name, line in properties if name == ATTEMPTS]
    if told:
        terminalreporter.section(f"attempts, CHAOS_SEED={first_seed()}")
    for line in (*told, summary.in_all(properties)) if told else ():
        terminalreporter.line(line)


@pytest.fixture(autouse=True)
def count_strikes(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Have the summary tell how much a test has broken."""
    before = strikes()
    yield
    record_property(summary.STRIKES, strikes() - before)


@pytest.fixture(scope="module")
def games_database(fresh_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    """Return a migrated games database of this module alone."""
    return fresh_database("games")


@pytest.fixture(scope="module")
async def database(postgres: str, games_database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
    """Yield a superuser's connection, who sees what every other connection does."""
    async with _connection(postgres, games_database) as connection:
        yield connection


@pytest.fixture
async def holder(postgres: str, games_database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
    """Yield another session, which may hold rows and tables."""
    async with _connection(postgres, games_database) as connection:
        yield connection


@asynccontextmanager
async def _connection(superuser_url: str, database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(superuser_url, database=urlsplit(database.app_url).path.lstrip("/"))
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def program(
    games_database: ServiceDatabase, token_mint: TokenMint, jwks_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Program:
    """Return the games API, on any day. It knows the token keys from its first moment."""
    state_dir = tmp_path_factory.mktemp("state")
    token_mint.keep_in(state_dir)
    environ = surroundings(
        state_dir,
        GAMES_DATABASE_URL=games_database.app_url,
        GAMES_SEED_KEY=SEED_KEY,
        JWKS_URL=jwks_url,
        TEST_MODE="true",
        LOG_LEVEL="error",  # nobody reads the pipe while it runs
    )
    return Program("fairground_games", environ, "GAMES_PORT", "GAMES_DATABASE_URL")


@pytest.fixture(scope="module")
def make_trial(
    database: asyncpg.Connection, token_mint: TokenMint, tmp_path_factory: pytest.TempPathFactory
) -> MakeTrial:
    """Return a function: programs → a trial with a process of each. One database has one history: call it once."""
    path = tmp_path_factory.mktemp("chaos") / "history.jsonl"

    @asynccontextmanager
    async def run(*programs: Program) -> AsyncIterator[Trial]:
        with closing(History(path)) as history:
            async with running_members(*programs) as members:
                yield Trial(members, Callers([member.port for member in members], token_mint, history), database)

    return run


@pytest.fixture(scope="module")
async def two_processes(make_trial: MakeTrial, program: Program) -> AsyncIterator[Trial]:
    """Yield two processes of the games API on one database."""
    async with make_trial(program, program) as running:
        yield running


@pytest.fixture
async def trial(two_processes: Trial, tell_numbers: TellNumbers) -> AsyncIterator[Trial]:
    """Yield the module's two processes. Every test ends with the check; it uses users and keys of its own."""
    yield two_processes
    tell_numbers(two_processes, await two_processes.is_one_story())


@pytest.fixture
def tell(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Tell:
    """Return a function that shows a line about the test at the end of the session."""
    return lambda line: record_property(ATTEMPTS, f"{request.node.name}: {line}")


@pytest.fixture
def tell_numbers(tell: Tell, record_property: Callable[[str, object], None]) -> TellNumbers:
    """Return a function that shows a check's numbers at the end of the session."""

    def tell_them(trial: Trial, numbers: Numbers) -> None:
        troubles = ", ".join(f"{count} x {trouble}" for trouble, count in trial.callers.troubles.most_common())
        tell(f"{numbers}; unknown ends: {troubles or 'none'}")
        record_property(summary.NUMBERS, summary.as_property(trial.callers.history.path, numbers))

    return tell_them
