"""What operators see of a queue and do with its dead letters. On both brokers."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest

from fairground_common.contracts.names import dead_of
from fairground_common.messaging import Broker, BrokerAway, Buried, DeadLetter, Message, NotConfirmed
from fairground_common.messaging import rabbitmq_graveyard as graveyard
from fairground_common.messaging.broker import Subscription
from fairground_common.messaging.rabbitmq_link import Link
from fairground_common.messaging.topology import DELIVERY_LIMIT, WORN_OUT
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus, new_type

LOOKS = 25
"""More than the twenty deliveries RabbitMQ 4 grants a message unless told otherwise."""


async def buried(broker: Broker, queue: str, *bodies: bytes) -> list[Buried]:
    """Bury letters and wait until they are seen; those of one millisecond are of the same age, so look at bodies."""
    for body in bodies:
        await broker.bury(queue, DeadLetter(body, "refused"))
    found = await eventually(lambda: _all_there(broker, queue, len(bodies)))
    return sorted(found, key=lambda each: each.letter.body)


async def _all_there(broker: Broker, queue: str, count: int) -> list[Buried]:
    found = list(await broker.dead_letters(queue))
    return found if len(found) == count else []


async def replayed(broker: Broker, queue: str, ids: Collection[str] | None = None) -> list[bytes]:
    return [each.letter.body async for each in broker.replay(queue, ids)]


async def bodies_in(broker: Broker, queue: str, count: int) -> list[bytes]:
    """Take that many messages out of a queue."""
    found: list[bytes] = []
    async with broker.subscribe(queue, prefetch=100) as subscription:
        while len(found) < count:
            deliveries = await subscription.receive()
            found += [delivery.body for delivery in deliveries]
            await subscription.ack([delivery.tag for delivery in deliveries])
    return sorted(found)


async def bodies_dead(broker: Broker, queue: str) -> list[bytes]:
    return sorted(each.letter.body for each in await broker.dead_letters(queue))


async def test_a_letter_is_kept_as_it_was_with_reason_tries_and_time(bus: Bus) -> None:
    broker = bus.broker()
    queue = await bus.queue(new_type())
    letter = DeadLetter(b"\x00\xffnot text", "unreadable: because", tries=5)
    await broker.bury(queue, letter)
    (found,) = await eventually(lambda: broker.dead_letters(queue))
    assert (found.letter, found.queue) == (letter, queue)
    assert found.buried_at is not None
    assert abs(datetime.now(UTC) - found.buried_at) < timedelta(minutes=1)


async def test_looking_changes_nothing_however_often_one_looks(bus: Bus) -> None:
    broker = bus.broker()
    queue = await bus.queue(new_type())
    assert len({each.id for each in await buried(broker, queue, b"1", b"2", b"3")}) == 3
    first = await broker.dead_letters(queue)
    for _ in range(LOOKS):
        assert await broker.dead_letters(queue) == first
    some = await broker.dead_letters(queue, most=2)
    assert [each for each in first if each in some] == some
    assert len(some) == 2


async def test_a_replayed_letter_goes_to_the_queue_it_came_from_and_to_no_other(bus: Bus) -> None:
    kind, broker = new_type(), bus.broker()
    queue, other = await bus.queue(kind), await bus.queue(kind)
    _, chosen, _ = await buried(broker, queue, b"1", b"2", b"3")
    assert await replayed(broker, queue, [chosen.id]) == [b"2"]
    assert await bodies_in(broker, queue, 1) == [b"2"]
    assert await bodies_dead(broker, queue) == [b"1", b"3"]
    assert (await broker.state(other)).ready == 0


async def test_all_letters_are_replayed_and_none_is_left(bus: Bus) -> None:
    broker = bus.broker()
    queue = await bus.queue(new_type())
    bodies = [b"%03d" % number for number in range(graveyard.REPLAYED_AT_ONCE * 2 + 1)]
    await buried(broker, queue, *bodies)
    assert sorted(await replayed(broker, queue)) == bodies
    assert await bodies_in(broker, queue, len(bodies)) == bodies
    assert await bodies_dead(broker, queue) == []


async def test_an_unknown_id_is_passed_over(bus: Bus) -> None:
    broker = bus.broker()
    queue = await bus.queue(new_type())
    (letter,) = await buried(broker, queue, b"1")
    assert await replayed(broker, queue, ["nobody", "999999999"]) == []
    assert await replayed(broker, queue, ["nobody", letter.id]) == [b"1"]


async def test_a_dropped_letter_is_gone_and_nowhere_else(bus: Bus) -> None:
    broker = bus.broker()
    queue = await bus.queue(new_type())
    _, chosen, _ = await buried(broker, queue, b"1", b"2", b"3")
    assert [each async for each in broker.drop(queue, [chosen.id, "nobody"])] == [chosen]
    assert await bodies_dead(broker, queue) == [b"1", b"3"]
    assert sorted([each.letter.body async for each in broker.drop(queue)]) == [b"1", b"3"]
    assert await _counts(broker, queue) == (0, 0, 0)


async def test_a_letter_buried_again_meanwhile_is_not_of_this_round(bus: Bus) -> None:
    broker = bus.broker()
    queue = await bus.queue(new_type())
    bodies = [b"%03d" % number for number in range(graveyard.REPLAYED_AT_ONCE + 1)]
    await buried(broker, queue, *bodies)
    seen = []
    async for each in broker.replay(queue):
        seen.append(each.letter.body)
        await broker.bury(queue, each.letter)
        assert len(seen) <= len(bodies)
    assert sorted(seen) == bodies
    assert await eventually(lambda: _all_there(broker, queue, len(bodies)))


async def test_what_is_in_a_queue_and_who_consumes_it_is_counted(bus: Bus) -> None:
    kind, broker = new_type(), bus.broker()
    queue = await bus.queue(kind)
    assert await _counts(broker, queue) == (0, 0, 0)
    await broker.publish([Message(str(number), kind, b"x") for number in range(4)])
    await buried(broker, queue, b"1", b"2")
    assert await eventually(lambda: _is_counted(broker, queue, (4, 2, 0)))
    async with broker.subscribe(queue, prefetch=2) as one, broker.subscribe(queue, prefetch=1) as other:
        tags = await _held(one, 2)
        await _held(other, 1)
        await eventually(lambda: _is_counted(broker, queue, (1, 2, 2)))
        assert (await broker.state(queue)).held == (None if bus.amqp_url else 3)
        await one.ack(tags)
    assert await eventually(lambda: _is_counted(broker, queue, (2, 2, 0)))


async def _held(subscription: Subscription, count: int) -> list[int]:
    """Receive that many messages and return how they are settled."""
    tags: list[int] = []
    while len(tags) < count:
        tags += [delivery.tag for delivery in await subscription.receive()]
    return tags


async def _counts(broker: Broker, queue: str) -> tuple[int, int, int]:
    state = await broker.state(queue)
    return state.ready, state.dead, state.consumers


async def _is_counted(broker: Broker, queue: str, expected: tuple[int, int, int]) -> bool:
    assert await _counts(broker, queue) == expected
    return True


async def test_a_queue_nobody_declared_has_no_state_and_no_letters(bus: Bus) -> None:
    await bus.queue(new_type())
    with pytest.raises(BrokerAway):
        await bus.broker().state("fairground.never-declared")


async def test_a_letter_whose_queue_does_not_take_it_stays_dead(rabbit_bus: Bus) -> None:
    broker = rabbit_bus.broker()
    queue = await rabbit_bus.queue(new_type())
    await buried(broker, queue, b"1", b"2")
    await _delete(rabbit_bus, queue)
    with pytest.raises(NotConfirmed, match="unroutable"):
        await replayed(broker, queue)
    assert await bodies_dead(broker, queue) == [b"1", b"2"]


async def test_a_crash_after_the_confirm_leaves_a_letter_in_both_places(
    rabbit_bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = rabbit_bus.broker()
    queue = await rabbit_bus.queue(new_type())
    await buried(broker, queue, b"1")

    async def die(_message: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr("aio_pika.message.IncomingMessage.ack", die)
        with pytest.raises(BrokerAway):
            await replayed(broker, queue)
    assert await bodies_in(broker, queue, 1) == [b"1"]
    assert await eventually(lambda: bodies_dead(broker, queue)) == [b"1"]


async def test_what_rabbitmq_itself_or_a_stranger_buried_is_shown_as_well(rabbit_bus: Bus) -> None:
    kind, broker = new_type(), rabbit_bus.broker()
    queue = await rabbit_bus.queue(kind)
    await broker.publish([Message("1", kind, b"never settled")])
    await _wear_out(rabbit_bus, queue)
    stranger, worn_out = await eventually(lambda: _all_there(broker, queue, 2))
    assert worn_out.letter == DeadLetter(b"never settled", WORN_OUT, DELIVERY_LIMIT)
    assert worn_out.buried_at is not None
    assert (stranger.letter.body, stranger.buried_at) == (b"by hand", None)
    assert await replayed(broker, queue, [stranger.id]) == [b"by hand"]


async def _wear_out(bus: Bus, queue: str) -> None:
    """Return a message so often that RabbitMQ has enough, and put another by hand where it ends."""
    link = _link(bus)
    channel = await link.channel()
    living = await channel.get_queue(queue)
    while (message := await living.get(fail=False)) is not None:
        await message.reject(requeue=True)
    wire = await channel.get_underlay_channel()
    await eventually(lambda: _has_one(link, dead_of(queue)))
    await wire.basic_publish(b"by hand", exchange=dead_of(queue))
    await link.close()


async def _has_one(link: Link, queue: str) -> bool:
    graveyard = await (await link.channel()).declare_queue(queue, passive=True)
    return graveyard.declaration_result.message_count == 1


async def _delete(bus: Bus, queue: str) -> None:
    link = _link(bus)
    await (await link.channel()).queue_delete(queue)
    await link.close()


def _link(bus: Bus) -> Link:
    assert bus.amqp_url is not None
    return Link(bus.amqp_url.get_secret_value(), "test")
