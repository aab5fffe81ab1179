"""Today's feature for everybody, the schedule for operators, the kill switch for admins."""

from typing import Annotated

from fastapi import APIRouter, Query

from fairground_common.errors import MalformedJson, NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.features import NoFeatureToday
from fairground_common.web import Admin, CurrentPlayer, Database, Operator, OptionalPlayer, problems
from fairground_common.web.times import Day
from fairground_games.features import usecases
from fairground_games.features.errors import FeatureDayNotFound, FeatureNotFound, InvalidFeatureSchedule
from fairground_games.features.rules import ScheduledDay
from fairground_games.features.schemas import (
    EnterPageIn,
    FeatureIn,
    FeatureOut,
    FeaturesOut,
    FeatureType,
    ScheduleDayIn,
    ScheduledDayOut,
    ScheduleOut,
    TodayFeatureOut,
)

players = APIRouter(prefix="/api", tags=["features"])
operators = APIRouter(prefix="/api/admin", tags=["features-admin"])

_REFUSED = (NotAuthenticated, RoleMissing)


@players.get(
    "/today-feature",
    response_model_exclude_none=True,
    responses=problems(NotAuthenticated, NoFeatureToday, InvalidFeatureSchedule),
)
async def today_feature(caller: OptionalPlayer, db: Database) -> TodayFeatureOut:
    """What today belongs to. Needs no token; with one, the answer names the caller."""
    async with db.read() as tx:
        feature = await usecases.read_todays_feature(tx)
    return TodayFeatureOut(
        date=tx.today,
        feature_type=feature.type,
        title=feature.title,
        page_path=feature.page_path,
        user_id=caller.user_id if caller else None,
    )


@players.post(
    "/events/enter-page",
    status_code=204,
    responses=problems(MalformedJson, NotAuthenticated, ValidationFailed),
)
async def enter_page(body: EnterPageIn, player: CurrentPlayer, db: Database) -> None:
    """Note that the player looks at a feature's page."""
    async with db.begin() as tx:
        await usecases.enter_page(tx, user_id=player.user_id, feature_type=body.feature_type)


@operators.get("/feature-schedule", responses=problems(*_REFUSED, ValidationFailed))
async def schedule(
    _operator: Operator,
    db: Database,
    first: Annotated[Day | None, Query(alias="from", description="First day; yesterday when absent.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Last day, at most 366 days later.")] = None,
) -> ScheduleOut:
    """The schedule between two days, both inclusive."""
    async with db.read() as tx:
        return ScheduleOut.of(await usecases.list_schedule(tx, first=first, last=last))


@operators.put("/feature-schedule/{date}", responses=problems(MalformedJson, *_REFUSED, ValidationFailed))
async def schedule_day(date: Day, body: ScheduleDayIn, operator: Operator, db: Database) -> ScheduledDayOut:
    """Give a day to a feature. The same again changes nothing."""
    day = ScheduledDay(date, body.feature_type, body.is_active)
    async with db.begin() as tx:
        await usecases.schedule_day(tx, day, by=operator.user_id)
    return ScheduledDayOut.of(day)


@operators.delete(
    "/feature-schedule/{date}",
    status_code=204,
    responses=problems(*_REFUSED, FeatureDayNotFound, ValidationFailed),
)
async def clear_day(date: Day, operator: Operator, db: Database) -> None:
    """Take a day back from its feature."""
    async with db.begin() as tx:
        await usecases.clear_day(tx, date, by=operator.user_id)


@operators.get("/features", responses=problems(*_REFUSED))
async def features(_operator: Operator, db: Database) -> FeaturesOut:
    """Every feature there is, with its kill switch."""
    async with db.read() as tx:
        return FeaturesOut.of(await usecases.list_features(tx))


@operators.put(
    "/features/{feature_type}", responses=problems(MalformedJson, *_REFUSED, FeatureNotFound, ValidationFailed)
)
async def change_feature(feature_type: FeatureType, body: FeatureIn, admin: Admin, db: Database) -> FeatureOut:
    """Rename a feature, move its page or switch it off; holds from the next play on."""
    feature = body.named(feature_type)
    async with db.begin() as tx:
        await usecases.change_feature(tx, feature, by=admin.user_id)
    return FeatureOut.of(feature)


router = APIRouter()
router.include_router(players)
router.include_router(operators)
