"""From the level to the balance: said until answered, booked once."""

import asyncio
import datetime
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import text

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, RewardDelivered
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.ids import new_id
from fairground_common.testing import AsgiClient
from fairground_seasonpass.rewards import metrics
from fairground_seasonpass.rewards.consumers import reward_delivered
from fairground_seasonpass.rewards.usecases import count_deliveries, resend_overdue
from fairground_seasonpass.seasons.season import Level

Build = Callable[..., Envelope]
Deliver = Callable[..., Awaitable[None]]


async def deliveries(player: AsgiClient) -> list[str | None]:
    status = (await player.get("/api/season-pass/status")).body
    return [level["delivery"] for level in status["levels"]]


def delivered(grant_id: UUID, at: datetime.datetime | None = None) -> Envelope:
    now = Clock().now()
    return Envelope.of(RewardDelivered(grant_id=grant_id, delivered_at=at or now), at=now)


async def test_a_reward_is_pending_until_games_has_booked_it(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, sent: Any, db: Db
) -> None:
    await publish()
    await deliver(a_play(reward_xp=15))
    assert await deliveries(player) == ["PENDING", None, "PENDING"]
    first, _ = await sent()
    await reward_delivered(db)([delivered(first.grant_id)])
    assert await deliveries(player) == ["DELIVERED", None, "PENDING"]


async def test_rewards_on_their_way_are_counted_and_the_oldest_is_told(
    publish: Any, deliver: Deliver, a_play: Build, sent: Any, db: Db
) -> None:
    await publish()
    await deliver(a_play(reward_xp=15))
    await db.retrying(count_deliveries)
    assert metrics.DELIVERIES.value() == 2
    assert (metrics.DELIVERIES_OLDEST.value() or 0) > 0
    await reward_delivered(db)([delivered(grant.grant_id) for grant in await sent()])
    await db.retrying(count_deliveries)
    assert (metrics.DELIVERIES.value(), metrics.DELIVERIES_OLDEST.value()) == (0, 0)


async def test_the_event_says_who_gets_what(publish: Any, deliver: Deliver, a_play: Build, sent: Any) -> None:
    season = await publish()
    await deliver(a_play(7))
    [event] = await sent()
    assert (event.user_id, event.season_id, event.level) == (7, season.id, 1)
    assert event.reward.as_json() == {"type": "POINT", "amount": 100}


async def test_a_reward_of_nothing_is_delivered_at_once_and_not_said(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, sent: Any, season_pass: Any
) -> None:
    rewards: list[dict[str, Any]] = [{"type": "NONE", "amount": 0}, {"type": "POINT", "amount": 5}]
    levels = tuple(Level(n, n, reward, auto_claim=True) for n, reward in enumerate(rewards, start=1))
    await publish(((1, True), (2, True)), levels=levels)
    await deliver(a_play())
    assert await deliveries(player) == ["DELIVERED", "PENDING"]
    assert [event.level for event in await sent()] == [2]
    assert await season_pass.pending() == 1


async def test_being_told_again_keeps_the_first_moment(
    publish: Any, deliver: Deliver, a_play: Build, sent: Any, db: Db
) -> None:
    await publish()
    await deliver(a_play())
    [event] = await sent()
    first = Clock().now()
    told = delivered(event.grant_id, first)
    await reward_delivered(db)([told, told])
    await reward_delivered(db)([delivered(event.grant_id, first + datetime.timedelta(days=1))])
    async with db.read() as tx:
        assert await tx.scalar(text("SELECT delivered_at FROM season_pass_delivery")) == first


async def test_an_answer_about_an_unknown_grant_changes_nothing(db: Db) -> None:
    await reward_delivered(db)([delivered(new_id())])
    async with db.read() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM season_pass_delivery")) == 0


async def resent(database: ServiceDatabase, *, after_seconds: int) -> int:
    """Say grants again as a worker does some time from now."""
    offset = datetime.timedelta(seconds=after_seconds)
    db = Db.connect(database.app_url, application="seasonpass-test", clock_offset=offset)
    try:
        return await db.retrying(resend_overdue)
    finally:
        await db.close()


async def test_an_unanswered_grant_is_said_again_after_a_minute_as_a_new_event(
    publish: Any, deliver: Deliver, a_play: Build, sent: Any, db: Db, database: ServiceDatabase
) -> None:
    await publish()
    await deliver(a_play())
    assert await resent(database, after_seconds=30) == 0
    assert await resent(database, after_seconds=61) == 1
    assert await resent(database, after_seconds=62) == 0
    first, second = await sent()
    assert first == second
    async with db.read() as tx:
        assert await tx.scalar(text("SELECT count(DISTINCT event_id) FROM outbox")) == 2


async def test_the_pauses_between_repetitions_grow(
    publish: Any, deliver: Deliver, a_play: Build, db: Db, database: ServiceDatabase
) -> None:
    await publish()
    await deliver(a_play())
    seconds, pauses = 61, []
    for _ in range(8):
        assert await resent(database, after_seconds=seconds) == 1
        async with db.read() as tx:
            pause = text("SELECT extract(epoch FROM due_at - sent_at)::int FROM season_pass_delivery")
            pauses.append(await tx.scalar(pause))
        seconds += pauses[-1] + 1
    assert pauses == [120, 240, 480, 960, 1920, 3840, 3840, 3840]


async def test_an_answered_grant_is_not_said_again(
    publish: Any, deliver: Deliver, a_play: Build, sent: Any, db: Db, database: ServiceDatabase
) -> None:
    await publish()
    await deliver(a_play())
    [event] = await sent()
    await reward_delivered(db)([delivered(event.grant_id)])
    assert await resent(database, after_seconds=3600) == 0


async def test_two_workers_do_not_say_the_same_grant_again_at_once(
    publish: Any, deliver: Deliver, a_play: Build, sent: Any, database: ServiceDatabase
) -> None:
    await publish()
    await deliver(*(a_play(user_id) for user_id in range(1, 21)))
    counts = await asyncio.gather(*(resent(database, after_seconds=61) for _ in range(4)))
    assert sum(counts) == 20
    assert len(await sent()) == 40
