"""Both brokers for tests, behind the settings a service would have."""

from dataclasses import dataclass, field

from pydantic import SecretStr

from fairground_common.ids import new_id
from fairground_common.messaging import Broker, Topology, declare, open_broker


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

    async def close(self) -> None:
        for broker in self.opened:
            await broker.close()


def new_type() -> str:
    """Return an event type nobody listens to yet."""
    return f"test.thing_happened_{new_id().hex}.v1"
