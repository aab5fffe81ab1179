"""The text of a play's event, which the play path writes without making the event's models first."""

import datetime
from typing import Any
from uuid import UUID

import pytest

from fairground_common.contracts import Reward
from fairground_games.plays.events import play_settled, play_settled_text
from fairground_games.plays.play import SettledPlay

MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=datetime.UTC)

REWARDS = [
    Reward(type="NONE", amount=0),
    Reward(type="POINT", amount=10),
    Reward(type="COUPON", amount=1, sku="coffee", label='A "cup" — für dich'),
]


def a_play(reward: Reward, moment: datetime.datetime) -> SettledPlay:
    return SettledPlay(
        play_id=UUID(int=1),
        event_id=UUID(int=2),
        user_id=7,
        game="roulette",
        config_version=3,
        day=moment.date(),
        created_at=moment,
        pair=0,
        nonce=4,
        outcome_key="5",
        outcome={"slot_index": 5},
        reward=reward.as_json(),
        unit=None,
        receipt={},
        used_today=1,
        max_daily=0,
        balance=10,
    )


@pytest.mark.parametrize("reward", REWARDS, ids=lambda reward: reward.type)
@pytest.mark.parametrize("moment", [MOMENT, MOMENT.replace(microsecond=0)], ids=str)
@pytest.mark.parametrize("context", [{"request_id": "r-1", "traceparent": "00-a-b-01"}, {}], ids=["within", "without"])
def test_the_text_is_the_envelopes(reward: Reward, moment: datetime.datetime, context: dict[str, Any]) -> None:
    play = a_play(reward, moment)
    envelope = play_settled(play, feature_type="ROULETTE", said="JACKPOT", reward=reward, **context)
    nothing = {"request_id": None, "traceparent": None}
    text = play_settled_text(play, feature_type="ROULETTE", said="JACKPOT", **{**nothing, **context})
    assert text == envelope.to_json()
