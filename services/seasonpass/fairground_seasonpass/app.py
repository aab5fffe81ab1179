"""The season-pass API: what it holds while it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from fairground_common.db import Db
from fairground_common.web import Check, create_api
from fairground_seasonpass.claims.routes import router as claims
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
        app.state.checks = [Check("database", db.ping)]
        try:
            yield
        finally:
            await db.close()

    return create_api(
        title="Fairground season pass",
        settings=settings,
        routers=[status, stamps, claims, xp, seasons],
        resources=resources,
    )
