"""The season-pass API: what it holds while it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from fairground_common.db import Db
from fairground_common.messaging import events_check
from fairground_common.web import Check, create_api
from fairground_common.web.audit import audit_router
from fairground_common.web.records import records_router
from fairground_common.web.turns import Turns
from fairground_seasonpass.claims.routes import router as claims
from fairground_seasonpass.exports.routes import router as exports
from fairground_seasonpass.lookup.routes import router as lookup
from fairground_seasonpass.personal.records import RECORDS
from fairground_seasonpass.rebuild.routes import router as rebuild
from fairground_seasonpass.reconcile.routes import router as reconcile
from fairground_seasonpass.schema import audit_log, outbox
from fairground_seasonpass.seasons.routes import router as seasons
from fairground_seasonpass.settings import ApiSettings
from fairground_seasonpass.stamps.routes import router as stamps
from fairground_seasonpass.status.routes import router as status
from fairground_seasonpass.xp.routes import router as xp


def create_app(settings: ApiSettings) -> FastAPI:
    """Build the API; nothing connects before its lifespan starts."""

    @asynccontextmanager
    async def resources(app: FastAPI) -> AsyncIterator[None]:
        db = Db.connect(
            settings.database_url.get_secret_value(),
            application="seasonpass",
            clock_offset=settings.clock_offset,
            pool_size=settings.pool_size,
        )
        app.state.db = db
        app.state.settings = settings
        app.state.turns = Turns()
        app.state.checks = [Check("database", db.ping), events_check(db, outbox)]
        try:
            yield
        finally:
            await db.close()

    return create_api(
        title="Fairground season pass",
        settings=settings,
        routers=[
            status,
            stamps,
            claims,
            xp,
            seasons,
            exports,
            rebuild,
            lookup,
            reconcile,
            records_router("seasonpass", RECORDS, audit_log),
            audit_router("seasonpass", audit_log),
        ],
        resources=resources,
    )
