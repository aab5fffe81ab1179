"""Drafts that are discarded, and the version in force, which only a successor retires."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.testing import Answer, AsgiClient

Config = Callable[..., dict[str, Any]]
Post = Callable[[str, dict[str, Any]], Awaitable[Answer]]
Activate = Callable[..., Awaitable[Answer]]
Retire = Callable[..., Awaitable[Answer]]


@pytest.fixture
def retire(admin: AsgiClient) -> Retire:
    """Return a function that retires a wheel's version."""

    async def retired(version: int, **options: Any) -> Answer:
        return await admin.post(f"/api/admin/roulette/configs/{version}/retire", **options)

    return retired


@pytest.fixture
async def draft(post: Post, roulette_config: Config) -> int:
    """Return the number of a wheel's draft."""
    return int((await post("roulette", roulette_config())).body["version"])


async def test_a_discarded_draft_is_retired_without_ever_having_been_in_force(
    operator: AsgiClient, retire: Retire, draft: int
) -> None:
    answer = await retire(draft)
    assert (answer.status, answer.body["state"]) == (200, "RETIRED")
    kept = (await operator.get(f"/api/admin/roulette/configs/{draft}")).body
    assert (kept["state"], kept["activated_at"], kept["retired_at"]) == ("RETIRED", None, answer.body["retired_at"])


async def test_a_discarded_draft_stays_unknown_to_players(
    anybody: AsgiClient, post: Post, activate: Activate, retire: Retire, draft: int, roulette_config: Config
) -> None:
    await retire(draft)
    assert (await anybody.get(f"/api/roulette/configs/{draft}")).code == "CONFIG_NOT_FOUND"
    await post("roulette", roulette_config())
    await activate("roulette", 2)
    history = (await anybody.get("/api/roulette/odds/history")).body["items"]
    assert [item["config_version"] for item in history] == [2]


async def test_stock_events_of_keys_only_a_discarded_draft_names_stay_unknown_to_players(
    anybody: AsgiClient, admin: AsgiClient, post: Post, lottery_config: Config
) -> None:
    await post("lottery", lottery_config(stock=7))
    assert (await admin.post("/api/admin/lottery/configs/1/retire")).status == 200
    assert (await anybody.get("/api/lottery/odds/history")).body["items"] == []


async def test_a_discarded_draft_never_comes_back(
    operator: AsgiClient, activate: Activate, retire: Retire, draft: int
) -> None:
    await retire(draft)
    refused = await activate("roulette", draft)
    assert (refused.status, refused.code) == (409, "CONFIG_DISCARDED")
    assert (await operator.get(f"/api/admin/roulette/configs/{draft}")).body["state"] == "RETIRED"


async def test_the_version_in_force_cannot_be_retired(
    operator: AsgiClient, activate: Activate, retire: Retire, draft: int
) -> None:
    await activate("roulette", draft)
    refused = await retire(draft)
    assert (refused.status, refused.code) == (409, "CONFIG_IN_FORCE")
    assert (await operator.get(f"/api/admin/roulette/configs/{draft}")).body["state"] == "ACTIVE"


async def test_retiring_what_is_retired_changes_nothing_and_a_former_version_may_still_come_back(
    owner: asyncpg.Connection, post: Post, activate: Activate, retire: Retire, draft: int, roulette_config: Config
) -> None:
    await post("roulette", roulette_config())
    for number in (draft, draft + 1):
        await activate("roulette", number)
    before = await owner.fetchval("SELECT count(*) FROM audit_log")
    first, again = await retire(draft), await retire(draft)
    assert (first.status, first.body) == (200, again.body)
    assert await owner.fetchval("SELECT count(*) FROM audit_log") == before
    assert (await activate("roulette", draft)).body["state"] == "ACTIVE"


async def test_discarding_is_audited_once_under_a_repeated_key(
    owner: asyncpg.Connection, retire: Retire, draft: int
) -> None:
    first, again = [await retire(draft, headers={"idempotency-key": "one"}) for _ in range(2)]
    assert (again.body, again.headers["idempotency-replayed"]) == (first.body, "true")
    rows = await owner.fetch("SELECT user_id, subject, before FROM audit_log WHERE action = 'CONFIG_DISCARDED'")
    assert [(row["user_id"], row["subject"]) for row in rows] == [(901, "config:roulette:1")]
    assert json.loads(rows[0]["before"]) == {"state": "DRAFT"}


async def test_a_draft_is_either_activated_or_discarded(
    owner: asyncpg.Connection, activate: Activate, retire: Retire, draft: int
) -> None:
    answers = await asyncio.gather(activate("roulette", draft), retire(draft))
    assert sorted(answer.status for answer in answers) == [200, 409]
    activated = await owner.fetchval("SELECT count(*) FROM game_activation")
    state = await owner.fetchval("SELECT state FROM game_config")
    assert (state, activated) == (("ACTIVE", 1) if answers[0].status == 200 else ("RETIRED", 0))


@pytest.mark.parametrize("version", [0, -1, 2, 10**12])
async def test_an_unknown_version_cannot_be_retired(retire: Retire, draft: int, version: int) -> None:
    assert (await retire(version)).code == "CONFIG_NOT_FOUND"


async def test_only_admins_retire_and_without_a_body(
    anybody: AsgiClient, player: AsgiClient, operator: AsgiClient, retire: Retire, draft: int
) -> None:
    path = f"/api/admin/roulette/configs/{draft}/retire"
    assert (await anybody.post(path)).code == "UNAUTHENTICATED"
    assert (await player.post(path)).code == "FORBIDDEN"
    assert (await operator.post(path)).code == "FORBIDDEN"
    assert (await retire(draft, body={"state": "RETIRED"})).code == "VALIDATION_FAILED"
    assert (await operator.get(f"/api/admin/roulette/configs/{draft}")).body["state"] == "DRAFT"
