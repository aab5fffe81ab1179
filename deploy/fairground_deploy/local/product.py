"""The whole product: parts, databases, topology, processes. Used by `make run` and by the system tests alike."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Self

import asyncpg
from sqlalchemy.exc import DBAPIError

from fairground_common.embedded import LOOPBACK, free_port, port_is_free
from fairground_common.messaging import BrokerAway
from fairground_deploy.local import broker, databases
from fairground_deploy.local.admin import FirstAdmin, first_admin
from fairground_deploy.local.broker import Bus
from fairground_deploy.local.datadir import DataDir
from fairground_deploy.local.failures import LocalRunError
from fairground_deploy.local.parts import Parts
from fairground_deploy.local.processes import ServiceProcess, environment
from fairground_deploy.local.ready import Awaited, refuse_ended, wait_until_ready
from fairground_deploy.local.settings import LocalSettings
from fairground_deploy.local.together import together
from fairground_deploy.local.topology import declare_topology
from fairground_deploy.local.wiring import Wiring
from fairground_deploy.services import PROGRAMS, SECRET_SETTINGS, Kind, Program

STOP_SECONDS = 10.0
"""What a process gets between SIGTERM and SIGKILL; an answer takes at most 8."""

Say = Callable[[str], None]


class Product:
    """A running Fairground on this machine."""

    def __init__(self, settings: LocalSettings, data: DataDir, inherited: Mapping[str, str], say: Say) -> None:
        self.settings = settings
        self.data = data
        self.admin: FirstAdmin = first_admin(settings, data)
        self.parts = Parts(settings, data)
        self.processes: dict[str, ServiceProcess] = {}
        self.databases: databases.Databases | None = None
        self._bus: Bus | None = None
        self._inherited = dict(inherited)
        self._ports = {each.name: self._port_of(each) for each in PROGRAMS}
        self._metrics_port = free_port()
        self._say = say

    @classmethod
    @asynccontextmanager
    async def running(cls, settings: LocalSettings, inherited: Mapping[str, str], say: Say) -> AsyncIterator[Self]:
        """Start everything, and stop everything at the end of the block or when the start fails."""
        refuse_taken_port(settings.port)
        data = DataDir(settings.data_dir)
        with data.owned():
            product = cls(settings, data, inherited, say)
            try:
                await product.start()
                yield product
            finally:
                await asyncio.shield(product.stop())

    @property
    def gateway_url(self) -> str:
        return f"http://{LOOPBACK}:{self.settings.port}"

    @property
    def described_bus(self) -> str:
        """Which broker this run uses, in words."""
        return self._bus.described if self._bus else "not chosen yet"

    def url_of(self, service: str) -> str:
        """Return a service's own address, behind the gateway."""
        return f"http://{LOOPBACK}:{self._ports[service]}"

    def metrics_addresses(self) -> dict[str, str]:
        """Return where each process tells its numbers."""
        ports = {**self._ports, "gateway": self._metrics_port}
        return {name: f"{LOOPBACK}:{port}" for name, port in ports.items()}

    async def start(self) -> None:
        await together(self._start_apis(), self.parts.start_broker())
        await self._declare()
        self._start_processes(Kind.WORKER)
        await wait_until_ready([Awaited(each, self._ports[each.name]) for each in self._answering()])
        refuse_ended(self.processes.values())

    async def stop(self) -> None:
        """From the outside in: nobody is left to call a process that is gone."""
        for kind in (Kind.GATEWAY, Kind.API, Kind.WORKER):
            stopping = [each for each in self.processes.values() if each.program.kind is kind]
            for process in stopping:
                process.ask_to_stop()
            await together(*(asyncio.to_thread(each.stop, patience=STOP_SECONDS) for each in stopping))
        await self.parts.stop()

    async def _start_apis(self) -> None:
        """They need no broker, so they start while it boots."""
        known = self.databases = await self._prepare_databases()
        self._bus = self._choose_bus(known)
        self._make_processes(known, self._bus)
        self.data.tell_metrics(self.metrics_addresses())
        self._start_processes(Kind.API, Kind.GATEWAY)

    async def _prepare_databases(self) -> databases.Databases:
        await self.parts.start_databases()
        superuser = self.parts.postgres.url if self.parts.postgres else None
        with_bus = self.parts.node is None and self.settings.amqp_url is None
        try:
            known = await databases.provide(self.settings, self.data, superuser, with_bus=with_bus)
            for service, revision in (await databases.migrate(known)).items():
                self._say(f"database {service} is at {revision}")
        except (OSError, asyncpg.PostgresError, DBAPIError) as error:
            raise LocalRunError(f"the databases cannot be prepared: {error}") from error
        return known

    def _choose_bus(self, known: databases.Databases) -> Bus:
        if self.parts.node is not None:
            return broker.bus_of_node(self.parts.node)
        if self.settings.amqp_url is not None:
            return broker.bus_of_address(self.settings.amqp_url.get_secret_value())
        assert known.bus is not None, "without RabbitMQ the bus has a database"
        because = broker.why_embedded(self.settings)
        return broker.bus_of_database(known.bus.owner_url, known.bus.app_url, because=because)

    async def _declare(self) -> None:
        assert self._bus is not None, "the APIs are started first"
        try:
            await declare_topology(self._bus.topology)
        except (BrokerAway, OSError, asyncpg.PostgresError) as error:
            raise LocalRunError(f"the broker cannot be prepared: {error}") from error
        self.data.note(broker.NOTE, json.dumps(self._bus.topology))
        self._say(f"broker: {self.described_bus}")

    def _make_processes(self, known: databases.Databases, bus: Bus) -> None:
        wiring = Wiring(
            settings=self.settings,
            data=self.data,
            databases=known,
            bus=bus,
            ports=self._ports,
            metrics_port=self._metrics_port,
            redis_url=self.settings.redis_url or (self.parts.valkey.url if self.parts.valkey else ""),
            secrets={name: self._inherited.get(name) or self.data.secret(name) for name in SECRET_SETTINGS},
        )
        for program in PROGRAMS:
            environ = environment(
                program,
                defaults=self.settings.defaults(),
                inherited=self._inherited,
                own=wiring.settings_of(program),
            )
            port = None if program.kind is Kind.WORKER else self._ports[program.name]  # a worker binds its own
            self.processes[program.name] = ServiceProcess(program, environ, self.data.logs, port=port)

    def _start_processes(self, *kinds: Kind) -> None:
        for process in self.processes.values():
            if process.program.kind in kinds:
                process.start()

    def _answering(self) -> list[ServiceProcess]:
        """Workers are not waited for: what they do arrives when they are there."""
        return [each for each in self.processes.values() if each.program.kind is not Kind.WORKER]

    def _port_of(self, program: Program) -> int:
        if program.kind is Kind.GATEWAY:
            return self.settings.port
        given = self._inherited.get(f"{program.name.upper().replace('-', '_')}_PORT")
        return int(given) if given and given.isdigit() else free_port()


def refuse_taken_port(port: int) -> None:
    if not port_is_free(port):
        raise LocalRunError(f"bad setting PORT: {LOOPBACK}:{port} is taken by another program; set PORT to another")
