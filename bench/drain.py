"""``python -m bench.drain``: how fast one season-pass worker empties its queue, on each broker this machine has.

PostgreSQL runs as in ``make run``: fsync and synchronous_commit on. The queue is filled while no worker runs, then one
is started. The rate is that of the time between its first and its last transaction, so starting up does not count; a
drain counts only when the books agree afterwards.
"""

import argparse
import asyncio
import datetime
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
from pydantic import SecretStr

from bench import books, servers
from bench.backlog import Crowd, fill, in_parts, plays_of
from bench.costs import cpu_seconds, machine_seconds
from fairground_common.clock import Clock
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.embedded import Child, Order, Postgres, RabbitMq
from fairground_common.messaging import declare
from fairground_common.testing import Databases
from fairground_common.testing.buses import Bus
from fairground_common.testing.processes import surroundings
from fairground_deploy.demo_content import season
from fairground_seasonpass.plays.consumers import play_settled
from fairground_seasonpass.seasons.schemas import SeasonIn
from fairground_seasonpass.seasons.usecases import create_season, publish_season

EVENTS = 60_000
DRAIN_SECONDS = 120.0
POLL_SECONDS = 0.2
PREPARED_AT_ONCE = 500
OPERATOR = 1
DAY = datetime.timedelta(days=1)

_COUNTED = "SELECT count(*) FROM season_pass_xp_log WHERE day = $1"
_ALL_SENT = "SELECT (count(*) = 0)::int FROM outbox"
_RATE = """
WITH batch AS (SELECT created_at, count(*) AS events FROM season_pass_xp_log WHERE day = $1 GROUP BY created_at)
SELECT (sum(events) - (array_agg(events ORDER BY created_at DESC))[1])
    / extract(epoch FROM max(created_at) - min(created_at)) FROM batch
"""


class TooSlow(Exception):
    """The queue is not empty when it should long be."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a drain has come, and what it has cost so far."""

    at: float
    events: int
    worker: float
    postgres: float
    broker: float
    machine: float
    """CPU seconds of all processes there are."""


@dataclass(frozen=True, slots=True)
class Drain:
    """What one drain showed. CPU seconds are for 1,000 events."""

    rate: float
    """Events a second."""
    worker: float
    """CPU of the worker: consuming, and relaying the grants that came of it."""
    postgres: float
    """CPU of PostgreSQL; the embedded broker is a part of it."""
    others: float
    """Cores that everything else on the machine kept busy meanwhile: beside others it is no measure."""
    sent_after: float
    """Seconds from the last event until the last grant was sent."""

    @classmethod
    def between(cls, first: Reading, last: Reading, *, rate: float, sent_after: float) -> "Drain":
        thousands = max(last.events - first.events, 1) / 1000
        worker, postgres = last.worker - first.worker, last.postgres - first.postgres
        others = last.machine - first.machine - worker - postgres - (last.broker - first.broker)
        return cls(rate, worker / thousands, postgres / thousands, others / (last.at - first.at), sent_after)

    def __str__(self) -> str:
        return (
            f"{self.rate:6,.0f} events/s   CPU s per 1,000: worker {self.worker:.3f} PostgreSQL {self.postgres:.3f}"
            f"   others keep {self.others:.1f} cores busy   last grant sent {self.sent_after:.1f} s later"
        )


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="fairground-drain-") as folder:
        asyncio.run(_run(Path(folder), options))
    return 0


async def _run(folder: Path, options: argparse.Namespace) -> None:
    shares = {"returning players": 0.0, "20 % new players": 0.2, "only new players": 1.0}
    crowds = [Crowd.of(name, options.events, new=share) for name, share in shares.items()]
    with servers.postgres(folder) as postgres, servers.rabbitmq(folder) as node:
        bench = Bench(postgres, Databases(postgres.url), node, folder)
        for broker in bench.brokers:
            for crowd in crowds:
                drains = [await bench.drain(broker, crowd) for _ in range(options.runs)]
                rates = [drain.rate for drain in drains]
                _say(f"{broker:8}  {crowd.name:17}  best {max(rates):,.0f}  median {median(rates):,.0f} events/s")


