"""Which grants of a campaign are credited. A campaign gives a player one reward for each ``ref``, and that once."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid5

from fairground_games.grants.errors import CampaignFull, CampaignUndone
from fairground_games.rewards.rules import Grant

MOST_GRANTS = 10_000
"""Of one request, and of one campaign in all: its undoing is one transaction, too."""

_CAMPAIGNS = UUID("7d9a1c4e-52a3-5c0b-9c8e-2f60b1a7f3d4")
"""Namespace of grant ids. Never to change: it is what keeps a grant from being paid again."""

Result = Literal["credited", "already_credited", "refused"]
Refusal = Literal["xp_is_season_pass", "nothing_to_grant", "repeated", "other_reward"]
Hindrance = Literal["balance_too_low", "fulfilled"]


def grant_id_of(campaign: str, user_id: int, ref: str) -> UUID:
    """Return the one id of what a campaign gives a player for a ref."""
    return uuid5(_CAMPAIGNS, f"{campaign} {user_id} {ref}")


@dataclass(frozen=True, slots=True)
class Award:
    """A reward for a player. ``ref`` tells several of one player and campaign apart. Its fields are the columns."""

    grant_id: UUID
    user_id: int
    ref: str
    type: str
    amount: int
    sku: str | None
    label: str | None

    def as_grant(self) -> Grant:
        return Grant(self.grant_id, self.user_id, self.type, self.amount, self.sku, self.label)


@dataclass(frozen=True, slots=True)
class Order:
    """A request: what is to be given to whom, under which name."""

    campaign: str
    note: str | None
    awards: Sequence[Award]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one award."""

    award: Award
    result: Result
    reason: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """What became of an order, award by award."""

    verdicts: Sequence[Verdict]
    standing_before: int
    """Grants of the campaign that were credited, and not undone, before this order."""
    strangers: int
    """Users of credited awards who had never played or been given anything."""

    @property
    def credited(self) -> list[Award]:
        return [verdict.award for verdict in self.verdicts if verdict.result == "credited"]

    def count(self, result: Result) -> int:
        return sum(verdict.result == result for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign and who began and ended it."""

    name: str
    note: str | None
    created_by: int
    created_at: datetime.datetime
    undone_by: int | None
    undone_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How much of a campaign was credited, and how much of that was taken back."""

    granted: int = 0
    granted_points: int = 0
    undone: int = 0
    undone_points: int = 0


@dataclass(frozen=True, slots=True)
class CampaignGrant:
    """An award that was credited."""

    award: Award
    granted_by: int
    granted_at: datetime.datetime
    undone_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of the undoing of a campaign."""

    undone: Sequence[CampaignGrant]
    kept: Sequence[CampaignGrant]


def judge(awards: Sequence[Award], known: Mapping[UUID, Award]) -> list[Verdict]:
    """Decide awards of one campaign. ``known`` are those of them that were credited before."""
    return list(_verdicts(awards, known))


def refusal_of(award: Award) -> Refusal | None:
    """Return why nobody could be given this by a campaign."""
    if award.type == "XP":
        return "xp_is_season_pass"
    if award.type == "NONE" or (award.type == "POINT" and not award.amount):
        return "nothing_to_grant"
    return None


def hindrance_of(award: Award) -> Hindrance:
    """Return why an award could not be taken back."""
    return "balance_too_low" if award.type == "POINT" else "fulfilled"


def points_of(awards: Sequence[Award]) -> int:
    return sum(award.amount for award in awards if award.type == "POINT")


def require_open(campaign: Campaign) -> None:
    """Raise CampaignUndone for one that takes no more grants."""
    if campaign.undone_at is not None:
        raise CampaignUndone


def require_room(granted: int, more: int) -> None:
    """Raise CampaignFull when a campaign would get too many grants."""
    if granted + more > MOST_GRANTS:
        raise CampaignFull(f"A campaign has at most {MOST_GRANTS} grants; this one has {granted}, and {more} are new.")


def _verdicts(awards: Sequence[Award], known: Mapping[UUID, Award]) -> Iterator[Verdict]:
    seen: set[UUID] = set()
    for award in awards:
        yield _verdict(award, known.get(award.grant_id), is_repeated=award.grant_id in seen)
        seen.add(award.grant_id)


def _verdict(award: Award, before: Award | None, *, is_repeated: bool) -> Verdict:
    reason = "repeated" if is_repeated else refusal_of(award)
    if reason is not None:
        return Verdict(award, "refused", reason)
    if before is None:
        return Verdict(award, "credited")
    if before != award:
        return Verdict(award, "refused", "other_reward")
    return Verdict(award, "already_credited")
