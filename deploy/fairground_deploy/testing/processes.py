"""The product as processes of this machine, through the code of `make run`, in a folder of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest

from fairground_common.embedded import rabbitmq_install
from fairground_deploy.api import Api
from fairground_deploy.local.processes import ServiceProcess
from fairground_deploy.local.product import STOP_SECONDS, Product
from fairground_deploy.local.ready import READY_SECONDS, Awaited
from fairground_deploy.local.ready import wait_until_ready as wait_until_processes_are_ready
from fairground_deploy.local.seeding import sign_in_first_admin
from fairground_deploy.local.throwaway import throwaway_product
from fairground_deploy.services import PROGRAMS, Kind
from fairground_deploy.testing.deployment import NotGraceful, wait_until_ready

SHORTEST_SECRET = 16
"""Characters; beside the keys the folder keeps the first admin's name."""


class LocalDeployment:
    """The eight programs can be killed; nothing starts again by itself here."""

    names: ClassVar[tuple[str, ...]] = tuple(program.name for program in PROGRAMS)
    without_gap: ClassVar[frozenset[str]] = frozenset(names)

    def __init__(self, product: Product) -> None:
        self.product = product

    @property
    def gateway_url(self) -> str:
        return self.product.gateway_url

    def admin(self) -> Api:
        return sign_in_first_admin(self.product)

    async def kill(self, name: str) -> None:
        await asyncio.to_thread(self.product.processes[name].kill)

    async def ensure_running(self, name: str) -> None:
        process = self.product.processes[name]
        if not process.alive:
            await asyncio.to_thread(process.start)
        await self._until_ready(process)

    async def restart(self, name: str) -> None:
        process = self.product.processes[name]
        former = process.child
        if process.program.kind is Kind.WORKER:  # nobody calls it; what it has to do waits
            await asyncio.to_thread(process.stop, patience=STOP_SECONDS)
        else:
            await asyncio.to_thread(process.renew, within=READY_SECONDS, patience=STOP_SECONDS)
        if former.returncode != 0:
            raise NotGraceful(f"{name} ended with {former.returncode} after SIGTERM:\n{former.tail()}")
        await self.ensure_running(name)

    async def wait_ready(self) -> None:
        await wait_until_ready(self.gateway_url)

    async def logs(self) -> str:
        return await asyncio.to_thread(self._logs)

    def _logs(self) -> str:
        return "\n".join(each.read_text(errors="replace") for each in self.product.data.root.rglob("*.log"))

    def secrets(self) -> Collection[str]:
        kept = (each.read_text().strip() for each in (self.product.data.root / "secrets").iterdir())
        return {*(each for each in kept if len(each) >= SHORTEST_SECRET), self.product.admin.password}

    async def _until_ready(self, process: ServiceProcess) -> None:
        """A worker has no probe to ask."""
        if process.program.kind is not Kind.WORKER:
            port = urlsplit(self.product.url_of(process.name)).port
            assert port is not None, "a local address names its port"
            await wait_until_processes_are_ready([Awaited(process, port)])


@asynccontextmanager
async def running_processes(request: pytest.FixtureRequest) -> AsyncIterator[LocalDeployment]:
    """Run the product for a test session, on RabbitMQ: a private node where it is installed, else the tests' own."""
    folder: Path = request.getfixturevalue("tmp_path_factory").mktemp("product")
    settings = {"LOG_LEVEL": "debug"}  # the system tests read the logs: what is in them, and what must not be
    if not rabbitmq_install.find():
        settings["AMQP_URL"] = str(request.getfixturevalue("rabbitmq"))
    async with running_product(folder, **settings) as product:
        yield LocalDeployment(product)


@asynccontextmanager
async def running_product(folder: Path, **settings: str) -> AsyncIterator[Product]:
    """Run the seeded product as `throwaway_product` does, and tell of it on standard error."""
    async with throwaway_product(folder, _tell, **settings) as running:
        yield running


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
