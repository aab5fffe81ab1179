"""A gateway on a real socket before services that record what reaches them.

All four services are one recording service here: which of them a request is meant for, the routing tests say.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from fairground_common.telemetry import configure_logs
from fairground_common.testing import TokenMint
from fairground_gateway.settings import GatewaySettings
from fairground_gateway.testing import GATEWAY_KEY, RawClient, RecordingService, serving
from fairground_gateway.upstream import Address, Upstream

MakeSettings = Callable[..., GatewaySettings]
RunGateway = Callable[..., AbstractAsyncContextManager[RawClient]]
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Log as in production: structlog's default prints whole stacks with their locals."""
    configure_logs("gateway", "error")


@pytest.fixture(scope="session")
def make_settings(tmp_path_factory: pytest.TempPathFactory, token_mint: TokenMint) -> MakeSettings:
    """Return a function: deviations → settings. The keys are those of the mint, kept on disk."""
    state_dir: Path = tmp_path_factory.mktemp("state")
    token_mint.keep_in(state_dir)

    def make(**deviations: Any) -> GatewaySettings:
        values = {"gateway_key": GATEWAY_KEY, "state_dir": state_dir, "jwks_url": NOWHERE, "access_log": False}
        return GatewaySettings(**{**values, **deviations})

    return make


@pytest_asyncio.fixture(scope="session")
async def one_service() -> AsyncIterator[RecordingService]:
    service = RecordingService()
    await service.start()
    yield service
    await service.stop()


@pytest.fixture
def service(one_service: RecordingService) -> RecordingService:
    """Return the service behind every route, with nothing recorded."""
    one_service.forget()
    return one_service


@pytest.fixture(scope="session")
def urls(one_service: RecordingService) -> dict[str, str]:
    return {f"{name}_url": one_service.url for name in ("auth", "games", "seasonpass", "ranking")}


@pytest.fixture(scope="session")
def run_gateway(make_settings: MakeSettings, urls: dict[str, str]) -> RunGateway:
    """Return a function: deviations → a running gateway of its own."""

    def run(**deviations: Any) -> AbstractAsyncContextManager[RawClient]:
        return serving(make_settings(**{**urls, **deviations}))

    return run


@pytest_asyncio.fixture(scope="session")
async def one_gateway(run_gateway: RunGateway) -> AsyncIterator[RawClient]:
    async with run_gateway() as client:
        yield client


@pytest.fixture
def gateway(one_gateway: RawClient, service: RecordingService) -> RawClient:
    """Return a client of a gateway without limits; its service has nothing recorded yet."""
    assert not service.received
    return one_gateway


@pytest_asyncio.fixture
async def make_upstream(service: RecordingService) -> AsyncIterator[Callable[..., Upstream]]:
    """Return a function: number of connections → the service as the gateway sees it."""
    made: list[Upstream] = []

    def make(connections: int = 64) -> Upstream:
        made.append(Upstream("games", Address("127.0.0.1", service.port), connections=connections))
        return made[-1]

    yield make
    for upstream in made:
        upstream.close()
