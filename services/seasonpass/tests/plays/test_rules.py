import datetime
from typing import Any

import pytest

from fairground_common.ids import new_id
from fairground_seasonpass.plays.rules import Play, xp_beside_the_stamp
from fairground_seasonpass.seasons.season import Season, XpRule

DAY = datetime.date(2026, 3, 14)


def a_play(**fields: Any) -> Play:
    given: dict[str, Any] = {
        "event_id": new_id(),
        "user_id": 1,
        "day": DAY,
        "occurred_at": datetime.datetime(2026, 3, 14, 3, tzinfo=datetime.UTC),
        "feature_type": "DICE",
        "outcome": "WIN",
        "reward_xp": 0,
        "payload": "{}",
    }
    return Play(**{**given, **fields})


def a_season(*rules: XpRule) -> Season:
    return Season(1, "Spring", DAY, DAY, 1, 10, 7, "PUBLISHED", None, None, levels=(), xp_rules=rules)


WIN = XpRule("DICE", "WIN", 5)
ANY_DICE = XpRule("DICE", None, 2)
TEDDY = XpRule("LOTTERY", "teddy", 7)


@pytest.mark.parametrize(
    ("rules", "play", "xp"),
    [
        ((), {}, 0),
        ((), {"reward_xp": 15}, 15),
        ((WIN,), {}, 5),
        ((WIN,), {"outcome": "LOSE"}, 0),
        ((WIN,), {"feature_type": "ROULETTE"}, 0),
        ((ANY_DICE,), {"outcome": "LOSE"}, 2),
        ((WIN, ANY_DICE, WIN), {"reward_xp": 1}, 13),
        ((TEDDY, WIN), {"feature_type": "LOTTERY", "outcome": "teddy"}, 7),
    ],
)
def test_a_play_is_worth_its_xp_reward_and_the_sum_of_matching_rules(
    rules: tuple[XpRule, ...], play: dict[str, Any], xp: int
) -> None:
    assert xp_beside_the_stamp(a_play(**play), a_season(*rules)) == xp
