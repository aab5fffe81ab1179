"""What the demo consists of: odds, prizes, a season, a ranking, features that take turns."""

from datetime import date
from typing import Any

CYCLE = ("ROULETTE", "DICE", "LOTTERY", "SEASON_PASS", "RANKING")


def feature_of(day: date) -> str:
    """Return the feature of a day: they take turns."""
    return CYCLE[day.toordinal() % len(CYCLE)]


def points(amount: int) -> dict[str, Any]:
    return {"type": "POINT", "amount": amount}


NOTHING: dict[str, Any] = {"type": "NONE", "amount": 0}


def _segment(slot: int, label: str, reward: dict[str, Any], weight: int) -> dict[str, Any]:
    segment = {"slot_index": slot, "label": label, "reward": reward, "weight": weight}
    return {**segment, "is_jackpot": label == "Jackpot"}


ROULETTE = {
    "name": "Demo roulette",
    "max_daily": 10,
    "segments": [
        _segment(0, "10 points", points(10), 30),
        _segment(1, "Nothing", NOTHING, 25),
        _segment(2, "20 points", points(20), 20),
        _segment(3, "5 XP", {"type": "XP", "amount": 5}, 14),
        _segment(4, "50 points", points(50), 10),
        _segment(5, "Jackpot", points(1000), 1),
    ],
}

DICE = {
    "name": "Demo dice",
    "max_daily": 10,
    "rewards": {"WIN": points(30), "DRAW": points(10), "LOSE": NOTHING},
}

LOTTERY = {
    "name": "Demo lottery",
    "max_daily": 10,
    "prizes": [
        {
            "key": "console",
            "label": "Games console",
            "reward": {"type": "ITEM", "amount": 1, "sku": "console"},
            "weight": 1,
            "stock": 3,
            "is_active": True,
        },
        {
            "key": "coffee",
            "label": "Coffee voucher",
            "reward": {"type": "COUPON", "amount": 1, "sku": "coffee"},
            "weight": 20,
            "stock": 200,
            "is_active": True,
        },
        {"key": "points-25", "label": "25 points", "reward": points(25), "weight": 179, "is_active": True},
        {"key": "nothing", "label": "Better luck next time", "reward": NOTHING, "weight": 300, "is_active": True},
    ],
}

GAMES: dict[str, dict[str, Any]] = {"roulette": ROULETTE, "dice": DICE, "lottery": LOTTERY}


def _level(level: int, required_xp: int, reward: dict[str, Any], *, auto_claim: bool = True) -> dict[str, Any]:
    return {"level": level, "required_xp": required_xp, "reward": reward, "auto_claim": auto_claim}


def season(first: date, last: date) -> dict[str, Any]:
    """Return a season in which the very first stamp reaches the first level."""
    levels = [
        _level(1, 10, points(100)),
        _level(2, 30, points(200), auto_claim=False),
        _level(3, 60, points(300)),
        _level(4, 100, {"type": "COUPON", "amount": 1, "sku": "cinema", "label": "Cinema ticket"}, auto_claim=False),
        _level(5, 200, points(1000)),
    ]
    return {
        "season_name": f"Demo season {first:%Y-%m}",
        "start_date": first.isoformat(),
        "end_date": last.isoformat(),
        "max_level": len(levels),
        "base_xp_per_stamp": 10,
        "levels": levels,
    }


RANKING: list[dict[str, Any]] = [
    {"rank": 1, "display_name": "Mina", "score": 980},
    {"rank": 2, "display_name": "Joon", "score": 915},
    {"rank": 3, "display_name": "Sora", "score": 870},
    {"rank": 4, "display_name": "Haru", "score": 742},
    {"rank": 5, "display_name": "Dami", "score": 610},
]
