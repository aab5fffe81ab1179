"""A person is erased; proofs, ledger and what is owed stay as they were."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from fairground_common.testing import AsgiClient
from fairground_common.testing.contents import contents

PLAYER, OTHER = 1, 2
ERASE = f"/api/admin/games/players/{PLAYER}/erase"
NAME = "for Hanna Muster"

StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]


@pytest_asyncio.fixture
async def play_id(
    player: AsgiClient,
    admin: AsgiClient,
    store_version: StoreVersion,
    schedule: Callable[[str], Awaitable[None]],
    roulette_config: Callable[..., dict[str, Any]],
) -> str:
    """Let the player choose a seed and play, and grant both players something with a name on it."""
    await store_version("roulette", roulette_config())
    await schedule("ROULETTE")
    await player.post("/api/fairness/rotate", body={"client_seed": "my-own-seed"})
    played: str = (await player.post("/api/roulette/play")).body["play_id"]
    await player.post("/api/fairness/rotate", body={})
    rewards = [
        {"type": "ITEM", "amount": 1, "sku": "mug", "label": NAME},
        {"type": "POINT", "amount": 5, "label": NAME},
    ]
    grants = [
        {"user_id": user_id, "ref": str(number), "reward": reward}
        for user_id in (PLAYER, OTHER)
        for number, reward in enumerate(rewards)
    ]
    granted = await admin.post(
        "/api/admin/games/grants", body={"campaign": "spring", "grants": grants}, headers={"idempotency-key": "k"}
    )
    assert granted.status == 200, granted
    return played


async def test_names_go_and_everything_else_stays(admin: AsgiClient, play_id: str, owner: asyncpg.Connection) -> None:
    before = await contents(owner)
    answer = await admin.post(ERASE)
    assert (answer.status, answer.body["erased"]) == (200, {"fulfilment_labels": 1, "grant_labels": 2})
    after = await contents(owner)
    assert {name for name in before if before[name] != after[name]} == {"fulfilment", "campaign_grant", "audit_log"}
    assert await labels(owner, PLAYER) == []
    assert await labels(owner, OTHER) == [NAME] * 3


async def labels(owner: asyncpg.Connection, user_id: int) -> list[str]:
    every = "SELECT user_id, label FROM fulfilment UNION ALL SELECT user_id, label FROM campaign_grant"
    found = await owner.fetch(f"SELECT label FROM ({every}) AS l WHERE user_id = $1 AND label IS NOT NULL", user_id)
    return [label for (label,) in found]


async def test_proofs_and_books_of_an_erased_player_hold(
    player: AsgiClient, admin: AsgiClient, operator: AsgiClient, play_id: str
) -> None:
    async def told() -> list[Any]:
        receipt = (await player.get(f"/api/fairness/receipts/{play_id}")).body
        assert receipt["server_seed"]
        balances = (await operator.get("/api/admin/games/reconcile/balances")).body
        assert balances["items"] == []
        return [receipt, (await player.get("/api/rewards/ledger")).body, balances]

    before = await told()
    await admin.post(ERASE)
    assert json.dumps(await told()) == json.dumps(before)


async def test_again_and_a_dry_run_change_nothing(admin: AsgiClient, play_id: str, owner: asyncpg.Connection) -> None:
    before = await contents(owner)
    told = await admin.post(ERASE, query={"dry_run": "true"})
    assert await contents(owner) == before
    done = await admin.post(ERASE)
    assert told.body["erased"] == done.body["erased"]
    before = await contents(owner)
    assert set((await admin.post(ERASE)).body["erased"].values()) == {0}
    assert await contents(owner) == before


async def test_who_erased_is_audited(admin: AsgiClient, play_id: str) -> None:
    await admin.post(ERASE, headers={"x-request-id": "r-1"})
    [act] = (await admin.get("/api/admin/games/audit", query={"action": "PLAYER_ERASED"})).body["items"]
    assert (act["user_id"], act["subject"], act["request_id"]) == (901, f"user:{PLAYER}", "r-1")


@pytest.mark.parametrize("path", ["erase", "export", "export/plays"])
async def test_only_admins_erase_and_export(
    anybody: AsgiClient, player: AsgiClient, operator: AsgiClient, path: str
) -> None:
    method = "POST" if path == "erase" else "GET"
    url = f"/api/admin/games/players/{PLAYER}/{path}"
    codes = [(await caller.request(method, url)).code for caller in (anybody, player, operator)]
    assert codes == ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN"]
