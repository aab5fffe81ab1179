"""How a prize's stock says no."""

from fairground_common.errors import Conflict, NotFound


class PrizeNotFound(NotFound):
    """There is no prize with this key."""

    code = "PRIZE_NOT_FOUND"
    advice = "Take a key from GET /api/admin/lottery/prizes; a key is opened by a configuration that names it."


class StockUnlimited(Conflict):
    """This prize has no stock: it never runs out."""

    code = "STOCK_UNLIMITED"
    advice = "Use a new prize key, opened with a stock, to limit it."


class StockBelowZero(Conflict):
    """Fewer units are left than were to be taken away."""

    code = "STOCK_BELOW_ZERO"
    advice = "Read what is left and take away at most that."
