"""Who may ask how often: per address, per user and per class of route, told with the RateLimit headers of the draft."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fairground_common.errors import RateLimitReached
from fairground_gateway.addresses import network
from fairground_gateway.limits.shared import SharedAway, SharedWindows
from fairground_gateway.limits.window import Allowance, Decision, LocalWindows
from fairground_gateway.routes import Limit
from fairground_gateway.upstream import Headers

_KEY_PREFIX = "fairground:limit:"


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests in any one second; 0 is no limit."""

    ip: int = 0
    user: int = 0
    play: int = 0
    """Plays of one user."""
    login: int = 0
    """Registrations, logins and refreshes from one address."""


class RateLimiter:
    """Applies the limits: each request counts in every allowance that is about it."""

    def __init__(self, limits: Limits, shared: SharedWindows | None) -> None:
        self._limits = limits
        self._shared = shared
        self._local = LocalWindows()

    @property
    def limits(self) -> bool:
        """Tell whether there is any limit to apply."""
        return self._limits != Limits()

    async def admit(self, client_ip: str, user_id: int | None, limit: Limit, headers: Headers) -> None:
        """Count a request and add the RateLimit headers of its answer. Raises RateLimitReached."""
        allowances = [*self._of_address(client_ip, limit), *self._of_user(user_id, limit)]
        if not allowances:
            return
        decision = await self._decide(allowances)
        headers += _headers(allowances, decision)
        if decision.wait > 0:
            raise RateLimitReached(retry_after=math.ceil(decision.wait))

    def _of_address(self, client_ip: str, limit: Limit) -> list[Allowance]:
        limits = self._limits
        allowances = []
        if limits.ip:
            allowances.append(_allowance("ip", network(client_ip), limits.ip))
        if limits.login and limit is Limit.LOGIN:
            allowances.append(_allowance("login", network(client_ip), limits.login))
        return allowances

    def _of_user(self, user_id: int | None, limit: Limit) -> list[Allowance]:
        limits = self._limits
        allowances: list[Allowance] = []
        if user_id is None:
            return allowances
        if limits.user:
            allowances.append(_allowance("user", user_id, limits.user))
        if limits.play and limit is Limit.PLAY:
            allowances.append(_allowance("play", user_id, limits.play))
        return allowances

    async def _decide(self, allowances: Sequence[Allowance]) -> Decision:
        if self._shared is not None:
            try:
                return await self._shared.decide(allowances)
            except SharedAway:
                pass
        return self._local.decide(allowances)


def _allowance(name: str, whose: str | int, limit: int) -> Allowance:
    return Allowance(name, f"{_KEY_PREFIX}{name}:{whose}", limit)


def _headers(allowances: Sequence[Allowance], decision: Decision) -> Headers:
    policy = ", ".join([f'"{each.name}";q={each.limit};w=1' for each in allowances])
    left = zip(allowances, decision.left, strict=True)
    state = ", ".join([f'"{each.name}";r={remaining};t=1' for each, remaining in left])
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]
