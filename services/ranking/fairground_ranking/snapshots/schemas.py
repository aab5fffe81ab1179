"""The ranking on the wire."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, Field

from fairground_common.uploads import CSV, JSON
from fairground_ranking.snapshots.rules import (
    LONGEST_NAME,
    MOST_ENTRIES,
    Entry,
    Place,
    Snapshot,
    Standings,
    Version,
    escaped,
)


class TopEntry(BaseModel):
    rank: int
    display_name: str
    score: int


class OwnEntry(BaseModel):
    """Where the player stands: rank null and score 0 when they are not in the ranking."""

    rank: int | None
    score: int
    is_in_top: bool


class StandingsOut(BaseModel):
    """Today's ranking; an empty list on a day without one."""

    date: datetime.date
    top: list[TopEntry]
    me: OwnEntry

    @classmethod
    def of(cls, date: datetime.date, standings: Standings) -> Self:
        me = standings.me
        return cls(
            date=date,
            top=[TopEntry(rank=e.rank, display_name=e.display_name, score=e.score) for e in standings.top],
            me=OwnEntry(
                rank=None if me is None else me.rank,
                score=0 if me is None else me.score,
                is_in_top=standings.is_in_top,
            ),
        )


class PublishedOut(BaseModel):
    """The version players see now; null for a dry run, which stores nothing."""

    version: int | None
    entries: int

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        return cls(version=snapshot.version, entries=snapshot.entries)


class VersionOut(BaseModel):
    version: int
    entries: int
    sha256: str
    uploaded_by: int
    created_at: AwareDatetime
    is_published: bool


class VersionsOut(BaseModel):
    """A day's versions, newest first."""

    items: list[VersionOut]

    @classmethod
    def of(cls, versions: Sequence[Version]) -> Self:
        return cls(
            items=[
                VersionOut(
                    version=each.snapshot.version,
                    entries=each.snapshot.entries,
                    sha256=each.snapshot.content_hash.hex(),
                    uploaded_by=each.uploaded_by,
                    created_at=each.created_at,
                    is_published=each.is_published,
                )
                for each in versions
            ]
        )


class PlaceOut(BaseModel):
    date: datetime.date
    version: int
    rank: int
    display_name: str
    score: int


class PlayerOut(BaseModel):
    """A player's places in published rankings, latest day first, at most 100."""

    user_id: int
    places: list[PlaceOut]

    @classmethod
    def of(cls, user_id: int, places: Sequence[Place]) -> Self:
        return cls(
            user_id=user_id,
            places=[
                PlaceOut(
                    date=place.date,
                    version=place.version,
                    rank=place.entry.rank,
                    display_name=place.entry.display_name,
                    score=place.entry.score,
                )
                for place in places
            ],
        )


def cells_of(entry: Entry) -> tuple[object, ...]:
    """Return one line of an export, in the order of ``EXPORT_COLUMNS``."""
    return entry.rank, entry.user_id, escaped(entry.display_name), entry.score


VersionNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]


class RollbackIn(BaseModel):
    version: Annotated[VersionNumber, Field(strict=True)]


UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["entries"],
                    "additionalProperties": False,
                    "properties": {
                        "entries": {
                            "type": "array",
                            "maxItems": MOST_ENTRIES,
                            "items": {
                                "type": "object",
                                "required": ["rank", "display_name", "score"],
                                "additionalProperties": False,
                                "properties": {
                                    "rank": {"type": "integer", "minimum": 1},
                                    "user_id": {"type": ["integer", "null"], "minimum": 1},
                                    "display_name": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
                                    "score": {"type": "integer"},
                                },
                            },
                        }
                    },
                }
            },
            CSV: {
                "schema": {"type": "string", "description": "A version's export is taken as well, as it is."},
                "example": "rank,user_id,display_name,score\n1,42,Mina,9000\n2,,Guest,8500\n",
            },
        },
    }
}
"""OpenAPI of the upload. Its body is not read by the framework: rows are checked and named by our own rules."""
