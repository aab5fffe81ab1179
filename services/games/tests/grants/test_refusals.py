"""Orders that cannot be read as one: told what is wrong and where, and nothing is credited."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.testing import Answer, AsgiClient
from fairground_common.testing.contents import contents
from fairground_games.grants.routes import MOST_BYTES
from fairground_games.grants.rules import MOST_GRANTS
from fairground_games.grants.uploads import MOST_ERRORS

GRANTS = "/api/admin/games/grants"
HEADER = "user_id,type,amount,sku,label,ref\n"
GOOD: dict[str, Any] = {"user_id": 1, "reward": {"type": "POINT", "amount": 5}}
ORDER = {"campaign": "spring", "grants": [GOOD]}
SPRING = {"campaign": "spring"}

Loc = list[str | int]
Attempt = Callable[..., Awaitable[tuple[int, str, list[Loc]]]]


@pytest.fixture
def attempt(admin: AsgiClient, owner: asyncpg.Connection) -> Attempt:
    """Return a function that sends a body → status, code and places of what is wrong. Nothing may change by it."""

    async def send(body: Any, media_type: str = "application/json", **query: str) -> tuple[int, str, list[Loc]]:
        before = await contents(owner)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": media_type, "idempotency-key": "one"}
        answer: Answer = await admin.post(GRANTS, content=content, query=query, headers=headers)
        assert await contents(owner) == before
        return answer.status, answer.code, [error["loc"] for error in answer.body.get("errors", [])]

    return send


def in_csv(*lines: str) -> bytes:
    return (HEADER + "".join(f"{line}\n" for line in lines)).encode()


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"campaign": None}, ["campaign"]),
        ({"campaign": ""}, ["campaign"]),
        ({"campaign": "Spring"}, ["campaign"]),
        ({"campaign": "spring 2026"}, ["campaign"]),
        ({"campaign": "-spring"}, ["campaign"]),
        ({"campaign": "s" * 49}, ["campaign"]),
        ({"note": ""}, ["note"]),
        ({"note": "a\x00b"}, ["note"]),
        ({"note": "n" * 201}, ["note"]),
        ({"dry_run": "yes"}, ["dry_run"]),
        ({"dry_run": 1}, ["dry_run"]),
        ({"grants": []}, ["grants"]),
        ({"grants": {}}, ["grants"]),
        ({"grants": None}, ["grants"]),
        ({"grants": [GOOD] * (MOST_GRANTS + 1)}, ["grants"]),
        ({"dryrun": True}, ["dryrun"]),
    ],
)
async def test_a_wrong_field_of_the_order_is_told(attempt: Attempt, change: dict[str, Any], loc: Loc) -> None:
    assert await attempt({**ORDER, **change}) == (422, "VALIDATION_FAILED", [loc])


FIELDS: list[tuple[str, Any, Loc, str | None, Loc]] = [
    ("no user", {"user_id": None}, ["user_id"], ",POINT,5,,,", ["user_id"]),
    ("user zero", {"user_id": 0}, ["user_id"], "0,POINT,5,,,", ["user_id"]),
    ("a user in words", {"user_id": "mina"}, ["user_id"], "mina,POINT,5,,,", ["user_id"]),
    ("a user too large", {"user_id": 2**63}, ["user_id"], f"{2**63},POINT,5,,,", ["user_id"]),
    ("a user with a fraction", {"user_id": 1.0}, ["user_id"], "1.0,POINT,5,,,", ["user_id"]),
    ("no type", {"reward": {"amount": 5}}, ["reward", "type"], "1,,5,,,", ["type"]),
    ("an unknown type", {"reward": {"type": "GOLD"}}, ["reward", "type"], "1,GOLD,5,,,", ["type"]),
    ("below zero", {"reward": {"type": "POINT", "amount": -5}}, ["reward", "amount"], "1,POINT,-5,,,", ["amount"]),
    (
        "too much",
        {"reward": {"type": "POINT", "amount": 2**31}},
        ["reward", "amount"],
        f"1,POINT,{2**31},,,",
        ["amount"],
    ),
    ("in words", {"reward": {"type": "POINT", "amount": "5"}}, ["reward", "amount"], "1,POINT,five,,,", ["amount"]),
    ("no sku", {"reward": {"type": "ITEM", "amount": 1}}, ["reward", "sku"], "1,ITEM,1,,,", ["sku"]),
    ("a long sku", {"reward": {"type": "ITEM", "sku": "s" * 65}}, ["reward", "sku"], f"1,ITEM,1,{'s' * 65},,", ["sku"]),
    (
        "a bad label",
        {"reward": {"type": "POINT", "label": "a\nb"}},
        ["reward", "label"],
        '1,POINT,1,,"a\nb",',
        ["label"],
    ),
    ("a bad ref", {"ref": "a b"}, ["ref"], "1,POINT,5,,,a b", ["ref"]),
    ("a long ref", {"ref": "r" * 65}, ["ref"], f"1,POINT,5,,,{'r' * 65}", ["ref"]),
    ("an unknown field", {"colour": "red"}, ["colour"], None, []),
    ("an unknown field within", {"reward": {"type": "POINT", "weight": 1}}, ["reward", "weight"], None, []),
]


@pytest.mark.parametrize(
    ("wrong", "loc", "line", "column"), [case[1:] for case in FIELDS], ids=[case[0] for case in FIELDS]
)
async def test_a_wrong_row_is_told_with_its_place(
    attempt: Attempt, wrong: dict[str, Any], loc: Loc, line: str | None, column: Loc
) -> None:
    rows = [{**GOOD, "user_id": 2}, {**GOOD, **wrong}]
    assert await attempt({**ORDER, "grants": rows}) == (422, "VALIDATION_FAILED", [["grants", 1, *loc]])
    if line is not None:
        told = await attempt(in_csv("2,POINT,5,,,", line), "text/csv", **SPRING)
        assert told == (422, "VALIDATION_FAILED", [["line", 3, *column]])


@pytest.mark.parametrize(
    ("body", "media_type", "query", "refusal"),
    [
        (b"", "application/json", {}, (400, "MALFORMED_JSON", [])),
        (b'{"campaign": "J\xf6n"}', "application/json", {}, (400, "MALFORMED_JSON", [])),
        (b"[]", "application/json", {}, (422, "VALIDATION_FAILED", [[]])),
        (ORDER, "application/json", {"dry_run": "true"}, (422, "VALIDATION_FAILED", [["query", "dry_run"]])),
        (ORDER, "application/json", SPRING, (422, "VALIDATION_FAILED", [["query", "campaign"]])),
        (in_csv("1,POINT,5,,,"), "text/csv", {}, (422, "VALIDATION_FAILED", [["campaign"]])),
        (in_csv(), "text/csv", SPRING, (422, "VALIDATION_FAILED", [["grants"]])),
        (b"user_id,type,amount\n1,POINT,5\n", "text/csv", SPRING, (422, "VALIDATION_FAILED", [["line", 1]])),
        (in_csv("1,POINT,5"), "text/csv", SPRING, (422, "VALIDATION_FAILED", [["line", 2]])),
        (in_csv() + b"1,ITEM,1,J\xf6n,,\n", "text/csv", SPRING, (422, "VALIDATION_FAILED", [["line", 2]])),
        (in_csv("1,POINT,5,,,"), "text/plain", SPRING, (415, "UNSUPPORTED_MEDIA_TYPE", [])),
        (b" " * (MOST_BYTES + 1), "application/json", {}, (413, "PAYLOAD_TOO_LARGE", [])),
    ],
)
async def test_a_body_that_is_no_order_is_refused(
    attempt: Attempt, body: Any, media_type: str, query: dict[str, str], refusal: Any
) -> None:
    assert await attempt(body, media_type, **query) == refusal


async def test_at_most_a_hundred_faults_are_told(attempt: Attempt) -> None:
    wrong = [{"user_id": 0, "reward": {}}] * MOST_ERRORS
    _, _, locs = await attempt({**ORDER, "grants": wrong})
    assert len(locs) == MOST_ERRORS
    assert locs[:3] == [["grants", 0, "user_id"], ["grants", 0, "reward", "type"], ["grants", 1, "user_id"]]
    for line in ("0,,,,,", "short"):
        _, _, locs = await attempt(in_csv(*[line] * 2 * MOST_ERRORS), "text/csv", **SPRING)
        assert len(locs) == MOST_ERRORS


async def test_a_file_of_too_many_rows_is_refused(attempt: Attempt) -> None:
    lines = [f"{user},POINT,1,,," for user in range(1, MOST_GRANTS + 2)]
    assert await attempt(in_csv(*lines), "text/csv", **SPRING) == (422, "VALIDATION_FAILED", [["grants"]])


@pytest.mark.parametrize("headers", [{}, {"idempotency-key": "a b"}, {"idempotency-key": "k" * 256}])
async def test_without_a_sound_key_nothing_is_granted(
    admin: AsgiClient, owner: asyncpg.Connection, headers: dict[str, str]
) -> None:
    for dry_run in (False, True):
        answer = await admin.post(GRANTS, body={**ORDER, "dry_run": dry_run}, headers=headers)
        assert (answer.status, answer.code) == (400, "IDEMPOTENCY_KEY_INVALID")
    assert await owner.fetchval("SELECT count(*) FROM campaign_grant") == 0


async def test_a_campaign_too_many_rows_are_sent_for_takes_none_of_them(
    admin: AsgiClient, owner: asyncpg.Connection, attempt: Attempt
) -> None:
    await admin.post(GRANTS, body=ORDER, headers={"idempotency-key": "first"})
    await owner.execute(
        "INSERT INTO campaign_grant (grant_id, campaign, user_id, ref, type, amount, granted_by, granted_at)"
        " SELECT gen_random_uuid(), 'spring', n, '', 'POINT', 1, 901, now() FROM generate_series(2, $1::int) AS n",
        MOST_GRANTS - 1,
    )
    two = [{**GOOD, "user_id": user} for user in (20_000, 20_001)]
    for dry_run in (True, False):
        assert await attempt({**ORDER, "grants": two, "dry_run": dry_run}) == (409, "CAMPAIGN_FULL", [])
    last = await admin.post(GRANTS, body={**ORDER, "grants": two[:1]}, headers={"idempotency-key": "second"})
    assert (last.status, last.body["credited"]) == (200, 1)


@pytest.mark.parametrize("path", ["/autumn", "/autumn/rows", "/autumn/undo"])
async def test_a_campaign_nobody_began_is_not_found(admin: AsgiClient, path: str) -> None:
    answer = await admin.request("POST" if path.endswith("undo") else "GET", f"{GRANTS}{path}")
    assert (answer.status, answer.code) == (404, "CAMPAIGN_NOT_FOUND")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/Spring", {}),
        ("/spring/rows", {"state": "PAID"}),
        ("/spring/rows", {"user_id": "0"}),
        ("/spring/rows", {"limit": "101"}),
        ("/spring/rows", {"cursor": "WzBd"}),
        ("", {"cursor": "nonsense"}),
    ],
)
async def test_a_page_that_cannot_be_is_refused(admin: AsgiClient, path: str, query: dict[str, str]) -> None:
    answer = await admin.get(f"{GRANTS}{path}", query=query)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
