"""What can go wrong between the gateway and a service, before it becomes an answer to the client."""


class UpstreamFailure(Exception):
    """An exchange with a service ended without a whole answer.

    ``answer_began`` tells whether a byte of the answer had come: from then on nobody may send the request again.
    """

    def __init__(self, reason: str, *, answer_began: bool = False) -> None:
        self.answer_began = answer_began
        super().__init__(reason)


class NotConnected(UpstreamFailure):
    """No connection could be made, so nothing was sent."""


class BrokenOff(UpstreamFailure):
    """The connection ended before the answer did."""


class TooSlow(UpstreamFailure):
    """The answer did not come within the route's budget; whether the request took effect is unknown."""
