"""Requests are counted by the route that answered, and nothing a caller makes up becomes a label."""

from pathlib import Path

from fairground_common.ids import new_id
from fairground_common.telemetry import exposition
from fairground_common.testing import AsgiClient, TokenMint
from fairground_common.testing.tokens import AUDIENCE, ISSUER
from fairground_common.web.keys import KeySource
from fairground_common.web.metrics import REQUESTS, TOKENS
from fairground_common.web.tokens import TokenVerifier


async def test_a_request_is_counted_under_its_template_and_the_class_of_its_answer(anybody: AsgiClient) -> None:
    before = {
        labels: REQUESTS.count(*labels)
        for labels in [
            ("GET", "/named/{name}", "2xx"),
            ("GET", "/busy", "4xx"),
            ("GET", "/bug", "5xx"),
            ("DELETE", "/items", "4xx"),
        ]
    }
    for name in ("one", "two"):
        await anybody.get(f"/named/{name}")
    await anybody.get("/busy")
    await anybody.get("/bug")
    await anybody.delete("/items")
    grown = {labels: REQUESTS.count(*labels) - count for labels, count in before.items()}
    assert list(grown.values()) == [2, 1, 1, 1]


async def test_what_a_stranger_makes_up_is_one_route_and_one_method(anybody: AsgiClient) -> None:
    before = REQUESTS.count("other", "none", "4xx")
    name = f"stranger{new_id().hex}"
    await anybody.request(name.upper(), f"/{name}")
    assert REQUESTS.count("other", "none", "4xx") == before + 1
    assert name.encode() not in exposition().lower()


async def test_metrics_are_told_without_a_token(anybody: AsgiClient) -> None:
    answer = await anybody.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b"# TYPE fairground_http_request_duration_seconds histogram" in answer.content


async def test_tokens_are_counted_by_whether_they_were_remembered(
    token_mint: TokenMint, jwks_url: str, tmp_path: Path
) -> None:
    source = KeySource(jwks_url, tmp_path)
    await source.fetch()
    verifier, token = TokenVerifier(source, issuer=ISSUER, audience=AUDIENCE), token_mint.token(7)
    before = TOKENS.value("no"), TOKENS.value("yes")
    for _ in range(3):
        await verifier.verify(token)
    assert (TOKENS.value("no"), TOKENS.value("yes")) == (before[0] + 1, before[1] + 2)
