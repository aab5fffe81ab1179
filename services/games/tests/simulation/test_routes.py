"""Simulations as operators ask for them."""

from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import Any

import asyncpg
import pytest

from fairground_common.testing import Answer, AsgiClient, eventually

Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]
Simulate = Callable[..., Awaitable[Answer]]


@pytest.fixture
def simulate(operator: AsgiClient) -> Simulate:
    """Return a function that simulates a version, as often as it takes until the process has started."""

    async def simulated(game: str, **body: Any) -> Answer:
        async def answer() -> Answer | None:
            got = await operator.post(f"/api/admin/{game}/configs/1/simulate", body=body)
            return None if got.status == 503 else got

        got = await eventually(answer, within=60)
        assert got is not None
        return got

    return simulated


def fraction(number: dict[str, Any]) -> Fraction:
    return Fraction(number["numerator"], number["denominator"])


def by_type(rows: list[dict[str, Any]], name: str) -> dict[str, Fraction]:
    return {row["type"]: fraction(row[name]) for row in rows}


async def test_a_wheel_is_simulated_exactly_and_drawn(
    simulate: Simulate, store_version: StoreVersion, roulette_config: Config
) -> None:
    await store_version("roulette", roulette_config())
    found = (await simulate("roulette", plays=600)).body
    means, variances = (by_type(found["per_play"], name) for name in ("mean", "variance"))
    assert means == {"POINT": Fraction(90, 6), "COUPON": 0, "ITEM": 0, "XP": 0}
    assert variances["POINT"] == Fraction(100 + 900 + 2500, 6) - 15**2
    assert found["per_play"][0]["variance"]["value"] == 358.333333
    assert by_type(found["expected"]["paid"], "amount")["POINT"] == 600 * 15
    assert found["expected"]["exact"] is True
    assert (found["drawn"]["plays"], found["drawn"]["end"]) == (600, "completed")
    assert sum(each["hits"] for each in found["drawn"]["outcomes"]) == 600
    paid = sum(10 * int(each["key"]) * each["hits"] for each in found["drawn"]["outcomes"] if int(each["key"]) % 2)
    assert by_type(found["drawn"]["paid"], "amount")["POINT"] == paid
    assert (found["stock"], found["budget"]) == ([], None)


async def test_a_lottery_is_simulated_with_the_stock_of_this_moment_which_stays(
    simulate: Simulate, store_version: StoreVersion, lottery_config: Config, owner: asyncpg.Connection
) -> None:
    await store_version("lottery", lottery_config(stock=7))
    await owner.execute("UPDATE lottery_stock SET \"left\" = 5 WHERE prize_key = 'gold'")
    found = (await simulate("lottery", plays=1000)).body
    (gold,) = found["stock"]
    assert (gold["key"], gold["left"]) == ("gold", 5)
    assert fraction(gold["gone_after"]) == 15
    assert by_type(found["expected"]["paid"], "amount")["ITEM"] == 5
    assert found["expected"]["exact"] is False
    assert by_type(found["drawn"]["paid"], "amount")["ITEM"] == 5  # of 1000 plays, some 333 would hit it
    assert by_type(found["per_play"], "mean")["ITEM"] == Fraction(1, 3)
    assert await owner.fetchval("SELECT \"left\" FROM lottery_stock WHERE prize_key = 'gold'") == 5
    assert await owner.fetchval("SELECT count(*) FROM play") == 0


async def test_everything_sells_out(simulate: Simulate, store_version: StoreVersion, lottery_config: Config) -> None:
    config = lottery_config(stock=3)
    config["prizes"].pop()
    await store_version("lottery", config)
    found = (await simulate("lottery", plays=10)).body
    assert fraction(found["expected"]["plays"]) == 3
    assert found["expected"]["exact"] is True
    assert (found["drawn"]["plays"], found["drawn"]["end"]) == (3, "sold_out")


@pytest.mark.parametrize(("budget", "within"), [("15", True), (15, True), ("14.999999", False), (0, False)])
async def test_a_budget_is_held_against_the_exact_mean(
    simulate: Simulate, store_version: StoreVersion, roulette_config: Config, budget: object, within: bool
) -> None:
    await store_version("roulette", roulette_config())
    found = (await simulate("roulette", plays=1, budget_per_play=budget)).body["budget"]
    assert fraction(found["expected"]) == 15
    assert found["within"] is within
    assert fraction(found["per_play"]) == Fraction(str(budget))


async def test_a_draft_is_simulated_before_anybody_can_play_it(
    operator: AsgiClient, simulate: Simulate, dice_config: Config
) -> None:
    assert (await operator.post("/api/admin/dice/configs", body=dice_config())).status == 201
    found = (await simulate("dice")).body
    assert by_type(found["per_play"], "mean") == {
        "POINT": 5 * Fraction(575, 1296),
        "COUPON": 0,
        "ITEM": 0,
        "XP": Fraction(575, 1296),
    }
    assert found["plays"] == 10_000


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"plays": 0}, ["plays"]),
        ({"plays": 1_000_001}, ["plays"]),
        ({"plays": "9"}, ["plays"]),
        ({"budget_per_play": -1}, ["budget_per_play"]),
        ({"budget_per_play": "0.0000001"}, ["budget_per_play"]),
        ({"seed": 1}, ["seed"]),
    ],
)
async def test_what_cannot_be_simulated_is_refused(operator: AsgiClient, body: dict[str, Any], loc: list[str]) -> None:
    answer = await operator.post("/api/admin/dice/configs/1/simulate", body=body)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
    assert [error["loc"] for error in answer.body["errors"]] == [loc]


async def test_only_operators_simulate_and_only_what_there_is(
    anybody: AsgiClient, player: AsgiClient, operator: AsgiClient
) -> None:
    path = "/api/admin/dice/configs/1/simulate"
    assert (await anybody.post(path)).code == "UNAUTHENTICATED"
    assert (await player.post(path)).code == "FORBIDDEN"
    assert (await operator.post(path)).code == "CONFIG_NOT_FOUND"
