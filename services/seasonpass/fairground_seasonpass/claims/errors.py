"""How a claim says no; the reward that was claimed already is the rewards' own error."""

from fairground_common.errors import Conflict, NotFound


class LevelNotFound(NotFound):
    """The season has no such level."""

    code = "LEVEL_NOT_FOUND"
    advice = "Claim a level listed in the season status."


class LevelNotReached(Conflict):
    """The player has not reached this level."""

    code = "LEVEL_NOT_REACHED"
    advice = "Offer the claim when `is_unlocked` is true in the season status."


class AutoClaimLevel(Conflict):
    """The reward of this level is paid by itself when the level is reached."""

    code = "AUTO_CLAIM_LEVEL"
    advice = "Do not offer a claim for levels with `auto_claim`."
