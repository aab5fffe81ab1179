"""The ranking API: what it holds while it runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from fairground_common.db import Db
from fairground_common.web import Check, create_api
from fairground_common.web.audit import audit_router
from fairground_common.web.records import records_router
from fairground_ranking.personal.records import RECORDS
from fairground_ranking.personal.routes import router as personal
from fairground_ranking.schema import audit_log
from fairground_ranking.settings import ApiSettings
from fairground_ranking.snapshots import routes


def create_app(settings: ApiSettings) -> FastAPI:
    """Build the API; nothing connects before its lifespan starts."""

    @asynccontextmanager
    async def resources(app: FastAPI) -> AsyncIterator[None]:
        db = Db.connect(
            settings.database_url.get_secret_value(),
            application="ranking",
            clock_offset=settings.clock_offset,
            pool_size=settings.pool_size,
        )
        app.state.db = db
        app.state.settings = settings
        app.state.uploads = asyncio.Lock()
        app.state.checks = [Check("database", db.ping)]
        try:
            yield
        finally:
            await db.close()

    return create_api(
        title="Fairground ranking",
        settings=settings,
        routers=[
            routes.players,
            routes.operators,
            personal,
            records_router("ranking", RECORDS, audit_log),
            audit_router("ranking", audit_log),
        ],
        resources=resources,
    )
