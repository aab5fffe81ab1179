"""Probes for the whole product."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from fairground_common.testing import TokenMint, eventually
from fairground_gateway.testing import RawClient, RecordingService, answering, staying_silent

RunGateway = Callable[..., AbstractAsyncContextManager[RawClient]]
NOWHERE = "http://127.0.0.1:9"
READY = answering(body=b'{"status":"ready","checks":{"database":"ok"}}')
DEGRADED = answering(body=b'{"status":"degraded","checks":{}}')
UNREADY = answering(503, body=b'{"status":"unready","checks":{"database":"away"}}')


async def test_alive_asks_nobody(gateway: RawClient, service: RecordingService) -> None:
    answer = await gateway.ask("GET", "/livez")
    assert (answer.status, answer.json) == (200, {"status": "ok"})
    assert not service.received


async def test_ready_when_every_service_is(run_gateway: RunGateway, service: RecordingService) -> None:
    service.usually = READY
    async with run_gateway() as gateway:
        answer = await gateway.ask("GET", "/readyz")
    assert answer.status == 200
    assert answer.json == {
        "status": "ready",
        "checks": {
            "auth": "ready",
            "games": "ready",
            "seasonpass": "ready",
            "ranking": "ready",
            "token_keys": "ready",
        },
    }


async def test_degraded_when_a_service_says_so_of_itself(run_gateway: RunGateway, service: RecordingService) -> None:
    service.usually = DEGRADED
    async with run_gateway() as gateway:
        answer = await gateway.ask("GET", "/readyz")
    assert (answer.status, answer.json["status"]) == (200, "degraded")


async def test_unready_when_a_service_is_unready_or_away(run_gateway: RunGateway, service: RecordingService) -> None:
    service.usually = UNREADY
    async with run_gateway(ranking_url=NOWHERE) as gateway:
        answer = await gateway.ask("GET", "/readyz")
    assert (answer.status, answer.json["status"]) == (503, "unready")
    assert answer.json["checks"]["games"] == "unready"
    assert answer.json["checks"]["ranking"] == "away"


async def test_a_frozen_service_does_not_freeze_the_answer(run_gateway: RunGateway, service: RecordingService) -> None:
    service.usually = staying_silent
    async with run_gateway() as gateway, asyncio.timeout(1):
        answer = await gateway.ask("GET", "/readyz")
    assert answer.json["checks"]["games"] == "away"


async def test_many_callers_cost_the_services_one_question(run_gateway: RunGateway, service: RecordingService) -> None:
    service.usually = READY
    async with run_gateway() as gateway:
        await asyncio.gather(*(gateway.ask("GET", "/readyz") for _ in range(20)))
    assert len(service.received) == 4


async def test_what_changes_is_seen_within_a_second_or_so(run_gateway: RunGateway, service: RecordingService) -> None:
    async with run_gateway() as gateway:
        service.usually = READY
        assert (await gateway.ask("GET", "/readyz")).status == 200
        service.usually = UNREADY

        async def unready() -> bool:
            return (await gateway.ask("GET", "/readyz")).status == 503

        await eventually(unready, within=5)


async def test_limits_counted_locally_are_a_degradation(run_gateway: RunGateway, service: RecordingService) -> None:
    service.usually = READY
    async with run_gateway(rate_limit_ip=1000, redis_url="redis://127.0.0.1:9/0") as gateway:
        answer = await gateway.ask("GET", "/readyz")
    assert (answer.status, answer.json["status"]) == (200, "degraded")
    assert answer.json["checks"]["rate_limits"] == "degraded"


async def test_without_token_keys_it_is_degraded_until_it_has_some(
    run_gateway: RunGateway, service: RecordingService, token_mint: TokenMint, tmp_path: Path
) -> None:
    service.usually = READY
    async with run_gateway(state_dir=tmp_path, jwks_url=f"{service.url}/jwks.json") as gateway:
        answer = await gateway.ask("GET", "/readyz")
        assert (answer.status, answer.json["status"]) == (200, "degraded")
        assert answer.json["checks"]["token_keys"] == "degraded"
        service.usually = answering(body=json.dumps({"status": "ready", **token_mint.key_set()}).encode())

        async def ready() -> bool:
            return bool((await gateway.ask("GET", "/readyz")).json["status"] == "ready")

        await eventually(ready, within=15)
