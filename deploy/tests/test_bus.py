"""`fairground bus` as an operator runs it, on both brokers."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from fairground_common.contracts import Envelope, RewardDelivered
from fairground_common.ids import new_id
from fairground_common.messaging import Broker, DeadLetter, Message, bundle, queue_of
from fairground_common.testing import Databases, eventually
from fairground_common.testing.buses import Bus
from fairground_deploy.local.broker import NOTE
from fairground_deploy.local.datadir import DataDir

GAMES, RANKING, SEASONPASS = (queue_of(service) for service in ("games", "ranking", "seasonpass"))
BAD_USAGE = 2


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    output: str
    errors: str

    @property
    def document(self) -> Any:
        return json.loads(self.output)

    @property
    def lines(self) -> list[list[str]]:
        """The words of each line after the first."""
        return [line.split() for line in self.output.splitlines()[1:]]


def fairground(environ: Mapping[str, str], *arguments: str) -> Said:
    command = [str(Path(sys.executable).with_name("fairground")), *arguments]
    ran = subprocess.run(command, env=dict(environ), capture_output=True, text=True, check=False, timeout=60)
    return Said(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture(params=["rabbitmq", "embedded"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    """Yield each broker in turn, with the product's queues and nothing in them."""
    if request.param == "rabbitmq":
        bus = Bus(amqp_url=SecretStr(request.getfixturevalue("rabbitmq")))
    else:
        databases: Databases = request.getfixturevalue("databases")
        bus = Bus(bus_database_url=SecretStr(databases.empty("bus").owner_url))
    await bus.declare_emptied()
    yield bus
    await bus.close()


def an_event() -> Envelope:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Envelope.of(RewardDelivered(grant_id=new_id(), delivered_at=now), at=now)


async def bury(broker: Broker, *events: Envelope) -> None:
    """Bury events of the season pass, as its worker does after five tries."""
    for event in events:
        await broker.bury(
            SEASONPASS, DeadLetter(bundle.encode([event.to_json()]), "refused 5 times: LookupError: no such season", 5)
        )


async def ids_of(bus: Bus, count: int) -> list[str]:
    async def listed() -> list[str]:
        letters = await bus.broker().dead_letters(SEASONPASS)
        return [each.id for each in letters] if len(letters) == count else []

    return await eventually(listed)


async def events_in(broker: Broker, queue: str) -> set[object]:
    """Take what is in a queue, one receipt's worth of it."""
    async with broker.subscribe(queue, prefetch=100) as subscription:
        deliveries = await subscription.receive()
        await subscription.ack([delivery.tag for delivery in deliveries])
    elements = [element for delivery in deliveries for element in bundle.decode(delivery.body)]
    return {element.event_id for element in elements if isinstance(element, Envelope)}


async def test_status_counts_every_queue(bus: Bus) -> None:
    broker, event = bus.broker(), an_event()
    await broker.publish([Message("1", RewardDelivered.type, bundle.encode([event.to_json()]))])
    await bury(broker, an_event(), an_event())
    await ids_of(bus, 2)
    async with broker.subscribe(RANKING, prefetch=1):
        said = fairground(bus.environ, "bus", "status")
        documents = fairground(bus.environ, "bus", "status", "--json").document["queues"]
    held = "-" if bus.amqp_url else "0"
    assert said.lines == [
        [GAMES, "0", held, "0", "0"],
        [RANKING, "0", held, "0", "1"],
        [SEASONPASS, "1", held, "2", "0"],
    ]
    held_as_json = None if bus.amqp_url else 0
    assert documents[2] == {"queue": SEASONPASS, "ready": 1, "held": held_as_json, "dead": 2, "consumers": 0}


