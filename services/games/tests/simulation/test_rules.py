"""Expectations are exact: they agree with every way a small version can be played."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairground_common.contracts import Reward
from fairground_common.contracts.reward import RewardType
from fairground_games.fairness.draws import Draws
from fairground_games.games import game_of
from fairground_games.games.game import Game
from fairground_games.games.outcome import Outcome, Version
from fairground_games.games.payouts import PAID_TYPES, payout_of
from fairground_games.simulation.rules import Flow, flow_of, paid_by

any_time = settings(deadline=None)
LOTTERY, ROULETTE, DICE = game_of("lottery"), game_of("roulette"), game_of("dice")


@dataclass(frozen=True, slots=True)
class GivenDraws(Draws):
    """Gives these values, by draw index."""

    values: tuple[int, ...] = ()

    def value(self, draw: int, width: int) -> int:
        assert self.values[draw] < width
        return self.values[draw]


rewards = st.builds(
    Reward,
    type=st.sampled_from(["POINT", "COUPON", "ITEM", "XP"]),
    amount=st.integers(0, 2**31 - 1),
    sku=st.just("sku"),
) | st.just(Reward(type="NONE"))


@st.composite
def versions(draw: st.DrawFn, name: str, size: int) -> Version:
    weights = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size).filter(any))
    outcomes = (Outcome(str(i), i, str(i), draw(rewards), weight) for i, weight in enumerate(weights))
    return Version(name, 1, "Version", 0, tuple(outcomes))


def every_play(game: Game, version: Version) -> Iterator[str]:
    """Yield the outcome of every equally likely play, through the game's own draw."""
    total = sum(outcome.weight or 0 for outcome in version.outcomes)
    throws = product(range(6), repeat=4) if game is DICE else ((value,) for value in range(total))
    for values in throws:
        drawn = game.draw(version, GivenDraws(b"", game.name, "", 0, values), frozenset())
        assert drawn is not None
        yield drawn.key


def assert_pays_what_every_play_pays(game: Game, version: Version) -> None:
    hits = [version.outcome(key).reward for key in every_play(game, version)]
    for each in PAID_TYPES:
        amounts = [reward.amount if reward.type == each else 0 for reward in hits]
        mean = Fraction(sum(amounts), len(hits))
        spread = sum(((amount - mean) ** 2 for amount in amounts), Fraction(0)) / len(hits)
        payout = payout_of(game, version, each)
        assert (payout.mean, payout.variance) == (mean, spread)


@any_time
@given(versions("roulette", 6))
def test_a_wheel_pays_the_mean_and_variance_of_all_its_plays(version: Version) -> None:
    assert_pays_what_every_play_pays(ROULETTE, version)


@any_time
@given(versions("lottery", 3))
def test_a_lottery_pays_the_mean_and_variance_of_all_its_plays(version: Version) -> None:
    assert_pays_what_every_play_pays(LOTTERY, version)


def test_dice_pay_the_mean_and_variance_of_all_1296_throws() -> None:
    paid: list[tuple[str, RewardType, int]] = [("WIN", "POINT", 100), ("DRAW", "POINT", 7), ("LOSE", "XP", 3)]
    outcomes = (Outcome(key, i, key, Reward(type=kind, amount=amount)) for i, (key, kind, amount) in enumerate(paid))
    assert_pays_what_every_play_pays(DICE, Version("dice", 1, "Dice", 0, tuple(outcomes)))


def exact_hits(version: Version, left: Mapping[str, int], plays: int) -> dict[str, Fraction]:
    """Return how often each outcome is hit in the mean, over every course plays may take."""

    @cache
    def course(stock: tuple[tuple[str, int], ...], more: int) -> dict[str, Fraction]:
        if more == 0:
            return {}
        hits: defaultdict[str, Fraction] = defaultdict(Fraction)
        gone = frozenset(key for key, units in stock if units == 0)
        for key, chance in LOTTERY.chances(version, gone).items():
            if chance:
                hits[key] += chance
                after = tuple((each, units - (each == key)) for each, units in stock)
                for later, mean in course(after, more - 1).items():
                    hits[later] += chance * mean
        return dict(hits)

    return course(tuple(sorted(left.items())), plays)


raffles = st.tuples(versions("lottery", 3), st.dictionaries(st.sampled_from("012"), st.integers(0, 3)))


def has_hits(flow: Flow, hits: Mapping[str, Fraction]) -> bool:
    return {key: mean for key, mean in flow.issued.items() if mean} == {key: mean for key, mean in hits.items() if mean}


@any_time
@given(raffles, st.integers(1, 6))
def test_the_flow_says_truly_when_it_is_exact(raffle: tuple[Version, dict[str, int]], plays: int) -> None:
    version, left = raffle
    flow = flow_of(LOTTERY, version, left, plays)
    if flow.is_exact:
        assert has_hits(flow, exact_hits(version, left, plays))


@any_time
@given(raffles, st.integers(1, 40))
def test_the_flow_issues_one_outcome_a_play_and_never_more_than_there_is(
    raffle: tuple[Version, dict[str, int]], plays: int
) -> None:
    version, left = raffle
    flow = flow_of(LOTTERY, version, left, plays)
    drawable = [each.key for each in version.outcomes if each.weight]
    enough = plays if any(key not in left for key in drawable) else min(plays, sum(left[key] for key in drawable))
    assert sum(flow.issued.values()) == flow.plays == enough
    assert all(0 <= mean <= left.get(key, plays) for key, mean in flow.issued.items())
    gone = {key for key, after in flow.gone_after.items() if after <= plays}
    assert gone == {key for key in drawable if key in left and flow.issued[key] == left[key]}


def a_raffle(**weights: int) -> Version:
    points = Reward(type="POINT", amount=10)
    return Version(
        "lottery", 1, "Raffle", 0, tuple(Outcome(key, i, key, points, w) for i, (key, w) in enumerate(weights.items()))
    )


def test_one_limited_prize_is_gone_after_its_stock_over_its_chance() -> None:
    """The mean of a negative binomial distribution: here the expected flow has no error at all."""
    assert flow_of(LOTTERY, a_raffle(gold=1, nothing=9), {"gold": 3}, 1).gone_after == {"gold": 30}


def test_what_follows_an_exhausted_prize_goes_faster() -> None:
    flow = flow_of(LOTTERY, a_raffle(a=1, b=1, c=2), {"a": 1, "b": 10}, 40)
    assert flow.gone_after == {"a": 4, "b": 1 + 3 * 10}
    assert flow.issued == {"a": 1, "b": 10, "c": 29}


def test_what_has_sold_out_is_exact_and_pays_all_there_was() -> None:
    version = a_raffle(a=1, b=2)
    flow = flow_of(LOTTERY, version, {"a": 2, "b": 3}, 1_000_000)
    assert flow.plays == 5
    assert flow.is_exact
    assert paid_by(version, flow.issued)["POINT"] == 50


@pytest.mark.parametrize(("plays", "is_exact"), [(3, True), (4, False)])
def test_the_flow_is_exact_until_a_prize_may_run_out(plays: int, is_exact: bool) -> None:
    assert flow_of(LOTTERY, a_raffle(a=1, b=2), {"a": 3}, plays).is_exact == is_exact


def test_the_flow_is_near_the_exact_course_beyond_that() -> None:
    version, left = a_raffle(a=1, b=1, c=2), {"a": 12, "b": 20}
    flow, hits = flow_of(LOTTERY, version, left, 60), exact_hits(version, left, 60)
    assert not flow.is_exact
    assert all(abs(flow.issued[key] - hits[key]) < 2 for key in hits)
