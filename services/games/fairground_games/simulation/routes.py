"""Simulations over HTTP, for operators: what a version would pay, before it is put in force."""

from fractions import Fraction
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from fairground_common.errors import MalformedJson, NotAuthenticated, RoleMissing, ServiceUnavailable, ValidationFailed
from fairground_common.web import Database, Operator, problems
from fairground_games.configs.dependencies import PointBudget
from fairground_games.configs.errors import ConfigNotFound
from fairground_games.games import GAMES
from fairground_games.games.game import Game
from fairground_games.simulation import usecases
from fairground_games.simulation.errors import SimulationBusy
from fairground_games.simulation.schemas import SimulatedOut, SimulateIn
from fairground_games.simulation.simulator import Simulator


async def _simulator(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator


HeldSimulator = Annotated[Simulator, Depends(_simulator)]


def _router_of(game: Game) -> APIRouter:
    router = APIRouter(prefix=f"/api/admin/{game.name}/configs", tags=[f"{game.name}-admin"])

    @router.post(
        "/{version}/simulate",
        responses=problems(
            MalformedJson,
            NotAuthenticated,
            RoleMissing,
            ConfigNotFound,
            game.broken,
            ValidationFailed,
            SimulationBusy,
            ServiceUnavailable,
        ),
    )
    async def simulate(
        version: int,
        _operator: Operator,
        db: Database,
        simulator: HeldSimulator,
        budget: PointBudget,
        body: SimulateIn | None = None,
    ) -> SimulatedOut:
        """Return what a version pays: exactly, by play, and drawn. Changes nothing."""
        asked = body or SimulateIn()
        given = asked.budget_per_play
        async with db.read() as tx:
            job = await usecases.prepare(tx, game, version, plays=asked.plays)
        found = await simulator.simulate(job)
        return SimulatedOut.of(job, found, budget if given is None else Fraction(given))

    return router


routers = tuple(_router_of(game) for game in GAMES)