async def test_a_dead_letter_is_listed_shown_and_put_back(bus: Bus) -> None:
    broker, first, second = bus.broker(), an_event(), an_event()
    await bury(broker, first, second)
    chosen, other = await ids_of(bus, 2)
    listed = fairground(bus.environ, "bus", "dead", "list")
    assert [line[0] for line in listed.lines] == [chosen, other]
    for told in (SEASONPASS, " 5 ", RewardDelivered.type, str(first.event_id), "LookupError: no such season"):
        assert told in listed.output.splitlines()[1]
    shown = fairground(bus.environ, "bus", "dead", "show", chosen)
    assert str(first.event_id) in shown.output
    assert "delivered_at" in shown.output
    assert str(second.event_id) not in shown.output
    put_back = fairground(bus.environ, "bus", "dead", "replay", chosen)
    assert (put_back.code, put_back.output) == (0, "1 put back\n")
    assert await events_in(broker, SEASONPASS) == {first.event_id}
    assert await ids_of(bus, 1) == [other]


async def test_programs_read_json(bus: Bus) -> None:
    broker, event = bus.broker(), an_event()
    await broker.bury(GAMES, DeadLetter(b"\xff", "unreadable: not a JSON array"))
    await bury(broker, event)
    (chosen,) = await ids_of(bus, 1)
    unreadable, refused = fairground(bus.environ, "bus", "dead", "list", "--json").document
    assert (unreadable["queue"], unreadable["tries"], unreadable["events"]) == (GAMES, 0, [])
    assert refused["events"] == [{"event_id": str(event.event_id), "type": RewardDelivered.type}]
    shown = fairground(bus.environ, "bus", "dead", "show", chosen, "--json").document
    assert shown["body"] == [json.loads(event.to_json())]
    raw = fairground(bus.environ, "bus", "dead", "show", unreadable["id"], "--queue", "games", "--json").document
    assert raw["body_base64"] == "/w=="
    replayed = fairground(bus.environ, "bus", "dead", "replay", "--all", "--queue", SEASONPASS, "--json").document
    assert replayed == {"put_back": [chosen], "missing": []}
    dropped = fairground(bus.environ, "bus", "dead", "drop", unreadable["id"], "--json").document
    assert dropped == {"dropped": [unreadable["id"]], "missing": []}
    assert fairground(bus.environ, "bus", "dead", "list", "--json").document == []


async def test_all_are_put_back_and_then_there_are_none(bus: Bus) -> None:
    broker, events = bus.broker(), [an_event() for _ in range(3)]
    await bury(broker, *events)
    await ids_of(bus, 3)
    assert fairground(bus.environ, "bus", "dead", "replay", "--all").output == "3 put back\n"
    assert fairground(bus.environ, "bus", "dead", "list").output == "no dead letters\n"


async def test_an_id_that_is_not_there_is_named_and_the_others_are_put_back(bus: Bus) -> None:
    await bury(bus.broker(), an_event())
    (chosen,) = await ids_of(bus, 1)
    said = fairground(bus.environ, "bus", "dead", "replay", chosen, "12345")
    assert (said.code, said.output, said.errors) == (1, "1 put back\n", "there is no dead letter 12345\n")
    said = fairground(bus.environ, "bus", "dead", "show", "12345")
    assert (said.code, said.errors) == (1, "there is no dead letter 12345\n")


async def test_a_local_run_is_found_in_its_folder(bus: Bus, tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    with data.owned():
        data.note(NOTE, json.dumps(bus.environ))
    assert fairground({"DATA_DIR": str(tmp_path)}, "bus", "status").code == 0


def test_replay_wants_ids_or_all_and_not_both() -> None:
    nowhere = {"AMQP_URL": "amqp://a:b@127.0.0.1:1/"}
    for arguments in ((), ("--all", "12345"), ("--all", "--queue", "nobody")):
        assert fairground(nowhere, "bus", "dead", "replay", *arguments).code == BAD_USAGE


def test_a_broker_that_is_not_named_or_not_there_is_one_line(tmp_path: Path) -> None:
    said = fairground({"DATA_DIR": str(tmp_path)}, "bus", "status")
    assert (said.code, said.errors.count("\n")) == (BAD_USAGE, 1)
    assert "set AMQP_URL" in said.errors
    for away in ({"AMQP_URL": "amqp://a:b@127.0.0.1:1/"}, {"BUS_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}):
        said = fairground(away, "bus", "status")
        assert (said.code, said.errors.count("\n")) == (1, 1)
        assert said.errors.startswith("the broker does not answer: ")
