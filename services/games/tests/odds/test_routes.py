"""Odds over the API: public, live, and kept."""

from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import Any

import asyncpg
import pytest

from fairground_common.testing import AsgiClient

Config = Callable[..., dict[str, Any]]
Put = Callable[[str, dict[str, Any]], Awaitable[int]]


@pytest.fixture
def put(operator: AsgiClient, admin: AsgiClient) -> Put:
    """Return a function that posts a configuration, activates it and returns its number."""

    async def posted(game: str, config: dict[str, Any]) -> int:
        stored = await operator.post(f"/api/admin/{game}/configs", body=config)
        assert stored.status == 201, stored.body
        version: int = stored.body["version"]
        await admin.post(f"/api/admin/{game}/configs/{version}/activate")
        return version

    return posted


def a_raffle() -> dict[str, Any]:
    """Return a lottery with weights 5, 3, 2, a prize without weight and one that is switched off."""

    def prize(key: str, weight: int, stock: int | None, **changes: Any) -> dict[str, Any]:
        reward = {"type": "COUPON", "amount": 1, "sku": key}
        return {"key": key, "label": key.title(), "reward": reward, "weight": weight, "stock": stock} | changes

    prizes = [
        prize("a", 5, None),
        prize("b", 3, 3),
        prize("c", 2, 1),
        prize("d", 0, None),
        prize("e", 4, None, is_active=False),
    ]
    return {"name": "Raffle", "max_daily": 0, "prizes": prizes}


async def fractions(client: AsgiClient, game: str = "lottery") -> dict[str, Fraction]:
    outcomes = (await client.get(f"/api/{game}/odds")).body["outcomes"]
    return {each["key"]: Fraction(each["numerator"], each["denominator"]) for each in outcomes}


async def test_dice_odds_are_exact_and_need_no_token(anybody: AsgiClient, put: Put, dice_config: Config) -> None:
    await put("dice", dice_config())
    answer = await anybody.get("/api/dice/odds")
    assert answer.status == 200
    outcomes = {each.pop("key"): each for each in answer.body["outcomes"]}
    assert list(outcomes) == ["WIN", "DRAW", "LOSE"]
    assert outcomes["DRAW"] == {
        "label": "DRAW",
        "numerator": 73,
        "denominator": 648,
        "percent": 11.265432,
        "reward": {"type": "NONE", "amount": 0},
        "depleted": False,
    }
    assert (outcomes["WIN"]["numerator"], outcomes["WIN"]["denominator"]) == (575, 1296)
    assert outcomes["WIN"]["percent"] == outcomes["LOSE"]["percent"] == 44.367284


async def test_odds_name_the_version_in_force_and_since_when(
    anybody: AsgiClient, put: Put, roulette_config: Config
) -> None:
    await put("roulette", roulette_config())
    segments = [dict(each) for each in roulette_config()["segments"]]
    segments[0]["weight"] = 50
    await put("roulette", roulette_config(segments=segments))
    odds = (await anybody.get("/api/roulette/odds")).body
    assert odds.keys() == {"config_version", "effective_from", "outcomes", "depletion_rule"}
    version = (await anybody.get("/api/roulette/configs/2")).body
    assert (odds["config_version"], odds["effective_from"]) == (2, version["activated_at"])
    assert await fractions(anybody, "roulette") == {"0": Fraction(1, 2)} | {k: Fraction(1, 10) for k in "12345"}


async def test_lottery_odds_follow_the_live_stock(anybody: AsgiClient, operator: AsgiClient, put: Put) -> None:
    await put("lottery", a_raffle())
    assert await fractions(anybody) == {"a": Fraction(1, 2), "b": Fraction(3, 10), "c": Fraction(1, 5), "d": 0}
    await operator.post("/api/admin/lottery/prizes/b/restock", body={"delta": -3})
    assert await fractions(anybody) == {"a": Fraction(5, 7), "b": 0, "c": Fraction(2, 7), "d": 0}
    outcomes = {each["key"]: each for each in (await anybody.get("/api/lottery/odds")).body["outcomes"]}
    assert {key for key, each in outcomes.items() if each["depleted"]} == {"b"}
    assert (outcomes["b"]["numerator"], outcomes["b"]["denominator"], outcomes["b"]["percent"]) == (0, 1, 0)
    await operator.post("/api/admin/lottery/prizes/b/restock", body={"delta": 1})
    assert (await fractions(anybody))["b"] == Fraction(3, 10)


