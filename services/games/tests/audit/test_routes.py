"""Who changed what, as admins ask for it."""

from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio

from fairground_common.testing import AsgiClient, TokenMint

Config = Callable[..., dict[str, Any]]

AUDIT = "/api/admin/games/audit"


@pytest_asyncio.fixture
async def acts(
    admin: AsgiClient, operator: AsgiClient, roulette_config: Config, lottery_config: Config
) -> list[dict[str, Any]]:
    """Return four acts by two operators, newest first."""
    await operator.post("/api/admin/roulette/configs", body=roulette_config())
    await operator.post("/api/admin/lottery/configs", body=lottery_config())
    await operator.post("/api/admin/lottery/prizes/gold/restock", body={"delta": 3})
    await admin.post("/api/admin/roulette/configs/1/activate")
    items: list[dict[str, Any]] = (await admin.get(AUDIT)).body["items"]
    return items


async def test_acts_tell_who_changed_what_and_how(acts: list[dict[str, Any]]) -> None:
    assert [(act["user_id"], act["action"], act["subject"]) for act in acts] == [
        (901, "CONFIG_ACTIVATED", "config:roulette:1"),
        (900, "PRIZE_RESTOCKED", "prize:gold"),
        (900, "CONFIG_CREATED", "config:lottery:1"),
        (900, "CONFIG_CREATED", "config:roulette:1"),
    ]
    assert (acts[1]["before"], acts[1]["after"]) == ({"left": 7, "issued": 0}, {"left": 10, "issued": 0})
    assert acts[0].keys() == {"id", "created_at", "user_id", "action", "subject", "before", "after", "request_id"}


async def test_acts_are_found_by_what_by_whom_and_when(admin: AsgiClient, acts: list[dict[str, Any]]) -> None:
    async def found(**query: Any) -> list[int]:
        items = (await admin.get(AUDIT, query=query)).body["items"]
        return [next(place for place, act in enumerate(acts) if act["id"] == item["id"]) for item in items]

    assert await found(action="CONFIG_CREATED") == [2, 3]
    assert await found(subject="config:roulette:") == [0, 3]
    assert await found(subject="config") == [0, 2, 3]
    assert await found(subject="config:roulette:1") == [0, 3]
    assert await found(subject="prize:gol") == []
    assert await found(subject="onfig:") == []
    assert await found(subject="config_") == []
    assert await found(by=901) == [0]
    assert await found(action="CONFIG_CREATED", subject="config:lottery", by=900) == [2]
    assert await found(**{"from": acts[1]["created_at"]}) == [0, 1]
    assert await found(to=acts[1]["created_at"]) == [2, 3]
    assert await found(**{"from": acts[2]["created_at"], "to": acts[0]["created_at"]}) == [1, 2]


async def test_pages_neither_repeat_nor_skip(admin: AsgiClient, acts: list[dict[str, Any]]) -> None:
    first = (await admin.get(AUDIT, query={"limit": 3})).body
    second = (await admin.get(AUDIT, query={"limit": 3, "cursor": first["next_cursor"]})).body
    assert first["items"] + second["items"] == acts
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "query",
    [
        {"by": -1},
        {"by": 2**63},
        {"action": "x"},
        {"subject": "a%"},
        {"from": "today"},
        {"from": -16534296},
        {"to": "2026-01-01T00:00:00"},
        {"to": "2026-01-01"},
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(admin: AsgiClient, query: dict[str, Any]) -> None:
    assert (await admin.get(AUDIT, query=query)).code == "VALIDATION_FAILED"


async def test_only_admins_see_the_audit_log(
    anybody: AsgiClient, player: AsgiClient, operator: AsgiClient, token_mint: TokenMint
) -> None:
    codes = [(await caller.get(AUDIT)).code for caller in (anybody, player, operator)]
    assert codes == ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN"]
