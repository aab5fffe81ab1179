"""The worker's work: what it carries, what it applies, and what it survives."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, FeatureDaysChanged, Reward, RewardDelivered, RewardGranted
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.ids import new_id
from fairground_common.messaging import Message, bundle, declare, queue_of
from fairground_common.periodic import repeat
from fairground_common.testing import Databases, eventually
from fairground_common.testing.buses import Bus
from fairground_common.testing.proxy import proxied
from fairground_games.features.usecases import state_feature_days
from fairground_games.settings import GamesSettings, WorkerSettings
from fairground_games.worker import work

Heard = Callable[[], Awaitable[list[Envelope]]]


@pytest.fixture
async def bus(databases: Databases) -> AsyncIterator[Bus]:
    """Yield an embedded bus with Fairground's topology."""
    bus = Bus(bus_database_url=SecretStr(databases.empty("bus").owner_url))
    await declare(bus)
    yield bus
    await bus.close()


@pytest.fixture
def worker_settings(settings: GamesSettings, bus: Bus) -> WorkerSettings:
    given = settings.model_dump(exclude={"amqp_url"}) | {"bus_database_url": bus.bus_database_url}
    return WorkerSettings.model_validate(given)


@pytest.fixture
async def heard(bus: Bus) -> Heard:
    """Return a function: everything the season pass has been told so far. What it looks at stays in the queue."""
    assert bus.bus_database_url is not None
    url = bus.bus_database_url.get_secret_value()

    async def read() -> list[Envelope]:
        connection = await asyncpg.connect(url)
        rows = await connection.fetch("SELECT body FROM message WHERE queue = $1 ORDER BY id", queue_of("seasonpass"))
        await connection.close()
        return [element for row in rows for element in bundle.decode(row["body"]) if isinstance(element, Envelope)]

    return read


def a_grant(user_id: int, amount: int) -> RewardGranted:
    reward = Reward(type="POINT", amount=amount)
    return RewardGranted(grant_id=new_id(), user_id=user_id, season_id=1, level=1, reward=reward)


async def send(bus: Bus, *grants: RewardGranted) -> None:
    """Say grants as the season pass would."""
    envelopes = [Envelope.of(each, at=Clock().now(), key=each.user_id).to_json() for each in grants]
    await bus.broker().publish([Message("1", RewardGranted.type, bundle.encode(envelopes))])


@asynccontextmanager
async def working(settings: WorkerSettings) -> AsyncIterator[asyncio.Task[None]]:
    """Run the worker's work around the block, then stop it as a signal does."""
    task = asyncio.create_task(work(settings))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def kinds(envelopes: list[Envelope]) -> set[type[Any]]:
    return {type(envelope.data) for envelope in envelopes}


async def balance_of(owner: asyncpg.Connection, user_id: int) -> int | None:
    balance: int | None = await owner.fetchval("SELECT balance FROM player WHERE user_id = $1", user_id)
    return balance


async def test_grants_come_in_answers_and_the_schedule_go_out(
    worker_settings: WorkerSettings, bus: Bus, heard: Heard, owner: asyncpg.Connection
) -> None:
    grants = [a_grant(user_id, 10 * user_id) for user_id in (1, 2, 3)]
    await send(bus, *grants)

    async def all_answered() -> bool:
        said = [each.data for each in await heard()]
        answers = {data.grant_id for data in said if isinstance(data, RewardDelivered)}
        return answers == {grant.grant_id for grant in grants} and FeatureDaysChanged in kinds(await heard())

    async with working(worker_settings):
        assert await eventually(all_answered, within=20)
        assert await eventually(lambda: _is_empty(owner, "outbox"))
    assert [await balance_of(owner, user_id) for user_id in (1, 2, 3)] == [10, 20, 30]


async def _is_empty(owner: asyncpg.Connection, table: str) -> bool:
    return not await owner.fetchval(f"SELECT count(*) FROM {table}")


@pytest.mark.parametrize("away", ["database", "broker"])
async def test_a_part_that_is_away_at_the_start_is_waited_for(
    worker_settings: WorkerSettings, bus: Bus, heard: Heard, owner: asyncpg.Connection, away: str
) -> None:
    await send(bus, a_grant(1, 10))
    name = "database_url" if away == "database" else "bus_database_url"
    url = getattr(worker_settings, name).get_secret_value()
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(proxied(url, 5432))
        await proxy.refuse()
        settings = worker_settings.model_copy(update={name: SecretStr(proxy.url(url))})
        worker = await stack.enter_async_context(working(settings))
        done, _ = await asyncio.wait({worker}, timeout=0.5)
        assert not done
        await proxy.start()
        await eventually(lambda: _is_answered(heard), within=30)
    assert await balance_of(owner, 1) == 10


async def _is_answered(heard: Heard) -> bool:
    return kinds(await heard()) == {RewardDelivered, FeatureDaysChanged}


async def test_a_grant_in_hand_when_the_worker_stops_is_paid_once_by_the_next(
    worker_settings: WorkerSettings, bus: Bus, heard: Heard, owner: asyncpg.Connection
) -> None:
    await send(bus, a_grant(1, 10))
    async with working(worker_settings):
        await eventually(lambda: _is_answered(heard), within=20)
    await send(bus, a_grant(1, 5))
    async with owner.transaction():
        await owner.fetch("SELECT FROM player WHERE user_id = 1 FOR UPDATE")
        async with working(worker_settings):
            await eventually(lambda: owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"), within=20)
    assert await balance_of(owner, 1) == 10

    async def is_paid() -> bool:
        return await balance_of(owner, 1) == 15

    async with working(worker_settings):
        assert await eventually(is_paid, within=20)
    assert await owner.fetchval("SELECT count(*) FROM reward_ledger") == 2


async def test_the_schedule_is_stated_again_and_again(
    db: Db, games_database: ServiceDatabase, owner: asyncpg.Connection
) -> None:
    stating = asyncio.create_task(repeat(db, state_feature_days, named="state", every=0.01))

    async def has_stated_thrice() -> bool:
        return await owner.fetchval("SELECT count(*) >= 3 FROM outbox") is True

    assert await eventually(has_stated_thrice)
    stating.cancel()
    with suppress(asyncio.CancelledError):
        await stating
