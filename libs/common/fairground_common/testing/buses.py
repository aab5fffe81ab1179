"""Both brokers for tests, behind the settings a service would have."""

from dataclasses import dataclass, field

from pydantic import SecretStr

from fairground_common.contracts.names import dead_of
from fairground_common.ids import new_id
from fairground_common.messaging import TOPOLOGY, Broker, Topology, declare, open_broker
from fairground_common.messaging.rabbitmq_link import Link


@dataclass(frozen=True)
class Bus:
    """One real broker. Brokers opened here are closed by ``close``; queue and type names are never used twice."""

    amqp_url: SecretStr | None = None
    bus_database_url: SecretStr | None = None
    opened: list[Broker] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        """The settings that name it to a process."""
        urls = {"AMQP_URL": self.amqp_url, "BUS_DATABASE_URL": self.bus_database_url}
        return {name: url.get_secret_value() for name, url in urls.items() if url is not None}

    def broker(self) -> Broker:
        broker = open_broker(self, name="test")
        self.opened.append(broker)
        return broker

    async def queue(self, *types: str) -> str:
        """Declare a new queue that listens to some types and return its name."""
        queue = f"fairground.test-{new_id().hex}"
        await declare(self, Topology({queue: types}))
        return queue

    async def declare_emptied(self) -> None:
        """Declare the product's topology, and empty its queues of what another test has left on a shared RabbitMQ."""
        await declare(self)
        if self.amqp_url is None:
            return
        link = Link(self.amqp_url.get_secret_value(), "test")
        channel = await link.channel()
        for queue in TOPOLOGY.types_by_queue:
            for each in (queue, dead_of(queue)):
                await (await channel.get_queue(each)).purge()
        await link.close()

    async def close(self) -> None:
        for broker in self.opened:
            await broker.close()


def new_type() -> str:
    """Return an event type nobody listens to yet."""
    return f"test.thing_happened_{new_id().hex}.v1"
