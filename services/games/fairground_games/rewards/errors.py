"""How rewards say no."""

from fairground_common.errors import Conflict, Invalid, NotFound


class FulfilmentNotFound(NotFound):
    """There is no such fulfilment."""

    code = "FULFILMENT_NOT_FOUND"
    advice = "Take the id from GET /api/admin/fulfilments."


class AlreadyFulfilled(Conflict):
    """This coupon or item has been handed over before."""

    code = "ALREADY_FULFILLED"
    advice = "Hand nothing over a second time; the list says who did it and when."


class FulfilmentCancelled(Conflict):
    """This coupon or item was taken back; it is not to be handed over."""

    code = "FULFILMENT_CANCELLED"
    advice = "Hand nothing over; the campaign it came from was undone."


class GrantRefused(Invalid):
    """A granted reward cannot be booked."""

    code = "GRANT_REFUSED"
    advice = "Never seen by players: the event waits among the dead letters of fairground.games with its reason."
    operators = "Look at the dead letter: `fairground bus dead list`."
