"""What becomes of an event: applied, buried, or kept for later. On both brokers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from fairground_common.contracts import Envelope, Event, Reward, RewardDelivered, RewardGranted
from fairground_common.errors import LockNotAcquired
from fairground_common.ids import new_id
from fairground_common.messaging import (
    Broker,
    BrokerAway,
    Consumer,
    DeadLetter,
    Handler,
    Message,
    Topology,
    bundle,
    declare,
)
from fairground_common.messaging.embedded import EmbeddedBroker
from fairground_common.telemetry import traces
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus, new_type

AT = datetime(2026, 1, 1, tzinfo=UTC)
TRACEPARENT = f"00-{'a' * 32}-{'b' * 16}-01"


class Effects:
    """A handler whose effects can be looked at. All or none, as a handler must be."""

    def __init__(self) -> None:
        self.applied: Counter[UUID] = Counter()
        self.calls: list[int] = []
        self.tries: Counter[UUID] = Counter()
        self.fail: Callable[[Sequence[Envelope]], Exception | None] = lambda _: None
        self.running = 0

    async def __call__(self, events: Sequence[Envelope]) -> None:
        self.running += 1
        assert self.running == 1, "one call at a time"
        try:
            self.calls.append(len(events))
            if len(events) == 1:
                self.tries[events[0].event_id] += 1
            await asyncio.sleep(0)
            error = self.fail(events)
            if error is not None:
                raise error
            self.applied.update(event.event_id for event in events)
        finally:
            self.running -= 1

    def refuse(self, *poison: Envelope) -> None:
        ids = {event.event_id for event in poison}
        self.fail = lambda events: (
            LookupError("no such season") if any(event.event_id in ids for event in events) else None
        )


class Spans:
    """What an exporter would be told."""

    def __init__(self) -> None:
        self.begun = 0
        self.ends: list[tuple[str, bool]] = []

    @contextmanager
    def wanted(self) -> Iterator[None]:
        """Have spans begin here for the length of the block."""
        traces.turn_on(self._begin)
        try:
            yield
        finally:
            traces.turn_on(None)

    def _begin(self, parent: str | None, kind: str) -> traces.Span:
        self.begun += kind == traces.CONSUMER
        return traces.Span(parent or TRACEPARENT, lambda name, failed: self.ends.append((name, failed)))


def granted(count: int) -> list[Envelope]:
    return [
        Envelope.of(
            RewardGranted(grant_id=new_id(), user_id=user, season_id=1, level=1, reward=Reward(type="POINT", amount=1)),
            at=AT,
            key=user,
        )
        for user in range(count)
    ]


def in_bundles(kind: str, events: Sequence[Envelope], size: int) -> list[Message]:
    parts = [events[start : start + size] for start in range(0, len(events), size)]
    return [
        Message(str(number), kind, bundle.encode([event.to_json() for event in part]))
        for number, part in enumerate(parts)
    ]


class Line:
    """A queue, its type, and whoever consumes it."""

    def __init__(self, bus: Bus, kind: str, queue: str) -> None:
        self.kind = kind
        self.queue = queue
        self.bus = bus
        self.broker: Broker = bus.broker()
        self.sent = 0

    async def send(self, events: Sequence[Envelope], *, bundle_size: int = 100) -> None:
        await self.publish(in_bundles(self.kind, events, bundle_size))

    async def publish(self, messages: Sequence[Message]) -> None:
        self.sent += len(messages)
        await self.broker.publish(messages)

    @asynccontextmanager
    async def consumed_by(
        self, handler: Handler | Mapping[type[Event], Handler], *, pauses: Sequence[float] = (0.01,) * 4
    ) -> AsyncIterator[Consumer]:
        handlers: Mapping[type[Event], Handler] = handler if isinstance(handler, Mapping) else {RewardGranted: handler}
        consumer = Consumer(self.bus.broker(), self.queue, handlers, retry_pauses=pauses)
        running = asyncio.create_task(consumer.run())
        try:
            yield consumer
        finally:
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

    async def letters(self) -> list[DeadLetter]:
        return [each.letter for each in await self.broker.dead_letters(self.queue)]

    async def reasons(self) -> list[str]:
        return [letter.reason for letter in await self.letters()]

    async def all_acked(self, consumer: Consumer) -> None:
        await eventually(lambda: consumer.state.acked == self.sent)


@pytest.fixture
async def line(bus: Bus) -> Line:
    kind = new_type()
    return Line(bus, kind, await bus.queue(kind))


def ids(events: Sequence[Envelope]) -> Counter[UUID]:
    return Counter(event.event_id for event in events)


async def test_events_are_applied_in_batches_and_acked(line: Line) -> None:
    events, effects = granted(1250), Effects()
    await line.send(events)
    async with line.consumed_by(effects) as consumer:
        await eventually(lambda: effects.applied == ids(events))
        assert max(effects.calls) <= 500
        await eventually(lambda: consumer.state.applied == 1250)
        assert consumer.state.trouble is None
        await line.all_acked(consumer)


async def test_a_lone_event_does_not_wait_for_company(line: Line) -> None:
    effects = Effects()
    async with line.consumed_by(effects) as consumer:
        for count in (1, 2, 3):
            await line.send(granted(1))
            await line.all_acked(consumer)
            assert effects.applied.total() == count
    assert effects.calls == [1, 1, 1]


async def test_each_type_goes_to_its_own_handler(line: Line) -> None:
    grants = granted(3)
    deliveries = [Envelope.of(RewardDelivered(grant_id=new_id(), delivered_at=AT), at=AT) for _ in range(2)]
    mixed = [grants[0], deliveries[0], grants[1], deliveries[1], grants[2]]
    grant_effects, delivery_effects = Effects(), Effects()
    await line.send(mixed)
    async with line.consumed_by({RewardGranted: grant_effects, RewardDelivered: delivery_effects}):
        await eventually(lambda: grant_effects.applied == ids(grants))
        await eventually(lambda: delivery_effects.applied == ids(deliveries))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not json", "not a JSON array"),
        (b'{"event_id": 1}', "not a JSON array"),
        (b'[{"event_id": 1}]', "unreadable"),
        (b'["%b"]' % (b"x" * 1_000_000), "unreadable"),
    ],
)
async def test_an_unreadable_message_is_buried_at_once(line: Line, body: bytes, reason: str) -> None:
    events, effects = granted(2), Effects()
    before, after = in_bundles(line.kind, events, 1)
    await line.publish([before, Message("junk", line.kind, body), Message("b", line.kind, after.body)])
    async with line.consumed_by(effects, pauses=(60.0,)) as consumer:
        await eventually(lambda: effects.applied == ids(events))
        (letter,) = await eventually(line.letters)
        assert letter.body == body
        assert (letter.tries, reason in letter.reason) == (0, True)
        await line.all_acked(consumer)


async def test_an_unreadable_element_leaves_its_bundle_alone(line: Line) -> None:
    events, effects = granted(2), Effects()
    body = bundle.encode([events[0].to_json(), '{"type": "games.unheard_of.v1"}', events[1].to_json()])
    await line.publish([Message("mixed", line.kind, body)])
    async with line.consumed_by(effects) as consumer:
        await eventually(lambda: effects.applied == ids(events))
        (letter,) = await eventually(line.letters)
        assert letter.body == b'[{"type": "games.unheard_of.v1"}]'
        await line.all_acked(consumer)


async def test_a_type_without_a_handler_is_buried_at_once(line: Line) -> None:
    event = Envelope.of(RewardDelivered(grant_id=new_id(), delivered_at=AT), at=AT)
    await line.send([event])
    async with line.consumed_by(Effects()):
        (reason,) = await eventually(line.reasons)
        assert "nobody here listens to games.reward_delivered.v1" in reason


async def test_an_empty_bundle_is_simply_done(line: Line) -> None:
    await line.publish([Message("empty", line.kind, b"[]")])
    effects = Effects()
    async with line.consumed_by(effects) as consumer:
        await line.send(granted(1))
        await eventually(lambda: effects.applied.total() == 1)
        await line.all_acked(consumer)


async def test_poison_is_tried_five_times_and_buried_while_its_neighbours_go_on(line: Line) -> None:
    events, effects = granted(60), Effects()
    poison = [events[7], events[8], events[59]]
    effects.refuse(*poison)
    await line.send(events, bundle_size=30)
    async with line.consumed_by(effects) as consumer:
        await eventually(lambda: effects.applied == ids(events) - ids(poison))
        reasons = await eventually(lambda: _all_there(line, 3))
        assert {effects.tries[event.event_id] for event in poison} == {5}
        assert set(reasons) == {"refused 5 times: LookupError: no such season"}
        await line.all_acked(consumer)
        assert consumer.state.buried == 3
    letters = await line.letters()
    assert {letter.tries for letter in letters} == {5}
    elements = [element for letter in letters for element in bundle.decode(letter.body)]
    assert ids([element for element in elements if isinstance(element, Envelope)]) == ids(poison)


async def test_later_events_do_not_wait_for_poison(line: Line) -> None:
    poison, effects = granted(1), Effects()
    effects.refuse(*poison)
    async with line.consumed_by(effects, pauses=(3600.0,)):
        await line.send(poison)
        await eventually(lambda: effects.tries[poison[0].event_id] == 1)
        later = granted(5)
        await line.send(later)
        await eventually(lambda: effects.applied == ids(later))


async def test_an_event_refused_at_first_may_still_be_accepted(line: Line) -> None:
    (event,), effects = granted(1), Effects()
    effects.fail = lambda _: LookupError() if effects.tries[event.event_id] < 3 else None
    await line.send([event])
    async with line.consumed_by(effects) as consumer:
        await eventually(lambda: effects.applied == ids([event]))
        await line.all_acked(consumer)
    assert effects.tries[event.event_id] == 3
    assert await line.reasons() == []


@pytest.mark.parametrize(
    "trouble",
    [
        ConnectionRefusedError("database away"),
        TimeoutError(),
        asyncpg.LockNotAvailableError("row is locked"),
        asyncpg.DeadlockDetectedError("deadlock"),
        asyncpg.TooManyConnectionsError("too many"),
        asyncpg.DiskFullError("disk full"),
        asyncpg.InternalClientError("unexpected end of the connection"),
        LockNotAcquired(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_trouble_keeps_the_batch_and_is_no_try(line: Line, trouble: Exception) -> None:
    events, effects = granted(6), Effects()
    answers = iter([trouble] * 3)
    effects.fail = lambda _: next(answers, None)
    await line.send(events)
    async with line.consumed_by(effects) as consumer:
        await eventually(lambda: type(trouble).__name__ in (consumer.state.trouble or ""))
        await eventually(lambda: effects.applied == ids(events))
        await eventually(lambda: consumer.state.trouble is None)
        await line.all_acked(consumer)
    assert await line.reasons() == []


async def test_trouble_between_the_tries_of_a_refused_event_is_no_try(line: Line) -> None:
    (event,), effects = granted(1), Effects()
    answers = iter([LookupError("no"), ConnectionResetError(), ConnectionResetError()])
    effects.fail = lambda _: next(answers, LookupError("no"))
    await line.send([event])
    async with line.consumed_by(effects):
        assert await eventually(line.reasons) == ["refused 5 times: LookupError: no"]
    assert effects.tries[event.event_id] == 7


async def test_each_try_of_an_event_is_a_span_and_trouble_begins_no_other(line: Line) -> None:
    (event,), effects, spans = granted(1), Effects(), Spans()
    answers = iter([LookupError("no"), ConnectionResetError(), ConnectionResetError()])
    effects.fail = lambda _: next(answers, None)
    with spans.wanted():
        await line.send([event.model_copy(update={"traceparent": TRACEPARENT})])
        async with line.consumed_by(effects) as consumer:
            await line.all_acked(consumer)
    assert spans.begun == 2
    assert spans.ends == [(f"apply {event.type}", True), (f"apply {event.type}", False)]


async def test_a_batch_that_was_refused_is_no_failure_of_each_event_in_it(line: Line) -> None:
    events, effects, spans = granted(2), Effects(), Spans()
    effects.refuse(events[0])
    with spans.wanted():
        await line.send([event.model_copy(update={"traceparent": TRACEPARENT}) for event in events])
        async with line.consumed_by(effects, pauses=()) as consumer:
            await line.all_acked(consumer)
    assert sorted(failed for _, failed in spans.ends) == [False, True]


async def test_a_value_the_database_cannot_take_is_a_refusal(line: Line, postgres: str) -> None:
    connection = await asyncpg.connect(postgres)

    async def handler(_: Sequence[Envelope]) -> None:
        await connection.fetchval("SELECT $1::bigint", 2**80)

    await line.send(granted(1))
    async with line.consumed_by(handler):
        (reason,) = await eventually(line.reasons)
        assert "refused 5 times" in reason
        assert "\n" not in reason
    await connection.close()


async def test_cancellation_settles_nothing(line: Line) -> None:
    events, started = granted(50), asyncio.Event()

    async def never_done(_: Sequence[Envelope]) -> None:
        started.set()
        await asyncio.Event().wait()

    await line.send(events, bundle_size=10)
    async with line.consumed_by(never_done):
        await started.wait()
    assert await line.reasons() == []
    effects = Effects()
    async with line.consumed_by(effects):
        await eventually(lambda: effects.applied == ids(events))


class BreakingWhenCancelled(EmbeddedBroker):
    """A broker whose connection goes in the very moment in which the consumer is told to stop."""

    def __init__(self, url: str) -> None:
        super().__init__(url, name="test")
        self.burying = asyncio.Event()

    async def bury(self, queue: str, letter: DeadLetter) -> None:  # noqa: ARG002 - the port's signature
        self.burying.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise BrokerAway("gone as well") from None


async def test_cancellation_wins_over_a_connection_that_breaks_with_it(
    embedded_bus: Bus, bus_database_url: str
) -> None:
    line = Line(embedded_bus, kind := new_type(), await embedded_bus.queue(kind))
    await line.publish([Message("junk", kind, b"junk")])
    broker = BreakingWhenCancelled(bus_database_url)
    running = asyncio.create_task(Consumer(broker, line.queue, {RewardGranted: Effects()}).run())
    await broker.burying.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_bundle_with_an_open_event_comes_back_whole(line: Line) -> None:
    events, effects = granted(3), Effects()
    effects.refuse(events[1])
    await line.send(events)
    async with line.consumed_by(effects, pauses=(3600.0,)):
        await eventually(lambda: effects.applied == ids([events[0], events[2]]))
    again = Effects()
    async with line.consumed_by(again):
        await eventually(lambda: again.applied == ids(events))
    assert await line.reasons() == []


async def test_a_consumer_started_before_the_topology_waits_for_it(bus: Bus) -> None:
    line = Line(bus, new_type(), f"fairground.late-{new_id().hex}")
    effects, events = Effects(), granted(1)
    async with line.consumed_by(effects) as consumer:
        await eventually(lambda: consumer.state.trouble != "not subscribed yet")
        await declare(bus, Topology({line.queue: (line.kind,)}))
        await line.send(events)
        await eventually(lambda: effects.applied == ids(events))
        assert consumer.state.trouble is None


async def _all_there(line: Line, count: int) -> list[str]:
    reasons = await line.reasons()
    return reasons if len(reasons) == count else []
