"""What the check says of a season pass: nothing of one the product has written, and each fault that is put into it."""

import datetime
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import asyncpg
import pytest

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, FeatureDaysChanged, FeatureTitle, PlaySettled, Reward, RewardDelivered
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.ids import new_id
from fairground_common.testing.chaos import GamesBooks, SeasonBooks, check
from fairground_common.testing.chaos.books import Effect
from fairground_common.testing.chaos.history import Attempt, Told
from fairground_seasonpass.claims.usecases import claim_all_rewards
from fairground_seasonpass.features.usecases import take_over_schedule
from fairground_seasonpass.plays.consumers import play_settled
from fairground_seasonpass.plays.usecases import count_waiting_plays_for
from fairground_seasonpass.rewards.consumers import reward_delivered
from fairground_seasonpass.seasons.season import Level, Season
from fairground_seasonpass.seasons.usecases import create_season, publish_season
from fairground_seasonpass.stamps.usecases import check_in

RICH, EARLY, KEEN, NEW = 1, 2, 3, 4
"""In the end RICH has 25 XP and all three rewards, delivered. EARLY, whose play came before the season was published,
and KEEN, who checked in and then played, have 10 XP and the reward of level 2. NEW has that of level 1, and no XP."""
OPERATOR = 900

_GRANTS_OF_RICH = f"SELECT grant_id FROM season_pass_reward_log WHERE user_id = {RICH}"


@dataclass(frozen=True, slots=True)
class Written:
    """The database of a season pass, and the plays it was told of."""

    connection: asyncpg.Connection
    """A superuser's."""
    plays: Sequence[Effect]

    async def faults(self, breaking: str = "SELECT") -> Sequence[str]:
        """Return what the check finds after some SQL, which leaves nothing behind."""
        transaction = self.connection.transaction()
        await transaction.start()
        try:
            await self.connection.execute(breaking)
            season = await SeasonBooks.read(self.connection)
        finally:
            await transaction.rollback()
        told = [
            Attempt(play.user_id, play.game, None, [Told("ok", {"play_id": str(play.play_id)})]) for play in self.plays
        ]
        return check(told, GamesBooks(self.plays), season).faults


@pytest.fixture(scope="module")
async def written(postgres: str, fresh_database: Callable[[str], ServiceDatabase]) -> AsyncIterator[Written]:
    """Yield a season pass that the product itself has written."""
    database = fresh_database("seasonpass")
    plays = [_play(RICH, xp=15), _play(EARLY), _play(KEEN)]
    db = Db.connect(database.app_url, application="test")
    connection = await asyncpg.connect(postgres, database=urlsplit(database.app_url).path.lstrip("/"))
    await _write(db, *plays)
    await _deliver(db, await connection.fetch(_GRANTS_OF_RICH))
    yield Written(connection, [_effect(play) for play in plays])
    await connection.close()
    await db.close()


async def _write(db: Db, rich: Envelope, early: Envelope, keen: Envelope) -> None:
    await play_settled(db)([early])
    async with db.begin() as tx:
        title = FeatureTitle(type="SEASON_PASS", is_enabled=True, title="Season pass")
        await take_over_schedule(tx, FeatureDaysChanged(revision=1, days=(), features=(title,)))
        season = await create_season(tx, draft=_draft(tx.today), by=OPERATOR)
        await publish_season(tx, season_id=season.id, by=OPERATOR)
    await count_waiting_plays_for(db, seconds=10)
    async with db.begin() as tx:
        await check_in(tx, user_id=KEEN, test_mode=True)
    await play_settled(db)([rich, keen, rich])
    async with db.begin() as tx:
        await claim_all_rewards(tx, user_id=NEW, season_id=None)
        await claim_all_rewards(tx, user_id=RICH, season_id=None)


async def _deliver(db: Db, grants: Sequence[asyncpg.Record]) -> None:
    now = Clock().now()
    told = [RewardDelivered(grant_id=grant["grant_id"], delivered_at=now) for grant in grants]
    await reward_delivered(db)([Envelope.of(each, at=now) for each in told])


def _draft(today: datetime.date) -> Season:
    curve = ((0, False), (10, True), (15, True))
    return Season(
        id=0,
        season_name="Winter",
        start_date=today - datetime.timedelta(days=1),
        end_date=today + datetime.timedelta(days=7),
        max_level=len(curve),
        base_xp_per_stamp=10,
        claim_grace_days=7,
        state="DRAFT",
        published_at=None,
        retired_at=None,
        levels=tuple(
            Level(number, xp, {"type": "POINT", "amount": 100}, auto_claim=auto)
            for number, (xp, auto) in enumerate(curve, start=1)
        ),
        xp_rules=(),
    )


def _play(user_id: int, xp: int = 0) -> Envelope:
    settled = PlaySettled(
        play_id=new_id(),
        user_id=user_id,
        feature_type="ROULETTE",
        day=Clock().today(),
        outcome="HIT",
        reward=Reward(type="XP", amount=xp),
        config_version=1,
    )
    return Envelope.of(settled, at=Clock().now(), key=user_id)


