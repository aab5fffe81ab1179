"""Settled plays, as the bus hands them over."""

import datetime
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fairground_common.contracts import Envelope
from fairground_common.db import Db
from fairground_common.messaging.trouble import is_trouble
from fairground_common.testing import AsgiClient
from fairground_seasonpass.plays.consumers import play_settled
from fairground_seasonpass.plays.usecases import count_waiting_plays, count_waiting_plays_for
from fairground_seasonpass.seasons.usecases import create_season, retire_season

Deliver = Callable[..., Awaitable[None]]
Build = Callable[..., Envelope]
DAY = datetime.timedelta(days=1)


async def waiting(db: Db) -> int:
    async with db.read() as tx:
        return int(await tx.scalar(text("SELECT count(*) FROM season_pass_waiting_play")))


async def test_a_play_delivered_again_counts_once(
    publish: Any, deliver: Deliver, a_play: Build, season_pass: Any, sent: Any
) -> None:
    await publish()
    play = a_play(reward_xp=15)
    await deliver(play)
    await deliver(play, play)
    assert await season_pass.progress() == (25, 3, 1)
    assert len(await season_pass.ledger()) == 1
    assert [event.level for event in await sent()] == [1, 3]


async def test_a_play_twice_in_one_batch_counts_once(
    publish: Any, deliver: Deliver, a_play: Build, season_pass: Any
) -> None:
    await publish()
    play = a_play(reward_xp=1)
    await deliver(play, a_play(reward_xp=2), play)
    assert await season_pass.progress() == (13, 2, 1)


async def test_a_batch_gives_what_its_plays_give_one_by_one(
    publish: Any, deliver: Deliver, a_play: Build, season_pass: Any, today: datetime.date
) -> None:
    await publish(((0, True), (10, True), (20, False), (30, True)), xp_rules=[("DICE", "WIN", 3)])
    fields: list[dict[str, Any]] = [
        {"reward_xp": 4},
        {"feature_type": "DICE", "outcome": "WIN"},
        {"day": today - DAY, "reward_xp": 1},
        {"feature_type": "DICE", "outcome": "LOSE"},
    ]
    await deliver(*(a_play(1, **each) for each in fields))
    for each in fields:
        await deliver(a_play(2, **each))
    assert await season_pass.progress(1) == await season_pass.progress(2) == (28, 3, 2)
    assert await season_pass.rewards(1) == await season_pass.rewards(2) == [1, 2]


async def test_every_play_adds_its_xp_but_only_the_first_of_a_day_a_stamp(
    publish: Any, deliver: Deliver, a_play: Build, season_pass: Any
) -> None:
    await publish()
    await deliver(a_play(reward_xp=1))
    await deliver(a_play(reward_xp=1))
    await deliver(a_play(), a_play())
    assert await season_pass.progress() == (12, 2, 1)
    assert [line[-1] for line in await season_pass.ledger()].count(True) == 1


async def test_the_first_gain_pays_level_1_even_when_it_adds_no_xp(
    publish: Any, deliver: Deliver, a_play: Build, season_pass: Any
) -> None:
    await publish(base_xp_per_stamp=0)
    await deliver(a_play())
    assert await season_pass.progress() == (0, 1, 1)
    assert await season_pass.rewards() == [1]


async def test_the_log_tells_of_stamps_and_levels(
    publish: Any, deliver: Deliver, a_play: Build, season_pass: Any
) -> None:
    await publish()
    await deliver(a_play())
    await deliver(a_play())
    assert await season_pass.actions() == ["SEASON_PASS_STAMP", "SEASON_PASS_LEVEL_UP"]


async def test_a_play_counts_for_the_season_of_its_day_not_of_its_arrival(
    publish: Any, deliver: Deliver, a_play: Build, season_pass: Any, today: datetime.date
) -> None:
    over = await publish(start_date=today - 3 * DAY, end_date=today)
    running = await publish(start_date=today + DAY, end_date=today + 5 * DAY)
    await deliver(a_play(1, day=over.end_date), a_play(2, day=running.start_date))
    assert [(user, season) for user, season, *_ in await season_pass.ledger()] == [(1, over.id), (2, running.id)]


