"""Who may ask how often: per address and per user, answered with the RateLimit headers of the IETF draft."""

import math
from collections.abc import Sequence
from ipaddress import IPv6Network

from fairground_common.errors import RateLimitReached
from fairground_gateway.limits.shared import SharedAway, SharedWindows
from fairground_gateway.limits.window import Allowance, Decision, LocalWindows
from fairground_gateway.upstream import Headers

_KEY_PREFIX = "fairground:limit:"
_NETWORK_BITS = 64
"""A household or server with IPv6 has 2^64 addresses: they count as one."""


class RateLimiter:
    """Applies the limits. ``per_ip`` and ``per_user`` are requests in any one second; 0 is no limit."""

    def __init__(self, *, per_ip: int, per_user: int, shared: SharedWindows | None) -> None:
        self._per_ip = per_ip
        self._per_user = per_user
        self._shared = shared
        self._local = LocalWindows()
        self._policies = {"ip": f'"ip";q={per_ip};w=1', "user": f'"user";q={per_user};w=1'}

    @property
    def limits(self) -> bool:
        """Tell whether there is any limit to apply."""
        return bool(self._per_ip or self._per_user)

    async def admit(self, client_ip: str, user_id: int | None, headers: Headers) -> None:
        """Count a request and add the RateLimit headers of its answer. Raises RateLimitReached."""
        allowances = self._allowances(client_ip, user_id)
        if not allowances:
            return
        decision = await self._decide(allowances)
        headers += self._headers(allowances, decision)
        if decision.wait > 0:
            raise RateLimitReached(retry_after=math.ceil(decision.wait))

    def _allowances(self, client_ip: str, user_id: int | None) -> list[Allowance]:
        allowances = []
        if self._per_ip:
            allowances.append(Allowance("ip", f"{_KEY_PREFIX}ip:{network(client_ip)}", self._per_ip))
        if self._per_user and user_id is not None:
            allowances.append(Allowance("user", f"{_KEY_PREFIX}user:{user_id}", self._per_user))
        return allowances

    async def _decide(self, allowances: Sequence[Allowance]) -> Decision:
        if self._shared is not None:
            try:
                return await self._shared.decide(allowances)
            except SharedAway:
                pass
        return self._local.decide(allowances)

    def _headers(self, allowances: Sequence[Allowance], decision: Decision) -> Headers:
        policy = ", ".join(self._policies[allowance.name] for allowance in allowances)
        left = zip(allowances, decision.left, strict=True)
        state = ", ".join(f'"{allowance.name}";r={remaining};t=1' for allowance, remaining in left)
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]


def network(client_ip: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 an IPv6 address lies in."""
    if ":" not in client_ip:
        return client_ip
    return str(IPv6Network((client_ip, _NETWORK_BITS), strict=False).network_address)
