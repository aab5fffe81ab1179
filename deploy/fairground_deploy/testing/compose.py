"""The product as the root compose file deploys it: every member in a container, seen through the gateway's port."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import ClassVar

from fairground_common.clock import Clock
from fairground_common.embedded import LOOPBACK, free_port
from fairground_common.testing.eventually import eventually
from fairground_deploy.api import Api
from fairground_deploy.demo import plant
from fairground_deploy.services import DATABASE_SERVICES, PROGRAMS
from fairground_deploy.testing.containers import STOP_SECONDS, Project, build_images, docker, inspect, project
from fairground_deploy.testing.deployment import NotGraceful, wait_until_ready

ADMIN = "admin"
ADMIN_PASSWORD = "only-for-tests"  # noqa: S105
_GENEROUS = {
    "RATE_LIMIT_IP": "100000",
    "RATE_LIMIT_USER": "100000",
    "AUTH_REGISTRATIONS_PER_IP": "100000",
    "AUTH_LOGIN_FAILURES_PER_IP": "100000",
}
"""All players of the tests come from one address."""


class ComposeDeployment:
    """Every program, database and part can be killed; its restart policy brings it back."""

    names: ClassVar[tuple[str, ...]] = (
        *(program.name for program in PROGRAMS),
        *(f"{service}-db" for service in DATABASE_SERVICES),
        "rabbitmq",
        "redis",
    )
    without_gap: ClassVar[frozenset[str]] = frozenset()
    """None: each has one instance here. How an update does without a gap is in docs/deployment/upgrade.md."""

    def __init__(self, running: Project, port: int) -> None:
        self.project = running
        self._port = port

    @property
    def gateway_url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    def admin(self) -> Api:
        return Api.signed_in(self.gateway_url, ADMIN, ADMIN_PASSWORD)

    async def kill(self, name: str) -> None:
        """From outside the container: the engine takes it for a crash, not for somebody's wish."""
        victims = {each.pid for each in await self.project.containers(name)} - {0}
        for pid in victims:
            os.kill(pid, signal.SIGKILL)

        async def gone() -> bool:
            return not victims & {each.pid for each in await self.project.containers(name)}

        await eventually(gone, within=STOP_SECONDS)

    async def ensure_running(self, name: str) -> None:
        await self.project.until_healthy(name)

    async def restart(self, name: str) -> None:
        for container in await self.project.containers(name):
            await docker("stop", "--time", str(STOP_SECONDS), container.id)
            (stopped,) = await inspect(container.id)
            if code := stopped.state["ExitCode"]:
                raise NotGraceful(f"{name} ended with {code} after SIGTERM")
            await docker("start", container.id)
            await self.ensure_running(name)

    async def wait_ready(self) -> None:
        await wait_until_ready(self.gateway_url)

    async def logs(self) -> str:
        return await self.project.compose("logs", "--no-color")

    def secrets(self) -> Collection[str]:
        return self.project.secrets


@asynccontextmanager
async def running_stack() -> AsyncIterator[ComposeDeployment]:
    """Bring up the root stack with an admin and the demo."""
    port = free_port()
    settings = {"PORT": str(port), "TEST_MODE": "true", "ADMIN_PASSWORD": ADMIN_PASSWORD, "LOG_LEVEL": "debug"}
    async with project("docker-compose.yml", **settings, **_GENEROUS) as running:
        await build_images()
        await running.up()
        deployment = ComposeDeployment(running, port)
        await deployment.wait_ready()
        await _make_admin(running)
        await asyncio.to_thread(plant, deployment.admin(), Clock().today())
        yield deployment


async def _make_admin(running: Project) -> None:
    command = ("python", "-m", "fairground_auth.cli", "create-admin", "--username", ADMIN)
    await running.compose("exec", "-T", "--env", f"ADMIN_PASSWORD={ADMIN_PASSWORD}", "auth", *command)
