"""All SQL of campaigns and their grants."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Select, Uuid, any_, bindparam, case, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from fairground_common.db import ReadTx, Tx, sqlstate_of
from fairground_common.db.failures import LOCK_TIMEOUT
from fairground_common.db.rows import as_rows, insert_rows
from fairground_games.grants.errors import CampaignBusy
from fairground_games.grants.models import campaign, campaign_grant
from fairground_games.grants.rules import Award, Campaign, CampaignGrant, Tally

_AMONG_THEM = campaign_grant.c.grant_id == any_(bindparam("grant_ids", type_=ARRAY(Uuid())))

_ADD = insert_rows(
    campaign_grant,
    ("grant_id", "user_id", "ref", "type", "amount", "sku", "label"),
    same=("campaign", "granted_by", "granted_at"),
)

_points = case((campaign_grant.c.type == "POINT", campaign_grant.c.amount), else_=0)
_is_undone = campaign_grant.c.undone_at.is_not(None)
_TALLY = (
    func.count().label("granted"),
    func.coalesce(func.sum(_points), 0).label("granted_points"),
    func.count().filter(_is_undone).label("undone"),
    func.coalesce(func.sum(_points).filter(_is_undone), 0).label("undone_points"),
)


class CampaignRepository:
    """Writes of one campaign."""

    def __init__(self, tx: Tx, name: str) -> None:
        self._tx = tx
        self._name = name

    async def begin(self, *, note: str | None, by: int) -> Campaign:
        """Make the campaign unless there is one, and hold it. Raises CampaignBusy when somebody else does so."""
        new = {"name": self._name, "note": note, "created_by": by, "created_at": self._tx.now}
        try:
            await self._tx.execute(insert(campaign).values(new).on_conflict_do_nothing())
        except DBAPIError as error:
            raise _as_refusal(error) from error
        held = await self.hold()
        assert held is not None, "campaigns are never deleted"
        return held

    async def hold(self) -> Campaign | None:
        """Hold the campaign, None when there is none. Raises CampaignBusy when somebody else holds it."""
        try:
            row = await self._tx.row(_of_name(self._name).with_for_update())
        except DBAPIError as error:
            raise _as_refusal(error) from error
        return None if row is None else _campaign(row)

    async def add(self, awards: Sequence[Award], *, by: int) -> None:
        """Write down what is credited, all with one statement."""
        await self._tx.execute(_ADD, as_rows(awards, campaign=self._name, granted_by=by, granted_at=self._tx.now))

    async def list_standing(self) -> list[CampaignGrant]:
        """Return what is not undone, by player, the first granted first."""
        standing = select(campaign_grant).where(campaign_grant.c.campaign == self._name, ~_is_undone)
        order = (campaign_grant.c.user_id, campaign_grant.c.granted_at, campaign_grant.c.ref)
        return [_grant(row) for row in await self._tx.rows(standing.order_by(*order))]

    async def mark_undone(self, grant_ids: Collection[UUID]) -> None:
        await self._tx.execute(
            update(campaign_grant).where(_AMONG_THEM).values(undone_at=self._tx.now), {"grant_ids": list(grant_ids)}
        )

    async def close(self, *, by: int) -> bool:
        """Note who has undone it, from when on it takes no grants; return whether it was still open."""
        closed = await self._tx.execute(
            update(campaign)
            .where(campaign.c.name == self._name, campaign.c.undone_at.is_(None))
            .values(undone_by=by, undone_at=self._tx.now)
        )
        return closed.rowcount == 1


async def find_campaign(tx: ReadTx, name: str) -> Campaign | None:
    row = await tx.row(_of_name(name))
    return None if row is None else _campaign(row)


async def list_known(tx: ReadTx, grant_ids: Collection[UUID]) -> Mapping[UUID, Award]:
    """Return those of some grants that were credited before."""
    rows = await tx.rows(select(campaign_grant).where(_AMONG_THEM), {"grant_ids": list(grant_ids)})
    return {row.grant_id: _award(row) for row in rows}


async def read_tally(tx: ReadTx, name: str) -> Tally:
    row = await tx.row(select(*_TALLY).where(campaign_grant.c.campaign == name))
    assert row is not None, "an aggregate always has one row"
    return _tally(row)


async def list_campaigns(
    tx: ReadTx, *, before: tuple[datetime.datetime, str] | None, limit: int
) -> list[tuple[Campaign, Tally]]:
    """Return campaigns and their tallies, the latest first."""
    page = select(campaign).order_by(campaign.c.created_at.desc(), campaign.c.name.desc()).limit(limit)
    if before is not None:
        page = page.where(tuple_(campaign.c.created_at, campaign.c.name) < before)
    shown = page.subquery()
    tally = select(*_TALLY).where(campaign_grant.c.campaign == shown.c.name).lateral()
    joined = select(shown, tally).order_by(shown.c.created_at.desc(), shown.c.name.desc())
    return [(_campaign(row), _tally(row)) for row in await tx.rows(joined)]


async def list_grants(
    tx: ReadTx, name: str, *, user_id: int | None, is_undone: bool | None, after: tuple[int, str] | None, limit: int
) -> list[CampaignGrant]:
    """Return grants of a campaign, by player and ref, behind a position."""
    found = select(campaign_grant).where(campaign_grant.c.campaign == name)
    if user_id is not None:
        found = found.where(campaign_grant.c.user_id == user_id)
    if is_undone is not None:
        found = found.where(_is_undone == is_undone)
    position = (campaign_grant.c.user_id, campaign_grant.c.ref)
    if after is not None:
        found = found.where(tuple_(*position) > after)
    return [_grant(row) for row in await tx.rows(found.order_by(*position).limit(limit))]


def _of_name(name: str) -> Select[Any]:
    return select(campaign).where(campaign.c.name == name)


def _as_refusal(error: DBAPIError) -> Exception:
    return CampaignBusy(retry_after=1) if sqlstate_of(error) == LOCK_TIMEOUT else error


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(row.name, row.note, row.created_by, row.created_at, row.undone_by, row.undone_at)


def _tally(row: Row[Any]) -> Tally:
    return Tally(row.granted, row.granted_points, row.undone, row.undone_points)


def _award(row: Row[Any]) -> Award:
    return Award(row.grant_id, row.user_id, row.ref, row.type, row.amount, row.sku, row.label)


def _grant(row: Row[Any]) -> CampaignGrant:
    return CampaignGrant(_award(row), row.granted_by, row.granted_at, row.undone_at)
