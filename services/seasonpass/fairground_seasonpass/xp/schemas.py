"""The XP ledger on the wire."""

import datetime
from collections.abc import Iterable
from uuid import UUID

from pydantic import BaseModel

from fairground_seasonpass.xp.entry import Line, Source


class LineOut(BaseModel):
    event_id: UUID
    season_id: int
    day: datetime.date
    source: Source
    xp: int
    """All the event added, its stamp included."""
    stamp: bool
    """Whether it brought the day's stamp."""
    feature_type: str | None
    outcome: str | None
    """Of a play; null for a check-in."""
    created_at: datetime.datetime

    @classmethod
    def of(cls, line: Line) -> "LineOut":
        return cls(
            event_id=line.event_id,
            season_id=line.season_id,
            day=line.day,
            source=line.source,
            xp=line.xp,
            stamp=line.stamp,
            feature_type=line.payload.get("feature_type"),
            outcome=line.payload.get("outcome"),
            created_at=line.created_at,
        )


class HistoryOut(BaseModel):
    items: list[LineOut]
    next_cursor: UUID | None

    @classmethod
    def of(cls, lines: Iterable[Line], next_before: UUID | None) -> "HistoryOut":
        return cls(items=[LineOut.of(line) for line in lines], next_cursor=next_before)
