"""Every refusal is a problem document with a code; every answer names its request."""

import asyncio
import re

import pytest

from fairground_common.testing import AsgiClient, eventually
from fairground_common.web import Check


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "NOT_FOUND"),
        ("GET", "/me/", {}, 404, "NOT_FOUND"),
        ("DELETE", "/items", {}, 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/items", {"content": b"{", "headers": {"content-type": "application/json"}}, 400, "MALFORMED_JSON"),
        ("POST", "/items", {"content": b"a=1", "headers": {"content-type": "text/plain"}}, 415, None),
        ("POST", "/items", {"body": {"name": "long"}}, 422, "VALIDATION_FAILED"),
        ("POST", "/items", {"body": {}}, 422, "VALIDATION_FAILED"),
        ("POST", "/items", {"body": {"name": "a"}, "headers": {"idempotency-key": "a b"}}, 400, None),
        ("GET", "/busy", {}, 409, "REQUEST_IN_PROGRESS"),
        ("GET", "/bug", {}, 500, "INTERNAL_ERROR"),
    ],
)
async def test_refusals_are_problem_documents(
    anybody: AsgiClient, method: str, path: str, options: dict[str, object], status: int, code: str | None
) -> None:
    answer = await anybody.request(method, path, **options)  # type: ignore[arg-type]
    assert answer.status == status
    assert answer.code == (code or answer.code)
    assert answer.body["request_id"] == answer.headers["x-request-id"]
    assert answer.body["instance"] == path
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize("body", [b"{}", b"{", b"\xff"])
@pytest.mark.parametrize("path", ["/empty", "/held"])
async def test_a_stranger_hears_nothing_about_the_body(anybody: AsgiClient, path: str, body: bytes) -> None:
    answer = await anybody.post(path, content=body, headers={"content-type": "application/json"})
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


async def test_a_caller_does(player: AsgiClient) -> None:
    as_json = {"content-type": "application/json"}
    assert (await player.post("/empty", body={})).code == "VALIDATION_FAILED"
    assert (await player.post("/held", content=b"{", headers=as_json)).code == "FORBIDDEN"
    assert (await player.post("/items", content=b"{", headers=as_json)).code == "MALFORMED_JSON"


async def test_a_wrong_field_is_named_without_the_word_body(anybody: AsgiClient) -> None:
    answer = await anybody.post("/items", body={"name": "long"})
    assert answer.body["errors"][0]["loc"] == ["name"]


async def test_retry_after_travels(anybody: AsgiClient) -> None:
    assert (await anybody.get("/busy")).headers["retry-after"] == "3"


@pytest.mark.parametrize("key", ["a", "x" * 255, "!~"])
async def test_a_good_key_is_taken(anybody: AsgiClient, key: str) -> None:
    answer = await anybody.post("/items", body={"name": "a"}, headers={"idempotency-key": key})
    assert answer.body == {"name": "a", "key": key}


async def test_a_request_keeps_its_well_formed_id_and_gets_one_otherwise(anybody: AsgiClient) -> None:
    kept = await anybody.get("/livez", headers={"x-request-id": "abc-1.2_3"})
    made = await anybody.get("/livez", headers={"x-request-id": "a b"})
    assert kept.headers["x-request-id"] == "abc-1.2_3"
    assert re.fullmatch(r"[0-9a-f]{32}", made.headers["x-request-id"])


async def test_alive_never_depends_on_others(anybody: AsgiClient, checks: list[Check]) -> None:
    checks.append(Check("database", lambda: asyncio.sleep(60)))
    assert (await anybody.get("/livez")).status == 200


@pytest.mark.parametrize(("required", "status", "verdict"), [(True, 503, "unready"), (False, 200, "degraded")])
async def test_ready_tells_which_part_is_away_even_a_frozen_one(
    anybody: AsgiClient, checks: list[Check], required: bool, status: int, verdict: str
) -> None:
    checks.append(Check("frozen", lambda: asyncio.sleep(60), required=required))
    checks.append(Check("fine", lambda: asyncio.sleep(0)))
    answer = await anybody.get("/readyz")
    assert answer.status == status
    assert answer.body["status"] == verdict
    assert (answer.body["checks"]["frozen"], answer.body["checks"]["fine"]) == ("away", "ok")


async def test_ready_tells_whether_any_token_key_is_known(anybody: AsgiClient, nobody_signed: AsgiClient) -> None:
    async def is_ready() -> bool:
        return bool((await anybody.get("/readyz")).body == {"status": "ready", "checks": {"token_keys": "ok"}})

    assert await eventually(is_ready)
    answer = await nobody_signed.get("/readyz")
    assert (answer.status, answer.body) == (200, {"status": "degraded", "checks": {"token_keys": "away"}})


@pytest.fixture
def asked(checks: list[Check]) -> list[str]:
    """Return what notes each time a part of the API is asked."""
    noted: list[str] = []

    async def probe() -> None:
        noted.append("part")

    checks.append(Check("part", probe))
    return noted


async def test_parts_are_asked_before_anybody_is_served(asked: list[str], anybody: AsgiClient) -> None:
    assert asked == ["part"]


@pytest.mark.parametrize("path", ["/empty", "/items"])
async def test_a_caller_who_hangs_up_is_no_fault(
    player: AsgiClient, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (await player.hang_up("POST", path)).status < 500
    assert "unexpected error" not in capsys.readouterr().out
