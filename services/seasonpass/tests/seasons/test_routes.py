import asyncio
import datetime
from typing import Any

import pytest
from sqlalchemy import text

from fairground_common.db import Db
from fairground_common.testing import AsgiClient, TokenMint

ADMIN_ID = 900


@pytest.fixture
def body(today: datetime.date) -> dict[str, Any]:
    """Return a season as an operator posts it; it can be published."""
    return {
        "season_name": "Winter",
        "start_date": today.isoformat(),
        "end_date": (today + datetime.timedelta(days=13)).isoformat(),
        "max_level": 2,
        "base_xp_per_stamp": 10,
        "levels": [
            {"level": 1, "required_xp": 0, "reward": {"type": "POINT", "amount": 50}, "auto_claim": True},
            {"level": 2, "required_xp": 10, "reward": {"type": "ITEM", "sku": "hat", "amount": 1}, "auto_claim": False},
        ],
    }


async def created(operator: AsgiClient, body: dict[str, Any]) -> int:
    answer = await operator.post("/api/admin/seasons", body=body)
    assert answer.status == 201, answer
    return int(answer.body["id"])


async def test_a_new_season_is_a_draft_and_reads_back_as_it_was_posted(
    operator: AsgiClient, body: dict[str, Any]
) -> None:
    answer = await operator.post("/api/admin/seasons", body={**body, "xp_rules": [{"feature_type": "DICE", "xp": 3}]})
    assert answer.status == 201
    assert answer.body["state"] == "DRAFT"
    season = (await operator.get(f"/api/admin/seasons/{answer.body['id']}")).body
    assert season["levels"] == body["levels"]
    assert season["claim_grace_days"] == 7
    assert season["xp_rules"] == [{"feature_type": "DICE", "outcome": None, "xp": 3}]
    assert (season["published_at"], season["retired_at"]) == (None, None)


async def test_a_draft_can_be_replaced(operator: AsgiClient, body: dict[str, Any]) -> None:
    season_id = await created(operator, body)
    changed = {**body, "season_name": "Spring", "max_level": 1, "levels": body["levels"][:1]}
    answer = await operator.put(f"/api/admin/seasons/{season_id}", body=changed)
    assert answer.status == 200
    season = (await operator.get(f"/api/admin/seasons/{season_id}")).body
    assert season == answer.body
    assert (season["season_name"], len(season["levels"])) == ("Spring", 1)


async def test_a_published_season_is_not_editable(
    operator: AsgiClient, admin: AsgiClient, body: dict[str, Any]
) -> None:
    season_id = await created(operator, body)
    assert (await admin.post(f"/api/admin/seasons/{season_id}/publish")).body["state"] == "PUBLISHED"
    assert (await operator.put(f"/api/admin/seasons/{season_id}", body=body)).code == "SEASON_NOT_EDITABLE"
    assert (await admin.post(f"/api/admin/seasons/{season_id}/publish")).code == "SEASON_NOT_EDITABLE"


async def test_only_a_published_season_can_be_retired(
    operator: AsgiClient, admin: AsgiClient, body: dict[str, Any]
) -> None:
    season_id = await created(operator, body)
    assert (await admin.post(f"/api/admin/seasons/{season_id}/retire")).code == "SEASON_NOT_PUBLISHED"
    await admin.post(f"/api/admin/seasons/{season_id}/publish")
    assert (await admin.post(f"/api/admin/seasons/{season_id}/retire")).body["state"] == "RETIRED"
    assert (await admin.post(f"/api/admin/seasons/{season_id}/retire")).code == "SEASON_NOT_PUBLISHED"
    assert (await operator.put(f"/api/admin/seasons/{season_id}", body=body)).code == "SEASON_NOT_EDITABLE"


async def test_published_seasons_never_share_a_day(
    operator: AsgiClient, admin: AsgiClient, body: dict[str, Any], today: datetime.date
) -> None:
    first = await created(operator, body)
    last_day = {"start_date": body["end_date"], "end_date": (today + datetime.timedelta(days=30)).isoformat()}
    overlapping = await created(operator, {**body, **last_day})
    assert (await admin.post(f"/api/admin/seasons/{first}/publish")).status == 200
    assert (await admin.post(f"/api/admin/seasons/{overlapping}/publish")).code == "NO_ACTIVE_SEASON_CONFLICT"
    await operator.put(
        f"/api/admin/seasons/{overlapping}",
        body={**body, **last_day, "start_date": (today + datetime.timedelta(days=14)).isoformat()},
    )
    assert (await admin.post(f"/api/admin/seasons/{overlapping}/publish")).status == 200


async def test_a_retired_season_makes_room_for_another_on_its_days(
    operator: AsgiClient, admin: AsgiClient, body: dict[str, Any]
) -> None:
    first, second = await created(operator, body), await created(operator, body)
    await admin.post(f"/api/admin/seasons/{first}/publish")
    await admin.post(f"/api/admin/seasons/{first}/retire")
    assert (await admin.post(f"/api/admin/seasons/{second}/publish")).status == 200


