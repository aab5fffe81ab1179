"""Where a refusal points: the `type` of a real answer is the page that says what to do about it."""

import asyncio
import html
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest

from fairground_deploy.api import Api, Reply
from fairground_deploy.testing import Deployment
from fairground_deploy.testing.player import PASSWORD, Player

FAILURES_BEFORE_429 = 10
NO_PLAY = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Asking:
    """Who may be refused."""

    anybody: Api
    player: Api
    admin: Api


Refused = Callable[[Asking], Reply]


def name_taken(asking: Asking) -> Reply:
    account = {"username": f"twice-{secrets.token_hex(6)}", "password": PASSWORD}
    asking.anybody.expect("POST", "/api/auth/register", account)
    return asking.anybody.call("POST", "/api/auth/register", account)


def guessing(asking: Asking) -> Reply:
    guess = {"username": f"guessed-{secrets.token_hex(6)}", "password": PASSWORD}
    replies = [asking.anybody.call("POST", "/api/auth/login", guess) for _ in range(FAILURES_BEFORE_429 + 1)]
    return replies[-1]


def by(who: str, method: str, path: str, body: object = None) -> Refused:
    return lambda asking: getattr(asking, who).call(method, path, body)


REFUSALS: list[tuple[int, str, Refused]] = [
    (401, "UNAUTHENTICATED", by("anybody", "POST", "/api/dice/play")),
    (403, "FORBIDDEN", by("player", "GET", "/api/admin/seasons")),
    (404, "NOT_FOUND", by("anybody", "GET", "/api/nowhere")),
    (404, "PLAY_NOT_FOUND", by("player", "GET", f"/api/fairness/receipts/{NO_PLAY}")),
    (404, "SEASON_NOT_FOUND", by("admin", "GET", "/api/admin/seasons/999999")),
    (405, "METHOD_NOT_ALLOWED", by("anybody", "GET", "/api/dice/play")),
    (409, "USERNAME_TAKEN", name_taken),
    (422, "VALIDATION_FAILED", by("player", "GET", "/api/ranking/today?top=101")),
    (422, "INVALID_RANKING", by("admin", "PUT", "/api/admin/ranking/2020-01-01", {"entries": [5]})),
    (429, "TOO_MANY_ATTEMPTS", guessing),
]


@pytest.mark.parametrize(("status", "code", "refused"), REFUSALS, ids=[code for _, code, _ in REFUSALS])
async def test_the_type_of_a_refusal_is_its_page(
    deployment: Deployment, sign_up: Callable[[], Awaitable[Player]], status: int, code: str, refused: Refused
) -> None:
    player = await sign_up()
    asking = Asking(Api(deployment.gateway_url), player.api, deployment.admin())
    reply = await asyncio.to_thread(refused, asking)
    assert (reply.status, reply.code) == (status, code), reply
    page = await asyncio.to_thread(page_at, urljoin(deployment.gateway_url, reply.body["type"]))
    assert f"<h1><code>{code}</code></h1>" in page
    assert f"<p>{html.escape(reply.body['title'])}</p>" in page
    assert f"&quot;status&quot;: {status}" in page


def page_at(url: str) -> str:
    """Read a page as a browser would: without any token."""
    with urlopen(url, timeout=15) as answer:  # noqa: S310 - the gateway of the test
        assert answer.headers.get_content_type() == "text/html"
        return str(answer.read(), "utf-8")
