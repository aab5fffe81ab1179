"""RabbitMQ as a private node."""

from collections.abc import Iterator
from pathlib import Path

import aio_pika
import psutil
import pytest
from aio_pika.exceptions import ProbableAuthenticationError
from aiormq.exceptions import ChannelAccessRefused

from fairground_common.embedded import BrokerUser, RabbitMq, TopicRight, rabbitmq_install
from fairground_common.testing import eventually

USERS = [
    BrokerUser("all", "s/e:c", tags=["administrator"]),
    BrokerUser("teller", "x", configure="^$", topics=[TopicRight("amq.topic", write="^games\\.")]),
]


def installation() -> rabbitmq_install.Installation:
    return rabbitmq_install.find() or rabbitmq_install.fetch(rabbitmq_install.cache_folder())


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, rabbitmq: str) -> Iterator[RabbitMq]:
    """Ask for `rabbitmq` first: it decides whether there may be none."""
    assert rabbitmq
    node = RabbitMq(tmp_path_factory.mktemp("node"), installation(), users=USERS)
    node.start()
    yield node
    node.stop()


async def test_a_user_may_only_publish_its_topics(node: RabbitMq) -> None:
    async with await aio_pika.connect(node.url("teller")) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("amq.topic")
        await exchange.publish(aio_pika.Message(b""), "games.played", mandatory=False)
        with pytest.raises(ChannelAccessRefused):
            await exchange.publish(aio_pika.Message(b""), "seasonpass.granted", mandatory=False)


async def test_a_wrong_password_is_refused(node: RabbitMq) -> None:
    with pytest.raises(ProbableAuthenticationError):
        await aio_pika.connect(node.url("teller").replace(":x@", ":y@"))


def test_control_reaches_the_node(node: RabbitMq) -> None:
    assert "teller" in node.control("list_users")


def test_a_node_started_again_after_a_crash_leaves_no_process_beside_it(node: RabbitMq) -> None:
    before = _epmds()
    node.child.kill()
    node.start()
    assert _epmds() == before
    assert "teller" in node.control("list_users")


def _processes() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def _epmds() -> set[psutil.Process]:
    return {process for process in _processes() if process.name() == "epmd"}


async def test_a_message_survives_a_restart_and_stop_leaves_no_process(rabbitmq: str, tmp_path: Path) -> None:
    assert rabbitmq
    before = _processes()
    first = RabbitMq(tmp_path, installation(), users=USERS)
    first.start()
    async with await aio_pika.connect(first.url("all")) as connection:
        channel = await connection.channel()
        await channel.declare_queue("kept", durable=True)
        persistent = aio_pika.Message(b"here", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(persistent, "kept")
    assert {process.name() for process in _processes() - before} >= {"beam.smp", "epmd"}
    first.stop()
    await eventually(lambda: _processes() <= before)

    second = RabbitMq(tmp_path, installation(), users=USERS)
    second.start()
    async with await aio_pika.connect(second.url("all")) as connection:
        queue = await (await connection.channel()).get_queue("kept")
        message = await queue.get(timeout=5)
        assert message is not None
        assert message.body == b"here"
    second.stop()
    await eventually(lambda: _processes() <= before)
