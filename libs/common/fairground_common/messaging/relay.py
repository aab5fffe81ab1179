"""The relay carries events from a service's outbox to the broker. Losing is impossible, sending twice is allowed.

Every row present is unsent: read, publish, delete what was confirmed. What is remembered between two rounds is only
where deleted rows end (``position.py``), never what was sent: a row that commits late under a lower id is found later.
No transaction is open while publishing. One relay a service is active, chosen by an advisory lock of its own
connection; when that connection dies, another takes over.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

import asyncpg
import structlog

from fairground_common.clock import Clock
from fairground_common.db.connection import COMMAND_SECONDS, CONNECT_SECONDS, session_settings
from fairground_common.db.failures import DATABASE_ERRORS
from fairground_common.failpoints import failpoint
from fairground_common.messaging import bundle, metrics
from fairground_common.messaging.backoff import Backoff
from fairground_common.messaging.broker import Message, NotConfirmed, Publisher
from fairground_common.messaging.position import Position
from fairground_common.telemetry import traces

READ_ROWS = 500
POLL_SECONDS = 0.025
"""Shortest time between two reads unless one was full. Asking again at once would find a row or two each time, and
send many small messages where one would do: for broker, consumer and its database the message is what costs.
"""
BUSY_ROWS = 10
"""Rows in a read from which on there is much to say: then it is worth waiting for twice as many."""
BUSY_POLL_SECONDS = 0.05
FLOOD_RATE = 1100
"""Rows a second from which on throughput counts for more than the moment an event waits: twice as many once more."""
FLOOD_POLL_SECONDS = 0.1
STANDBY_SECONDS = 0.5
"""How often a relay that is not active asks for the lock."""
CLOSE_SECONDS = 2.0

LOCK_KEY = 0x72656C6179
"""Advisory lock of the active relay; each service has its own database, so one key serves all."""

READ = """
SELECT id, type, envelope, created_at FROM outbox WHERE id > $3 AND type <> ALL($1::text[]) ORDER BY id LIMIT $2
"""
DELETE = "DELETE FROM outbox WHERE id = ANY($1)"
TRY_LOCK = "SELECT pg_try_advisory_lock($1)"

SESSION = {
    "statement_timeout": "10000",
    # A relay that froze without closing its connection loses the lock: it is never idle for so long when alive.
    "idle_session_timeout": "15000",
    # A delete that is lost in a crash sends the row again, which is allowed; so no commit waits for the disk here.
    "synchronous_commit": "off",
}

log = structlog.get_logger()


@dataclass(slots=True)
class RelayState:
    """What metrics and readiness read."""

    active: bool = False
    """Whether this relay holds the lock; another one may."""
    sent: int = 0
    """Events confirmed by the broker since the start."""
    failures: int = 0
    last_error: str | None = "not connected yet"
    """What keeps events waiting; None while all is well, also for a relay that only stands by."""
    oldest: timedelta = timedelta(0)
    """Age of the oldest event not sent yet, as the active relay knows it; above 30 s somebody should look."""


def _show(state: RelayState) -> None:
    metrics.RELAY_ACTIVE.read(lambda: state.active)
    metrics.RELAY_WAITING.read(lambda: state.last_error is not None)
    metrics.OUTBOX_OLDEST.read(lambda: state.oldest / timedelta(seconds=1))


class Relay:
    """Runs until cancelled; a broker or database that is away only makes it wait."""

    def __init__(self, database_url: str, broker: Publisher, *, name: str, clock: Clock = Clock()) -> None:
        self._url = database_url
        self._broker = broker
        self._name = name
        self._clock = clock
        self._parked = _Parked()
        self.state = RelayState()
        _show(self.state)

    async def run(self) -> None:
        backoff = Backoff()
        while True:
            try:
                async with self._elected() as connection:
                    backoff.reset()
                    await self._carry(connection)
            except DATABASE_ERRORS as error:
                self._failed(f"{type(error).__name__}: {error}")
                await backoff.pause()

    @asynccontextmanager
    async def _elected(self) -> AsyncIterator[asyncpg.Connection]:
        """Connect and wait for the lock, which lives and dies with the connection."""
        connection = await asyncpg.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            server_settings={**session_settings(f"{self._name} relay"), **SESSION},
        )
        try:
            self.state.last_error = None
            while not await connection.fetchval(TRY_LOCK, LOCK_KEY):  # noqa: ASYNC110 - the lock is elsewhere
                await asyncio.sleep(STANDBY_SECONDS)
            self.state.active = True
            yield connection
        finally:
            self.state.active, self.state.oldest = False, timedelta(0)
            self._parked.clear()  # the next active one may send them
            await _close(connection)

    async def _carry(self, connection: asyncpg.Connection) -> None:
        position, before = Position(), time.monotonic()
        while True:
            began = time.monotonic()
            rows = await self._read(connection, position.after)
            sent = await self._send(connection, rows)
            if self._parked or sent < len(rows):
                position = Position()  # until nothing is left behind
            else:
                position.pass_by([row["id"] for row in rows], full=len(rows) == READ_ROWS)
            pause = pace(len(rows), began - before)
            before = began
            if pause:
                await asyncio.sleep(max(0.0, began + pause - time.monotonic()))

    async def _send(self, connection: asyncpg.Connection, rows: Sequence[asyncpg.Record]) -> int:
        """Publish rows, delete those the broker has, and return how many these are."""
        confirmed = await self._publish(bundled(rows)) if rows else []
        if confirmed:
            failpoint("relay.after_confirm")
            await connection.execute(DELETE, confirmed)
            self.state.sent += len(confirmed)
            metrics.RELAY_CONFIRMED.add(count=len(confirmed))
        return len(confirmed)

    async def _read(self, connection: asyncpg.Connection, after: int) -> Sequence[asyncpg.Record]:
        """Return unsent rows of higher ids, but none of a type that is pausing."""
        left_out = self._parked.types()
        rows = await connection.fetch(READ, left_out, READ_ROWS, after)
        if not rows and not left_out:
            self._parked.clear()
            self.state.last_error = None
        waiting = [*self._parked.oldest(), *(row["created_at"] for row in rows[:1])]
        self.state.oldest = self._clock.now() - min(waiting) if waiting else timedelta(0)
        if rows:
            metrics.RELAY_READ.observe(len(rows))
        return rows

    async def _publish(self, bundles: Sequence["Bundle"]) -> list[int]:
        """Publish, and return the ids of the rows the broker has."""
        refused: Mapping[str, str] = {}
        spans = _spans_of(bundles)
        try:
            await self._broker.publish([each.message for each in bundles])
        except NotConfirmed as error:
            refused = error.reasons
            self._failed(str(error))
        for message, span in spans:
            span.end(f"publish {message.type}", failed=message.id in refused)
        taken = [each for each in bundles if each.message.id not in refused]
        self._parked.release(each.message.type for each in taken)
        self._parked.park((each.message.type, each.oldest) for each in bundles if each.message.id in refused)
        if not self._parked:
            self.state.last_error = None
        return [row_id for each in taken for row_id in each.row_ids]

    def _failed(self, reason: str) -> None:
        self.state.failures += 1
        metrics.RELAY_FAILURES.add()
        self.state.last_error = reason
        log.warning("relay_failed", service=self._name, reason=reason)


def pace(rows: int, seconds: float) -> float:
    """Return the seconds from a read to the next one. It found so many rows, so long after the read before it."""
    if rows >= READ_ROWS:
        return 0.0
    if rows < BUSY_ROWS:
        return POLL_SECONDS
    return FLOOD_POLL_SECONDS if rows >= FLOOD_RATE * seconds else BUSY_POLL_SECONDS


@dataclass(frozen=True, slots=True)
class Bundle:
    """A message and the outbox rows it carries."""

    message: Message
    row_ids: tuple[int, ...]
    oldest: datetime


def _spans_of(bundles: Sequence[Bundle]) -> list[tuple[Message, traces.Span]]:
    """Begin a span for each event, under the one it happened in. Bodies are read only while somebody wants spans."""
    if not traces.on():
        return []
    return [
        (each.message, span)
        for each in bundles
        for span in traces.begin_each(
            (outline.traceparent for outline in bundle.outlines(each.message.body)), traces.PRODUCER
        )
    ]


def bundled(rows: Sequence[asyncpg.Record]) -> list[Bundle]:
    """Put rows of one type together, up to 100 in a message."""
    by_type = sorted(rows, key=itemgetter("type"))  # stable: within a type the order of ids stays
    return [
        made
        for _, of_type in groupby(by_type, itemgetter("type"))
        for part in _parts(list(of_type))
        for made in _bundles_of(part)
    ]


def _bundles_of(rows: Sequence[asyncpg.Record]) -> list[Bundle]:
    body = bundle.encode([row["envelope"] for row in rows])
    if len(rows) > 1 and not bundle.holds(body, len(rows)):
        # Some text is no JSON: each travels alone, so that only that one is unreadable at the other end.
        return [made for row in rows for made in _bundles_of([row])]
    first = rows[0]
    message = Message(str(first["id"]), first["type"], body)
    return [Bundle(message, tuple(row["id"] for row in rows), first["created_at"])]


def _parts(rows: Sequence[asyncpg.Record]) -> Iterable[Sequence[asyncpg.Record]]:
    return (rows[start : start + bundle.MAX_EVENTS] for start in range(0, len(rows), bundle.MAX_EVENTS))


class _Parked:
    """Types the broker did not take, each with a growing pause of its own: one never holds up another."""

    def __init__(self) -> None:
        self._pauses: dict[str, _Pause] = {}

    def types(self) -> list[str]:
        now = time.monotonic()
        return [kind for kind, pause in self._pauses.items() if pause.until > now]

    def oldest(self) -> Iterable[datetime]:
        return (pause.oldest for pause in self._pauses.values())

    def __bool__(self) -> bool:
        return bool(self._pauses)

    def clear(self) -> None:
        self._pauses.clear()

    def park(self, refused: Iterable[tuple[str, datetime]]) -> None:
        for kind, oldest in dict(refused).items():
            pause = self._pauses.setdefault(kind, _Pause(oldest))
            pause.until = time.monotonic() + pause.backoff.next_seconds()

    def release(self, kinds: Iterable[str]) -> None:
        for kind in kinds:
            self._pauses.pop(kind, None)


@dataclass(slots=True)
class _Pause:
    oldest: datetime
    backoff: Backoff = field(default_factory=Backoff)
    until: float = 0.0


async def _close(connection: asyncpg.Connection) -> None:
    """Close within 2 s, so that the lock is free for the next relay; what hangs is cut off."""
    try:
        await connection.close(timeout=CLOSE_SECONDS)
    except DATABASE_ERRORS:
        connection.terminate()
