"""Requests by route: rate, errors and duration of each, in every HTTP process alike."""

from time import perf_counter
from typing import Any

from starlette.types import Scope

from fairground_common.telemetry import Counter, Gauge, Histogram

REQUESTS = Histogram(
    "fairground_http_request_duration_seconds",
    "Requests by method, route and class of the answer's status, and how long their answers took.",
    "method",
    "route",
    "status",
)
TOKENS = Counter(
    "fairground_token_checks_total",
    "Access tokens looked at: remembered ones cost nothing, the others a signature.",
    "known",
)
TURNS = Gauge("fairground_players_calling", "Players whose commands take turns now.")

TEMPLATE = "fairground.route"
"""Where in a scope stands which route answered, when it was not the framework that chose it."""
NO_ROUTE = "none"
"""Every path nobody serves is one route: a stranger could name any number of them."""
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
CLASSES = {number: f"{number}xx" for number in range(1, 6)}


def note_request(scope: Scope, status: int, began: float) -> None:
    """Count a request that has been answered."""
    note(scope["method"], template_of(scope), status, began)


def template_of(scope: Scope) -> str:
    """Return the template of the route that answered."""
    route: Any = scope.get("route")
    return scope.get(TEMPLATE) or (NO_ROUTE if route is None else str(route.path))


def note(method: str, route: str, status: int, began: float) -> None:
    """Count a request under its route's template; ``began`` is a reading of ``perf_counter``."""
    if method not in METHODS:
        method = "other"
    REQUESTS.observe(perf_counter() - began, method, route, CLASSES[status // 100])
