"""What a version would change, before it is put in force."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from fairground_common.testing import Answer, AsgiClient

Config = Callable[..., dict[str, Any]]
Post = Callable[[str, dict[str, Any]], Awaitable[Answer]]
Activate = Callable[..., Awaitable[Answer]]

PATH = "/api/admin/lottery/configs"


def a_prize(key: str, weight: int, **changes: Any) -> dict[str, Any]:
    return {"key": key, "label": key, "reward": {"type": "POINT", "amount": 5}, "weight": weight} | changes


def a_lottery(*prizes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"name": "Lottery", "max_daily": 0, "prizes": list(prizes)} | changes


async def test_a_draft_is_compared_with_the_version_in_force(
    operator: AsgiClient, post: Post, activate: Activate
) -> None:
    await post("lottery", a_lottery(a_prize("a", 1), a_prize("b", 2), a_prize("c", 1)))
    await activate("lottery", 1)
    renamed = a_prize("b", 3, reward={"type": "ITEM", "amount": 1, "sku": "x"})
    await post("lottery", a_lottery(a_prize("a", 1), renamed, a_prize("d", 5), max_daily=4))
    found = (await operator.get(f"{PATH}/2/diff")).body
    assert (found["version"], found["against"]) == (2, 1)
    assert found["changes"] == [{"field": "max_daily", "before": 0, "after": 4}]
    assert [each["key"] for each in found["added"]] == ["d"]
    assert [each["key"] for each in found["removed"]] == ["c"]
    assert found["changed"] == [
        {
            "key": "b",
            "changes": [
                {
                    "field": "reward",
                    "before": {"type": "POINT", "amount": 5},
                    "after": {"type": "ITEM", "amount": 1, "sku": "x"},
                },
                {"field": "weight", "before": 2, "after": 3},
            ],
        }
    ]
    chances = {each["key"]: (each["before"], each["after"]) for each in found["chances"]}
    assert chances == {
        "a": (fraction(1, 4, 25.0), fraction(1, 9, 11.111111)),
        "b": (fraction(1, 2, 50.0), fraction(1, 3, 33.333333)),
        "c": (fraction(1, 4, 25.0), None),
        "d": (None, fraction(5, 9, 55.555556)),
    }


def fraction(numerator: int, denominator: int, percent: float) -> dict[str, float]:
    return {"numerator": numerator, "denominator": denominator, "percent": percent}


async def test_any_two_versions_are_compared_and_one_with_itself_differs_in_nothing(
    operator: AsgiClient, post: Post
) -> None:
    await post("lottery", a_lottery(a_prize("a", 1), a_prize("b", 1)))
    await post("lottery", a_lottery(a_prize("a", 1), a_prize("b", 1, is_active=False)))
    there = (await operator.get(f"{PATH}/2/diff?against=1")).body
    back = (await operator.get(f"{PATH}/1/diff?against=2")).body
    assert there["changed"][0]["changes"] == [{"field": "is_active", "before": True, "after": False}]
    assert back["changed"][0]["changes"] == [{"field": "is_active", "before": False, "after": True}]
    assert [each["after"] for each in there["chances"]] == [fraction(1, 1, 100.0), None]
    same = (await operator.get(f"{PATH}/1/diff?against=1")).body
    assert [same[name] for name in ("changes", "added", "removed", "changed")] == [[], [], [], []]
    assert all(each["before"] == each["after"] for each in same["chances"])


async def test_dice_keep_their_chances_whatever_they_pay(
    operator: AsgiClient, post: Post, activate: Activate, dice_config: Config
) -> None:
    await post("dice", dice_config())
    await activate("dice", 1)
    await post("dice", dice_config(name="Generous dice"))
    found = (await operator.get("/api/admin/dice/configs/2/diff")).body
    assert found["changes"] == [{"field": "name", "before": "Dice", "after": "Generous dice"}]
    assert found["chances"][1] == {
        "key": "DRAW",
        "before": fraction(73, 648, 11.265432),
        "after": fraction(73, 648, 11.265432),
    }


async def test_what_is_not_there_cannot_be_compared(
    operator: AsgiClient, player: AsgiClient, owner: asyncpg.Connection, post: Post
) -> None:
    await post("lottery", a_lottery(a_prize("a", 1)))
    for path in ("1/diff", "2/diff?against=1", "1/diff?against=2", f"1/diff?against={10**12}"):
        answer = await operator.get(f"{PATH}/{path}")
        assert (answer.status, answer.code) == (404, "CONFIG_NOT_FOUND"), path
    assert (await player.get(f"{PATH}/1/diff?against=1")).code == "FORBIDDEN"
    assert (await operator.get(f"{PATH}/1/diff?against=x")).code == "VALIDATION_FAILED"
    await owner.execute("UPDATE game_outcome SET weight = 2")
    assert (await operator.get(f"{PATH}/1/diff?against=1")).code == "INVALID_LOTTERY_CONFIG"
