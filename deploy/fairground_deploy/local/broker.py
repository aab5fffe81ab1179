"""The broker of a local run: the RabbitMQ that was given or is installed, else tables in PostgreSQL.

On a private RabbitMQ node every service has a user of its own: it reads its queue and publishes its own topics.
"""

from dataclasses import dataclass

from fairground_common.embedded import RabbitMq, rabbitmq_install
from fairground_deploy.broker_users import ADMINISTRATOR, SERVICES, administrator, service_user
from fairground_deploy.local.datadir import DataDir
from fairground_deploy.local.failures import LocalRunError
from fairground_deploy.local.settings import LocalSettings

NOTE = "broker"
"""What a run calls its broker's address in DATA_DIR: another one each time it starts, for whoever looks after it."""


@dataclass(frozen=True, slots=True)
class Bus:
    """Where the processes find the broker: settings by service, and what to tell a person about it."""

    described: str
    topology: dict[str, str]
    """Settings of whoever declares the topology."""
    services: dict[str, dict[str, str]]


def private_node(settings: LocalSettings, data: DataDir) -> RabbitMq | None:
    """Return the RabbitMQ node to start; None where another broker is to be used."""
    if settings.amqp_url or settings.bus_database_url or settings.broker == "embedded":
        return None
    installation = rabbitmq_install.find()
    if installation is None:
        if settings.broker == "rabbitmq":
            raise LocalRunError("bad setting BROKER: rabbitmq-server is not installed")
        return None
    users = [service_user(service, data.secret(f"rabbitmq-{service}")) for service in SERVICES]
    everything = administrator(data.secret(f"rabbitmq-{ADMINISTRATOR}"))
    return RabbitMq(data.root / "rabbitmq", installation, users=[everything, *users])


def why_embedded(settings: LocalSettings) -> str:
    """Return why there is no RabbitMQ in this run."""
    if settings.bus_database_url is not None:
        return "at BUS_DATABASE_URL"
    if settings.broker == "embedded":
        return "as BROKER asks"
    return "no rabbitmq-server is installed and AMQP_URL is not set"


def bus_of_node(node: RabbitMq) -> Bus:
    return Bus(
        described=f"RabbitMQ, a private node (AMQP on port {node.port})",
        topology={"AMQP_URL": node.url(ADMINISTRATOR)},
        services={service: {"AMQP_URL": node.url(service)} for service in SERVICES},
    )


def bus_of_address(amqp_url: str) -> Bus:
    address = {"AMQP_URL": amqp_url}
    return Bus("RabbitMQ, at AMQP_URL", address, dict.fromkeys(SERVICES, address))


def bus_of_database(owner_url: str, app_url: str, *, because: str) -> Bus:
    app = {"BUS_DATABASE_URL": app_url}
    return Bus(
        described=f"embedded in PostgreSQL ({because})",
        topology={"BUS_DATABASE_URL": owner_url},
        services=dict.fromkeys(SERVICES, app),
    )