def _effect(play: Envelope) -> Effect:
    settled = play.data
    assert isinstance(settled, PlaySettled)
    return Effect(
        user_id=settled.user_id,
        game="roulette",
        key=None,
        play_id=settled.play_id,
        event_id=play.event_id,
        day=settled.day,
        outcome_key="0",
        unit=None,
        used_today=1,
    )


async def test_what_the_product_writes_adds_up(written: Written) -> None:
    assert await written.faults() == []
    progress = await written.connection.fetch("SELECT user_id, current_xp, current_level FROM season_pass_progress")
    assert sorted(tuple(row) for row in progress) == [(RICH, 25, 3), (EARLY, 10, 2), (KEEN, 10, 2)]
    rewards = await written.connection.fetch("SELECT user_id, level FROM season_pass_reward_log")
    assert sorted(tuple(row) for row in rewards) == [(RICH, 1), (RICH, 2), (RICH, 3), (EARLY, 2), (KEEN, 2), (NEW, 1)]


_REWARD = """
INSERT INTO season_pass_reward_log (user_id, season_id, level, grant_id, reward, auto_claim, granted_at)
SELECT user_id, season_id, {level}, gen_random_uuid(), reward, auto_claim, now()
FROM season_pass_reward_log WHERE user_id = {user} AND level = 2
"""


_BROKEN = {
    "XP, stamps or level": [
        "UPDATE season_pass_progress SET current_xp = current_xp + 1 WHERE user_id = 1",
        "UPDATE season_pass_progress SET current_level = 2 WHERE user_id = 1",
        "UPDATE season_pass_progress SET total_stamps = 2 WHERE user_id = 1",
        "UPDATE season_pass_progress SET last_stamp_date = NULL WHERE user_id = 1",
        "DELETE FROM season_pass_progress WHERE user_id = 1",
        "UPDATE season_pass_xp_log SET xp = xp + 1 WHERE user_id = 1",
        "DELETE FROM season_pass_xp_log WHERE user_id = 1",
    ],
    "days with a stamp": [
        "UPDATE season_pass_stamp_log SET date = date - 1 WHERE user_id = 1",
        "DELETE FROM season_pass_stamp_log WHERE user_id = 1",
    ],
    "level rewards": [
        "UPDATE season_pass_reward_log SET level = 4 WHERE user_id = 1 AND level = 3",
        "DELETE FROM season_pass_reward_log WHERE user_id = 1 AND level = 3",
        f"""
        ALTER TABLE season_pass_reward_log DROP CONSTRAINT pk_season_pass_reward_log;
        {_REWARD.format(user=RICH, level=2)}
        """,
    ],
}


@pytest.mark.parametrize(("what", "breaking"), [(what, sql) for what, broken in _BROKEN.items() for sql in broken])
async def test_a_players_season_pass_that_does_not_add_up_is_found(written: Written, what: str, breaking: str) -> None:
    assert f"6: {what} of user {RICH} do not add up" in await written.faults(breaking)


async def test_a_reward_above_the_level_reached_is_found(written: Written) -> None:
    [fault] = await written.faults(_REWARD.format(user=KEEN, level=3))
    assert fault == f"6: level rewards of user {KEEN} do not add up"


async def test_a_level_cannot_be_rewarded_twice(written: Written) -> None:
    with pytest.raises(asyncpg.UniqueViolationError, match="pk_season_pass_reward_log"):
        await written.faults(_REWARD.format(user=RICH, level=2))


_LATE = "SELECT gen_random_uuid(), user_id, season_id, day, source, 0, false, payload, now() FROM season_pass_xp_log"


@pytest.mark.parametrize(
    "breaking",
    [
        "DELETE FROM season_pass_xp_log WHERE source = 'PLAY' AND user_id = 3",
        "DELETE FROM season_pass_xp_log WHERE user_id = 2",
        "UPDATE season_pass_xp_log SET day = day - 1 WHERE source = 'PLAY' AND user_id = 3",
        f"INSERT INTO season_pass_xp_log {_LATE} WHERE source = 'LATE_PLAY'",
    ],
    ids=["not counted", "neither kept nor counted", "counted for another day", "counted late and once more"],
)
async def test_an_event_that_is_not_counted_exactly_once_is_found(written: Written, breaking: str) -> None:
    assert any(fault.startswith("7: ") for fault in await written.faults(breaking))


@pytest.mark.parametrize(
    ("breaking", "overdue"),
    [
        ("UPDATE season_pass_reward_log SET granted_at = granted_at - interval '61 s'", 3),
        ("DELETE FROM season_pass_delivery; UPDATE season_pass_reward_log SET granted_at = now() - interval '61 s'", 6),
    ],
    ids=["sent again just now, and not confirmed", "never sent"],
)
async def test_a_reward_that_has_not_arrived_after_a_minute_is_found(
    written: Written, breaking: str, overdue: int
) -> None:
    assert await written.faults(breaking) == [f"8: {overdue} deliveries are overdue"]
