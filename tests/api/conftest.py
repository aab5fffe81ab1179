"""The product's HTTP API as its document tells it, asked by callers of every kind."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from fairground_common.testing import eventually
from fairground_deploy.api import Api
from fairground_deploy.testing import Deployment
from fairground_deploy.testing.callers import Caller, everybody


@pytest.fixture(scope="session")
def callers(deployment: Deployment) -> dict[str, Caller]:
    return everybody(deployment.gateway_url, deployment.admin())


@pytest.fixture(scope="session")
async def document(deployment: Deployment) -> dict[str, Any]:
    """Return the merged OpenAPI document, whole: the first look at a service's part may come too early."""

    async def whole() -> dict[str, Any]:
        found: dict[str, Any] = Api(deployment.gateway_url).expect("GET", "/openapi.json")
        assert "x-missing-services" not in found, found["x-missing-services"]
        return found

    return await eventually(whole, within=60, every=0.5)


@pytest.fixture(scope="session")
async def session(deployment: Deployment) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(deployment.gateway_url) as session:
        yield session
