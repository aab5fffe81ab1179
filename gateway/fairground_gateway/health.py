"""Probes for the whole product.

Alive: this process answers. Ready: every service says it is; ``degraded`` when one says so of itself, or when the
gateway has no token keys yet or counts rate limits alone.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

from fairground_gateway.answer import Answer, as_json
from fairground_gateway.side_door import SideDoor

PROBE_SECONDS = 0.15
"""A frozen service must not freeze the answer: /readyz stays below 200 ms."""
REMEMBER_SECONDS = 1.0
_UNREADY = 503
_AWAY = "away"

Check = Callable[[], bool]
"""Tells whether a part of the gateway's own is as it should be."""


class Health:
    """Answers /livez and /readyz. A check of the gateway's own that fails only degrades it."""

    def __init__(self, services: Mapping[str, SideDoor], own: Mapping[str, Check]) -> None:
        self._services = services
        self._own = own
        self._asking = asyncio.Lock()
        self._until = 0.0
        self._checks: dict[str, str] = {}

    async def live(self) -> Answer:
        return as_json({"status": "ok"})

    async def ready(self) -> Answer:
        """Return the merged document; services are asked at most once a second, however many callers there are."""
        async with self._asking:
            if time.monotonic() >= self._until:
                self._checks = await self._ask()
                self._until = time.monotonic() + REMEMBER_SECONDS
        own = {name: "ready" if check() else "degraded" for name, check in self._own.items()}
        return _merged({**self._checks, **own})

    async def _ask(self) -> dict[str, str]:
        states = await asyncio.gather(*(_state(service) for service in self._services.values()))
        return dict(zip(self._services, states, strict=True))


async def _state(service: SideDoor) -> str:
    document = await service.get("/readyz", seconds=PROBE_SECONDS)
    status = document.get("status") if isinstance(document, dict) else None
    return status if status in {"ready", "degraded", "unready"} else _AWAY


def _merged(checks: Mapping[str, str]) -> Answer:
    states = set(checks.values())
    if states & {"unready", _AWAY}:
        return as_json({"status": "unready", "checks": checks}, _UNREADY)
    return as_json({"status": "degraded" if "degraded" in states else "ready", "checks": checks})
