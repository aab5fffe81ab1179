"""The games a bench plays: the demo's, without a daily limit."""

from collections.abc import Sequence
from typing import Any

from fairground_deploy.demo_content import DICE, ROULETTE

STOCK = 100_000_000


def _lottery(name: str, keys: Sequence[str]) -> dict[str, Any]:
    prizes = [
        {
            "key": key,
            "label": key.capitalize(),
            "reward": {"type": "POINT", "amount": 1},
            "weight": 1,
            "stock": STOCK,
            "is_active": True,
        }
        for key in keys
    ]
    return {"name": name, "max_daily": 0, "prizes": prizes}


HOT_LOTTERY = _lottery("One hot prize", ["hot"])
"""A lottery in which every play takes a unit of the same prize."""

MANY_PRIZES = _lottery("Many prizes", [f"prize-{number}" for number in range(20)])
"""A lottery in which plays of one batch take units of many prizes."""

GAMES: dict[str, dict[str, Any]] = {
    "roulette": {**ROULETTE, "max_daily": 0},
    "dice": {**DICE, "max_daily": 0},
    "lottery": HOT_LOTTERY,
}
