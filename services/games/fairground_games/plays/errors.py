"""How a play says no."""

from fairground_common.errors import Conflict, NotFound, RateLimited


class DailyLimitReached(RateLimited):
    """Today's plays of this game are used up."""

    code = "DAILY_LIMIT_REACHED"
    advice = "Offer the game again after Retry-After seconds, when the KST day turns."


class LotterySoldOut(Conflict):
    """Every prize is gone."""

    code = "LOTTERY_SOLD_OUT"
    advice = "Show that the lottery is sold out; a restock opens it again."
    operators = "Restock a prize, or activate a version with a prize that never runs out."


class PlayNotFound(NotFound):
    """You have no such play."""

    code = "PLAY_NOT_FOUND"
    advice = "Take the play_id from a play's answer or from the history."
