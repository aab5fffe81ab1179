"""Whether a process may be given work: every part it requires answers.

A missing optional part is told as ``degraded``, which still is ready. The answer is there in time whatever the parts
do; it is the same for an API (``web/probes.py``) and for a worker (``worker_probes.py``).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

PROBE_SECONDS = 0.15
"""A frozen part must not freeze the answer: /readyz stays below 200 ms."""

WARM_UP_SECONDS = 2.0
"""For the parts' first answers, before the first caller. A process starts whether they answer or not."""

ALIVE = {"status": "ok"}
"""What /livez says: it never depends on others, or a database's outage would restart everything."""

_given_up: set[asyncio.Future[Any]] = set()
"""Probes that are still ending. The event loop alone would forget them half-way."""


@dataclass(frozen=True, slots=True)
class Check:
    """One part a process needs. ``probe`` raises when the part is away."""

    name: str
    probe: Callable[[], Awaitable[Any]]
    required: bool = True


async def readiness(checks: Sequence[Check]) -> tuple[int, dict[str, Any]]:
    """Probe all parts at once and return (HTTP status, document)."""
    answers = await asyncio.gather(*(_answers(check) for check in checks))
    away = [check for check, answer in zip(checks, answers, strict=True) if not answer]
    unready = any(check.required for check in away)
    verdict = "unready" if unready else "degraded" if away else "ready"
    document = {
        "status": verdict,
        "checks": {c.name: "ok" if ok else "away" for c, ok in zip(checks, answers, strict=True)},
    }
    return (503 if unready else 200), document


async def warm_up(checks: Sequence[Check], *, within: float = WARM_UP_SECONDS) -> None:
    """Ask every part once: connections are made and statements prepared before somebody waits for them."""
    await asyncio.gather(*(_answers(check, within=within) for check in checks))


async def _answers(check: Check, *, within: float = PROBE_SECONDS) -> bool:
    """Whatever is wrong, the part is away; its owner logs why."""
    probe = asyncio.ensure_future(check.probe())
    try:
        await asyncio.wait({probe}, timeout=within)
    finally:
        if not probe.done():
            _give_up(probe)
    return probe.done() and not probe.cancelled() and probe.exception() is None


def _give_up(probe: asyncio.Future[Any]) -> None:
    """Cancel without waiting: a driver may take seconds to let go of a frozen connection."""
    _given_up.add(probe)
    probe.add_done_callback(_forget)
    probe.cancel()


def _forget(probe: asyncio.Future[Any]) -> None:
    _given_up.discard(probe)
    if not probe.cancelled():
        probe.exception()  # how a probe ended that nobody waits for is no news
