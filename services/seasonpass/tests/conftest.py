"""The season pass under test: its own migrated database, its API called in process, tokens of a test mint."""

import datetime
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import pytest
from sqlalchemy import text

from fairground_common.clock import KST, Clock
from fairground_common.contracts import (
    Envelope,
    FeatureDay,
    FeatureDaysChanged,
    FeatureTitle,
    PlaySettled,
    Reward,
    RewardGranted,
)
from fairground_common.db import Db, is_infrastructure_trouble
from fairground_common.db.provision import ServiceDatabase
from fairground_common.ids import new_id
from fairground_common.telemetry import configure_logs
from fairground_common.testing import AsgiClient, TokenMint
from fairground_seasonpass.app import create_app
from fairground_seasonpass.features.usecases import take_over_schedule
from fairground_seasonpass.plays.consumers import play_settled
from fairground_seasonpass.rebuild.rules import Difference
from fairground_seasonpass.rebuild.usecases import compare
from fairground_seasonpass.seasons import usecases as seasons
from fairground_seasonpass.seasons.season import Level, Season, XpRule
from fairground_seasonpass.settings import ApiSettings

ADMIN_ID = 900
OPERATOR_ID = 901
PLAYER_ID = 1


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Log as in production: structlog's default prints whole stacks with their locals, which takes seconds."""
    configure_logs("seasonpass", "info")


