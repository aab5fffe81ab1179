"""HTTP as every service speaks it.

Loaded name by name: the gateway needs the server and the tokens, but neither the web framework nor the database.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairground_common.readiness import Check
    from fairground_common.web.api import create_api
    from fairground_common.web.dependencies import Database, NoBody
    from fairground_common.web.idempotency import IdempotencyKey, RequiredIdempotencyKey
    from fairground_common.web.identity import Admin, ClientIp, CurrentPlayer, Operator, OptionalPlayer
    from fairground_common.web.problem import problems
    from fairground_common.web.server import serve
    from fairground_common.web.tokens import Identity

__all__ = [
    "Admin",
    "Check",
    "ClientIp",
    "CurrentPlayer",
    "Database",
    "IdempotencyKey",
    "Identity",
    "NoBody",
    "Operator",
    "OptionalPlayer",
    "RequiredIdempotencyKey",
    "create_api",
    "problems",
    "serve",
]

_WEB = "fairground_common.web"
_PLACES = {
    "fairground_common.readiness": ("Check",),
    f"{_WEB}.api": ("create_api",),
    f"{_WEB}.dependencies": ("Database", "NoBody"),
    f"{_WEB}.idempotency": ("IdempotencyKey", "RequiredIdempotencyKey"),
    f"{_WEB}.identity": ("Admin", "ClientIp", "CurrentPlayer", "Operator", "OptionalPlayer"),
    f"{_WEB}.problem": ("problems",),
    f"{_WEB}.server": ("serve",),
    f"{_WEB}.tokens": ("Identity",),
}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _PLACE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACE_OF[name]), name)
