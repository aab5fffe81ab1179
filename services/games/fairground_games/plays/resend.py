"""Saying plays again: when the broker has lost what it held, their events are made anew from the plays' rows.

An event has the id, time and content it had; only the request it came from is not known any more. Whoever has counted
it counts it no more, so saying too much does no harm. All of it is one transaction, and so is nothing of it.
"""

import datetime
from collections.abc import AsyncIterator, Callable

import asyncpg

from fairground_common.contracts import Envelope, Reward
from fairground_common.db import DriverConnection
from fairground_games.configs.versions import Versions
from fairground_games.games import game_of
from fairground_games.plays.events import play_settled
from fairground_games.plays.play import SettledPlay
from fairground_games.plays.repository import played
from fairground_games.plays.statements import PLAYS_OF_DAYS, SAY, WITHOUT_HURRY

AT_ONCE = 1000


async def resend(
    pool: asyncpg.Pool, first: datetime.date, last: datetime.date, *, progress: Callable[[int], None]
) -> int:
    """Put the events of all plays of some KST days, both included, into the outbox; return how many there are."""
    versions, said = Versions(), 0
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(WITHOUT_HURRY)
        async for plays in _batches(connection, first, last):
            events = [await _event_of(connection, versions, play) for play in plays]
            await _say(connection, events)
            said += len(events)
            progress(said)
    return said


async def _batches(
    connection: DriverConnection, first: datetime.date, last: datetime.date
) -> AsyncIterator[list[SettledPlay]]:
    cursor = await connection.cursor(PLAYS_OF_DAYS, first, last)
    while rows := await cursor.fetch(AT_ONCE):
        yield [played(row) for row in rows]


async def _event_of(connection: DriverConnection, versions: Versions, play: SettledPlay) -> Envelope:
    stored = await versions.get(connection, play.game, play.config_version)
    game = game_of(play.game)
    said = game.said(stored.version.outcome(play.outcome_key))
    return play_settled(play, feature_type=game.feature_type, said=said, reward=Reward.model_validate(play.reward))


async def _say(connection: DriverConnection, events: list[Envelope]) -> None:
    await connection.execute(
        SAY,
        [event.event_id for event in events],
        [event.type for event in events],
        [event.key for event in events],
        [event.to_json() for event in events],
    )