@pytest.mark.parametrize("game", ["roulette", "dice", "lottery"])
async def test_a_game_without_an_active_version_has_no_odds(anybody: AsgiClient, game: str) -> None:
    answer = await anybody.get(f"/api/{game}/odds")
    assert (answer.status, answer.code) == (404, "CONFIG_NOT_FOUND")
    assert (await anybody.get(f"/api/{game}/odds/history")).body == {"items": [], "next_cursor": None}


async def test_a_version_broken_by_hand_shows_no_odds_but_its_history(
    anybody: AsgiClient, owner: asyncpg.Connection, put: Put, roulette_config: Config
) -> None:
    await put("roulette", roulette_config())
    await owner.execute("UPDATE game_outcome SET weight = 11 WHERE key = '5'")
    answer = await anybody.get("/api/roulette/odds")
    assert (answer.status, answer.code) == (409, "INVALID_ROULETTE_CONFIG")
    (item,) = (await anybody.get("/api/roulette/odds/history")).body["items"]
    assert (item["config_version"], item["outcomes"]) == (1, None)


async def test_history_tells_which_version_was_in_force_when(
    anybody: AsgiClient, admin: AsgiClient, put: Put, roulette_config: Config
) -> None:
    for number in (1, 2):
        await put("roulette", roulette_config(name=f"Wheel {number}"))
    await admin.post("/api/admin/roulette/configs/1/activate")
    items = (await anybody.get("/api/roulette/odds/history")).body["items"]
    assert [(item["kind"], item["config_version"]) for item in items] == [("version", n) for n in (1, 2, 1)]
    assert items[0]["effective_until"] is None
    assert [item["effective_until"] for item in items[1:]] == [item["effective_from"] for item in items[:-1]]
    assert sum(Fraction(each["numerator"], each["denominator"]) for each in items[0]["outcomes"]) == 1
    public = (await anybody.get("/api/roulette/configs/2")).body
    assert items[1]["config_sha256"] == public["sha256"]


async def test_history_of_the_lottery_tells_of_its_stock_page_by_page(
    anybody: AsgiClient, operator: AsgiClient, put: Put
) -> None:
    await put("lottery", a_raffle())
    for delta in (-3, 4):
        await operator.post("/api/admin/lottery/prizes/b/restock", body={"delta": delta})
    await put("lottery", a_raffle() | {"prizes": [{**prize, "stock": None} for prize in a_raffle()["prizes"]]})
    whole = (await anybody.get("/api/lottery/odds/history")).body["items"]
    assert [(item["kind"], item.get("key")) for item in whole[:4]] == [
        ("version", None),
        ("refilled", "b"),
        ("exhausted", "b"),
        ("version", None),
    ]
    assert [(item["kind"], item["left"]) for item in whole[1:3]] == [("refilled", 4), ("exhausted", 0)]
    assert {(item["key"], item["left"]) for item in whole[4:]} == {
        ("a", None), ("b", 3), ("c", 1), ("d", None), ("e", None)
    }  # fmt: skip
    assert await pages(anybody, limit=2) == whole
    assert await pages(anybody, limit=1) == whole


async def pages(client: AsgiClient, *, limit: int) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        page = (await client.get("/api/lottery/odds/history", query=query)).body
        assert len(page["items"]) <= limit
        seen += page["items"]
        if page["next_cursor"] is None:
            return seen
        query["cursor"] = page["next_cursor"]


async def test_prizes_that_only_drafts_name_are_not_told_of(
    anybody: AsgiClient, operator: AsgiClient, put: Put, lottery_config: Config
) -> None:
    await put("lottery", a_raffle())
    await operator.post("/api/admin/lottery/configs", body=lottery_config())
    keys = {item.get("key") for item in (await anybody.get("/api/lottery/odds/history")).body["items"]}
    assert keys == {None, "a", "b", "c", "d", "e"}


@pytest.mark.parametrize("cursor", ["x", "WzFd", "WyIyMDI0LTAxLTAxVDAwOjAwOjAwIiwwLDBd", "~"])
async def test_a_foreign_cursor_is_refused(anybody: AsgiClient, cursor: str) -> None:
    answer = await anybody.get("/api/lottery/odds/history", query={"cursor": cursor})
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
