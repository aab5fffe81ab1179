"""What is refused leaves no trace in any table, at whichever step it was refused."""

import datetime
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from fairground_common.testing import Answer, AsgiClient
from fairground_common.testing.contents import contents

SEASONS = "/api/admin/seasons"
Loc = list[str | int]


def level(number: int, required_xp: int, **fields: Any) -> dict[str, Any]:
    return {"level": number, "required_xp": required_xp, "reward": {"type": "NONE"}, "auto_claim": True, **fields}


TWO_LEVELS = [level(1, 0), level(2, 10)]

NO_SEASON: list[tuple[dict[str, Any], Loc]] = [
    ({"season_name": None}, ["season_name"]),
    ({"season_name": ""}, ["season_name"]),
    ({"season_name": "x" * 101}, ["season_name"]),
    ({"season_name": "nul \x00"}, ["season_name"]),
    ({"start_date": "2026-02-30"}, ["start_date"]),
    ({"start_date": "20260301"}, ["start_date"]),
    ({"start_date": 20260301}, ["start_date"]),
    ({"start_date": "1999-12-31"}, ["start_date"]),
    ({"start_date": "2026-03-02", "end_date": "2026-03-01"}, ["end_date"]),
    ({"end_date": "3000-01-01"}, ["end_date"]),
    ({"max_level": 0}, ["max_level"]),
    ({"max_level": 1001}, ["max_level"]),
    ({"max_level": "2"}, ["max_level"]),
    ({"base_xp_per_stamp": -1}, ["base_xp_per_stamp"]),
    ({"base_xp_per_stamp": 2**31}, ["base_xp_per_stamp"]),
    ({"claim_grace_days": -1}, ["claim_grace_days"]),
    ({"claim_grace_days": 1.5}, ["claim_grace_days"]),
    ({"levels": None}, ["levels"]),
    ({"levels": [level(number, number) for number in range(1, 1002)]}, ["levels"]),
    ({"levels": [level(0, 0)]}, ["levels", 0, "level"]),
    ({"levels": [level(1, 0), level(1, 10)]}, ["levels", 1, "level"]),
    ({"levels": [level(1, -1)]}, ["levels", 0, "required_xp"]),
    ({"levels": [level(1, 2**31)]}, ["levels", 0, "required_xp"]),
    ({"levels": [level(1, 0), {"level": 2, "required_xp": 10, "auto_claim": True}]}, ["levels", 1, "reward"]),
    ({"levels": [level(1, 0, reward=None)]}, ["levels", 0, "reward"]),
    ({"levels": [level(1, 0, reward={"type": "XP", "amount": 5})]}, ["levels", 0, "reward"]),
    ({"levels": [level(1, 0, reward={"type": "MONEY", "amount": 5})]}, ["levels", 0, "reward", "type"]),
    ({"levels": [level(1, 0, reward={"type": "ITEM", "amount": 1})]}, ["levels", 0, "reward", "sku"]),
    ({"levels": [level(1, 0, reward={"type": "POINT", "amount": -1})]}, ["levels", 0, "reward", "amount"]),
    ({"levels": [level(1, 0, reward={"type": "POINT", "amount": 2**31})]}, ["levels", 0, "reward", "amount"]),
    ({"levels": [level(1, 0, reward={"type": "NONE", "label": "\x00"})]}, ["levels", 0, "reward", "label"]),
    ({"levels": [level(1, 0, auto_claim="yes")]}, ["levels", 0, "auto_claim"]),
    ({"xp_rules": [{"feature_type": "DICE", "outcome": "JACKPOT", "xp": 1}]}, ["xp_rules", 0, "outcome"]),
    ({"xp_rules": [{"feature_type": "ROULETTE", "outcome": "hit", "xp": 1}]}, ["xp_rules", 0, "outcome"]),
    ({"xp_rules": [{"feature_type": "LOTTERY", "outcome": "Teddy!", "xp": 1}]}, ["xp_rules", 0, "outcome"]),
    ({"xp_rules": [{"feature_type": "dice", "xp": 1}]}, ["xp_rules", 0, "feature_type"]),
    ({"xp_rules": [{"feature_type": "DICE", "xp": -1}]}, ["xp_rules", 0, "xp"]),
    ({"state": "PUBLISHED"}, ["state"]),
]
"""What no season may have, and the field that is named."""

NO_CLONE: list[tuple[dict[str, Any], Loc]] = [
    ({"season_name": ""}, ["season_name"]),
    ({"start_date": "soon"}, ["start_date"]),
    ({"start_date": "2026-03-02", "end_date": "2026-03-01"}, ["end_date"]),
    ({"end_date": "2000-01-01"}, ["end_date"]),
    ({"start_date": "2999-12-31"}, ["start_date"]),
    ({"shift_days": 36_501}, ["shift_days"]),
    ({"shift_days": -36_500}, ["shift_days"]),
    ({"shift_days": "7"}, ["shift_days"]),
    ({"shift_days": 1, "end_date": "2026-03-01"}, ["shift_days"]),
    ({"levels": []}, ["levels"]),
]
"""What no copy may ask for."""


@pytest.fixture
def season(today: datetime.date) -> dict[str, Any]:
    """Return a season as an operator posts it; it can be published."""
    return {
        "season_name": "Winter",
        "start_date": today.isoformat(),
        "end_date": (today + datetime.timedelta(days=13)).isoformat(),
        "max_level": 2,
        "base_xp_per_stamp": 10,
        "levels": TWO_LEVELS,
    }


