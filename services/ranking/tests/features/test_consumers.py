import datetime

from sqlalchemy import select

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, FeatureDay, FeatureDaysChanged, FeatureTitle
from fairground_common.db import Db
from fairground_ranking.features.consumers import feature_days_changed
from fairground_ranking.features.models import FEATURES

DAY = datetime.date(2026, 3, 14)


def stated(revision: int, feature_type: str) -> Envelope:
    event = FeatureDaysChanged(
        revision=revision,
        days=(FeatureDay(date=DAY, feature_type=feature_type, is_active=True),),
        features=(FeatureTitle(type=feature_type, is_enabled=True, title=feature_type.title()),),
    )
    return Envelope.of(event, at=Clock().now(), revision=revision)


async def known(db: Db) -> tuple[int, str]:
    async with db.read() as tx:
        revision = await tx.scalar(select(FEATURES.statement.c.revision))
        feature_type = await tx.scalar(select(FEATURES.day.c.feature_type).where(FEATURES.day.c.date == DAY))
    return int(revision), str(feature_type)


async def test_the_latest_statement_of_a_batch_is_taken_over(db: Db) -> None:
    await feature_days_changed(db)([stated(2, "DICE"), stated(3, "RANKING"), stated(1, "LOTTERY")])
    assert await known(db) == (3, "RANKING")


async def test_an_older_statement_that_arrives_late_changes_nothing(db: Db) -> None:
    handle = feature_days_changed(db)
    await handle([stated(5, "RANKING")])
    await handle([stated(4, "DICE")])
    await handle([stated(5, "LOTTERY")])
    assert await known(db) == (5, "RANKING")
