"""Liveness and readiness.

Alive means: this process answers; it never depends on others, or a database's outage would restart everything.
Ready means: every required part answers. A missing optional part is told as ``degraded``, with status 200.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

PROBE_SECONDS = 0.15
"""A frozen part must not freeze the answer: /readyz stays below 200 ms."""


@dataclass(frozen=True, slots=True)
class Check:
    """One part a process needs. ``probe`` raises when the part is away."""

    name: str
    probe: Callable[[], Awaitable[Any]]
    required: bool = True


router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def livez() -> Response:
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    checks: Sequence[Check] = request.app.state.checks
    status, document = await readiness(checks)
    return JSONResponse(document, status_code=status)


async def readiness(checks: Sequence[Check]) -> tuple[int, dict[str, Any]]:
    """Probe all parts at once and return (status, document)."""
    answers = await asyncio.gather(*(_answers(check) for check in checks))
    away = [check for check, answer in zip(checks, answers, strict=True) if not answer]
    unready = any(check.required for check in away)
    verdict = "unready" if unready else "degraded" if away else "ready"
    document = {
        "status": verdict,
        "checks": {c.name: "ok" if ok else "away" for c, ok in zip(checks, answers, strict=True)},
    }
    return (503 if unready else 200), document


async def _answers(check: Check) -> bool:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await check.probe()
    except Exception:  # noqa: BLE001 - whatever is wrong, the part is away; its owner logs why
        return False
    return True
