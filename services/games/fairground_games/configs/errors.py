"""How configurations say no."""

from fairground_common.errors import Conflict, Invalid, NotFound


class ConfigNotFound(NotFound):
    """This game has no such configuration version."""

    code = "CONFIG_NOT_FOUND"
    advice = "List the game's versions; drafts are visible to operators only."


class StockExists(Invalid):
    """An opening stock is given for a prize key that already has a stock."""

    code = "STOCK_EXISTS"
    advice = "Leave `stock` out for this key and restock it by a delta."


class ConfigInForce(Conflict):
    """The version in force cannot be retired: the game would be without one."""

    code = "CONFIG_IN_FORCE"
    advice = "Activate the version that follows, which retires this one; to close the game, switch its feature off."


class ConfigDiscarded(Conflict):
    """This version was discarded as a draft, for good."""

    code = "CONFIG_DISCARDED"
    advice = "Post the configuration again; it becomes a new version."


class BudgetExceeded(Conflict):
    """The version pays more points a play than the budget allows."""

    code = "BUDGET_EXCEEDED"
    advice = "Show `detail`, which has both figures; post a version that pays less, or change the setting."
