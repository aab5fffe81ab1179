"""Which counts a login or a registration touches, and when one is used up.

A wrong password counts for (account, network), for the account and for the address. The account's own limit is ten
times the network's: somebody guessing from elsewhere runs into their network's limit long before the owner is
locked out. Many networks together can use it up; therefore it does not hold where the last login came from, and
nobody but a neighbour can lock the owner out there. Keys of accounts are digests: people type passwords into the
username field.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Protocol

IPV4_NETWORK, IPV6_NETWORK = 24, 64
ACCOUNT_SCOPES = ("login-account", "login-network")
"""Scopes whose keys begin with an account."""
UNKNOWN = "unknown"
"""The network of what is no address."""


class Limits(Protocol):
    """The settings this slice reads."""

    @property
    def login_window_seconds(self) -> int: ...
    @property
    def login_failures_per_network(self) -> int: ...
    @property
    def login_failures_per_account(self) -> int: ...
    @property
    def ip_window_seconds(self) -> int: ...
    @property
    def login_failures_per_ip(self) -> int: ...
    @property
    def registrations_per_ip(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """How often something may happen in a window, which begins with its first time."""

    scope: str
    key: str
    most: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Count:
    """How often it happened in the window that ends then."""

    scope: str
    key: str
    times: int
    window_ends_at: datetime


def failed_logins(limits: Limits, username: str, ip: str, *, home: str | None) -> Sequence[Allowance]:
    """Return what a wrong password for a folded username counts against. ``home``: where its last login came from."""
    account = account_of(username)
    network = network_of(ip)
    window, ip_window = timedelta(seconds=limits.login_window_seconds), timedelta(seconds=limits.ip_window_seconds)
    anywhere = Allowance("login-account", account, limits.login_failures_per_account, window)
    here = (
        Allowance("login-ip", address_of(ip), limits.login_failures_per_ip, ip_window),
        Allowance("login-network", f"{account} {network}", limits.login_failures_per_network, window),
    )
    is_home = home is not None and network != UNKNOWN and network == network_of(home)
    return here if is_home else (anywhere, *here)


def account_of(username: str) -> str:
    """Return what stands for a folded username in keys."""
    return hashlib.sha256(username.encode()).hexdigest()


def registrations(limits: Limits, ip: str) -> Sequence[Allowance]:
    """Return what a registration counts against."""
    window = timedelta(seconds=limits.ip_window_seconds)
    return (Allowance("register-ip", address_of(ip), limits.registrations_per_ip, window),)


def network_of(ip: str) -> str:
    """Return the neighbourhood of an address: /24, or /64 in IPv6."""
    address = _parsed(ip)
    if address is None:
        return UNKNOWN
    prefix = IPV4_NETWORK if address.version == 4 else IPV6_NETWORK  # noqa: PLR2004 - the protocol's name
    return str(ip_network((address, prefix), strict=False))


def address_of(ip: str) -> str:
    """Return what counts as one address: an IPv6 customer has a whole /64."""
    address = _parsed(ip)
    return network_of(ip) if address is None or isinstance(address, IPv6Address) else str(address)


def seconds_until_free(
    allowances: Iterable[Allowance], counts: Iterable[Count], now: datetime, *, spare: int
) -> int | None:
    """Return how long to wait, in whole seconds; None while every count is at least ``spare`` below its limit."""
    most = {(allowance.scope, allowance.key): allowance.most for allowance in allowances}
    waits = [
        count.window_ends_at - now
        for count in counts
        if count.window_ends_at > now and count.times + spare > most[count.scope, count.key]
    ]
    return max(1, -(-max(waits) // timedelta(seconds=1))) if waits else None


def _parsed(ip: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(ip)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
