"""Every operation of the product, asked by everybody, against the one table of who may.

Requests are made so that whoever is let in changes nothing: they name what does not exist, or say nothing at all.
"""

import re
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from fairground_common.web.tokens import ADMIN, OPERATOR, PLAYER
from fairground_deploy.testing.callers import IMPOSTOR, NOBODY, Caller

Document = dict[str, Any]

ANYBODY, MAYBE = "anybody", "with or without a token"
EACH = {"{game}": ("roulette", "dice", "lottery"), "{service}": ("auth", "games", "seasonpass", "ranking")}

ALLOWED = {
    ANYBODY: """
        GET / · GET /livez · GET /readyz · GET /openapi.json · GET /asyncapi.json · GET /docs
        GET /docs/static/{file} · GET /errors/{code} · GET /.well-known/jwks.json
        POST /api/auth/register · POST /api/auth/login · POST /api/auth/refresh · POST /api/auth/logout
        GET /api/{game}/odds · GET /api/{game}/odds/history · GET /api/{game}/configs/{version}
    """,
    MAYBE: "GET /api/today-feature",
    PLAYER: """
        GET /api/auth/me · POST /api/events/enter-page
        GET /api/{game}/status · POST /api/{game}/play · GET /api/{game}/history
        GET /api/rewards · GET /api/rewards/ledger
        GET /api/fairness · POST /api/fairness/rotate · GET /api/fairness/receipts/{play_id}
        GET /api/season-pass/status · GET /api/season-pass/xp-history
        POST /api/season-pass/stamp · POST /api/season-pass/claim · POST /api/season-pass/claim-all
        GET /api/ranking/today
    """,
    OPERATOR: """
        GET /api/admin/feature-schedule · PUT /api/admin/feature-schedule/{date}
        DELETE /api/admin/feature-schedule/{date} · GET /api/admin/features
        GET /api/admin/{game}/configs · POST /api/admin/{game}/configs · GET /api/admin/{game}/configs/{version}
        GET /api/admin/{game}/configs/{version}/diff · POST /api/admin/{game}/configs/{version}/simulate
        GET /api/admin/lottery/prizes · POST /api/admin/lottery/prizes/{key}/restock
        GET /api/admin/fulfilments · POST /api/admin/fulfilments/{fulfilment_id}/fulfil
        GET /api/admin/seasons · POST /api/admin/seasons · GET /api/admin/seasons/{season_id}
        PUT /api/admin/seasons/{season_id} · POST /api/admin/seasons/{season_id}/clone
        GET /api/admin/seasonpass/seasons/{season_id}/export.csv
        GET /api/admin/seasonpass/seasons/{season_id}/rebuild
        PUT /api/admin/ranking/{date} · GET /api/admin/ranking/{date}/versions
        GET /api/admin/ranking/{date}/versions/{version}.csv · POST /api/admin/ranking/{date}/rollback
        GET /api/admin/players/{user_id} · GET /api/admin/auth/players/{user_id}
        GET /api/admin/games/players/{user_id} · GET /api/admin/seasonpass/players/{user_id}
        GET /api/admin/ranking/players/{user_id} · GET /api/admin/auth/users · GET /api/admin/auth/users/{user_id}
        GET /api/admin/games/reconcile · GET /api/admin/games/reconcile/balances
        GET /api/admin/seasonpass/reconcile
    """,
    ADMIN: """
        POST /api/admin/{game}/configs/{version}/activate · POST /api/admin/{game}/configs/{version}/retire
        PUT /api/admin/features/{feature_type}
        POST /api/admin/seasons/{season_id}/publish · POST /api/admin/seasons/{season_id}/retire
        POST /api/admin/seasonpass/seasons/{season_id}/rebuild
        POST /api/admin/auth/users/{user_id}/block · POST /api/admin/auth/users/{user_id}/unblock
        PUT /api/admin/auth/users/{user_id}/roles
        GET /api/admin/games/grants · POST /api/admin/games/grants · GET /api/admin/games/grants/{campaign}
        GET /api/admin/games/grants/{campaign}/rows · POST /api/admin/games/grants/{campaign}/undo
        GET /api/admin/{service}/players/{user_id}/export · GET /api/admin/{service}/players/{user_id}/export/{kind}
        POST /api/admin/auth/players/{user_id}/erase · POST /api/admin/games/players/{user_id}/erase
        POST /api/admin/ranking/players/{user_id}/erase
        GET /api/admin/{service}/audit
    """,
}
"""Who may what. An operation that is not here fails the first test: decide who may, then write it down."""

