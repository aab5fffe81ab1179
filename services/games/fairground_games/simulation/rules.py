"""What many plays of a version are expected to do to the stock, and to pay.

While stock lasts every play has the same odds, so the expectation is plain arithmetic, and exact. Once a prize can run
out the exact expectation needs every way in which stocks may run down, far too many. What is computed instead is the
**expected flow**: each outcome goes out at exactly its expected rate, a limited prize until its stock is gone, and then
the others' rates grow by renormalisation. That is one number with one meaning, in exact fractions; its relative error
falls with the square root of the stock, and it is largest for prizes of a few pieces. The drawn run beside it has no
such error, only chance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from fairground_common.contracts.reward import RewardType
from fairground_games.games.game import Game
from fairground_games.games.outcome import Version
from fairground_games.games.payouts import PAID_TYPES


@dataclass(frozen=True, slots=True)
class Flow:
    """The expected course of many plays, begun with the stock of this moment."""

    issued: dict[str, Fraction]
    """How often each outcome is hit, by key."""
    gone_after: dict[str, Fraction]
    """Plays until a limited prize's stock is gone, by key; a prize that is gone already is 0."""
    plays: Fraction
    """Plays that can be made; fewer than asked for when everything sells out."""
    is_exact: bool
    """Whether the expectation is exact: no prize can run out before the last play, or nothing at all is left."""


def flow_of(game: Game, version: Version, left: Mapping[str, int], plays: int) -> Flow:
    """Return the expected course of ``plays`` plays; ``left`` is the stock of the limited prizes."""
    rates = {key: chance for key, chance in game.chances(version, frozenset()).items() if chance}
    limited = {key: Fraction(left[key]) for key in rates if key in left}
    in_order = sorted(limited, key=lambda key: limited[key] / rates[key])
    issued = _issued(rates, limited, in_order, plays)
    made = sum(issued.values(), Fraction(0))
    sold_out = len(limited) == len(rates) and plays >= sum(limited.values())
    return Flow(
        issued=issued,
        gone_after=_gone_after(rates, limited, in_order),
        plays=made,
        is_exact=sold_out or all(plays <= units for units in limited.values() if units),
    )


def paid_by(version: Version, hits: Mapping[str, Fraction] | Mapping[str, int]) -> dict[RewardType, Fraction]:
    """Return what outcomes hit so often pay, by type of reward."""
    paid = dict.fromkeys(PAID_TYPES, Fraction(0))
    for key, count in hits.items():
        reward = version.outcome(key).reward
        if reward.type in paid:
            paid[reward.type] += Fraction(count) * reward.amount
    return paid


def _gone_after(
    rates: Mapping[str, Fraction], limited: Mapping[str, Fraction], in_order: list[str]
) -> dict[str, Fraction]:
    gone: dict[str, Fraction] = {}
    flowing, used = sum(rates.values(), Fraction(0)), Fraction(0)
    for key in in_order:
        gone[key] = used + flowing * (limited[key] / rates[key])
        used, flowing = used + limited[key], flowing - rates[key]
    return gone


def _issued(
    rates: Mapping[str, Fraction], limited: Mapping[str, Fraction], in_order: list[str], plays: int
) -> dict[str, Fraction]:
    """Follow the flow from one exhaustion to the next; ``elapsed`` is its time, in which a key takes its rate."""
    flowing, used = sum(rates.values(), Fraction(0)), Fraction(0)
    for key in in_order:
        if used + flowing * (limited[key] / rates[key]) >= plays:
            break
        used, flowing = used + limited[key], flowing - rates[key]
    if not flowing:
        return dict(limited)
    elapsed = (plays - used) / flowing
    return {key: min(rate * elapsed, limited.get(key, rate * elapsed)) for key, rate in rates.items()}
