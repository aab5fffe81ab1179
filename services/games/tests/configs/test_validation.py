"""What is wrong with a posted configuration is named exactly, and nothing of it is stored."""

from collections.abc import Callable
from typing import Any

import pytest

from fairground_common.testing import AsgiClient

Config = Callable[..., dict[str, Any]]
Loc = list[str | int]
Change = Callable[[dict[str, Any]], Any]

POINTS = {"type": "POINT", "amount": 1}


def with_segment(index: int, **changes: Any) -> Change:
    return lambda config: config["segments"][index].update(changes)


def with_prize(index: int, **changes: Any) -> Change:
    return lambda config: config["prizes"][index].update(changes)


def without_weight(config: dict[str, Any]) -> None:
    for outcome in config.get("segments") or config["prizes"]:
        outcome["weight"] = 0


WHEEL: list[tuple[Change, list[Loc]]] = [
    (lambda c: c["segments"].pop(), [["segments"]]),
    (lambda c: c["segments"].append(c["segments"][0]), [["segments"]]),
    (lambda c: c.update(segments=[]), [["segments"]]),
    (with_segment(3, slot_index=2), [["segments", 3, "slot_index"]]),
    (with_segment(3, slot_index=6), [["segments", 3, "slot_index"]]),
    (with_segment(3, slot_index="3"), [["segments", 3, "slot_index"]]),
    (with_segment(0, weight=-1), [["segments", 0, "weight"]]),
    (with_segment(0, weight=10**9 + 1), [["segments", 0, "weight"]]),
    (with_segment(0, weight=1.0), [["segments", 0, "weight"]]),
    (with_segment(0, weight=True), [["segments", 0, "weight"]]),
    (without_weight, [["segments"]]),
    (with_segment(1, reward={"type": "MONEY", "amount": 1}), [["segments", 1, "reward", "type"]]),
    (with_segment(1, reward={"type": "ITEM", "amount": 1}), [["segments", 1, "reward", "sku"]]),
    (with_segment(1, reward={"type": "COUPON", "amount": 1, "sku": ""}), [["segments", 1, "reward", "sku"]]),
    (with_segment(1, reward={"type": "ITEM", "amount": 1, "sku": "x" * 65}), [["segments", 1, "reward", "sku"]]),
    (with_segment(1, reward={"type": "POINT", "amount": -1}), [["segments", 1, "reward", "amount"]]),
    (with_segment(1, reward={"type": "POINT", "amount": 2**31}), [["segments", 1, "reward", "amount"]]),
    (with_segment(1, reward={"type": "NONE", "amount": 1}), [["segments", 1, "reward", "amount"]]),
    (with_segment(1, reward=None), [["segments", 1, "reward"]]),
    (with_segment(2, label="x" * 65), [["segments", 2, "label"]]),
    (with_segment(2, label=""), [["segments", 2, "label"]]),
    (with_segment(2, label="a\0b"), [["segments", 2, "label"]]),
    (with_segment(2, is_jackpot="yes"), [["segments", 2, "is_jackpot"]]),
    (with_segment(2, colour="red"), [["segments", 2, "colour"]]),
    (lambda c: c.update(max_daily=-1), [["max_daily"]]),
    (lambda c: c.update(max_daily=100_001), [["max_daily"]]),
    (lambda c: c.update(name=""), [["name"]]),
    (lambda c: (c.pop("name"), with_segment(5, weight=-1)(c)), [["name"], ["segments", 5, "weight"]]),
    (
        lambda c: (with_segment(4, slot_index=0)(c), with_segment(5, slot_index=0)(c)),
        [["segments", 4, "slot_index"], ["segments", 5, "slot_index"]],
    ),
]

DICE: list[tuple[Change, list[Loc]]] = [
    (lambda c: c["rewards"].pop("DRAW"), [["rewards", "DRAW"]]),
    (lambda c: c["rewards"].update(TIE=POINTS), [["rewards", "TIE"]]),
    (lambda c: c["rewards"].update(WIN={"type": "ITEM", "amount": 1}), [["rewards", "WIN", "sku"]]),
]

LOTTERY: list[tuple[Change, list[Loc]]] = [
    (lambda c: c.update(prizes=[]), [["prizes"]]),
    (with_prize(1, key="gold"), [["prizes", 1, "key"]]),
    (with_prize(1, key="Gold"), [["prizes", 1, "key"]]),
    (with_prize(1, key="x" * 33), [["prizes", 1, "key"]]),
    (with_prize(1, weight=-1), [["prizes", 1, "weight"]]),
    (with_prize(0, stock=-1), [["prizes", 0, "stock"]]),
    (with_prize(0, stock="7"), [["prizes", 0, "stock"]]),
    (without_weight, [["prizes"]]),
    (lambda c: [prize.update(is_active=False) for prize in c["prizes"]], [["prizes"]]),
    (with_prize(0, label="x" * 65), [["prizes", 0, "label"]]),
]


async def assert_refused(
    operator: AsgiClient, game: str, config: dict[str, Any], change: Change, locs: list[Loc]
) -> None:
    before = await operator.get(f"/api/admin/{game}/configs")
    change(config)
    answer = await operator.post(f"/api/admin/{game}/configs", body=config)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED"), answer.body
    assert [error["loc"] for error in answer.body["errors"]] == locs
    assert all(error["msg"] for error in answer.body["errors"])
    assert (await operator.get(f"/api/admin/{game}/configs")).body == before.body


@pytest.mark.parametrize(("change", "locs"), WHEEL)
async def test_a_wrong_wheel_is_refused(
    refusing: AsgiClient, roulette_config: Config, change: Change, locs: list[Loc]
) -> None:
    await assert_refused(refusing, "roulette", roulette_config(), change, locs)


@pytest.mark.parametrize(("change", "locs"), DICE)
async def test_wrong_dice_rewards_are_refused(
    refusing: AsgiClient, dice_config: Config, change: Change, locs: list[Loc]
) -> None:
    await assert_refused(refusing, "dice", dice_config(), change, locs)


@pytest.mark.parametrize(("change", "locs"), LOTTERY)
async def test_a_wrong_lottery_is_refused(
    refusing: AsgiClient, lottery_config: Config, change: Change, locs: list[Loc]
) -> None:
    await assert_refused(refusing, "lottery", lottery_config(), change, locs)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "MALFORMED_JSON"),
        (b"", 422, "VALIDATION_FAILED"),
        (b"[]", 422, "VALIDATION_FAILED"),
        (b'{"name": "\xff"}', 400, "MALFORMED_JSON"),
    ],
)
async def test_an_unreadable_body_is_refused(refusing: AsgiClient, content: bytes, status: int, code: str) -> None:
    headers = {"content-type": "application/json"}
    answer = await refusing.post("/api/admin/roulette/configs", content=content, headers=headers)
    assert (answer.status, answer.code) == (status, code)


async def test_another_games_configuration_is_refused(refusing: AsgiClient, dice_config: Config) -> None:
    answer = await refusing.post("/api/admin/roulette/configs", body=dice_config())
    assert answer.code == "VALIDATION_FAILED"
    assert [error["loc"] for error in answer.body["errors"]] == [["segments"], ["rewards"]]


async def test_an_unknown_game_has_no_configurations(refusing: AsgiClient, dice_config: Config) -> None:
    assert (await refusing.post("/api/admin/poker/configs", body=dice_config())).code == "NOT_FOUND"
