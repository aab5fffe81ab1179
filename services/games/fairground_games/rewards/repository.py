"""All SQL of ledger, fulfilments and booked grants."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Text, Uuid, any_, bindparam, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert

from fairground_common.db import ReadTx, Tx
from fairground_common.db.rows import as_rows, insert_rows
from fairground_games.rewards.models import booked_grant, fulfilment, reward_ledger
from fairground_games.rewards.rules import CANCELLED, FULFILLED, PENDING, Booked, Entry, Fulfilment, Grant, LedgerEntry

_FULFILMENT = (
    *(column for column in fulfilment.c if not column.name.startswith("source_")),
    (fulfilment.c.source_kind + ":" + cast(fulfilment.c.source_id, Text)).label("source"),
)

_LEDGER_ENTRY = (
    *(column for column in reward_ledger.c if column.name not in {"user_id", "source_kind", "source_id"}),
    (reward_ledger.c.source_kind + ":" + cast(reward_ledger.c.source_id, Text)).label("source"),
)

_BOOKED = select(booked_grant.c.grant_id, booked_grant.c.user_id, booked_grant.c.booked_at).where(
    booked_grant.c.grant_id == any_(bindparam("grant_ids", type_=ARRAY(Uuid())))
)


_SOURCE = ("source_kind", "created_at")
_ENTER = insert_rows(reward_ledger, ("user_id", "type", "amount", "balance_after", "source_id"), same=_SOURCE)
_OWE = insert_rows(fulfilment, ("user_id", "type", "sku", "amount", "label", "source_id"), same=(*_SOURCE, "state"))

_CANCEL = (
    update(fulfilment)
    .where(fulfilment.c.source_id == any_(bindparam("grant_ids", type_=ARRAY(Uuid()))), fulfilment.c.state == PENDING)
    .values(state=CANCELLED)
    .returning(fulfilment.c.source_id)
)


class RewardRepository:
    """Writes of rewards. A source id is unique in ledger and fulfilments: nothing is ever paid twice."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def book(self, grants: Collection[Grant]) -> set[UUID]:
        """Note grants as booked and return those that are new; waits for others who book the same ones.

        In grant_id order, and before any player's row is locked, so that two consumers never wait for each other.
        """
        rows = [
            {"grant_id": grant.grant_id, "user_id": grant.user_id, "booked_at": self._tx.now}
            for grant in sorted(grants, key=lambda grant: grant.grant_id)
        ]
        new = insert(booked_grant).on_conflict_do_nothing().returning(booked_grant.c.grant_id)
        return set((await self._tx.execute(new, rows)).scalars())

    async def list_booked(self, grant_ids: Collection[UUID]) -> Mapping[UUID, Booked]:
        rows = await self._tx.rows(_BOOKED, {"grant_ids": list(grant_ids)})
        return {row.grant_id: Booked(row.user_id, row.booked_at) for row in rows}

    async def enter(self, entries: Sequence[Entry], *, kind: str) -> None:
        """Write ledger entries of one kind of source."""
        await self._tx.execute(_ENTER, as_rows(entries, source_kind=kind, created_at=self._tx.now))

    async def owe(self, grants: Sequence[Grant], *, kind: str) -> None:
        """Write down coupons and items that are to be handed over."""
        rows = [
            {
                "user_id": grant.user_id,
                "type": grant.type,
                "sku": grant.sku,
                "amount": grant.amount,
                "label": grant.label,
                "source_id": grant.grant_id,
            }
            for grant in grants
        ]
        await self._tx.execute(_OWE, as_rows(rows, source_kind=kind, created_at=self._tx.now, state=PENDING))

    async def cancel(self, grant_ids: Collection[UUID]) -> set[UUID]:
        """Take back what is still to be handed over; return of which grants."""
        return set((await self._tx.execute(_CANCEL, {"grant_ids": list(grant_ids)})).scalars())

    async def fulfil(self, fulfilment_id: int, *, by: int) -> Fulfilment | None:
        """Mark as handed over; None when there is nothing pending under this id."""
        row = await self._tx.row(
            update(fulfilment)
            .where(fulfilment.c.id == fulfilment_id, fulfilment.c.state == PENDING)
            .values(state=FULFILLED, fulfilled_at=self._tx.now, fulfilled_by=by)
            .returning(*_FULFILMENT)
        )
        return None if row is None else _fulfilment(row)


async def find_state(tx: ReadTx, fulfilment_id: int) -> str | None:
    """Return the state of a fulfilment, None when there is no such."""
    state: str | None = await tx.scalar(select(fulfilment.c.state).where(fulfilment.c.id == fulfilment_id))
    return state


async def list_pending(tx: ReadTx, user_id: int, *, limit: int) -> list[Fulfilment]:
    """Return what is still owed to a player, newest first."""
    rows = await tx.rows(
        select(*_FULFILMENT)
        .where(fulfilment.c.user_id == user_id, fulfilment.c.state == PENDING)
        .order_by(fulfilment.c.id.desc())
        .limit(limit)
    )
    return [_fulfilment(row) for row in rows]


async def count_pending(tx: ReadTx, user_id: int) -> int:
    of_player = select(func.count()).where(fulfilment.c.user_id == user_id, fulfilment.c.state == PENDING)
    return int(await tx.scalar(of_player))


async def count_all_pending(tx: ReadTx, *, most: int) -> int:
    some = select(fulfilment.c.id).where(fulfilment.c.state == PENDING).limit(most).subquery()
    return int(await tx.scalar(select(func.count()).select_from(some)))


async def list_ledger(tx: ReadTx, user_id: int, *, before: int | None, limit: int) -> list[LedgerEntry]:
    """Return a player's ledger entries older than one of them, newest first."""
    entries = select(*_LEDGER_ENTRY).where(reward_ledger.c.user_id == user_id)
    if before is not None:
        entries = entries.where(reward_ledger.c.id < before)
    rows = await tx.rows(entries.order_by(reward_ledger.c.id.desc()).limit(limit))
    return [LedgerEntry(**row._mapping) for row in rows]  # noqa: SLF001 - Row's documented mapping view


async def list_fulfilments(
    tx: ReadTx, *, state: str | None, reward_type: str | None, user_id: int | None, after: int | None, limit: int
) -> list[Fulfilment]:
    """Return fulfilments, the longest owed first."""
    found = select(*_FULFILMENT)
    if state is not None:
        found = found.where(fulfilment.c.state == state)
    if reward_type is not None:
        found = found.where(fulfilment.c.type == reward_type)
    if user_id is not None:
        found = found.where(fulfilment.c.user_id == user_id)
    if after is not None:
        found = found.where(fulfilment.c.id > after)
    return [_fulfilment(row) for row in await tx.rows(found.order_by(fulfilment.c.id).limit(limit))]


def _fulfilment(row: Row[Any]) -> Fulfilment:
    return Fulfilment(**row._mapping)  # noqa: SLF001 - Row's documented mapping view
