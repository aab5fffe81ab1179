"""FeatureService: what today belongs to, who looked at it, and how operators plan the days.

Every change is told to the other services in its own transaction: they hold a copy and keep working without us.
"""

import datetime
from dataclasses import asdict

from fairground_common.contracts import Envelope, FeatureDay, FeatureDaysChanged, FeatureTitle
from fairground_common.db import ReadTx, Tx, UserEvent, log_user_events
from fairground_common.db.audit import audit
from fairground_common.errors import FieldError, ValidationFailed
from fairground_common.messaging import emit
from fairground_games.features import repository, rules
from fairground_games.features.errors import FeatureDayNotFound, FeatureNotFound
from fairground_games.features.repository import FeatureRepository
from fairground_games.features.rules import Feature, ScheduledDay
from fairground_games.schema import audit_log, outbox, user_event_log

ENTERED = "ENTER_PAGE"
"""The action of a page view in user_event_log."""


async def read_todays_feature(tx: ReadTx) -> Feature:
    """Return today's feature as the schedule has it; TEST_MODE changes nothing about the truth."""
    return rules.todays_feature(await repository.list_candidates(tx, tx.today))


async def enter_page(tx: Tx, *, user_id: int, feature_type: str) -> None:
    """Note that a player looks at a feature's page, whether it is open or not."""
    await _require_feature(tx, feature_type)
    await log_user_events(tx, user_event_log, [UserEvent(user_id, ENTERED, feature_type)])


async def list_schedule(tx: ReadTx, *, first: datetime.date | None, last: datetime.date | None) -> list[ScheduledDay]:
    """Return the scheduled days between two days, both inclusive."""
    return await repository.list_days(tx, *rules.listed_days(first, last, tx.today))


async def schedule_day(tx: Tx, day: ScheduledDay, *, by: int) -> None:
    """Give a day to a feature. A game need not be configured yet: that is asked for when the day has come."""
    rules.require_within_reach(day.date, tx.today)
    await _require_feature(tx, day.feature_type)
    features = FeatureRepository(tx)
    await features.lock()
    before = await repository.find_day(tx, day.date)
    if before == day:
        return
    await features.put_day(day)
    await audit(
        tx,
        audit_log,
        by=by,
        action="FEATURE_DAY_SCHEDULED",
        subject=f"feature-day:{day.date}",
        before=_content_of(before),
        after=_content_of(day),
    )
    await _state(tx, features)


async def clear_day(tx: Tx, date: datetime.date, *, by: int) -> None:
    """Take a day back from its feature. Raises FeatureDayNotFound."""
    features = FeatureRepository(tx)
    await features.lock()
    before = await repository.find_day(tx, date)
    if before is None:
        raise FeatureDayNotFound
    await features.remove_day(date)
    subject = f"feature-day:{date}"
    await audit(tx, audit_log, by=by, action="FEATURE_DAY_CLEARED", subject=subject, before=_content_of(before))
    await _state(tx, features)


async def list_features(tx: ReadTx) -> list[Feature]:
    """Return every feature there is."""
    return await repository.list_features(tx)


async def change_feature(tx: Tx, feature: Feature, *, by: int) -> None:
    """Rename a feature, move its page, or throw its kill switch. Raises FeatureNotFound."""
    features = FeatureRepository(tx)
    await features.lock()
    before = await repository.find_feature(tx, feature.type)
    if before is None:
        raise FeatureNotFound
    if before == feature:
        return
    await features.put_feature(feature)
    await audit(
        tx,
        audit_log,
        by=by,
        action="FEATURE_CHANGED",
        subject=f"feature:{feature.type}",
        before=asdict(before),
        after=asdict(feature),
    )
    await _state(tx, features)


async def state_feature_days(tx: Tx) -> None:
    """Tell the other services the schedule as it stands, changed or not."""
    features = FeatureRepository(tx)
    await features.lock()
    await _state(tx, features)


async def _state(tx: Tx, features: FeatureRepository) -> None:
    revision = await features.next_revision()
    days = await repository.list_days(tx, tx.today - rules.STATED_BACK, tx.today + rules.STATED_AHEAD)
    stated = FeatureDaysChanged(
        revision=revision,
        days=tuple(FeatureDay(date=day.date, feature_type=day.feature_type, is_active=day.is_active) for day in days),
        features=tuple(
            FeatureTitle(type=feature.type, is_enabled=feature.is_enabled, title=feature.title)
            for feature in await repository.list_features(tx)
        ),
    )
    await emit(tx, outbox, [Envelope.of(stated, at=tx.now, revision=revision)])


async def _require_feature(tx: Tx, feature_type: str) -> None:
    if await repository.find_feature(tx, feature_type) is None:
        raise ValidationFailed(errors=[FieldError(("feature_type",), "there is no such feature")])


def _content_of(day: ScheduledDay | None) -> dict[str, object] | None:
    return None if day is None else {"feature_type": day.feature_type, "is_active": day.is_active}
