"""Every route the product has, in one table. What is not here does not exist for the outside.

A service's probes, documentation and internals are not here, so nobody reaches them through the gateway.
``{game}`` is any name of a game (a fourth one needs no change here); other ``{…}`` are one segment of any value,
which the service behind judges. ``**`` is everything below. Literal segments win over ``{…}``.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

READ_SECONDS = 3.0
WRITE_SECONDS = 5.0
UPLOAD_SECONDS = 30.0

AUTH: Final = "auth"
GAMES: Final = "games"
SEASONPASS: Final = "seasonpass"
RANKING: Final = "ranking"
SERVICES: Final = (AUTH, GAMES, SEASONPASS, RANKING)
GATEWAY: Final = "gateway"
"""Not a service: the gateway answers by itself."""


class Token(Enum):
    """What a route asks of the access token."""

    NONE = "none"
    """Not looked at and not passed on."""
    OPTIONAL = "optional"
    """May be absent; a bad one is refused."""
    NEEDED = "needed"
    OPERATOR = "operator"
    """Needed, and with that role: checked here as well where a service reads much before it can check."""


class Body(Enum):
    """What a route does with a request's body."""

    WHOLE = "whole"
    """At most 64 KB, read before the service is asked; for GET there is none."""
    STREAMED = "streamed"
    """At most 10 MB, passed on as it comes; never repeated."""


class Limit(StrEnum):
    """Which rate limit a route has besides those every route has."""

    NONE = "none"
    PLAY = "play"
    """By user: each costs the database a transaction."""
    LOGIN = "login"
    """By address: each costs auth a password hash, or a guess of a secret."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    service: str
    token: Token = Token.NEEDED
    body: Body = Body.WHOLE
    limit: Limit = Limit.NONE

    @property
    def seconds(self) -> float:
        """Time budget for the service's answer."""
        if self.body is Body.STREAMED:
            return UPLOAD_SECONDS
        return READ_SECONDS if self.method == "GET" else WRITE_SECONDS


def _get(path: str, service: str, token: Token = Token.NEEDED) -> Route:
    return Route("GET", path, service, token)


def _post(path: str, service: str, token: Token = Token.NEEDED, limit: Limit = Limit.NONE) -> Route:
    return Route("POST", path, service, token, limit=limit)


def _own(path: str) -> Route:
    return Route("GET", path, GATEWAY, Token.NONE)


def _any(path: str, service: str) -> tuple[Route, ...]:
    return tuple(Route(method, path, service) for method in ("GET", "POST", "PUT", "PATCH", "DELETE"))


ROUTES: Final[tuple[Route, ...]] = (
    # the gateway's own
    _own("/"),
    _own("/livez"),
    _own("/readyz"),
    _own("/openapi.json"),
    _own("/asyncapi.json"),
    _own("/docs"),
    _own("/docs/static/{file}"),
    _own("/errors/{code}"),
    # who is who
    _post("/api/auth/register", AUTH, Token.NONE, Limit.LOGIN),
    _post("/api/auth/login", AUTH, Token.NONE, Limit.LOGIN),
    _post("/api/auth/refresh", AUTH, Token.NONE, Limit.LOGIN),
    _post("/api/auth/logout", AUTH, Token.NONE),
    _get("/api/auth/me", AUTH),
    _get("/.well-known/jwks.json", AUTH, Token.NONE),
    # today, and the games
    _get("/api/today-feature", GAMES, Token.OPTIONAL),
    _post("/api/events/enter-page", GAMES),
    _get("/api/{game}/status", GAMES),
    _post("/api/{game}/play", GAMES, limit=Limit.PLAY),
    _get("/api/{game}/history", GAMES),
    _get("/api/{game}/odds", GAMES, Token.NONE),
    _get("/api/{game}/odds/history", GAMES, Token.NONE),
    _get("/api/{game}/configs/{version}", GAMES, Token.NONE),
    _get("/api/rewards", GAMES),
    _get("/api/rewards/ledger", GAMES),
    _get("/api/fairness", GAMES),
    _post("/api/fairness/rotate", GAMES),
    _get("/api/fairness/receipts/{play_id}", GAMES),
    # season pass
    _get("/api/season-pass/status", SEASONPASS),
    _post("/api/season-pass/stamp", SEASONPASS),
    _post("/api/season-pass/claim", SEASONPASS),
    _post("/api/season-pass/claim-all", SEASONPASS),
    _get("/api/season-pass/xp-history", SEASONPASS),
    # ranking
    _get("/api/ranking/today", RANKING),
    # operators and admins; the services check the role
    _get("/api/admin/players/{user_id}", GATEWAY, Token.OPERATOR),
    _get("/api/admin/feature-schedule", GAMES),
    Route("PUT", "/api/admin/feature-schedule/{date}", GAMES),
    Route("DELETE", "/api/admin/feature-schedule/{date}", GAMES),
    _get("/api/admin/features", GAMES),
    Route("PUT", "/api/admin/features/{type}", GAMES),
    _get("/api/admin/{game}/configs", GAMES),
    _post("/api/admin/{game}/configs", GAMES),
    _get("/api/admin/{game}/configs/{version}", GAMES),
    _get("/api/admin/{game}/configs/{version}/diff", GAMES),
    _post("/api/admin/{game}/configs/{version}/activate", GAMES),
    _post("/api/admin/{game}/configs/{version}/retire", GAMES),
    _post("/api/admin/{game}/configs/{version}/simulate", GAMES),
    _get("/api/admin/{game}/prizes", GAMES),
    _post("/api/admin/{game}/prizes/{key}/restock", GAMES),
    _get("/api/admin/fulfilments", GAMES),
    _post("/api/admin/fulfilments/{id}/fulfil", GAMES),
    _get("/api/admin/seasons", SEASONPASS),
    _post("/api/admin/seasons", SEASONPASS),
    _get("/api/admin/seasons/{id}", SEASONPASS),
    Route("PUT", "/api/admin/seasons/{id}", SEASONPASS),
    _post("/api/admin/seasons/{id}/clone", SEASONPASS),
    _post("/api/admin/seasons/{id}/publish", SEASONPASS),
    _post("/api/admin/seasons/{id}/retire", SEASONPASS),
    Route("PUT", "/api/admin/ranking/{date}", RANKING, Token.OPERATOR, Body.STREAMED),
    Route("POST", "/api/admin/games/grants", GAMES, Token.OPERATOR, Body.STREAMED),
    *_any("/api/admin/auth/**", AUTH),
    *_any("/api/admin/games/**", GAMES),
    *_any("/api/admin/seasonpass/**", SEASONPASS),
    *_any("/api/admin/ranking/**", RANKING),
)
