"""A compose project of the tests' own: secrets made for it, nothing of it left when it ends.

It needs a Docker engine on this machine (its containers' processes are killed by pid) with Compose 2.20 or newer.
Images come from the environment as for `make up`: BASE_IMAGE, POSTGRES_IMAGE and the like.
"""

import asyncio
import json
import os
import secrets
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairground_common.testing.eventually import eventually

ROOT = Path(__file__).parents[3]
COMMAND_SECONDS = 600.0
"""A first build on two cores takes about a minute."""
HEALTHY_SECONDS = 120.0
STOP_SECONDS = 30
_SECRET_ENDINGS = ("_KEY", "_PASSWORD")
_OWNED = (("container", "ls", "--all"), ("volume", "ls"), ("network", "ls"))


class DockerRefused(Exception):
    """A docker command failed; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Container:
    """One container as `docker inspect` describes it."""

    id: str
    described: Any

    @property
    def state(self) -> Any:
        return self.described["State"]

    @property
    def pid(self) -> int:
        """Its main process on this machine, 0 when it does not run."""
        return int(self.state["Pid"])

    async def is_healthy(self) -> bool:
        """Run its own health check now: the engine would do so seconds later."""
        kind, *command = self.described["Config"]["Healthcheck"]["Test"]
        try:
            await docker("exec", self.id, *(["sh", "-c", *command] if kind == "CMD-SHELL" else command))
        except DockerRefused:
            return False
        return True


class Project:
    """The containers of one compose file, under a name nobody else has."""

    def __init__(self, file: str, environment: Mapping[str, str]) -> None:
        self.name = f"fairground-test-{secrets.token_hex(4)}"
        self.file = file
        self._label = f"label=com.docker.compose.project={self.name}"
        self.secrets = {value for name, value in environment.items() if name.endswith(_SECRET_ENDINGS)}
        self._environ = {**os.environ, **environment, "COMPOSE_PROJECT_NAME": self.name}

    async def compose(self, *arguments: str) -> str:
        """Run `docker compose` and return what it printed. Raises DockerRefused."""
        return await docker("compose", "-f", str(ROOT / self.file), *arguments, environ=self._environ)

    async def up(self, *arguments: str) -> None:
        """Start everything and wait until it is healthy, with the images `build_images` made."""
        await self.compose("up", "--detach", "--no-build", "--wait", *arguments)

    async def down(self) -> None:
        """Remove everything, data too."""
        await self.compose("--profile", "*", "down", "--volumes", "--timeout", "5")

    async def left(self) -> list[str]:
        """Return what the engine still has of this project."""
        found = [await docker(*kind, "--quiet", "--filter", self._label) for kind in _OWNED]
        return [line for lines in found for line in lines.splitlines()]

    async def containers(self, service: str) -> Sequence[Container]:
        """Return the containers of a service, ended ones too."""
        of_service = ("--filter", self._label, "--filter", f"label=com.docker.compose.service={service}")
        ids = (await docker("ps", "--all", "--quiet", *of_service)).split()
        return await inspect(*ids) if ids else []

    async def container(self, service: str) -> Container:
        """Return the only container of a service."""
        (only,) = await self.containers(service)
        return only

    async def until_healthy(self, service: str) -> None:
        """Return when every container of the service is healthy."""

        async def healthy() -> bool:
            found = await self.containers(service)
            assert found, f"{service} has no container"
            return all([await each.is_healthy() for each in found])

        await eventually(healthy, within=HEALTHY_SECONDS, every=0.3)


@asynccontextmanager
async def project(file: str, **settings: str) -> AsyncIterator[Project]:
    """Give a project of the file with fresh secrets; remove all of it at the end, and complain if something is left."""
    running = Project(file, {**await fresh_secrets(), "ENV": "test", **settings})
    try:
        yield running
    except Exception as error:
        error.add_note(await running.compose("logs", "--no-color", "--tail", "20"))
        raise
    finally:
        await running.down()
    assert not (left := await running.left()), f"{file} left behind: {left}"


async def build_images() -> None:
    """Build every image of the product, from the root stack."""
    await Project("docker-compose.yml", await fresh_secrets()).compose("build")


async def inspect(*ids: str) -> Sequence[Container]:
    """Return what the engine says of containers."""
    return [Container(each["Id"], each) for each in json.loads(await docker("inspect", *ids))]


async def fresh_secrets() -> dict[str, str]:
    """Return what the stacks' own script makes for an empty folder."""
    made = await asyncio.to_thread(
        subprocess.run,
        ["/bin/sh", "-c", "f=$(mktemp) && deploy/stacks/secrets.sh $f && cat $f && rm $f"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(line.split("=", 1) for line in made.stdout.split())


async def docker(*arguments: str, environ: Mapping[str, str] | None = None) -> str:
    """Run a docker command and return its standard output. Raises DockerRefused."""
    done = await asyncio.to_thread(
        subprocess.run,
        ["docker", *arguments],
        env=environ,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    if done.returncode:
        raise DockerRefused(f"docker {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}{done.stdout}")
    return done.stdout