NOT_THERE = {
    "user_id": "999999999",
    "version": "999999",
    "season_id": "999999",
    "fulfilment_id": "999999999",
    "play_id": "0197a000-0000-7000-8000-000000000000",
    "date": "2199-12-31",
    "key": "no-such-prize",
    "kind": "no-such-kind",
    "campaign": "no-such-campaign",
    "feature_type": "NO_SUCH_FEATURE",
    "file": "no-such-file",
    "code": "NO_SUCH_CODE",
}

TRIED = {"dry_run": "true"}

WHO_MAY = {
    ANYBODY: {NOBODY, IMPOSTOR, PLAYER, OPERATOR, ADMIN},
    MAYBE: {NOBODY, PLAYER, OPERATOR, ADMIN},
    PLAYER: {PLAYER, OPERATOR, ADMIN},
    OPERATOR: {OPERATOR, ADMIN},
    ADMIN: {ADMIN},
}


def policy() -> dict[str, str]:
    """Return who may, by operation."""
    return {
        operation: who
        for who, listed in ALLOWED.items()
        for written in re.findall(r"[A-Z]+ /[^ \n]*", listed)
        for operation in each_of(written)
    }


def each_of(operation: str) -> list[str]:
    for name, values in EACH.items():
        if name in operation:
            return [operation.replace(name, value) for value in values]
    return [operation]


def operations(document: Document) -> dict[str, Document]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def documented(operation: Document) -> str:
    """Return who may, as the document says it."""
    ways = operation.get("security")
    if not ways:
        return ANYBODY
    if {} in ways:
        return MAYBE
    [roles] = [way["bearer"] for way in ways]
    return str(roles[0]) if roles else PLAYER


def test_the_document_and_the_table_agree(document: Document) -> None:
    assert {name: documented(operation) for name, operation in operations(document).items()} == policy()


@pytest.mark.parametrize("name", [NOBODY, IMPOSTOR, "player", "other player", "operator", "admin"])
async def test_everybody_gets_what_is_theirs_and_nothing_else(
    name: str, callers: dict[str, Caller], document: Document, session: aiohttp.ClientSession
) -> None:
    caller = callers[name]
    surprises = []
    for operation, who in policy().items():
        answer = await ask(session, caller, operation, operations(document)[operation])
        expected = expected_of(caller, who, operations(document)[operation])
        if answer not in expected:
            surprises.append((operation, answer, "is not", sorted(expected)))
    assert not surprises


def expected_of(caller: Caller, who: str, operation: Document) -> set[tuple[int, bool]]:
    """Return the statuses the caller may be given, each with whether it is a problem document."""
    kind = caller.role or caller.name
    if kind in WHO_MAY[who]:
        return {
            (status, problem) for status, problem in _statuses(operation) if status not in {401, 403, 500, 502, 504}
        }
    return {(403 if caller.role else 401, True)}


def _statuses(operation: Document) -> Iterator[tuple[int, bool]]:
    for status, answer in operation["responses"].items():
        yield int(status), "application/problem+json" in answer.get("content", {})


async def ask(session: aiohttp.ClientSession, caller: Caller, operation: str, told: Document) -> tuple[int, bool]:
    method, _, path = operation.partition(" ")
    path = re.sub(r"\{(\w+)\}", lambda found: NOT_THERE[found[1]], path)
    body: Document | None = {} if "requestBody" in told else None
    async with session.request(method, path, headers=caller.headers, json=body, params=TRIED) as answer:
        return answer.status, answer.content_type == "application/problem+json"
