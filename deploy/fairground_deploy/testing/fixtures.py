"""pytest fixtures: one running product a session, whose books must read 0 when the session ends."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from fairground_deploy.local.product import Product
from fairground_deploy.testing.deployment import Deployment, choose_stack
from fairground_deploy.testing.processes import running_processes
from fairground_deploy.testing.zero import require_zero


@pytest.fixture(scope="session")
async def deployment(request: pytest.FixtureRequest) -> AsyncIterator[Deployment]:
    """Return the session's product, deployed as FAIRGROUND_TEST_STACK says."""
    async with choose_stack().running(request) as running:
        yield running
        await _require_zero(running)


@pytest.fixture(scope="session")
async def product(request: pytest.FixtureRequest) -> AsyncIterator[Product]:
    """Return the session's product as processes of this machine, whatever the stack is."""
    async with running_processes(request) as running:
        yield running.product
        await _require_zero(running)


async def _require_zero(running: Deployment) -> None:
    """Whatever the suites did, and in whichever order: nothing is lost, nothing counted twice."""
    await running.wait_ready()
    await asyncio.to_thread(lambda: require_zero(running.admin()))
