"""What the gateway may answer in a service's place, told on every operation. Pure."""

from collections.abc import Iterator
from typing import Any

from fairground_common import errors
from fairground_common.errors import AuthorizationRepeated, FairgroundError
from fairground_common.web.problem import add_problem, status_of
from fairground_gateway import errors as own_errors
from fairground_gateway.routes import GATEWAY, Route, Token

Operation = dict[str, Any]

_ON_THE_WAY = (
    own_errors.RequestUnreadable,
    own_errors.PathRefused,
    own_errors.HostRefused,
    own_errors.HeaderRefused,
    own_errors.RequestTooSlow,
    own_errors.AddressTooLong,
    own_errors.TooManyConnections,
    own_errors.HeadersTooLarge,
)
_FOR_A_TOKEN = (AuthorizationRepeated, errors.NotAuthenticated, errors.AuthKeysUnavailable)
_FOR_A_SERVICE = (
    errors.RateLimitReached,
    errors.UpstreamUnavailable,
    errors.ServiceUnavailable,
    errors.UpstreamTimeout,
)


def told(operation: Operation, route: Route) -> Operation:
    """Return a service's operation with what the gateway may answer in its place."""
    responses: dict[str, Any] = dict(operation.get("responses", {}))
    for refusal in _refusals(operation, route):
        add_problem(responses, str(status_of(refusal)), refusal)
    return operation | {"responses": dict(sorted(responses.items()))}


def _refusals(operation: Operation, route: Route) -> Iterator[type[FairgroundError]]:
    yield from _ON_THE_WAY
    if "requestBody" in operation:
        yield errors.PayloadTooLarge
    if route.token is not Token.NONE:
        yield from _FOR_A_TOKEN
        yield errors.RateLimitReached
    if route.token is Token.OPERATOR:
        yield errors.RoleMissing
    if route.service != GATEWAY:
        yield from _FOR_A_SERVICE
