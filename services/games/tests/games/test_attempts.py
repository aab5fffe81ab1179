"""Lottery attempts as a play's row keeps them, and as a receipt shows them."""

import json

import pytest

from fairground_common.contracts import Reward
from fairground_games.fairness.draws import Draws
from fairground_games.games import game_of
from fairground_games.games.attempts import ShownAttempt, packed, unpacked
from fairground_games.games.outcome import Attempt, Outcome, Version

NOTHING = Reward(type="NONE")


def a_raffle(size: int, **weights: int) -> Version:
    keys = [f"prize-{number:026d}" for number in range(size)]
    return Version(
        "lottery", 1, "Raffle", 0, tuple(Outcome(k, i, k, NOTHING, weights.get(k, 1)) for i, k in enumerate(keys))
    )


def drawn_until_free(version: Version, known: frozenset[str], gone: frozenset[str]) -> tuple[Attempt, ...]:
    attempts: tuple[Attempt, ...] = ()
    draws = Draws(b"s" * 32, "lottery", "client", 0)
    while not attempts or attempts[-1].hit in gone:
        drawn = game_of("lottery").draw(version, draws, known, attempts)
        assert drawn is not None
        attempts, known = drawn.attempts, known | {drawn.key}
    return attempts


@pytest.mark.parametrize("known", [0, 3])
def test_what_is_kept_shows_exactly_what_was_drawn(known: int) -> None:
    version = a_raffle(10)
    keys = [outcome.key for outcome in version.outcomes]
    attempts = drawn_until_free(version, frozenset(keys[:known]), frozenset(keys[:9]))
    shown = unpacked(version, json.loads(json.dumps(packed(version, attempts))))
    assert [(each.draw, each.hit) for each in shown] == [(each.draw, each.hit) for each in attempts]
    assert [each.eligible for each in shown] == [
        [key for key in keys if key not in attempt.exhausted] for attempt in attempts
    ]
    assert len(shown) > 1


def test_prizes_without_weight_or_switched_off_are_never_eligible() -> None:
    prizes = (
        Outcome("on", 0, "On", NOTHING, 1),
        Outcome("off", 1, "Off", NOTHING, 1, is_active=False),
        Outcome("none", 2, "None", NOTHING, 0),
    )
    version = Version("lottery", 1, "Raffle", 0, prizes)
    assert unpacked(version, {"out": "0", "hits": [0]}) == [ShownAttempt(0, ["on"], "on")]


def test_hundreds_of_exhausted_prizes_of_the_longest_names_take_few_bytes() -> None:
    version = a_raffle(1000)
    keys = frozenset(outcome.key for outcome in version.outcomes[1:])
    kept = packed(version, drawn_until_free(version, keys, frozenset()))
    assert len(json.dumps(kept)) < 300, "a stored receipt has 600 bytes, half of which are seeds and names"
