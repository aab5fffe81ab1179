"""pytest fixtures: one running product a session."""

from collections.abc import AsyncIterator

import pytest

from fairground_deploy.local.product import Product
from fairground_deploy.testing.deployment import Deployment, choose_stack
from fairground_deploy.testing.processes import running_processes


@pytest.fixture(scope="session")
async def deployment(request: pytest.FixtureRequest) -> AsyncIterator[Deployment]:
    """Return the session's product, deployed as FAIRGROUND_TEST_STACK says."""
    async with choose_stack().running(request) as running:
        yield running


@pytest.fixture(scope="session")
async def product(request: pytest.FixtureRequest) -> AsyncIterator[Product]:
    """Return the session's product as processes of this machine, whatever the stack is."""
    async with running_processes(request) as running:
        yield running.product
