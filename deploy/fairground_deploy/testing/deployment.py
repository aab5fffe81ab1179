"""A deployment of the product as tests see it, and which one they get: FAIRGROUND_TEST_STACK.

`processes` (default): the programs run on this machine, through the code of `make run`. `compose`: containers.
"""

import asyncio
import http.client
import os
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Protocol

import pytest

from fairground_common.testing.eventually import eventually
from fairground_deploy.api import Api

READY_SECONDS = 120.0
"""A database that recovers in a container on a busy machine is no failure."""


class NotGraceful(Exception):
    """A member did not end by itself, with code 0, within the time it is given after SIGTERM."""


class Deployment(Protocol):
    """The running product, seeded with the demo, whose members can be killed and restarted by name."""

    names: ClassVar[tuple[str, ...]]
    """The members that may be killed: at least every program of `fairground_deploy.services`."""
    without_gap: ClassVar[frozenset[str]]
    """Those whose restart no client notices."""

    @property
    def gateway_url(self) -> str: ...

    def admin(self) -> Api:
        """Sign in as the first admin."""

    async def kill(self, name: str) -> None:
        """Send SIGKILL to the member's real process and return when it is dead."""

    async def ensure_running(self, name: str) -> None:
        """Bring a dead member back, or wait for what does; return when it says it is ready, if it can be asked."""

    async def restart(self, name: str) -> None:
        """Put a new process in the member's place, ending the former one with SIGTERM, and wait as `ensure_running`.

        Raises NotGraceful.
        """

    async def wait_ready(self) -> None:
        """Return when the gateway's /readyz answers 200. Raises AssertionError when it never does."""

    async def logs(self) -> str:
        """Return everything the members have written so far."""

    def secrets(self) -> Collection[str]:
        """Return every key and password the deployment was made with."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A way to deploy the product. `names` is known before anything runs: tests are parametrized with it."""

    names: tuple[str, ...]
    running: Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[Deployment]]


class UnknownStack(Exception):
    """FAIRGROUND_TEST_STACK names no stack."""


def choose_stack() -> Stack:
    """Return the stack the environment asks for. Raises UnknownStack."""
    wanted = os.environ.get("FAIRGROUND_TEST_STACK", "processes")
    if wanted == "processes":
        from fairground_deploy.testing.processes import LocalDeployment, running_processes

        return Stack(LocalDeployment.names, running_processes)
    if wanted == "compose":
        from fairground_deploy.testing.compose import ComposeDeployment, running_stack

        return Stack(ComposeDeployment.names, lambda _request: running_stack())
    raise UnknownStack(f"FAIRGROUND_TEST_STACK={wanted!r} is none of processes, compose")


async def wait_until_ready(gateway_url: str, *, within: float = READY_SECONDS) -> None:
    """Return when the gateway says that every service is ready. Raises AssertionError with what it says instead."""
    await eventually(lambda: asyncio.to_thread(_is_ready, gateway_url), within=within, every=0.1)


def _is_ready(gateway_url: str) -> bool:
    try:
        reply = Api(gateway_url).call("GET", "/readyz")
    except (OSError, http.client.HTTPException) as error:
        raise AssertionError(f"the gateway does not answer: {error!r}") from error
    assert reply.status == HTTPStatus.OK, reply
    return True
