"""What is disclosed is what the engine does: every value it can be given is given, and the outcomes are counted."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairground_common.contracts import Reward
from fairground_games.fairness.draws import Draws
from fairground_games.games import GAMES, game_of
from fairground_games.games.game import Game
from fairground_games.games.outcome import Attempt, Outcome, Version
from fairground_games.odds.rules import Chance, chances_of

NOTHING = Reward(type="NONE")
NOBODY: frozenset[str] = frozenset()

any_time = settings(deadline=None)
"""A busy machine is no reason to fail."""


class ValueWanted(Exception):
    """The engine asks for one more value, out of this many."""

    def __init__(self, width: int) -> None:
        self.width = width


@dataclass(frozen=True, slots=True)
class ScriptedDraws(Draws):
    """Gives the values of a script, by draw index."""

    script: tuple[int, ...] = ()

    def value(self, draw: int, width: int) -> int:
        assert draw <= len(self.script), "values are asked for in order"
        if draw == len(self.script):
            raise ValueWanted(width)
        return self.script[draw]


def played(game: Game, version: Version, draws: Draws, known: frozenset[str], gone: frozenset[str]) -> str | None:
    """Play as the settlement does: a hit whose unit cannot be taken is drawn again without it."""
    attempts: tuple[Attempt, ...] = ()
    while (drawn := game.draw(version, draws, known, attempts)) is not None and drawn.key in gone:
        attempts, known = drawn.attempts, known | {drawn.key}
    return None if drawn is None else drawn.key


def paths(
    game: Game, version: Version, known: frozenset[str], gone: frozenset[str], script: tuple[int, ...] = ()
) -> Iterator[tuple[str | None, Fraction]]:
    """Yield how every possible sequence of values ends, and its chance."""
    try:
        yield played(game, version, ScriptedDraws(b"", game.name, "", 0, script), known, gone), Fraction(1)
    except ValueWanted as wanted:
        for value in range(wanted.width):
            for key, chance in paths(game, version, known, gone, (*script, value)):
                yield key, chance / wanted.width


def engine_table(
    game: Game, version: Version, known: frozenset[str] = NOBODY, gone: frozenset[str] = NOBODY
) -> dict[str | None, Fraction]:
    table: dict[str | None, Fraction] = defaultdict(Fraction)
    for key, chance in paths(game, version, known, gone):
        table[key] += chance
    return dict(table)


def disclosed(game: Game, version: Version, exhausted: frozenset[str] = NOBODY) -> dict[str | None, Fraction]:
    """Return the disclosed table without what cannot happen."""
    return {each.key: each.chance for each in chances_of(game, version, exhausted) if each.chance}


def a_wheel(weights: list[int]) -> Version:
    return Version("roulette", 1, "Wheel", 0, tuple(_outcomes(weights)))


def _outcomes(weights: list[int]) -> Iterator[Outcome]:
    return (Outcome(str(i), i, f"Outcome {i}", NOTHING, weight) for i, weight in enumerate(weights))


def dice() -> Version:
    results = enumerate(("WIN", "DRAW", "LOSE"))
    return Version("dice", 1, "Dice", 0, tuple(Outcome(key, i, key, NOTHING) for i, key in results))


@dataclass(frozen=True, slots=True)
class Raffle:
    """A lottery whose prizes are partly gone, some of them unknown to the player's transaction."""

    version: Version
    known: frozenset[str]
    gone: frozenset[str]


@st.composite
def raffles(draw: st.DrawFn) -> Raffle:
    weights = draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))
    inactive = draw(st.sets(st.sampled_from(range(len(weights)))))
    outcomes = tuple(
        Outcome(str(i), i, f"Prize {i}", NOTHING, weight, is_active=i not in inactive)
        for i, weight in enumerate(weights)
    )
    keys = st.sets(st.sampled_from([outcome.key for outcome in outcomes]))
    gone = frozenset(draw(keys))
    return Raffle(Version("lottery", 1, "Raffle", 0, outcomes), frozenset(draw(keys)) & gone, gone)


@any_time
@given(st.lists(st.integers(0, 5), min_size=6, max_size=6).filter(any))
def test_the_wheel_gives_exactly_what_is_disclosed(weights: list[int]) -> None:
    version = a_wheel(weights)
    assert engine_table(game_of("roulette"), version) == disclosed(game_of("roulette"), version)


def test_the_dice_give_exactly_575_146_and_575_of_1296() -> None:
    table = engine_table(game_of("dice"), dice())
    assert table == {"WIN": Fraction(575, 1296), "DRAW": Fraction(73, 648), "LOSE": Fraction(575, 1296)}
    assert table == disclosed(game_of("dice"), dice())


@any_time
@given(raffles())
def test_the_lottery_gives_exactly_what_is_disclosed_whenever_exhaustion_is_noticed(raffle: Raffle) -> None:
    """Whether a prize is known to be gone or found out by drawing it: the odds are those of what is left."""
    lottery = game_of("lottery")
    table = engine_table(lottery, raffle.version, raffle.known, raffle.gone)
    left = disclosed(lottery, raffle.version, raffle.gone)
    assert table == (left or {None: Fraction(1)})


def test_a_repeated_draw_gives_the_renormalised_odds() -> None:
    version = Version("lottery", 1, "Raffle", 0, tuple(_outcomes([5, 3, 2])))
    table = engine_table(game_of("lottery"), version, gone=frozenset({"1"}))
    assert table == {"0": Fraction(5, 7), "2": Fraction(2, 7)}


@any_time
@given(st.lists(st.integers(0, 10**9), min_size=6, max_size=6).filter(any))
def test_disclosed_chances_are_exact_and_sum_to_1(weights: list[int]) -> None:
    chances = chances_of(game_of("roulette"), a_wheel(weights), NOBODY)
    assert [each.key for each in chances] == list("012345")
    assert [each.chance for each in chances] == [Fraction(weight, sum(weights)) for weight in weights]
    assert sum(each.chance for each in chances) == 1


@any_time
@given(raffles())
def test_depleted_prizes_stay_listed_with_chance_0_and_inactive_ones_are_absent(raffle: Raffle) -> None:
    chances = chances_of(game_of("lottery"), raffle.version, raffle.gone)
    assert [each.key for each in chances] == [each.key for each in raffle.version.outcomes if each.is_active]
    assert all(each.depleted == (each.key in raffle.gone) for each in chances)
    assert all(each.chance == 0 for each in chances if each.depleted)


@any_time
@given(raffles())
def test_a_lotterys_chances_sum_to_1_or_are_all_0_once_it_is_sold_out(raffle: Raffle) -> None:
    chances = [each.chance for each in chances_of(game_of("lottery"), raffle.version, raffle.gone)]
    drawable = [each for each in raffle.version.outcomes if each.is_active and each.weight]
    assert sum(chances) == any(each.key not in raffle.gone for each in drawable)


@pytest.mark.parametrize(
    ("chance", "percent"),
    [
        (Fraction(575, 1296), 44.367284),
        (Fraction(73, 648), 11.265432),
        (Fraction(1, 3), 33.333333),
        (Fraction(2, 3), 66.666667),
        (Fraction(1), 100),
        (Fraction(0), 0),
        (Fraction(1, 2 * 10**8), 0),
        (Fraction(3, 2 * 10**8), 0.000002),
    ],
)
def test_percent_is_rounded_half_even_to_6_decimals(chance: Fraction, percent: float) -> None:
    assert Chance("key", "Label", chance, NOTHING, depleted=False).percent == percent


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_every_game_says_what_one_play_does_to_the_next(game: Game) -> None:
    assert game.depletion_rule.endswith(".")
