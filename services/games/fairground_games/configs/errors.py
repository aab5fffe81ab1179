"""How configurations say no."""

from fairground_common.errors import Invalid, NotFound


class ConfigNotFound(NotFound):
    """This game has no such configuration version."""

    code = "CONFIG_NOT_FOUND"
    advice = "List the game's versions; drafts are visible to operators only."


class StockExists(Invalid):
    """An opening stock is given for a prize key that already has a stock."""

    code = "STOCK_EXISTS"
    advice = "Leave `stock` out for this key and restock it by a delta."
