"""Whose address a request comes from, and what counts as one address.

The peer's own address is always true. What a header says is believed only when a proxy of ours has written it: see
``TrustedProxies``.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

_HOUSEHOLD_BITS = 64
"""A household or server with IPv6 has 2^64 addresses: they count as one."""
_WITH_PORT = re.compile(r"(?P<v4>[\d.]+):\d{1,5}|\[(?P<v6>[0-9A-Fa-f:.]+)\](?::\d{1,5})?")
_MOST_HOPS = 16
"""More hops than any honest request has; a longer list is not read on."""


def network(client_ip: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 an IPv6 address lies in."""
    if ":" not in client_ip:
        return client_ip
    return str(IPv6Network((client_ip, _HOUSEHOLD_BITS), strict=False).network_address)


class TrustedProxies:
    """Proxies of ours, by their networks: what they write into X-Forwarded-For about their callers is believed.

    Each proxy appends the address it was called from, so the list is read from its end: the first address that is no
    proxy of ours is the client. Everything before it the client may have made up.
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks

    def __bool__(self) -> bool:
        return bool(self._networks)

    def include(self, address: str) -> bool:
        """Tell whether an address is one of our proxies'."""
        read = _read(address)
        return read is not None and self._trusts(read)

    def client_behind(self, peer: str, forwarded_for: bytes | None) -> str:
        """Return the client's address of a request from ``peer`` with that X-Forwarded-For."""
        client = _read(peer)
        if client is None:
            return peer
        hops = reversed((forwarded_for or b"").decode("latin-1").split(",")[-_MOST_HOPS:])
        for hop in hops:
            caller = _read(hop.strip()) if self._trusts(client) else None
            if caller is None:
                break
            client = caller
        return str(client)

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in each for each in self._networks)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, with or without a port; None for anything else."""
    found = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address(found["v4"] or found["v6"] if found else text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
