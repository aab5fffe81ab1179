"""What the product says of itself while the parts it stands on are frozen or gone."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from typing import Any

import psutil
import pytest

from fairground_common.embedded import Child
from fairground_common.testing import eventually
from fairground_common.testing.processes import Probed, probe
from fairground_deploy.local.product import Product
from fairground_deploy.services import PROGRAMS, Kind
from fairground_deploy.testing.player import sign_up

PARTS = ("postgres", "valkey", "rabbitmq")
SOON = 60.0
"""Within seconds on a machine that has nothing else to do."""

pytestmark = pytest.mark.timeout(300)


@contextmanager
def frozen(product: Product, *names: str) -> Iterator[None]:
    """Stop parts in the middle of whatever they do: they take connections, and say nothing."""
    with ExitStack() as thaw:
        for name in names:
            for pid in _processes_of(product.parts.running[name].child):
                os.kill(pid, signal.SIGSTOP)
                thaw.callback(os.kill, pid, signal.SIGCONT)
        yield


def _processes_of(child: Child) -> list[int]:
    return [child.pid, *(each.pid for each in psutil.Process(child.pid).children(recursive=True))]


@pytest.fixture(autouse=True)
async def _ready_again(product: Product) -> AsyncIterator[None]:
    await says(product, "ready")
    yield
    await says(product, "ready")


async def says(product: Product, status: str, **checks: str) -> Any:
    """Return what /readyz says as soon as it says this; the answer's status is that of its document."""

    async def said() -> Any:
        await ask(product, "/api/rewards")  # refused without a token, and counted: by counting, its limits are seen
        answer = await ask(product, "/readyz")
        assert answer.document["status"] == status, answer
        assert checks.items() <= answer.document["checks"].items(), answer
        assert answer.status == (HTTPStatus.SERVICE_UNAVAILABLE if status == "unready" else HTTPStatus.OK)
        return answer.document

    return await eventually(said, within=SOON)


async def ask(product: Product, path: str) -> Probed:
    return await probe(product.settings.port, path)


async def everything_is_alive(product: Product) -> None:
    served = [each.name for each in PROGRAMS if each.kind is Kind.API]
    ports = [product.settings.port, *(int(product.url_of(name).rpartition(":")[2]) for name in served)]
    for port in ports:
        assert await probe(port, "/livez") == Probed(HTTPStatus.OK, {"status": "ok"})


async def test_without_shared_limits_it_is_degraded(product: Product) -> None:
    with frozen(product, "valkey"):
        await says(product, "degraded", rate_limits="degraded", games="ready")
        await everything_is_alive(product)


async def test_without_the_broker_it_serves_on_and_is_degraded_when_events_wait(product: Product) -> None:
    with frozen(product, "rabbitmq"):
        player = await sign_up(product.gateway_url)
        await player.play("roulette")
        await says(product, "degraded", games="degraded", rate_limits="ready")
        await everything_is_alive(product)


async def test_without_databases_it_is_unready(product: Product) -> None:
    with frozen(product, "postgres"):
        await says(product, "unready")
        await everything_is_alive(product)


async def test_with_every_part_frozen_it_still_answers(product: Product) -> None:
    with frozen(product, *PARTS):
        await says(product, "unready", rate_limits="degraded")
        await everything_is_alive(product)


async def test_with_every_part_gone_it_lives_on_and_recovers_by_itself(product: Product) -> None:
    before = {name: process.pid for name, process in product.processes.items()}
    for name in PARTS:
        product.parts.running[name].stop()
    try:
        await says(product, "unready", rate_limits="degraded")
        await everything_is_alive(product)
    finally:
        for name in PARTS:
            product.parts.running[name].start()
    await says(product, "ready")
    assert {name: process.pid for name, process in product.processes.items() if process.alive} == before
