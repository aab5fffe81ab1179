"""Who may ask how often: per address, per user and per class of route, told with the RateLimit headers of the draft."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fairground_common.errors import RateLimitReached
from fairground_gateway.addresses import network
from fairground_gateway.limits.shared import Question, SharedAway, SharedWindows
from fairground_gateway.limits.window import Allowance, Decision, LocalWindows
from fairground_gateway.routes import Limit
from fairground_gateway.upstream import Headers

_KEY_PREFIX = "fairground:limit:"
_REMEMBERED_COUNTS = 4096


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests in any one second; 0 is no limit."""

    ip: int = 0
    user: int = 0
    play: int = 0
    """Plays of one user."""
    login: int = 0
    """Registrations, logins and refreshes from one address."""


class Counts:
    """What some requests count in, with everything that is the same for each of them."""

    __slots__ = ("_state", "allowances", "policy", "question")

    def __init__(self, allowances: Sequence[Allowance]) -> None:
        self.allowances = allowances
        self.question = Question.about(allowances)
        self.policy = ", ".join([f'"{each.name}";q={each.limit};w=1' for each in allowances]).encode()
        self._state = ", ".join([f'"{each.name}";r=%d;t=1' for each in allowances]).encode()

    def headers(self, left: tuple[int, ...]) -> Headers:
        """Return the RateLimit headers of an answer, by what is left of each allowance."""
        return [(b"ratelimit-policy", self.policy), (b"ratelimit", self._state % left)]


class RateLimiter:
    """Applies the limits: each request counts in every allowance that is about it."""

    def __init__(self, limits: Limits, shared: SharedWindows | None) -> None:
        self.limits = limits != Limits()
        """Whether there is any limit to apply."""
        self._limits = limits
        self._shared = shared
        self._local = LocalWindows()
        self._remembered: dict[tuple[str, int | None, Limit], Counts] = {}

    async def admit(self, client_ip: str, user_id: int | None, limit: Limit, headers: Headers) -> None:
        """Count a request and add the RateLimit headers of its answer. Raises RateLimitReached."""
        whose = (client_ip, user_id, limit)
        counts = self._remembered.get(whose) or self._counts(whose)
        if counts is None:
            return
        decision = await self._decide(counts)
        headers += counts.headers(decision.left)
        if decision.wait > 0:
            raise RateLimitReached(retry_after=math.ceil(decision.wait))

    def _counts(self, whose: tuple[str, int | None, Limit]) -> Counts | None:
        client_ip, user_id, limit = whose
        allowances = [*self._of_address(client_ip, limit), *self._of_user(user_id, limit)]
        if not allowances:
            return None
        if len(self._remembered) >= _REMEMBERED_COUNTS:
            self._remembered.clear()
        counts = self._remembered[whose] = Counts(allowances)
        return counts

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

    async def _decide(self, counts: Counts) -> Decision:
        if self._shared is not None:
            try:
                return await self._shared.ask(counts.question)
            except SharedAway:
                pass
        return self._local.decide(counts.allowances)


def _allowance(name: str, whose: str | int, limit: int) -> Allowance:
    return Allowance(name, f"{_KEY_PREFIX}{name}:{whose}", limit)
