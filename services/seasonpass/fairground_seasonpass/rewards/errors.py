"""How rewards say no."""

from fairground_common.errors import Conflict


class RewardAlreadyClaimed(Conflict):
    """The reward of this level has been claimed before."""

    code = "REWARD_ALREADY_CLAIMED"
    advice = "Nothing was paid twice; read the season status for its delivery."
