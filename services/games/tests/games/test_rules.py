"""Rules between outcomes, as they are checked when a configuration is posted and whenever it is loaded."""

from dataclasses import replace

import pytest

from fairground_common.contracts import Reward
from fairground_games.games import GAMES, game_of
from fairground_games.games.dice import FACES, judge
from fairground_games.games.outcome import Outcome, Version
from fairground_games.games.roulette import InvalidRouletteConfig

NOTHING = Reward(type="NONE")
WHEEL = tuple(Outcome(str(slot), slot, f"Slot {slot}", NOTHING, 1) for slot in range(6))
DICE = tuple(Outcome(key, i, key, NOTHING) for i, key in enumerate(("WIN", "DRAW", "LOSE")))
PRIZES = tuple(Outcome(key, i, key, NOTHING, 1) for i, key in enumerate(("gold", "tin")))

SOUND = {"roulette": WHEEL, "dice": DICE, "lottery": PRIZES}


@pytest.mark.parametrize(("name", "outcomes"), SOUND.items())
def test_sound_outcomes_have_no_faults(name: str, outcomes: tuple[Outcome, ...]) -> None:
    assert game_of(name).faults(outcomes) == []


@pytest.mark.parametrize(
    ("name", "outcomes", "locs"),
    [
        ("roulette", WHEEL[:5], [("segments",)]),
        ("roulette", (*WHEEL[:5], WHEEL[0]), [("segments", 5, "slot_index")]),
        ("roulette", tuple(replace(each, weight=0) for each in WHEEL), [("segments",)]),
        ("dice", DICE[:2], [("rewards", "LOSE")]),
        ("dice", (), [("rewards", "DRAW"), ("rewards", "LOSE"), ("rewards", "WIN")]),
        ("lottery", (*PRIZES, PRIZES[0]), [("prizes", 2, "key")]),
        ("lottery", tuple(replace(each, weight=0) for each in PRIZES), [("prizes",)]),
        ("lottery", tuple(replace(each, is_active=False) for each in PRIZES), [("prizes",)]),
    ],
)
def test_faults_name_the_places_of_what_is_wrong(
    name: str, outcomes: tuple[Outcome, ...], locs: list[tuple[str | int, ...]]
) -> None:
    assert [fault.loc for fault in game_of(name).faults(outcomes)] == locs


def test_the_larger_sum_wins() -> None:
    assert [judge(7, 6), judge(7, 7), judge(6, 7)] == ["WIN", "DRAW", "LOSE"]
    assert FACES == 6


def test_a_lottery_without_anything_eligible_draws_nothing() -> None:
    lottery = game_of("lottery")
    version = Version("lottery", 1, "Raffle", 0, PRIZES)
    assert not any(lottery.chances(version, frozenset({"gold", "tin"})).values())


def test_each_game_has_its_own_error_for_a_broken_version() -> None:
    assert game_of("roulette").broken is InvalidRouletteConfig
    assert {game.broken.code for game in GAMES} == {
        "INVALID_ROULETTE_CONFIG",
        "INVALID_DICE_CONFIG",
        "INVALID_LOTTERY_CONFIG",
    }
