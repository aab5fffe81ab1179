"""The same plays, the same player, at the same time: real transactions against each other."""

import asyncio
import datetime
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from fairground_common.contracts import Envelope
from fairground_common.db import Db
from fairground_common.testing import eventually
from fairground_seasonpass.plays import usecases
from fairground_seasonpass.plays.consumers import play_settled
from fairground_seasonpass.plays.errors import Overtaken
from fairground_seasonpass.plays.rules import Play

Build = Callable[..., Envelope]


async def test_two_plays_of_one_player_race_a_level_and_it_is_paid_once(
    publish: Any, a_play: Build, season_pass: Any, db: Db
) -> None:
    await publish(((0, True), (11, True)))
    await asyncio.gather(*(play_settled(db)([a_play(reward_xp=1)]) for _ in range(8)))
    assert await season_pass.progress() == (18, 2, 1)
    assert await season_pass.rewards() == [1, 2]


async def test_five_deliveries_of_every_play_shuffled_over_two_consumers_count_once(
    publish: Any, a_play: Build, season_pass: Any, db: Db, patiently: Any
) -> None:
    await publish()
    plays = [a_play(user_id, reward_xp=1) for user_id in range(1, 31) for _ in range(3)]

    async def consume() -> None:
        handle = play_settled(db)
        deliveries = [play for play in plays for _ in range(5)]
        secrets.SystemRandom().shuffle(deliveries)
        for start in range(0, len(deliveries), 40):
            await patiently(partial(handle, deliveries[start : start + 40]))

    await asyncio.gather(consume(), consume())
    assert {await season_pass.progress(user_id) for user_id in range(1, 31)} == {(13, 2, 1)}
    assert len(await season_pass.ledger()) == len(plays)


async def test_a_play_kept_by_another_consumer_a_moment_before_is_not_stamped_twice(
    publish: Any, a_play: Build, season_pass: Any, db: Db
) -> None:
    """One consumer keeps a play that has no season; it commits when another one, who sees the season, has looked."""
    play = _as_play(a_play(reward_xp=5))
    async with db.begin() as first:
        await usecases.count_plays(first, [play])
        await publish()
        second = asyncio.create_task(_count(db, play))
        await _somebody_waits(db)
    with pytest.raises(Overtaken):
        await second
    await usecases.count_waiting_plays_for(db, seconds=5)
    assert await season_pass.progress() == (15, 3, 1)


async def _count(db: Db, play: Play) -> None:
    async with db.begin() as tx:
        await usecases.count_plays(tx, [play])


async def _somebody_waits(db: Db) -> None:
    async def check() -> bool:
        async with db.read() as tx:
            return bool(await tx.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))

    await eventually(check)


def _as_play(envelope: Envelope) -> Play:
    data: Any = envelope.data
    return usecases.play_of(
        data,
        event_id=envelope.event_id,
        occurred_at=envelope.occurred_at or datetime.datetime.now(datetime.UTC),
        payload=data.model_dump_json(exclude_none=True),
    )
