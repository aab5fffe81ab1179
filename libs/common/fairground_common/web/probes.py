"""/livez, /readyz and /metrics of every API. No gateway leads to them."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from fairground_common.readiness import ALIVE, Check, readiness
from fairground_common.telemetry import MEDIA_TYPE, exposition

router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def livez() -> Response:
    return JSONResponse(ALIVE)


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    checks: Sequence[Check] = request.app.state.checks
    status, document = await readiness(checks)
    return JSONResponse(document, status_code=status)


@router.get("/metrics")
async def metrics() -> Response:
    return Response(exposition(), headers={"content-type": MEDIA_TYPE})
