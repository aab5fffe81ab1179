"""A clone is a draft of its own: the way to change what is published, and to make the next season from the last."""

import datetime
from typing import Any

import pytest

from fairground_common.testing import AsgiClient

SEASONS = "/api/admin/seasons"
OF_ITS_OWN = {"id", "state", "published_at", "retired_at", "season_name", "start_date", "end_date"}


async def clone(operator: AsgiClient, season_id: int, **changes: Any) -> Any:
    answer = await operator.post(f"{SEASONS}/{season_id}/clone", body=changes)
    assert answer.status == 201, answer
    return answer.body


async def test_a_clone_is_a_draft_with_everything_of_the_original(publish: Any, operator: AsgiClient) -> None:
    season = await publish(xp_rules=[("DICE", "WIN", 3)], claim_grace_days=2)
    original = (await operator.get(f"{SEASONS}/{season.id}")).body
    copied = await clone(operator, season.id)
    assert copied == (await operator.get(f"{SEASONS}/{copied['id']}")).body
    assert copied == original | {"id": copied["id"], "state": "DRAFT", "published_at": None, "retired_at": None}
    assert copied["id"] != original["id"]


@pytest.mark.parametrize(
    ("changes", "first", "last"),
    [
        ({}, 0, 28),
        ({"shift_days": 29}, 29, 57),
        ({"shift_days": -1}, -1, 27),
    ],
)
async def test_both_dates_move_by_a_shift(
    publish: Any, operator: AsgiClient, changes: dict[str, Any], first: int, last: int
) -> None:
    season = await publish()
    copied = await clone(operator, season.id, **changes)
    assert dates(copied) == [season.start_date + datetime.timedelta(days=days) for days in (first, last)]


async def test_a_start_of_its_own_keeps_the_length_unless_an_end_is_given(publish: Any, operator: AsgiClient) -> None:
    season = await publish()
    start, end = datetime.date(2031, 1, 1), datetime.date(2031, 1, 3)
    moved = await clone(operator, season.id, start_date=start.isoformat(), season_name="Next")
    assert (moved["season_name"], dates(moved)) == ("Next", [start, start + datetime.timedelta(days=28)])
    assert dates(await clone(operator, season.id, start_date=start.isoformat(), end_date=end.isoformat())) == [
        start,
        end,
    ]
    assert dates(await clone(operator, season.id, end_date=end.isoformat())) == [season.start_date, end]


async def test_a_clone_is_edited_and_published_without_touching_the_original(
    publish: Any, operator: AsgiClient, admin: AsgiClient
) -> None:
    season = await publish()
    original = (await operator.get(f"{SEASONS}/{season.id}")).body
    copied = await clone(operator, season.id, shift_days=29)
    changed = {
        name: value for name, value in copied.items() if name not in {"id", "state", "published_at", "retired_at"}
    }
    await operator.put(f"{SEASONS}/{copied['id']}", body=changed | {"season_name": "Next", "base_xp_per_stamp": 20})
    assert (await admin.post(f"{SEASONS}/{copied['id']}/publish")).body["state"] == "PUBLISHED"
    assert (await operator.get(f"{SEASONS}/{season.id}")).body == original


async def test_drafts_and_retired_seasons_can_be_cloned_too(
    publish: Any, operator: AsgiClient, admin: AsgiClient
) -> None:
    season = await publish()
    await admin.post(f"{SEASONS}/{season.id}/retire")
    of_retired = await clone(operator, season.id)
    of_draft = await clone(operator, of_retired["id"])
    assert (of_draft["state"], of_draft["levels"]) == ("DRAFT", of_retired["levels"])


async def test_the_same_key_clones_once(publish: Any, operator: AsgiClient) -> None:
    season = await publish()
    key = {"idempotency-key": "one"}
    first, again = [await operator.post(f"{SEASONS}/{season.id}/clone", headers=key) for _ in range(2)]
    assert (first.status, again.status, first.content) == (201, 201, again.content)
    assert len((await operator.get(SEASONS)).body["items"]) == 2
    other = await operator.post(f"{SEASONS}/{season.id}/clone", headers=key, body={"shift_days": 1})
    assert other.code == "IDEMPOTENCY_KEY_REUSED"


async def test_players_may_not_clone(publish: Any, anybody: AsgiClient, player: AsgiClient) -> None:
    season = await publish()
    assert [(await caller.post(f"{SEASONS}/{season.id}/clone")).status for caller in (anybody, player)] == [401, 403]


def dates(season: dict[str, Any]) -> list[datetime.date]:
    return [datetime.date.fromisoformat(season[name]) for name in ("start_date", "end_date")]