@pytest.fixture
async def published(operator: AsgiClient, admin: AsgiClient, season: dict[str, Any]) -> int:
    """Return a season that is published."""
    season_id: int = (await operator.post(SEASONS, body=season)).body["id"]
    assert (await admin.post(f"{SEASONS}/{season_id}/publish")).status == 200
    return season_id


@pytest.fixture
async def draft(operator: AsgiClient, published: int) -> int:
    """Return a draft like the season that is published, on the same days."""
    season_id: int = (await operator.post(f"{SEASONS}/{published}/clone")).body["id"]
    return season_id


@pytest.fixture
async def nothing_changes(owner: asyncpg.Connection, draft: int) -> AsyncIterator[None]:
    """Compare every table before and after the test; there are a draft and a published season in both."""
    before = await contents(owner)
    yield
    assert await contents(owner) == before


def assert_refused(answer: Answer, loc: Loc) -> None:
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED"), (loc, answer.body)
    assert [error["loc"] for error in answer.body["errors"]] == [loc]


@pytest.mark.usefixtures("nothing_changes")
async def test_what_no_season_may_have_is_refused_when_it_is_posted_and_when_a_draft_is_edited(
    operator: AsgiClient, draft: int, season: dict[str, Any]
) -> None:
    for changes, loc in NO_SEASON:
        body = {name: value for name, value in {**season, **changes}.items() if value is not None}
        assert_refused(await operator.post(SEASONS, body=body, headers={"idempotency-key": "one"}), loc)
        assert_refused(await operator.put(f"{SEASONS}/{draft}", body=body), loc)


@pytest.mark.usefixtures("nothing_changes")
async def test_what_no_copy_may_ask_for_is_refused(operator: AsgiClient, published: int) -> None:
    for body, loc in NO_CLONE:
        assert_refused(await operator.post(f"{SEASONS}/{published}/clone", body=body), loc)


@pytest.mark.usefixtures("nothing_changes")
async def test_what_does_not_exist_or_is_published_is_neither_edited_nor_copied_nor_published(
    operator: AsgiClient, admin: AsgiClient, published: int, season: dict[str, Any]
) -> None:
    unknown, out = f"{SEASONS}/4711", f"{SEASONS}/{published}"
    assert (await operator.put(unknown, body=season)).code == "SEASON_NOT_FOUND"
    assert (await operator.post(f"{unknown}/clone")).code == "SEASON_NOT_FOUND"
    assert (await operator.put(out, body=season)).code == "SEASON_NOT_EDITABLE"
    for step in ("publish", "retire"):
        assert (await admin.post(f"{unknown}/{step}")).code == "SEASON_NOT_FOUND"
    refused = await admin.post(f"{out}/publish", headers={"idempotency-key": "one"})
    assert (refused.status, refused.code) == (409, "SEASON_NOT_EDITABLE")


@pytest.mark.usefixtures("nothing_changes")
async def test_days_of_a_published_season_are_refused_with_the_date_to_move(
    admin: AsgiClient, draft: int, published: int
) -> None:
    refused = await admin.post(f"{SEASONS}/{draft}/publish", headers={"idempotency-key": "one"})
    assert (refused.status, refused.code) == (409, "NO_ACTIVE_SEASON_CONFLICT")
    [error] = refused.body["errors"]
    assert error["loc"] == ["start_date"]
    assert f"season {published}" in error["msg"]


UNFINISHED: list[tuple[dict[str, Any], list[Loc]]] = [
    ({"levels": [level(1, 0), level(3, 10)]}, [["levels", 1, "level"]]),
    ({"levels": [level(2, 0), level(3, 10)]}, [["levels", 0, "level"]]),
    ({"levels": [level(1, 10), level(2, 10)]}, [["levels", 1, "required_xp"]]),
    ({"levels": [level(1, 10), level(2, 9)]}, [["levels", 1, "required_xp"]]),
    ({"max_level": 3}, [["max_level"]]),
    ({"max_level": 1}, [["max_level"]]),
    ({"levels": []}, [["max_level"]]),
    (
        {"levels": [level(2, 5), level(3, 5)], "max_level": 9},
        [["levels", 0, "level"], ["levels", 1, "required_xp"], ["max_level"]],
    ),
    ({"start_date": "2026-01-01", "end_date": "2026-01-31"}, [["end_date"]]),
]
"""What a draft may be, but no published season."""


@pytest.mark.parametrize(("changes", "locs"), UNFINISHED)
async def test_an_unfinished_draft_is_kept_and_not_published(
    operator: AsgiClient,
    admin: AsgiClient,
    owner: asyncpg.Connection,
    season: dict[str, Any],
    changes: dict[str, Any],
    locs: list[Loc],
) -> None:
    season_id = (await operator.post(SEASONS, body={**season, **changes})).body["id"]
    before = await contents(owner)
    refused = await admin.post(f"{SEASONS}/{season_id}/publish", headers={"idempotency-key": "one"})
    assert (refused.status, refused.code) == (422, "VALIDATION_FAILED")
    assert [error["loc"] for error in refused.body["errors"]] == locs
    assert await contents(owner) == before


@pytest.mark.parametrize("reward", ['{"amount": 5}', "{}"])
async def test_a_level_that_lost_its_reward_by_hand_is_not_published(
    operator: AsgiClient, admin: AsgiClient, owner: asyncpg.Connection, season: dict[str, Any], reward: str
) -> None:
    season_id = (await operator.post(SEASONS, body=season)).body["id"]
    await owner.execute("UPDATE season_pass_level SET reward = $1::text::jsonb WHERE level = 2", reward)
    refused = await admin.post(f"{SEASONS}/{season_id}/publish")
    assert [error["loc"] for error in refused.body["errors"]] == [["levels", 1, "reward"]]
