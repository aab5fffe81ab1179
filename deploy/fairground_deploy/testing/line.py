"""The way of a play through the bus and back, with no API before it: an outbox is written to as plays write to it.

Games' worker sends, the broker carries, the season pass's worker counts, grants go back and are answered. Whatever is
done to any of them, in the end every play that was written is counted once, and every reward is booked once.
"""

import asyncio
import datetime
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from pathlib import Path
from typing import Self

import asyncpg

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, PlaySettled, Reward
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.ids import new_id
from fairground_common.messaging import Broker, queue_of
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus
from fairground_common.testing.chaos import Member, SeasonBooks
from fairground_common.testing.chaos.books import EventOfDay
from fairground_common.testing.processes import Program, surroundings
from fairground_deploy.demo_content import season
from fairground_seasonpass.seasons.schemas import SeasonIn
from fairground_seasonpass.seasons.usecases import create_season, publish_season

PLAYERS = 40
PLAYS_AT_ONCE = 5
PAUSE_SECONDS = 0.05
"""Between two transactions: some 100 plays a second."""
PATIENCE_SECONDS = 90.0
OPERATOR = 1

_WRITE = "INSERT INTO outbox (event_id, type, key, envelope, created_at) VALUES ($1, $2, $3, $4, clock_timestamp())"
_UNSENT = "SELECT count(*) FROM outbox"
_PAID = "SELECT source_id FROM reward_ledger WHERE source_kind = 'grant'"
_COUNTED = "SELECT count(*) FROM season_pass_xp_log"
_GIVEN = "SELECT grant_id FROM season_pass_reward_log"
_UNDELIVERED = "SELECT count(*) FROM season_pass_delivery WHERE delivered_at IS NULL"

GAMES, SEASONPASS = queue_of("games"), queue_of("seasonpass")