@pytest.mark.parametrize("season_id", [4711, 0, -1])
async def test_an_unknown_season_is_not_found(
    operator: AsgiClient, admin: AsgiClient, body: dict[str, Any], season_id: int
) -> None:
    path = f"/api/admin/seasons/{season_id}"
    assert (await operator.get(path)).code == "SEASON_NOT_FOUND"
    assert (await operator.put(path, body=body)).code == "SEASON_NOT_FOUND"
    assert (await admin.post(f"{path}/publish")).code == "SEASON_NOT_FOUND"
    assert (await admin.post(f"{path}/retire")).code == "SEASON_NOT_FOUND"


async def test_an_id_no_database_can_hold_is_a_validation_error(operator: AsgiClient) -> None:
    assert (await operator.get(f"/api/admin/seasons/{2**63}")).status == 422


async def test_the_list_is_paged_newest_first(operator: AsgiClient, body: dict[str, Any]) -> None:
    made = [await created(operator, body) for _ in range(3)]
    first = (await operator.get("/api/admin/seasons", query={"limit": 2})).body
    rest = (await operator.get("/api/admin/seasons", query={"limit": 2, "cursor": first["next_cursor"]})).body
    assert [season["id"] for season in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


async def test_the_list_shows_one_state_when_asked(
    operator: AsgiClient, admin: AsgiClient, body: dict[str, Any]
) -> None:
    draft, published, retired = [await created(operator, body) for _ in range(3)]
    for season_id, *steps in ((retired, "publish", "retire"), (published, "publish")):
        for step in steps:
            await admin.post(f"/api/admin/seasons/{season_id}/{step}")
    for state, season_id in (("DRAFT", draft), ("PUBLISHED", published), ("RETIRED", retired)):
        listed = (await operator.get("/api/admin/seasons", query={"state": state})).body["items"]
        assert [(season["id"], season["state"]) for season in listed] == [(season_id, state)]
    assert (await operator.get("/api/admin/seasons", query={"state": "draft"})).status == 422


async def test_operators_prepare_seasons_and_only_admins_publish_and_retire(
    anybody: AsgiClient, player: AsgiClient, operator: AsgiClient, body: dict[str, Any]
) -> None:
    season_id = await created(operator, body)
    path = f"/api/admin/seasons/{season_id}"
    for calls, status in ((anybody, 401), (player, 403)):
        assert (await calls.post("/api/admin/seasons", body=body)).status == status
        assert (await calls.get("/api/admin/seasons")).status == status
        assert (await calls.get(path)).status == status
        assert (await calls.put(path, body=body)).status == status
    for calls, status in ((anybody, 401), (player, 403), (operator, 403)):
        assert (await calls.post(f"{path}/publish")).status == status
        assert (await calls.post(f"{path}/retire")).status == status


async def test_the_same_key_publishes_once_and_answers_twice(
    operator: AsgiClient, admin: AsgiClient, body: dict[str, Any]
) -> None:
    season_id = await created(operator, body)
    key = {"idempotency-key": "publish-1"}
    first = await admin.post(f"/api/admin/seasons/{season_id}/publish", headers=key)
    second = await admin.post(f"/api/admin/seasons/{season_id}/publish", headers=key)
    assert (first.status, second.status) == (200, 200)
    assert first.body == second.body
    assert second.headers["idempotency-replayed"] == "true"


async def test_every_change_is_audited_with_before_and_after(
    operator: AsgiClient, admin: AsgiClient, body: dict[str, Any], db: Db
) -> None:
    season_id = await created(operator, body)
    await operator.put(f"/api/admin/seasons/{season_id}", body={**body, "season_name": "Spring"})
    await admin.post(f"/api/admin/seasons/{season_id}/publish")
    await admin.post(f"/api/admin/seasons/{season_id}/retire")
    async with db.read() as tx:
        rows = await tx.rows(text("SELECT action, user_id, subject, before, after FROM audit_log ORDER BY id"))
    assert [row.action for row in rows] == ["SEASON_CREATED", "SEASON_EDITED", "SEASON_PUBLISHED", "SEASON_RETIRED"]
    assert {row.subject for row in rows} == {f"season:{season_id}"}
    assert [row.before and row.before["season_name"] for row in rows] == [None, "Winter", "Spring", "Spring"]
    assert [row.after["state"] for row in rows] == ["DRAFT", "DRAFT", "PUBLISHED", "RETIRED"]
    assert rows[-1].user_id == ADMIN_ID


async def test_two_overlapping_drafts_published_at_once_are_one_season(
    anybody: AsgiClient, operator: AsgiClient, body: dict[str, Any], token_mint: TokenMint
) -> None:
    admin = anybody.signed(token_mint.headers(ADMIN_ID, "admin"))
    drafts = [await created(operator, body) for _ in range(5)]
    answers = await asyncio.gather(*(admin.post(f"/api/admin/seasons/{draft}/publish") for draft in drafts))
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409, 409]
