"""A campaign over HTTP: credited once, answered row by row, to be looked at afterwards."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.testing import Answer, AsgiClient, TokenMint
from fairground_common.testing.contents import contents

Row = Callable[..., dict[str, Any]]
Grant = Callable[..., Awaitable[Answer]]
Balances = Callable[[], Awaitable[dict[int, int]]]

GRANTS = "/api/admin/games/grants"
COUPON = {"type": "COUPON", "amount": 1, "sku": "latte", "label": "A latte"}


def results(answer: Any) -> list[tuple[int, str, str | None]]:
    return [(each["user_id"], each["result"], each["reason"]) for each in answer.body["results"]]


async def test_points_are_in_the_balance_and_the_ledger_says_from_where(
    grant: Grant, row: Row, player: AsgiClient, owner: asyncpg.Connection
) -> None:
    answer = await grant(row(), note="For the outage")
    assert answer.status == 200
    assert answer.body == {
        "campaign": "spring",
        "dry_run": False,
        "credited": 1,
        "already_credited": 0,
        "refused": 0,
        "new_players": 1,
        "results": [{"loc": ["grants", 0], "user_id": 1, "ref": "", "result": "credited", "reason": None}],
    }
    assert (await player.get("/api/rewards")).body["balances"] == {"POINT": 500}
    (entry,) = (await player.get("/api/rewards/ledger")).body["items"]
    grant_id = await owner.fetchval("SELECT grant_id FROM campaign_grant")
    assert (entry["amount"], entry["balance_after"], entry["source"]) == (500, 500, f"campaign:{grant_id}")


async def test_coupons_wait_for_an_operator(grant: Grant, row: Row, player: AsgiClient, operator: AsgiClient) -> None:
    assert results(await grant(row(**COUPON))) == [(1, "credited", None)]
    (pending,) = (await player.get("/api/rewards")).body["pending"]
    assert {name: pending[name] for name in COUPON} == COUPON
    (owed,) = (await operator.get("/api/admin/fulfilments")).body["items"]
    assert owed["source"].startswith("campaign:")
    assert (await operator.post(f"/api/admin/fulfilments/{owed['id']}/fulfil")).status == 200


async def test_every_row_is_answered_in_its_place_and_what_can_be_credited_is(
    grant: Grant, row: Row, balances: Balances
) -> None:
    await grant(row(2), row(3))
    answer = await grant(
        row(3, type="POINT", amount=7),
        row(1),
        row(2),
        row(4, type="XP", amount=5),
        row(1),
        row(1, ref="more", **COUPON),
        row(5, type="NONE"),
    )
    assert results(answer) == [
        (3, "refused", "other_reward"),
        (1, "credited", None),
        (2, "already_credited", None),
        (4, "refused", "xp_is_season_pass"),
        (1, "refused", "repeated"),
        (1, "credited", None),
        (5, "refused", "nothing_to_grant"),
    ]
    counts = [answer.body[name] for name in ("credited", "already_credited", "refused", "new_players")]
    assert counts == [2, 1, 4, 1]
    assert await balances() == {1: 500, 2: 500, 3: 500}


async def test_a_campaign_sent_again_pays_nobody_twice_under_whatever_key(
    grant: Grant, row: Row, balances: Balances, owner: asyncpg.Connection, anybody: AsgiClient, token_mint: TokenMint
) -> None:
    rows = [row(1), row(2), row(2, ref="second", **COUPON)]
    first = await grant(*rows, key="monday")
    replayed = await grant(*rows, key="monday")
    assert replayed.content == first.content
    assert replayed.headers["idempotency-replayed"] == "true"
    before = await contents(owner)
    again = await grant(*reversed(rows), key="tuesday")
    other_admin = anybody.signed(token_mint.headers(902, "admin"))
    by_another = await other_admin.post(
        GRANTS, body={"campaign": "spring", "grants": rows}, headers={"idempotency-key": "monday"}
    )
    for answer in (again, by_another):
        assert {result for _, result, _ in results(answer)} == {"already_credited"}
    assert {**await contents(owner), "idempotency": None} == {**before, "idempotency": None}
    assert await balances() == {1: 500, 2: 500}


async def test_another_campaign_pays_again(grant: Grant, row: Row, balances: Balances) -> None:
    await grant(row())
    await grant(row(), campaign="autumn")
    assert await balances() == {1: 1000}


async def test_a_campaign_can_be_added_to(grant: Grant, row: Row, admin: AsgiClient) -> None:
    await grant(row(1), note="first")
    await grant(row(2), note="second")
    campaign = (await admin.get(f"{GRANTS}/spring")).body
    assert (campaign["note"], campaign["granted"], campaign["granted_points"]) == ("first", 2, 1000)


async def test_a_dry_run_says_what_would_be_and_changes_nothing(
    grant: Grant, row: Row, owner: asyncpg.Connection
) -> None:
    await grant(row(2))
    before = await contents(owner)
    rows = [row(1), row(2), row(3, type="XP", amount=1), row(4, **COUPON)]
    tried = await grant(*rows, dry_run=True, key="one")
    assert await contents(owner) == before
    done = await grant(*rows, key="one")
    assert "idempotency-replayed" not in done.headers
    assert {**tried.body, "dry_run": False} == done.body
    assert [tried.body[name] for name in ("dry_run", "credited", "refused", "new_players")] == [True, 2, 1, 2]


async def test_a_campaign_begins_with_its_first_credit(grant: Grant, row: Row, admin: AsgiClient) -> None:
    assert results(await grant(row(type="XP", amount=5))) == [(1, "refused", "xp_is_season_pass")]
    assert (await admin.get(f"{GRANTS}/spring")).code == "CAMPAIGN_NOT_FOUND"


async def test_the_same_key_with_other_rows_is_refused(grant: Grant, row: Row, balances: Balances) -> None:
    await grant(row(1), key="one")
    for other in (await grant(row(2), key="one"), await grant(row(1), key="one", campaign="autumn")):
        assert (other.status, other.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert await balances() == {1: 500}


async def test_every_change_is_audited_and_what_changes_nothing_is_not(
    grant: Grant, row: Row, owner: asyncpg.Connection
) -> None:
    await grant(row(1), row(2, **COUPON), row(3, type="XP", amount=1), note="For the outage")
    await grant(row(1))
    await grant(row(1), dry_run=True)
    await grant(row(4))
    first, second = await owner.fetch("SELECT user_id, action, subject, before, after FROM audit_log ORDER BY id")
    assert tuple(first)[:3] == tuple(second)[:3] == (901, "REWARDS_GRANTED", "campaign:spring")
    assert [json.loads(act["before"]) for act in (first, second)] == [{"standing": 0}, {"standing": 2}]
    assert json.loads(second["after"])["standing"] == 3
    assert json.loads(first["after"]) == {
        "standing": 2,
        "credited": 2,
        "already_credited": 0,
        "refused": 1,
        "points": 500,
        "note": "For the outage",
    }


async def test_a_failed_audit_row_undoes_the_grant(grant: Grant, row: Row, owner: asyncpg.Connection) -> None:
    await owner.execute("ALTER TABLE audit_log ADD CONSTRAINT refuse_all CHECK (id < 0) NOT VALID")
    before = await contents(owner)
    assert (await grant(row(1), row(2, **COUPON))).status == 500
    assert await contents(owner) == before


async def test_a_file_says_the_same_as_a_document(
    admin: AsgiClient, owner: asyncpg.Connection, grant: Grant, row: Row
) -> None:
    lines = "user_id,type,amount,sku,label,ref\r\n1,POINT,500,,,\r\n\r\n2,COUPON,1,latte,A latte,x\r\n3,XP,1,,,\r\n"
    query = {"campaign": "spring", "note": "From a file", "dry_run": "true"}
    headers = {"content-type": "text/csv", "idempotency-key": "file"}
    tried = await admin.post(GRANTS, content=lines.encode(), query=query, headers=headers)
    assert await owner.fetchval("SELECT count(*) FROM campaign_grant") == 0
    done = await admin.post(GRANTS, content=lines.encode(), query=query | {"dry_run": "false"}, headers=headers)
    assert done.body == {**tried.body, "dry_run": False}
    assert [each["loc"] for each in done.body["results"]] == [["line", 2], ["line", 4], ["line", 5]]
    again = await grant(row(1), row(2, ref="x", **COUPON))
    assert {result for _, result, _ in results(again)} == {"already_credited"}


async def test_campaigns_are_listed_latest_first_with_what_they_gave(grant: Grant, row: Row, admin: AsgiClient) -> None:
    for number in range(3):
        await grant(row(1), row(2, **COUPON), campaign=f"c-{number}")
    await admin.post(f"{GRANTS}/c-1/undo")
    first = (await admin.get(GRANTS, query={"limit": 2})).body
    rest = (await admin.get(GRANTS, query={"limit": 2, "cursor": first["next_cursor"]})).body
    items = first["items"] + rest["items"]
    assert rest["next_cursor"] is None
    told = [(item["campaign"], item["granted"], item["granted_points"], item["undone"]) for item in items]
    assert told == [("c-2", 2, 500, 0), ("c-1", 2, 500, 2), ("c-0", 2, 500, 0)]
    assert items[1] == (await admin.get(f"{GRANTS}/c-1")).body
    assert (items[1]["undone_points"], items[1]["undone_by"]) == (500, 901)


async def test_what_a_campaign_gave_is_listed_by_player(grant: Grant, row: Row, admin: AsgiClient) -> None:
    await grant(row(3), row(1, ref="b", **COUPON), row(1, ref="a"), row(2))

    async def rows(**query: Any) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        cursor: dict[str, str] = {}
        while True:
            answer = (await admin.get(f"{GRANTS}/spring/rows", query={"limit": 2, **query, **cursor})).body
            found += [(item["user_id"], item["ref"]) for item in answer["items"]]
            if answer["next_cursor"] is None:
                return found
            cursor = {"cursor": answer["next_cursor"]}

    assert await rows() == [(1, "a"), (1, "b"), (2, ""), (3, "")]
    assert await rows(user_id=1) == [(1, "a"), (1, "b")]
    assert await rows(state="CREDITED") == await rows()
    assert await rows(state="UNDONE") == []
    item = (await admin.get(f"{GRANTS}/spring/rows")).body["items"][1]
    assert (item["reward"], item["state"], item["granted_by"], item["undone_at"]) == (COUPON, "CREDITED", 901, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", GRANTS), ("GET", GRANTS), ("GET", f"{GRANTS}/spring"), ("GET", f"{GRANTS}/spring/rows"),
     ("POST", f"{GRANTS}/spring/undo")],
)  # fmt: skip
async def test_campaigns_are_the_admins(
    anybody: AsgiClient, player: AsgiClient, operator: AsgiClient, method: str, path: str
) -> None:
    for caller, status, code in ((anybody, 401, "UNAUTHENTICATED"), (player, 403, "FORBIDDEN"), (operator, 403, None)):
        answer = await caller.request(method, path, content=b"{", headers={"idempotency-key": "k"})
        assert (answer.status, answer.code) == (status, code or "FORBIDDEN")
