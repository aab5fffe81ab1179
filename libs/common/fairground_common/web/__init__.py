"""HTTP as every service speaks it."""

from fairground_common.readiness import Check
from fairground_common.web.api import create_api
from fairground_common.web.dependencies import Database, no_body
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
    "Operator",
    "OptionalPlayer",
    "RequiredIdempotencyKey",
    "create_api",
    "no_body",
    "problems",
    "serve",
]