@pytest.fixture
def database(fresh_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    return fresh_database("seasonpass")


@pytest.fixture
async def owner(database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection that may do what the service must not."""
    connection = await asyncpg.connect(database.owner_url)
    yield connection
    await connection.close()


@pytest.fixture
def broken_by_hand() -> None:
    """Say that a test leaves progress behind that is not what the logs add up to."""


@pytest.fixture
async def db(database: ServiceDatabase, request: pytest.FixtureRequest) -> AsyncIterator[Db]:
    """Yield the season pass's database. Whatever a test does, in the end progress is what the logs add up to."""
    db = Db.connect(database.app_url, application="seasonpass-test")
    yield db
    if "broken_by_hand" not in request.fixturenames:
        assert await differences(db) == []
    await db.close()


async def differences(db: Db) -> list[Difference]:
    """Return what a rebuild of every season would find."""
    async with db.read() as tx:
        listed, _ = await seasons.list_seasons(tx, before=None, limit=1000)
        checked = [await compare(tx, season, after=0, limit=10_000) for season in listed]
    return [difference for each in checked for difference in each.differences]


@pytest.fixture
async def db_in(database: ServiceDatabase) -> AsyncIterator[Callable[[int], Db]]:
    """Return the same database as it is some days from now."""
    opened: list[Db] = []

    def open_db(days: int) -> Db:
        offset = datetime.timedelta(days=days)
        opened.append(Db.connect(database.app_url, application="seasonpass-test", clock_offset=offset))
        return opened[-1]

    yield open_db
    for db in opened:
        await db.close()


class Api(Protocol):
    """Opens the API with settings of its own; without a token."""

    async def __call__(self, **settings: Any) -> AsgiClient: ...


@pytest.fixture
async def api(database: ServiceDatabase, jwks_url: str, token_mint: TokenMint, tmp_path: Path) -> AsyncIterator[Api]:
    token_mint.keep_in(tmp_path)
    given = {
        "env": "test",
        "test_mode": True,
        "jwks_url": jwks_url,
        "state_dir": tmp_path,
        "gateway_key": "k" * 16,
        "database_url": database.app_url,
    }
    running = []

    async def start(**settings: Any) -> AsgiClient:
        app = create_app(ApiSettings.model_validate({**given, **settings}))
        running.append(AsgiClient.running(app))
        return await running[-1].__aenter__()

    yield start
    for each in reversed(running):
        await each.__aexit__(None, None, None)


@pytest.fixture
async def anybody(api: Api) -> AsgiClient:
    """A caller without a token, of an API in TEST_MODE."""
    return await api()


@pytest.fixture
def player(anybody: AsgiClient, token_mint: TokenMint) -> AsgiClient:
    return anybody.signed(token_mint.headers(PLAYER_ID))


@pytest.fixture
def operator(anybody: AsgiClient, token_mint: TokenMint) -> AsgiClient:
    return anybody.signed(token_mint.headers(OPERATOR_ID, "operator"))


@pytest.fixture
def admin(anybody: AsgiClient, token_mint: TokenMint) -> AsgiClient:
    return anybody.signed(token_mint.headers(ADMIN_ID, "admin"))


@pytest.fixture
def today() -> datetime.date:
    return Clock().today()


Curve = Sequence[tuple[int, bool]]
"""Required XP and auto_claim of each level, from level 1."""

EXAMPLE: Curve = ((0, True), (10, False), (15, True))


class SeasonBuilder(Protocol):
    def __call__(self, curve: Curve = ..., **fields: Any) -> Season: ...


@pytest.fixture
def a_season(today: datetime.date) -> SeasonBuilder:
    """Return a builder of drafts: from two weeks ago to two weeks ahead, 10 XP a stamp, three levels."""

    def build(curve: Curve = EXAMPLE, **fields: Any) -> Season:
        draft = Season(
            id=0,
            season_name="Winter",
            start_date=today - datetime.timedelta(days=14),
            end_date=today + datetime.timedelta(days=14),
            max_level=len(curve),
            base_xp_per_stamp=10,
            claim_grace_days=7,
            state="DRAFT",
            published_at=None,
            retired_at=None,
            levels=tuple(
                Level(n, xp, {"type": "POINT", "amount": 100 * n}, auto_claim=auto)
                for n, (xp, auto) in enumerate(curve, start=1)
            ),
            xp_rules=(),
        )
        return replace(draft, **fields)

    return build


Publish = Callable[..., Awaitable[Season]]


@pytest.fixture
def publish(db: Db, a_season: SeasonBuilder) -> Publish:
    """Return what an admin does: create a season and publish it."""

    async def publish(curve: Curve = EXAMPLE, **fields: Any) -> Season:
        rules = [XpRule(*rule) for rule in fields.pop("xp_rules", ())]
        async with db.begin() as tx:
            draft = await seasons.create_season(tx, draft=a_season(curve, xp_rules=tuple(rules), **fields), by=ADMIN_ID)
            return await seasons.publish_season(tx, season_id=draft.id, by=ADMIN_ID)

    return publish


class PlayBuilder(Protocol):
    def __call__(self, user_id: int = ..., **fields: Any) -> Envelope: ...


@pytest.fixture
def a_play(today: datetime.date) -> PlayBuilder:
    """Return a builder of settled plays: today's roulette of player 1, without XP."""

    def build(user_id: int = PLAYER_ID, *, at: datetime.datetime | None = None, **fields: Any) -> Envelope:
        xp = fields.pop("reward_xp", None)
        reward = Reward(type="NONE") if xp is None else Reward(type="XP", amount=xp)
        settled = {
            "play_id": new_id(),
            "user_id": user_id,
            "feature_type": "ROULETTE",
            "day": today,
            "outcome": "HIT",
            "reward": reward,
            "config_version": 1,
        }
        event = PlaySettled.model_validate({**settled, **fields})
        return Envelope.of(event, at=at or Clock().now(), key=user_id)

    return build


Deliver = Callable[..., Awaitable[None]]


@pytest.fixture
def deliver(db: Db) -> Deliver:
    """Return what the bus does: hand settled plays to the consumer, as one batch."""

    async def deliver(*envelopes: Envelope) -> None:
        await play_settled(db)(envelopes)

    return deliver


class Pass(Protocol):
    """A player's season pass as PostgreSQL has it."""

    async def progress(self, user_id: int = ...) -> tuple[int, int, int] | None: ...
    async def rewards(self, user_id: int = ...) -> list[int]: ...
    async def ledger(self) -> list[tuple[Any, ...]]: ...
    async def actions(self, user_id: int = ...) -> list[str]: ...
    async def pending(self) -> int: ...


class _Pass:
    def __init__(self, db: Db) -> None:
        self._db = db

    async def progress(self, user_id: int = PLAYER_ID) -> tuple[int, int, int] | None:
        """XP, level and stamps of the player's only season."""
        rows = await self._rows(
            f"SELECT current_xp, current_level, total_stamps FROM season_pass_progress WHERE user_id = {user_id}"
        )
        assert len(rows) <= 1
        return rows[0] if rows else None

    async def rewards(self, user_id: int = PLAYER_ID) -> list[int]:
        """Levels given to the player."""
        rows = await self._rows(f"SELECT level FROM season_pass_reward_log WHERE user_id = {user_id} ORDER BY level")
        return [level for (level,) in rows]

    async def ledger(self) -> list[tuple[Any, ...]]:
        """(user, season, day, source, xp, stamp) of all lines."""
        return await self._rows(
            "SELECT user_id, season_id, day, source, xp, stamp FROM season_pass_xp_log ORDER BY user_id, day, event_id"
        )

    async def actions(self, user_id: int = PLAYER_ID) -> list[str]:
        rows = await self._rows(f"SELECT action FROM user_event_log WHERE user_id = {user_id} ORDER BY id")
        return [action for (action,) in rows]

    async def pending(self) -> int:
        """Grants games has not answered."""
        [(count,)] = await self._rows("SELECT count(*) FROM season_pass_delivery WHERE delivered_at IS NULL")
        return int(count)

    async def _rows(self, query: str) -> list[tuple[Any, ...]]:
        async with self._db.read() as tx:
            return [tuple(row) for row in await tx.rows(text(query))]


@pytest.fixture
def season_pass(db: Db) -> Pass:
    return _Pass(db)


Sent = Callable[[], Awaitable[list[RewardGranted]]]


@pytest.fixture
def sent(db: Db) -> Sent:
    """Return what waits in the outbox, oldest first."""

    async def sent() -> list[RewardGranted]:
        async with db.read() as tx:
            rows = await tx.rows(text("SELECT envelope FROM outbox ORDER BY id"))
        events = [Envelope.model_validate_json(row.envelope).data for row in rows]
        return [event for event in events if isinstance(event, RewardGranted)]

    return sent


Patiently = Callable[[Callable[[], Awaitable[Any]]], Awaitable[None]]


@pytest.fixture
def patiently() -> Patiently:
    """Return what a consumer does about trouble: the same again."""

    async def patiently(work: Callable[[], Awaitable[Any]]) -> None:
        while True:
            try:
                await work()
            except Exception as error:
                if not is_infrastructure_trouble(error):
                    raise
            else:
                return

    return patiently


State = Callable[..., Awaitable[None]]


@pytest.fixture
def state_schedule(db: Db, today: datetime.date) -> State:
    """Return what games would do: state that today belongs to a feature."""

    async def state(
        feature_type: str | None = "SEASON_PASS", *, is_active: bool = True, is_enabled: bool = True, revision: int = 1
    ) -> None:
        days = [FeatureDay(date=today, feature_type=feature_type, is_active=is_active)] if feature_type else []
        title = FeatureTitle(type="SEASON_PASS", is_enabled=is_enabled, title="Season pass")
        async with db.begin() as tx:
            await take_over_schedule(tx, FeatureDaysChanged(revision=revision, days=tuple(days), features=(title,)))

    return state


@pytest.fixture
def noon() -> Callable[[datetime.date], datetime.datetime]:
    """Return the middle of a KST day."""
    return lambda day: datetime.datetime.combine(day, datetime.time(12), KST)
