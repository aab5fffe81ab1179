"""The drills that need a running product."""

from collections.abc import Awaitable, Callable

from fairground_deploy.drills import broker, keys, outbox, poison, rollback, switch
from fairground_deploy.drills.ground import Ground

DRILLS: dict[str, Callable[[Ground], Awaitable[None]]] = {
    "switch": switch.drill,
    "keys": keys.drill,
    "broker": broker.drill,
    "outbox": outbox.drill,
    "poison": poison.drill,
    "rollback": rollback.drill,
}
"""By name."""
