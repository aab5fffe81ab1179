"""Configurations over HTTP: the same routes for every game, each with its own body."""

from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Response

from fairground_common.db import Tx
from fairground_common.db.idempotency import Once, answer_once
from fairground_common.errors import (
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    LockNotAcquired,
    MalformedJson,
    NotAuthenticated,
    RequestInProgress,
    RoleMissing,
    ValidationFailed,
)
from fairground_common.web import Admin, Database, IdempotencyKey, NoBody, Operator, problems
from fairground_common.web.idempotency import answered
from fairground_common.web.paging import DEFAULT_LIMIT, PageCursor, PageLimit, decode_cursor, page
from fairground_games.configs import usecases
from fairground_games.configs.dependencies import PointBudget
from fairground_games.configs.errors import (
    BudgetExceeded,
    ConfigDiscarded,
    ConfigInForce,
    ConfigNotFound,
    StockExists,
)
from fairground_games.configs.rules import HIGHEST_VERSION
from fairground_games.configs.schemas import (
    ActivatedOut,
    ComparisonOut,
    ConfigHeadOut,
    ConfigOut,
    ConfigsOut,
    PublicConfigOut,
    RetiredOut,
    StoredOut,
)
from fairground_games.games import GAMES
from fairground_games.games.game import Game, GameConfigIn
from fairground_games.schema import idempotency

REFUSED = (NotAuthenticated, RoleMissing, ValidationFailed)
KEYED = (IdempotencyKeyInvalid, RequestInProgress, ValidationFailed, IdempotencyKeyReused, LockNotAcquired)

Body = TypeVar("Body", bound=GameConfigIn)

_Version = Annotated[int, msgspec.Meta(ge=0, le=HIGHEST_VERSION)]


def _public_of(game: Game) -> APIRouter:
    router = APIRouter(prefix=f"/api/{game.name}/configs", tags=[game.name])

    @router.get("/{version}", responses=problems(ConfigNotFound, ValidationFailed))
    async def read_config(version: int, db: Database) -> PublicConfigOut:
        """Return a version that is or was in force, as its hash stands for it."""
        async with db.read() as tx:
            return PublicConfigOut.of(await usecases.get_public_config(tx, game, version))

    return router


def _writes_of(game: Game, body_model: type[Body]) -> APIRouter:
    router = APIRouter(prefix=f"/api/admin/{game.name}/configs", tags=[f"{game.name}-admin"])
    path = f"POST {router.prefix}"

    @router.post(
        "",
        status_code=201,
        response_model=StoredOut,
        responses=problems(MalformedJson, *REFUSED, *([StockExists] if game.has_stock else []), *KEYED),
    )
    async def post_config(
        body: body_model,  # type: ignore[valid-type]  # the game's own model, which mypy cannot know
        operator: Operator,
        db: Database,
        key: IdempotencyKey,
    ) -> Response:
        """Store a draft, exactly as posted."""
        posted: GameConfigIn = body

        async def effect(tx: Tx) -> Any:
            return StoredOut.of(await usecases.create_config(tx, game, posted, by=operator.user_id)).model_dump()

        once = Once.of(user_id=operator.user_id, route=path, key=key, request=posted.model_dump(mode="json"))
        return answered(await answer_once(db, idempotency, once, effect), 201)

    return router


def _states_of(game: Game) -> APIRouter:
    router = APIRouter(prefix=f"/api/admin/{game.name}/configs", tags=[f"{game.name}-admin"])
    path = f"POST {router.prefix}"

    @router.post(
        "/{version}/activate",
        response_model=ActivatedOut,
        responses=problems(*REFUSED, ConfigNotFound, ConfigDiscarded, game.broken, BudgetExceeded, *KEYED),
    )
    async def activate_config(
        version: int, admin: Admin, db: Database, budget: PointBudget, key: IdempotencyKey, _nothing: NoBody
    ) -> Response:
        """Put a version in force from the next play on; the former one retires."""

        async def effect(tx: Tx) -> Any:
            config = await usecases.activate_config(tx, game, version, by=admin.user_id, point_budget=budget)
            return ActivatedOut.of(config).model_dump(mode="json")

        once = Once.of(user_id=admin.user_id, route=f"{path}/{version}/activate", key=key)
        return answered(await answer_once(db, idempotency, once, effect))

    @router.post(
        "/{version}/retire",
        response_model=RetiredOut,
        responses=problems(*REFUSED, ConfigNotFound, ConfigInForce, *KEYED),
    )
    async def retire_config(
        version: int, admin: Admin, db: Database, key: IdempotencyKey, _nothing: NoBody
    ) -> Response:
        """Discard a draft for good; the version in force retires only by another's activation.

        A version that is retired already stays as it is. Stock its prize keys were opened with stays.
        """

        async def effect(tx: Tx) -> Any:
            config = await usecases.retire_config(tx, game, version, by=admin.user_id)
            return RetiredOut.of(config).model_dump(mode="json")

        once = Once.of(user_id=admin.user_id, route=f"{path}/{version}/retire", key=key)
        return answered(await answer_once(db, idempotency, once, effect))

    return router


def _reads_of(game: Game) -> APIRouter:
    router = APIRouter(prefix=f"/api/admin/{game.name}/configs", tags=[f"{game.name}-admin"])

    @router.get("", responses=problems(*REFUSED))
    async def list_configs(
        _operator: Operator, db: Database, limit: PageLimit = DEFAULT_LIMIT, cursor: PageCursor = None
    ) -> ConfigsOut:
        """List the game's versions, newest first."""
        (before,) = decode_cursor(cursor, _Version)
        async with db.read() as tx:
            configs = await usecases.list_configs(tx, game, before=before, limit=limit + 1)
        body = page(configs, limit, item=ConfigHeadOut.of, position=lambda config: (config.version,))
        return ConfigsOut.model_validate(body)

    @router.get("/{version}", responses=problems(*REFUSED, ConfigNotFound))
    async def read_config(version: int, _operator: Operator, db: Database) -> ConfigOut:
        """Return a version in whatever state."""
        async with db.read() as tx:
            return ConfigOut.of(await usecases.get_config(tx, game, version))

    @router.get("/{version}/diff", responses=problems(*REFUSED, ConfigNotFound, game.broken))
    async def compare_configs(
        version: int, _operator: Operator, db: Database, against: int | None = None
    ) -> ComparisonOut:
        """Return what a version changes about another: the active one unless told."""
        async with db.read() as tx:
            return ComparisonOut.of(await usecases.compare_configs(tx, game, version, against=against))

    return router


routers = tuple(
    router
    for game in GAMES
    for router in (_public_of(game), _writes_of(game, game.config_model), _states_of(game), _reads_of(game))
)
