"""The production draw behaves like chance, and generators that do not are found out.

The same functions and scaling as production, at 99 % confidence: chi-square over the outcomes, runs above and below
the middle, correlation of neighbours. Seeds are fixed, so a verdict never changes from run to run; they were not
chosen: the first ones tried stand here.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest

from fairground_common.contracts import Reward
from fairground_games.fairness.draws import Draws
from fairground_games.games import game_of
from fairground_games.games.dice import CHANCES
from fairground_games.games.outcome import Outcome, Version

PLAYS = 120_000
NOTHING = Reward(type="NONE")
WEIGHTS = (30, 25, 20, 15, 8, 2)

CHI_SQUARE_99 = {2: 9.210, 3: 11.345, 5: 15.086}
"""Critical values of the chi-square distribution by degrees of freedom, 1 % in the upper tail."""
Z_99 = 2.576
"""Two-sided, of the normal distribution."""


class NarrowDraws(Draws):
    """A classic mistake: one byte modulo the width."""

    def value(self, draw: int, width: int) -> int:
        return self.block(draw, 0)[0] % width


class LeaningDraws(Draws):
    """One draw in fifty is moved to the first value."""

    def value(self, draw: int, width: int) -> int:
        fair = Draws.value(self, draw, width)
        return 0 if self.block(draw, 7)[0] < 5 else fair


class StickyDraws(Draws):
    """Fair over all, but every second play in sixteen repeats the one before: streaks."""

    def value(self, draw: int, width: int) -> int:
        repeats = self.nonce % 16 == 1
        source = Draws(self.server_seed, self.game, self.client_seed, self.nonce - 1) if repeats else self
        return Draws.value(source, draw, width)


def seed(name: str) -> bytes:
    return hashlib.sha256(f"statistics {name}".encode()).digest()


def wheel(weights: Sequence[int] = WEIGHTS) -> Version:
    segments = (Outcome(str(slot), slot, f"Slot {slot}", NOTHING, weight) for slot, weight in enumerate(weights))
    return Version("roulette", 1, "Wheel", 0, tuple(segments))


def slots(draws_of: type[Draws], version: Version, name: str) -> list[int]:
    """Play roulette as production does and return the slots hit, in order."""
    roulette, server_seed = game_of("roulette"), seed(name)
    hits = (roulette.draw(version, draws_of(server_seed, "roulette", "client", n), frozenset()) for n in range(PLAYS))
    return [int(hit.key) for hit in hits if hit is not None]


def chi_square(seen: Counter[str], chances: dict[str, float]) -> float:
    total = seen.total()
    return sum((seen[key] - total * chance) ** 2 / (total * chance) for key, chance in chances.items())


def looks_fair(values: Sequence[int], weights: Sequence[int]) -> bool:
    chances = {str(slot): weight / sum(weights) for slot, weight in enumerate(weights) if weight}
    statistic = chi_square(Counter(map(str, values)), chances)
    return statistic < CHI_SQUARE_99[len(chances) - 1]


def runs_z(values: Sequence[int], middle: float) -> float:
    """Return the z-score of the number of runs above and below a middle (Wald and Wolfowitz)."""
    sides = [value > middle for value in values]
    above = sum(sides)
    below = len(sides) - above
    runs = 1 + sum(one != other for one, other in pairwise(sides))
    expected = 2 * above * below / len(sides) + 1
    variance = (expected - 1) * (expected - 2) / (len(sides) - 1)
    return (runs - expected) / math.sqrt(variance)


def serial_z(values: Sequence[int]) -> float:
    """Return the z-score of the correlation of each value with the one before it."""
    mean = sum(values) / len(values)
    spread = sum((value - mean) ** 2 for value in values)
    together = sum((one - mean) * (other - mean) for one, other in pairwise(values))
    return together / spread * math.sqrt(len(values))


def test_the_production_wheel_keeps_its_odds() -> None:
    assert looks_fair(slots(Draws, wheel(), "wheel"), WEIGHTS)


@pytest.mark.parametrize("biased", [NarrowDraws, LeaningDraws])
def test_a_biased_generator_is_found_out(biased: type[Draws]) -> None:
    assert not looks_fair(slots(biased, wheel(), "wheel"), WEIGHTS)


def test_neighbouring_plays_are_independent_and_a_sticky_generator_is_found_out() -> None:
    even = (1,) * 6
    fair, sticky = (slots(draws, wheel(even), "runs") for draws in (Draws, StickyDraws))
    assert abs(runs_z(fair, 2.5)) < Z_99
    assert abs(serial_z(fair)) < Z_99
    assert looks_fair(sticky, even), "counting outcomes alone does not find it"
    assert abs(runs_z(sticky, 2.5)) > Z_99
    assert abs(serial_z(sticky)) > Z_99


def test_the_production_dice_keep_their_odds_face_by_face_and_result_by_result() -> None:
    dice, version = game_of("dice"), Version("dice", 1, "Dice", 0, ())
    faces: Counter[str] = Counter()
    results: Counter[str] = Counter()
    for nonce in range(PLAYS // 4):
        drawn = dice.draw(version, Draws(seed("dice"), "dice", "client", nonce), frozenset())
        assert drawn is not None
        faces.update(map(str, (*drawn.shown["user_dice"], *drawn.shown["dealer_dice"])))
        results[drawn.key] += 1
    assert chi_square(faces, {str(face): 1 / 6 for face in range(1, 7)}) < CHI_SQUARE_99[5]
    assert chi_square(results, {key: float(chance) for key, chance in CHANCES.items()}) < CHI_SQUARE_99[2]


def test_two_players_never_share_a_stream() -> None:
    one, other = ([Draws(seed(name), "dice", "c", n).value(0, 1 << 32) for n in range(1000)] for name in "ab")
    assert not set(one) & set(other)
