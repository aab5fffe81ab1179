"""Whatever goes wrong, the answer is a problem document with a code."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from fairground_common.testing.eventually import eventually
from fairground_deploy.api import Api
from fairground_deploy.testing import Deployment
from fairground_deploy.testing.player import Player


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/nowhere", None, 404, "NOT_FOUND"),
        ("GET", "/metrics", None, 404, "NOT_FOUND"),
        ("GET", "/internal", None, 404, "NOT_FOUND"),
        ("GET", "/api/roulette/play/", None, 404, "NOT_FOUND"),
        ("GET", "/api/roulette/play", None, 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/api/roulette/play", None, 401, "UNAUTHENTICATED"),
        ("GET", "/api/season-pass/status", None, 401, "UNAUTHENTICATED"),
        ("POST", "/api/auth/login", {"username": "nobody-here", "password": "wrong-pass"}, 401, "INVALID_CREDENTIALS"),
        ("POST", "/api/auth/register", {"username": "x"}, 422, "VALIDATION_FAILED"),
    ],
)
def test_a_caller_without_a_token_hears_a_code(
    anybody: Api, method: str, path: str, body: Any, status: int, code: str
) -> None:
    reply = anybody.call(method, path, body)
    assert (reply.status, reply.code) == (status, code)
    assert reply.body["request_id"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/roulette/play", {"slot_index": 5}, 422, "VALIDATION_FAILED"),
        ("PUT", "/api/admin/feature-schedule/2026-12-24", {"feature_type": "DICE"}, 403, "FORBIDDEN"),
        ("POST", "/api/admin/roulette/configs", {}, 403, "FORBIDDEN"),
        ("POST", "/api/admin/seasons", {}, 403, "FORBIDDEN"),
        ("PUT", "/api/admin/ranking/2026-12-24", {"entries": []}, 403, "FORBIDDEN"),
        ("GET", "/api/admin/auth/users", None, 403, "FORBIDDEN"),
        ("POST", "/api/season-pass/stamp", {"xp": 1000}, 422, "VALIDATION_FAILED"),
        ("POST", "/api/season-pass/claim", {"level": 99}, 404, "LEVEL_NOT_FOUND"),
        ("GET", "/api/ranking/today?top=101", None, 422, "VALIDATION_FAILED"),
        ("GET", "/api/roulette/history?cursor=nonsense", None, 422, "VALIDATION_FAILED"),
        ("GET", "/api/fairness/receipts/00000000-0000-7000-8000-000000000000", None, 404, "PLAY_NOT_FOUND"),
    ],
)
async def test_a_player_hears_a_code(
    sign_up: Callable[[], Awaitable[Player]], method: str, path: str, body: Any, status: int, code: str
) -> None:
    player = await sign_up()
    reply = await player.call(method, path, body)
    assert (reply.status, reply.code) == (status, code), reply


async def test_a_body_that_is_no_json_is_said_to_be_none(deployment: Deployment) -> None:
    async with (
        aiohttp.ClientSession(deployment.gateway_url) as session,
        session.post("/api/auth/login", data=b"{", headers={"content-type": "application/json"}) as answer,
    ):
        assert answer.status == 400
        assert (await answer.json(content_type=None))["code"] == "MALFORMED_JSON"


def test_the_merged_documentation_names_every_player_route(anybody: Api) -> None:
    paths = anybody.expect("GET", "/openapi.json")["paths"]
    for path in (
        "/api/auth/login",
        "/api/roulette/play",
        "/api/dice/play",
        "/api/lottery/play",
        "/api/season-pass/status",
        "/api/ranking/today",
        "/api/fairness/receipts/{play_id}",
        "/api/admin/seasons",
    ):
        assert path in paths, path


async def test_ready_answers_for_the_whole_product(anybody: Api) -> None:
    async def ready() -> bool:
        assert anybody.expect("GET", "/readyz")["status"] == "ready"  # degraded until every service has auth's keys
        return True

    assert await eventually(ready)
    assert anybody.expect("GET", "/livez")["status"] == "ok"