class Line:
    """Two workers, their databases, and the broker between them."""

    def __init__(
        self, connections: Sequence[asyncpg.Connection], broker: Broker, workers: tuple[Member, Member]
    ) -> None:
        self._pen, self._games, self._seasonpass = connections
        self._writing = asyncio.Lock()
        self.broker = broker
        """As its administrator sees it."""
        self.sender, self.counter = workers
        """The workers of games and of the season pass."""
        self.written: Counter[EventOfDay] = Counter()
        self._players = cycle(range(1, PLAYERS + 1))

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        databases: tuple[ServiceDatabase, ServiceDatabase],
        buses: tuple[Bus, Bus, Bus],
        state_dir: Path,
    ) -> AsyncIterator[Self]:
        """Run both workers on the databases of games and season pass, and on the bus as each of them sees it.

        The third bus is the administrator's, who has declared the topology.
        """
        games, seasonpass = databases
        await _publish_a_season(seasonpass)
        programs = (
            _worker("games", state_dir, games, buses[0], GAMES_SEED_KEY="s" * 32),
            _worker("seasonpass", state_dir, seasonpass, buses[1]),
        )
        async with AsyncExitStack() as stack:
            connections = [await _connected(stack, each.owner_url) for each in (games, games, seasonpass)]
            workers = Member(programs[0]), Member(programs[1])
            for worker in workers:
                stack.push_async_callback(worker.end)
            await asyncio.gather(*(worker.start() for worker in workers))
            stack.push_async_callback(buses[2].close)
            yield cls(connections, buses[2].broker(), workers)

    async def play(self, count: int = PLAYS_AT_ONCE) -> list[Envelope]:
        """Write plays to the outbox, in one transaction."""
        plays = [_a_play(user_id) for user_id, _ in zip(self._players, range(count), strict=False)]
        rows = [(play.event_id, play.type, play.key, play.to_json()) for play in plays]
        async with self._writing, self._pen.transaction():
            await self._pen.executemany(_WRITE, rows)
        self.written.update(_events(plays))
        return plays

    @asynccontextmanager
    async def playing(self) -> AsyncIterator[None]:
        """Write plays all the while the block runs."""
        task = asyncio.create_task(self._play_on())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
        assert task.cancelled(), "nothing that is done to a broker may reach whoever writes plays"

    async def counted(self) -> int:
        """Return how many plays the season pass has counted."""
        return int(await self._seasonpass.fetchval(_COUNTED))

    async def goes_on(self, *, plays: int = 50, within: float = PATIENCE_SECONDS) -> None:
        """Wait until that many more plays have been counted."""
        before = await self.counted()

        async def are_more() -> bool:
            assert await self.counted() >= before + plays
            return True

        await eventually(are_more, within=within, every=0.1)

    @asynccontextmanager
    async def counting_held_up(self) -> AsyncIterator[None]:
        """Keep the season pass from writing its ledger around the block: what it is sent, it holds."""
        async with self._seasonpass.transaction():
            await self._seasonpass.execute("LOCK TABLE season_pass_xp_log")
            yield

    async def waiting(self) -> int:
        """Return how many messages are in the season pass's queue, beside those somebody holds."""
        return (await self.broker.state(SEASONPASS)).ready

    async def all_sent(self) -> None:
        """Wait until the outbox is empty."""
        await eventually(self._is_sent, within=PATIENCE_SECONDS, every=0.1)

    async def waits(self, *, within: float = 20.0) -> None:
        """Wait until the sender says that it cannot send: its plays are in the outbox, and there they stay."""
        await eventually(self._is_stuck, within=within, every=0.1)

    async def all_arrived(self, *, dead: int = 0) -> None:
        """Wait until all is at rest; every play is counted once then, and every reward has come back paid once."""

        async def is_at_rest() -> bool:
            assert await self._left() == (0, dead)
            return await self.counted() >= self.written.total()

        async def is_one_story() -> bool:
            books = await SeasonBooks.read(self._seasonpass)
            assert not self.written - books.counted, f"{(self.written - books.counted).total()} plays not counted"
            assert not books.counted - self.written, "more was counted than was played"
            assert [*books.wrong_progress, *books.wrong_stamps, *books.wrong_rewards] == []
            given = Counter(row["grant_id"] for row in await self._seasonpass.fetch(_GIVEN))
            assert given == Counter(row["source_id"] for row in await self._games.fetch(_PAID))
            assert await self._seasonpass.fetchval(_UNDELIVERED) == 0
            return True

        await eventually(is_at_rest, within=PATIENCE_SECONDS, every=0.2)
        await eventually(is_one_story, within=PATIENCE_SECONDS, every=0.5)

    async def _left(self) -> tuple[int, int]:
        """Return how many messages and events are still on their way, and how many are dead."""
        states = [await self.broker.state(queue) for queue in (GAMES, SEASONPASS)]
        unsent = [await each.fetchval(_UNSENT) for each in (self._games, self._seasonpass)]
        on_their_way = sum(state.ready + (state.held or 0) for state in states)
        return on_their_way + sum(unsent), sum(state.dead for state in states)

    async def _is_sent(self) -> bool:
        return not await self._games.fetchval(_UNSENT)

    async def _is_stuck(self) -> bool:
        answer = await self.sender.program.probe()
        assert answer.document["checks"]["relay"] == "away"
        return bool(await self._games.fetchval(_UNSENT))

    async def _play_on(self) -> None:
        while True:
            await asyncio.shield(asyncio.ensure_future(self.play()))
            await asyncio.sleep(PAUSE_SECONDS)


def _a_play(user_id: int) -> Envelope:
    now = Clock().now()
    settled = PlaySettled(
        play_id=new_id(),
        user_id=user_id,
        feature_type="ROULETTE",
        day=Clock().today(),
        outcome="HIT",
        reward=Reward(type="XP", amount=1),  # whatever is counted twice is seen
        config_version=1,
    )
    return Envelope.of(settled, at=now, key=user_id)


def _events(plays: list[Envelope]) -> Iterator[EventOfDay]:
    return ((play.data.day, play.event_id) for play in plays if isinstance(play.data, PlaySettled))


def _worker(service: str, state_dir: Path, database: ServiceDatabase, bus: Bus, **settings: str) -> Program:
    prefix = service.upper()
    own = {f"{prefix}_DATABASE_URL": database.app_url, **bus.environ, **settings}
    environ = surroundings(state_dir, LOG_LEVEL="error", **own)  # nobody reads the pipe while it runs
    return Program(f"fairground_{service}.worker", environ, f"{prefix}_WORKER_PORT", f"{prefix}_DATABASE_URL")


async def _publish_a_season(database: ServiceDatabase) -> None:
    db, today = Db.connect(database.app_url, application="test"), Clock().today()
    draft = SeasonIn.model_validate(season(today, today + datetime.timedelta(days=30))).draft()
    async with db.begin() as tx:
        made = await create_season(tx, draft=draft, by=OPERATOR)
        await publish_season(tx, season_id=made.id, by=OPERATOR)
    await db.close()


async def _connected(stack: AsyncExitStack, url: str) -> asyncpg.Connection:
    connection = await asyncpg.connect(url)
    stack.push_async_callback(connection.close)
    return connection
