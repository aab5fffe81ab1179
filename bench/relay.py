"""``python -m bench.relay``: how fast one relay process empties an outbox into the broker, on each broker there is.

The outbox of games is filled while no worker runs, then one is started. The rate is that of the time from the first
row that leaves to the last, so starting up does not count; a run counts only when every event has arrived, once each.
"""

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import asyncpg
from pydantic import SecretStr

from bench import servers
from bench.backlog import Crowd, plays_of
from bench.costs import cpu_seconds
from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, PlaySettled
from fairground_common.db.provision import ServiceDatabase
from fairground_common.embedded import Child, Order, Postgres, RabbitMq
from fairground_common.messaging import Broker, declare, queue_of
from fairground_common.messaging.bundle import outlines
from fairground_common.testing import Databases
from fairground_common.testing.buses import Bus
from fairground_common.testing.processes import surroundings

EVENTS = 50_000
DRAIN_SECONDS = 120.0
POLL_SECONDS = 0.05

_WAITING = "SELECT count(*) FROM outbox WHERE type = $1"


class NotAllArrived(Exception):
    """The run does not count; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run showed. CPU seconds are for 1,000 events."""

    rate: float
    """Events a second."""
    worker: float
    postgres: float

    def __str__(self) -> str:
        return f"{self.rate:7,.0f} events/s   CPU s per 1,000: relay {self.worker:.3f} PostgreSQL {self.postgres:.3f}"


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="fairground-relay-") as folder:
        asyncio.run(_run(Path(folder), options))
    return 0


async def _run(folder: Path, options: argparse.Namespace) -> None:
    plays = plays_of(Crowd.of("returning", options.events, new=0).players(), Clock().today())
    with servers.postgres(folder) as postgres, servers.rabbitmq(folder) as node:
        bench = Bench(postgres, Databases(postgres.url), node, folder)
        for broker in bench.brokers:
            runs = [await bench.empty_an_outbox(broker, plays) for _ in range(options.runs)]
            for run in runs:
                _say(f"{broker:8}  {run}")
            rates = [run.rate for run in runs]
            _say(f"{broker:8}  best {max(rates):,.0f}  median {median(rates):,.0f} events/s")


@dataclass(frozen=True, slots=True)
class Bench:
    """The servers all runs share."""

    postgres: Postgres
    databases: Databases
    node: RabbitMq | None
    folder: Path

    @property
    def brokers(self) -> Sequence[str]:
        return ("embedded", "RabbitMQ") if self.node else ("embedded",)

    async def empty_an_outbox(self, broker: str, plays: Sequence[Envelope]) -> Run:
        """Fill an outbox, let a worker empty it, and look at what arrived."""
        bus, database = self._bus(broker), self.databases.fresh("games")
        await declare(bus)
        async with servers.connection(database.owner_url) as connection:
            await _write(connection, plays)
            with self._worker(database, bus) as worker:
                run = await self._watch(connection, worker)
        await _check(bus.broker(), plays)
        await bus.close()
        return run

    async def _watch(self, connection: asyncpg.Connection, worker: Child) -> Run:
        async def costs(at_most: int) -> tuple[float, int, float, float]:
            left = await _wait_until(worker, connection, at_most)
            return time.monotonic(), -left, cpu_seconds(worker), cpu_seconds(self.postgres.child)

        all_of_them = int(await connection.fetchval(_WAITING, PlaySettled.type))
        first, last = await costs(all_of_them - 1), await costs(0)
        seconds, sent, by_worker, by_postgres = (after - before for after, before in zip(last, first, strict=True))
        return Run(sent / seconds, by_worker / sent * 1000, by_postgres / sent * 1000)

    def _bus(self, broker: str) -> Bus:
        if broker == "RabbitMQ" and self.node is not None:
            return Bus(amqp_url=SecretStr(self.node.url(servers.USER)))
        return Bus(bus_database_url=SecretStr(self.databases.empty("bus").owner_url))

    @contextmanager
    def _worker(self, database: ServiceDatabase, bus: Bus) -> Iterator[Child]:
        settings = {"GAMES_DATABASE_URL": database.app_url, "GAMES_SEED_KEY": secrets.token_hex(32)}
        order = Order(
            [sys.executable, "-m", "fairground_games.worker"], surroundings(self.folder, **settings, **bus.environ)
        )
        worker = Child.start(order, log=self.folder / "worker.log")
        try:
            yield worker
        finally:
            worker.stop()


async def _write(connection: asyncpg.Connection, plays: Sequence[Envelope]) -> None:
    rows = [(play.event_id, play.type, play.key, play.to_json(), play.occurred_at) for play in plays]
    columns = ["event_id", "type", "key", "envelope", "created_at"]
    await connection.copy_records_to_table("outbox", records=rows, columns=columns)
    await connection.execute("VACUUM (ANALYZE, SKIP_DATABASE_STATS) outbox")


async def _wait_until(worker: Child, connection: asyncpg.Connection, at_most: int) -> int:
    """Wait until so few rows are left, and return how many; bounded, and only while the worker lives."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while (left := int(await connection.fetchval(_WAITING, PlaySettled.type))) > at_most:
        if not worker.alive or time.monotonic() > deadline:
            raise NotAllArrived(f"{left} unsent after {DRAIN_SECONDS:g} s:\n{worker.tail()}")
        await asyncio.sleep(POLL_SECONDS)
    return left


async def _check(broker: Broker, plays: Sequence[Envelope]) -> None:
    """Take everything out of the queue and compare. Raises NotAllArrived."""
    arrived: Counter[str | None] = Counter()
    async with broker.subscribe(queue_of("seasonpass"), prefetch=1000) as subscription:
        while arrived.total() < len(plays):
            async with asyncio.timeout(DRAIN_SECONDS):
                deliveries = await subscription.receive()
            found = [each for delivery in deliveries for each in outlines(delivery.body)]
            arrived.update(each.event_id for each in found if each.type == PlaySettled.type)
            await subscription.ack([delivery.tag for delivery in deliveries])
    if arrived != Counter(str(play.event_id) for play in plays):
        raise NotAllArrived("what arrived is not what was written")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.relay", description="Emptying an outbox into the broker.")
    parser.add_argument("--events", type=int, default=EVENTS, help="rows in the outbox (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="runs on each broker (default: %(default)s)")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
