"""Plays said again, when the broker has lost what they said before."""

import datetime
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient
from fairground_common.testing.processes import Ended, ended, running
from fairground_games.plays.resend import AT_ONCE

Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]
Resend = Callable[..., Awaitable[Ended]]

OF_ITS_REQUEST = ("request_id", "traceparent")
"""What is known of a play's request only while it is under way."""


@pytest.fixture
def resend(games_database: ServiceDatabase) -> Resend:
    """Return a function: first and last day → what the command says about it, run with the app role's rights."""

    async def run(first: datetime.date, last: datetime.date, *options: str, **settings: str) -> Ended:
        environ = {"GAMES_DATABASE_URL": games_database.app_url, **settings}
        arguments = ("resend", "--from", first.isoformat(), "--to", last.isoformat(), *options)
        async with running(environ, "fairground_games.cli", *arguments) as process:
            return await ended(process)

    return run


async def told(owner: asyncpg.Connection) -> dict[UUID, dict[str, Any]]:
    """Return the events of plays in the outbox."""
    rows = await owner.fetch("SELECT event_id, type, key, envelope FROM outbox WHERE type = 'games.play_settled.v1'")
    assert len({row["event_id"] for row in rows}) == len(rows)
    said = {}
    for row in rows:
        envelope = json.loads(row["envelope"])
        assert (envelope["event_id"], envelope["key"]) == (str(row["event_id"]), row["key"])
        said[row["event_id"]] = {name: value for name, value in envelope.items() if name not in OF_ITS_REQUEST}
    return said


async def test_every_play_is_said_again_with_the_id_and_the_words_it_had(
    player: AsgiClient, owner: asyncpg.Connection, store_version: StoreVersion, roulette_config: Config,
    dice_config: Config, lottery_config: Config, resend: Resend, today: datetime.date,
) -> None:  # fmt: skip
    only_jackpots = roulette_config(max_daily=0)
    for segment in only_jackpots["segments"]:
        segment["weight"] = int(segment["is_jackpot"])
    for wheel in (roulette_config(max_daily=0), only_jackpots):
        await store_version("roulette", wheel)
        for _ in range(4):
            await player.post("/api/roulette/play")
    await store_version("dice", dice_config(max_daily=0))
    await store_version("lottery", lottery_config(stock=1))
    for game in ("dice", "lottery"):
        for _ in range(4):
            await player.post(f"/api/{game}/play")
    before = await told(owner)
    assert len(before) == 16
    assert "JACKPOT" in {event["data"]["outcome"] for event in before.values()}
    await owner.execute("DELETE FROM outbox")
    end = await resend(today, today)
    assert (end.code, end.output) == (0, "16 plays will be said again\n")
    assert await told(owner) == before


async def test_only_the_days_that_are_named_are_said_again(
    player: AsgiClient, owner: asyncpg.Connection, store_version: StoreVersion, roulette_config: Config,
    resend: Resend, today: datetime.date,
) -> None:  # fmt: skip
    await store_version("roulette", roulette_config(max_daily=0))
    days = {}
    for age in range(4):
        event_id = UUID((await player.post("/api/roulette/play")).body["event_id"])
        days[event_id] = today - datetime.timedelta(days=age)
        await owner.execute("UPDATE play SET day = $2 WHERE event_id = $1", event_id, days[event_id])
    await owner.execute("DELETE FROM outbox")
    first, last = today - datetime.timedelta(days=2), today - datetime.timedelta(days=1)
    assert json.loads((await resend(first, last, "--json")).output) == {"plays": 2}
    assert set(await told(owner)) == {event_id for event_id, day in days.items() if first <= day <= last}


async def test_more_plays_than_one_batch_are_said_again(
    player: AsgiClient, owner: asyncpg.Connection, store_version: StoreVersion, roulette_config: Config,
    resend: Resend, today: datetime.date,
) -> None:  # fmt: skip
    await store_version("roulette", roulette_config(max_daily=0))
    await player.post("/api/roulette/play")
    copies = AT_ONCE * 2
    await owner.execute(
        """
        INSERT INTO play SELECT gen_random_uuid(), game, gen_random_uuid(), user_id, config_version, day, created_at,
            pair, nonce, outcome_key, outcome, reward, unit, receipt, used_today, max_daily, balance, NULL
        FROM play, generate_series(1, $1)""",
        copies,
    )
    await owner.execute("DELETE FROM outbox")
    assert (await resend(today, today)).output == f"{copies + 1:,} plays will be said again\n"
    assert len(await told(owner)) == copies + 1


async def test_a_database_that_is_not_named_or_not_there_is_one_line(resend: Resend, today: datetime.date) -> None:
    unnamed = await resend(today, today, GAMES_DATABASE_URL="")
    assert (unnamed.code, unnamed.errors) == (2, "bad setting GAMES_DATABASE_URL: it is not set\n")
    away = await resend(today, today, GAMES_DATABASE_URL="postgresql://a:b@127.0.0.1:1/c")
    assert (away.code, away.errors.count("\n")) == (1, 1)
    assert away.errors.startswith("the database of GAMES_DATABASE_URL does not answer: ")
