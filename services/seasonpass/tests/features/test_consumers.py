import datetime

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, FeatureDay, FeatureDaysChanged, FeatureTitle
from fairground_common.db import Db
from fairground_common.features import Day, find_day
from fairground_seasonpass.features.consumers import feature_days_changed
from fairground_seasonpass.features.models import FEATURES

DAY = datetime.date(2026, 3, 14)


def stated(revision: int, feature_type: str, *, is_enabled: bool = True) -> Envelope:
    event = FeatureDaysChanged(
        revision=revision,
        days=(FeatureDay(date=DAY, feature_type=feature_type, is_active=True),),
        features=(FeatureTitle(type="SEASON_PASS", is_enabled=is_enabled, title="Season pass"),),
    )
    return Envelope.of(event, at=Clock().now(), revision=revision)


async def known(db: Db, date: datetime.date = DAY, feature: str = "SEASON_PASS") -> Day | None:
    async with db.read() as tx:
        return await find_day(tx, FEATURES, feature, date)


async def test_before_the_first_statement_nothing_is_known(db: Db) -> None:
    assert await known(db) is None


async def test_the_latest_statement_wins_whatever_the_order(db: Db) -> None:
    handle = feature_days_changed(db)
    await handle([stated(2, "DICE"), stated(5, "SEASON_PASS", is_enabled=False), stated(1, "LOTTERY")])
    await handle([stated(4, "DICE")])
    await handle([stated(5, "LOTTERY")])
    assert await known(db) == Day(is_enabled=False, scheduled="SEASON_PASS", is_active=True)


async def test_a_statement_replaces_the_one_before_as_a_whole(db: Db) -> None:
    handle = feature_days_changed(db)
    await handle([stated(1, "SEASON_PASS")])
    await handle([Envelope.of(FeatureDaysChanged(revision=2, days=(), features=()), at=Clock().now(), revision=2)])
    assert await known(db) == Day(is_enabled=False, scheduled=None, is_active=False)


async def test_a_feature_nobody_has_set_up_is_disabled(db: Db) -> None:
    await feature_days_changed(db)([stated(1, "SEASON_PASS")])
    day = await known(db, feature="POKER")
    assert day is not None
    assert not day.is_enabled
