"""Features on the wire."""

import datetime
from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from fairground_games.features.rules import Feature, ScheduledDay

FeatureType = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,31}$", examples=["ROULETTE"])]


class TodayFeatureOut(BaseModel):
    """What today belongs to."""

    date: datetime.date = Field(description="Today, as a KST day.")
    feature_type: str
    title: str
    page_path: str
    user_id: int | None = Field(None, description="The caller, when a token was sent.")


class EnterPageIn(BaseModel):
    """Which feature's page a player looks at."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    feature_type: FeatureType


class ScheduleDayIn(BaseModel):
    """What a day is to belong to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    feature_type: FeatureType
    is_active: bool = Field(default=True, strict=True)


class ScheduledDayOut(BaseModel):
    date: datetime.date
    feature_type: str
    is_active: bool

    @classmethod
    def of(cls, day: ScheduledDay) -> Self:
        return cls(date=day.date, feature_type=day.feature_type, is_active=day.is_active)


class ScheduleOut(BaseModel):
    """Scheduled days, earliest first; a day that is missing has no feature."""

    items: list[ScheduledDayOut]

    @classmethod
    def of(cls, days: Iterable[ScheduledDay]) -> Self:
        return cls(items=[ScheduledDayOut.of(day) for day in days])


class FeatureIn(BaseModel):
    """A feature as it shall be, all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
    page_path: str = Field(
        max_length=200,
        pattern=r"^/([A-Za-z0-9._~-][A-Za-z0-9._~/?&=%-]*)?$",
        description="Path within the frontend; never another site.",
    )
    is_enabled: bool = Field(strict=True, description="false switches the feature off at once, TEST_MODE or not.")

    def named(self, feature_type: str) -> Feature:
        return Feature(feature_type, self.title, self.page_path, self.is_enabled)


class FeatureOut(BaseModel):
    feature_type: str
    title: str
    page_path: str
    is_enabled: bool

    @classmethod
    def of(cls, feature: Feature) -> Self:
        return cls(
            feature_type=feature.type,
            title=feature.title,
            page_path=feature.page_path,
            is_enabled=feature.is_enabled,
        )


class FeaturesOut(BaseModel):
    items: list[FeatureOut]

    @classmethod
    def of(cls, features: Iterable[Feature]) -> Self:
        return cls(items=[FeatureOut.of(feature) for feature in features])