@dataclass(frozen=True, slots=True)
class Bench:
    """The servers all drains share."""

    postgres: Postgres
    databases: Databases
    node: RabbitMq | None
    folder: Path

    @property
    def brokers(self) -> Sequence[str]:
        return ("embedded", "RabbitMQ") if self.node else ("embedded",)

    async def drain(self, broker: str, crowd: Crowd) -> Drain:
        """Fill a queue, let a worker empty it, and check the books."""
        today, bus, database = Clock().today(), self._bus(broker), self.databases.fresh("seasonpass")
        await declare(bus)
        await _has_played(database, crowd.returning_players, today - DAY)
        await fill(bus.broker(), plays_of(crowd.players(), today))
        await bus.close()
        async with servers.connection(database.owner_url) as connection:
            with self._worker(database, bus) as worker:
                drain = await self._watch(connection, worker, crowd.plays, today)
            await books.check(connection, plays=crowd.plays + crowd.returning)
        _say(f"{broker:8}  {crowd.name:17}  {drain}")
        return drain

    async def _watch(self, connection: asyncpg.Connection, worker: Child, plays: int, day: datetime.date) -> Drain:
        first = self._reading(await _wait_until(worker, 1, connection, _COUNTED, day), worker)
        last = self._reading(await _wait_until(worker, plays, connection, _COUNTED, day), worker)
        await _wait_until(worker, 1, connection, _ALL_SENT)
        sent_after = time.monotonic() - last.at
        rate = float(await connection.fetchval(_RATE, day))
        return Drain.between(first, last, rate=rate, sent_after=sent_after)

    def _reading(self, events: int, worker: Child) -> Reading:
        return Reading(
            at=time.monotonic(),
            events=events,
            worker=cpu_seconds(worker),
            postgres=cpu_seconds(self.postgres.child),
            broker=cpu_seconds(self.node.child) if self.node else 0.0,
            machine=machine_seconds(),
        )

    def _bus(self, broker: str) -> Bus:
        if broker == "RabbitMQ" and self.node is not None:
            return Bus(amqp_url=SecretStr(self.node.url(servers.USER)))
        return Bus(bus_database_url=SecretStr(self.databases.empty("bus").owner_url))

    @contextmanager
    def _worker(self, database: ServiceDatabase, bus: Bus) -> Iterator[Child]:
        environ = surroundings(self.folder, SEASONPASS_DATABASE_URL=database.app_url, **bus.environ)
        order = Order([sys.executable, "-m", "fairground_seasonpass.worker"], environ)
        worker = Child.start(order, log=self.folder / "worker.log")
        try:
            yield worker
        finally:
            worker.stop()


async def _has_played(database: ServiceDatabase, players: Sequence[int], day: datetime.date) -> None:
    """Publish a season and let players have a play of a day before; what games should know of it is sent."""
    db = Db.connect(database.app_url, application="bench")
    draft = SeasonIn.model_validate(season(day, day + 30 * DAY)).draft()
    async with db.begin() as tx:
        made = await create_season(tx, draft=draft, by=OPERATOR)
        await publish_season(tx, season_id=made.id, by=OPERATOR)
    for part in in_parts(players, PREPARED_AT_ONCE):
        await play_settled(db)(plays_of(part, day))
    await db.close()
    async with servers.connection(database.owner_url) as connection:
        await connection.execute("DELETE FROM outbox")
        await connection.execute("VACUUM (ANALYZE, SKIP_DATABASE_STATS)")


async def _wait_until(worker: Child, at_least: int, connection: asyncpg.Connection, query: str, *arguments: Any) -> int:
    """Ask for a count until it is reached, and return it; bounded, and only while the worker lives."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while (count := int(await connection.fetchval(query, *arguments))) < at_least:
        if not worker.alive or time.monotonic() > deadline:
            raise TooSlow(f"{count} of {at_least} after {DRAIN_SECONDS:g} s:\n{worker.tail()}")
        await asyncio.sleep(POLL_SECONDS)
    return count


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.drain", description="Drains of the season pass's queue.")
    parser.add_argument("--events", type=int, default=EVENTS, help="plays in each queue (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=1, help="drains of each kind (default: %(default)s)")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
