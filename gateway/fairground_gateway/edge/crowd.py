"""How many connections each address has open: slow ones are cheap to hold, so nobody may have all of them."""

from fairground_gateway.addresses import TrustedProxies, network


class Crowd:
    """Connections by address. ``most`` is for one address (one /64 for IPv6); 0 is no limit.

    A trusted proxy is not limited: its connections are those of all its callers.
    """

    def __init__(self, most: int, proxies: TrustedProxies) -> None:
        self._most = most
        self._proxies = proxies
        self._open: dict[str, int] = {}

    def enter(self, address: str) -> bool:
        """Count a new connection. False, and not counted, when its address has enough."""
        place = network(address)
        present = self._open.get(place, 0)
        if self._most and present >= self._most and not self._proxies.include(address):
            return False
        self._open[place] = present + 1
        return True

    def leave(self, address: str) -> None:
        """Forget a connection that was let in."""
        place = network(address)
        left = self._open.get(place, 0) - 1
        if left > 0:
            self._open[place] = left
        else:
            self._open.pop(place, None)
