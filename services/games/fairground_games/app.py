"""The games API: what it opens while it runs, and which routes it has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from fairground_common.db import Db, open_pool
from fairground_common.messaging import events_check
from fairground_common.web import Check, create_api
from fairground_common.web.audit import audit_router
from fairground_common.web.records import records_router
from fairground_games.configs.routes import routers as config_routers
from fairground_games.configs.versions import Versions
from fairground_games.fairness.routes import router as fairness_router
from fairground_games.fairness.seeds import seeds_of
from fairground_games.features.routes import router as features_router
from fairground_games.grants.routes import router as grants_router
from fairground_games.lookup.routes import router as lookup_router
from fairground_games.odds.routes import routers as odds_routers
from fairground_games.personal.records import RECORDS
from fairground_games.personal.routes import router as personal_router
from fairground_games.plays.pipeline import Pipeline
from fairground_games.plays.queue import PlayQueue
from fairground_games.plays.routes import Desk
from fairground_games.plays.routes import routers as play_routers
from fairground_games.plays.settlement import Settlement
from fairground_games.reconcile.routes import router as reconcile_router
from fairground_games.rewards.routes import router as rewards_router
from fairground_games.schema import audit_log, outbox
from fairground_games.settings import GamesSettings
from fairground_games.simulation.routes import routers as simulation_routers
from fairground_games.simulation.simulator import Simulator
from fairground_games.stock.routes import router as stock_router

PLAY_CONNECTIONS = 8
"""Two for batches, four for those who wait for a held player, two for reads beside them."""


def create_app(settings: GamesSettings) -> FastAPI:
    """Build the API; nothing is connected before it starts."""

    @asynccontextmanager
    async def resources(app: FastAPI) -> AsyncIterator[None]:
        url = settings.database_url.get_secret_value()
        offset = settings.clock_offset
        db = Db.connect(url, application="games-api", clock_offset=offset)
        pool = await open_pool(url, application="games-plays", size=PLAY_CONNECTIONS, clock_offset=offset)
        versions, seeds = Versions(), seeds_of(settings)
        pipeline = Pipeline(pool, versions, seeds, Settlement(seeds, test_mode=settings.test_mode))
        try:
            async with Simulator() as simulator, PlayQueue(pipeline) as queue:
                app.state.db = db
                app.state.simulator = simulator
                app.state.seeds = seeds
                app.state.point_budget = settings.point_budget
                app.state.desk = Desk(queue, pool, versions, test_mode=settings.test_mode)
                app.state.checks = [Check("database", db.ping), events_check(db, outbox)]
                yield
        finally:
            await pool.close()
            await db.close()

    return create_api(
        title="Fairground games",
        settings=settings,
        routers=[
            features_router,
            *play_routers,
            *odds_routers,
            fairness_router,
            rewards_router,
            *config_routers,
            *simulation_routers,
            stock_router,
            grants_router,
            lookup_router,
            personal_router,
            reconcile_router,
            records_router("games", RECORDS, audit_log),
            audit_router("games", audit_log),
        ],
        resources=resources,
    )
