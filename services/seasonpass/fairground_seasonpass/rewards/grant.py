"""A level reward on its way to a player."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fairground_seasonpass.seasons.season import Level


@dataclass(frozen=True, slots=True)
class Owed:
    """A reward a player has a right to: by reaching an automatic level, or by claiming."""

    user_id: int
    season_id: int
    level: Level


@dataclass(frozen=True, slots=True)
class Grant:
    """A reward given. ``grant_id`` names it for ever: games books it once under this id."""

    grant_id: UUID
    user_id: int
    season_id: int
    level: int
    reward: Mapping[str, Any]
    granted_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """A grant, and how far it has come."""

    grant: Grant
    attempts: int
    """How often games was told; 0 for a reward of nothing."""
    sent_at: datetime.datetime
    """When games was last told."""
    delivered_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Levels of one season that one player was given, lowest first."""

    given: tuple[int, ...] = ()
    pending: tuple[int, ...] = ()
    """Those of them games has not booked yet."""


@dataclass(frozen=True, slots=True)
class Given:
    """A player's level whose reward was given, and whether it has arrived."""

    level: int
    granted_at: datetime.datetime
    delivered_at: datetime.datetime | None
