"""The auth API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from fairground_auth.administration.routes import router as administration
from fairground_auth.housekeeping import housekeeping
from fairground_auth.keys.routes import router as keys
from fairground_auth.lookup.routes import router as lookup
from fairground_auth.parts import Parts
from fairground_auth.personal.records import RECORDS
from fairground_auth.personal.routes import router as personal
from fairground_auth.schema import audit_log
from fairground_auth.sessions.routes import router as sessions
from fairground_auth.settings import AuthSettings
from fairground_auth.users.routes import router as users
from fairground_common.errors import AuthKeysUnavailable
from fairground_common.web import Check, create_api
from fairground_common.web.audit import audit_router
from fairground_common.web.records import records_router

log = structlog.get_logger()


def create_app(settings: AuthSettings) -> FastAPI:
    """Build the API; it connects when it is started."""
    parts = Parts.build(settings)

    @asynccontextmanager
    async def resources(app: FastAPI) -> AsyncIterator[None]:
        app.state.db, app.state.parts = parts.db, parts
        app.state.checks = [Check("database", parts.db.ping), Check("signing_key", parts.keys.signer)]
        await _prepare_keys(parts)
        try:
            async with housekeeping(parts):
                yield
        finally:
            await parts.close()

    return create_api(
        title="Fairground auth",
        settings=settings,
        routers=[
            users,
            sessions,
            keys,
            administration,
            lookup,
            personal,
            records_router("auth", RECORDS, audit_log),
            audit_router("auth", audit_log),
        ],
        resources=resources,
        keys=parts.keys,
    )


async def _prepare_keys(parts: Parts) -> None:
    """Make the first signing key now, so that the first login does not wait for it."""
    try:
        await parts.keys.signer()
    except AuthKeysUnavailable as missing:
        log.warning("no signing key yet; /readyz says when there is one", error=missing.detail)