async def test_seasons_met_in_one_batch_have_levels_of_their_own(
    publish: Any, deliver: Deliver, a_play: Build, season_pass: Any, today: datetime.date
) -> None:
    slow = await publish(((0, True), (11, True)), start_date=today - 3 * DAY, end_date=today)
    fast = await publish(((1, True), (2, True), (3, True)), start_date=today + DAY, end_date=today + 5 * DAY)
    await deliver(a_play(1, day=slow.end_date), a_play(2, day=fast.start_date))
    assert await season_pass.progress(1) == (10, 1, 1)
    assert await season_pass.progress(2) == (10, 3, 1)
    await deliver(a_play(1, day=slow.end_date, reward_xp=1), a_play(2, day=fast.start_date, reward_xp=1))
    assert await season_pass.progress(1) == (11, 2, 1)
    assert await season_pass.progress(2) == (11, 3, 1)
    assert [await season_pass.rewards(player) for player in (1, 2)] == [[1, 2], [1, 2, 3]]


async def test_a_play_of_the_last_day_counts_when_it_arrives_after_the_end(
    publish: Any, a_play: Build, season_pass: Any, today: datetime.date, db_in: Callable[[int], Db]
) -> None:
    season = await publish(end_date=today)
    await play_settled(db_in(3))([a_play(day=season.end_date)])
    assert await season_pass.progress() == (10, 2, 1)


async def test_a_retired_season_still_gets_plays_from_before_its_retirement(
    publish: Any, deliver: Deliver, a_play: Build, season_pass: Any, db: Db
) -> None:
    season = await publish()
    before = a_play(reward_xp=1)
    async with db.begin() as tx:
        await retire_season(tx, season_id=season.id, by=900)
    await deliver(before, a_play(reward_xp=100, at=before.occurred_at + DAY))
    assert await season_pass.progress() == (11, 2, 1)
    assert await waiting(db) == 1


async def test_a_play_without_a_season_is_kept_and_adds_nothing(
    deliver: Deliver, a_play: Build, season_pass: Any, today: datetime.date, db: Db
) -> None:
    await deliver(a_play(reward_xp=15))
    assert await season_pass.ledger() == [(1, None, today, "PLAY", 0, False)]
    assert await season_pass.progress() is None
    assert await season_pass.actions() == []
    assert await waiting(db) == 1


async def test_publishing_counts_the_plays_that_waited(
    a_season: Any, deliver: Deliver, a_play: Build, season_pass: Any, db: Db, admin: AsgiClient
) -> None:
    play = a_play(reward_xp=15)
    await deliver(play, a_play(2))
    async with db.begin() as tx:
        season = await create_season(tx, draft=a_season(), by=900)
    assert (await admin.post(f"/api/admin/seasons/{season.id}/publish")).status == 200
    assert await season_pass.progress(1) == (25, 3, 1)
    assert await season_pass.progress(2) == (10, 2, 1)
    assert await season_pass.rewards(1) == [1, 3]
    await deliver(play)
    assert await season_pass.progress(1) == (25, 3, 1)
    assert await waiting(db) == 0


async def test_a_season_counts_only_waiting_plays_of_its_days(
    publish: Any, deliver: Deliver, a_play: Build, season_pass: Any, today: datetime.date, db: Db
) -> None:
    await deliver(a_play(day=today), a_play(day=today + 30 * DAY))
    await publish()
    await count_waiting_plays_for(db, seconds=5)
    assert await season_pass.progress() == (10, 2, 1)
    assert await waiting(db) == 1


async def test_a_play_kept_while_its_season_is_being_published_is_counted_by_the_worker(
    publish: Any, deliver: Deliver, a_play: Build, season_pass: Any, db: Db
) -> None:
    await deliver(a_play(), a_play())
    await publish()
    assert await db.retrying(count_waiting_plays) == 2
    assert await db.retrying(count_waiting_plays) == 0
    assert await season_pass.progress() == (10, 2, 1)


async def test_a_waiting_play_of_a_stamped_day_adds_no_second_stamp(
    publish: Any, deliver: Deliver, a_play: Build, season_pass: Any, db: Db
) -> None:
    await deliver(a_play(reward_xp=5))
    await publish()
    await deliver(a_play())
    await count_waiting_plays_for(db, seconds=5)
    assert await season_pass.progress() == (15, 3, 1)


@pytest.mark.parametrize("fault", [{"user_id": 2**63}, {"outcome": "\x00"}])
async def test_a_play_that_cannot_be_stored_is_refused_and_takes_nothing_along(
    publish: Any, deliver: Deliver, a_play: Build, season_pass: Any, fault: dict[str, Any]
) -> None:
    await publish()
    good = a_play()
    with pytest.raises(DBAPIError) as refusal:
        await deliver(good, a_play(**fault))
    assert not is_trouble(refusal.value)
    assert await season_pass.ledger() == []
    await deliver(good)
    assert await season_pass.progress() == (10, 2, 1)
