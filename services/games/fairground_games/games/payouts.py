"""What a version pays, exactly: the mean and the variance of one play, by type of reward.

All outcomes count, as while nothing has run out: a figure of the version, not of the moment's stock. Amounts are
points, XP, or pieces of coupons and items.
"""

from dataclasses import dataclass
from fractions import Fraction

from fairground_common.contracts.reward import RewardType
from fairground_games.games.game import Game
from fairground_games.games.outcome import Version

PAID_TYPES: tuple[RewardType, ...] = ("POINT", "COUPON", "ITEM", "XP")
"""Every type of reward that is something."""


@dataclass(frozen=True, slots=True)
class Payout:
    """What one play pays in one type of reward."""

    mean: Fraction
    variance: Fraction


def payout_of(game: Game, version: Version, reward_type: RewardType) -> Payout:
    """Return what one play of a version pays in a type of reward, over all its outcomes."""
    chances = game.chances(version, frozenset())
    paid = [
        (chances[each.key], each.reward.amount)
        for each in version.outcomes
        if each.reward.type == reward_type and each.key in chances
    ]
    mean = sum((chance * amount for chance, amount in paid), Fraction(0))
    return Payout(mean, sum((chance * amount**2 for chance, amount in paid), Fraction(0)) - mean**2)
