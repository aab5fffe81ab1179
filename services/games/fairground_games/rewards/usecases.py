"""RewardService: what players earn arrives once, can be explained, and is handed over by a person where needed.

Rewards of plays are booked by the play's own statement; here are grants, whoever makes them, and everything after.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from fairground_common.contracts import Envelope, RewardDelivered
from fairground_common.db import ReadTx, Tx
from fairground_common.db.audit import audit
from fairground_common.ids import new_id
from fairground_common.messaging import emit, note_counted
from fairground_games.players.usecases import Points, credit_points, debit_points, read_balance
from fairground_games.rewards import repository
from fairground_games.rewards.errors import AlreadyFulfilled, FulfilmentCancelled, FulfilmentNotFound
from fairground_games.rewards.metrics import FULFILMENTS
from fairground_games.rewards.repository import RewardRepository
from fairground_games.rewards.rules import (
    CAMPAIGN_UNDONE,
    CANCELLED,
    FULFILLED,
    GRANT,
    PENDING,
    Booked,
    Entry,
    Fulfilment,
    Grant,
    Holdings,
    LedgerEntry,
    require_bookable,
    require_same_player,
)
from fairground_games.schema import audit_log, outbox

MOST_PENDING = 100
"""Pending rewards shown to a player at once; their number is told beside them."""


MOST_COUNTED = 100_000


async def book_grants(tx: Tx, grants: Sequence[Grant], *, seed_key_id: str) -> None:
    """Pay grants that are new and answer all of them, paid now or before. Raises GrantRefused and then pays none."""
    for grant in grants:
        require_bookable(grant)
    rewards = RewardRepository(tx)
    by_id = {grant.grant_id: grant for grant in grants}
    new = await rewards.book(by_id.values())
    booked = await rewards.list_booked(by_id)
    for grant in grants:
        require_same_player(grant, booked[grant.grant_id])
    owed = [grant for grant in by_id.values() if grant.grant_id in new]
    await pay(tx, owed, kind=GRANT, seed_key_id=seed_key_id)
    await emit(tx, outbox, [_delivered(tx, grant, booked[grant.grant_id]) for grant in by_id.values()])


async def pay(tx: Tx, grants: Collection[Grant], *, kind: str, seed_key_id: str) -> None:
    """Pay grants none of which was paid before. Players' rows are locked last, for as short as can be."""
    rewards = RewardRepository(tx)
    in_kind = [grant for grant in grants if grant.is_handed_over]
    if in_kind:
        await rewards.owe(in_kind, kind=kind)
    in_points = [grant for grant in grants if grant.points]
    if in_points:
        payments = [Points(grant.user_id, grant.points) for grant in in_points]
        balances = await credit_points(tx, payments, seed_key_id=seed_key_id)
        await rewards.enter(list(map(Entry.paid, in_points, balances)), kind=kind)


async def take_back(tx: Tx, grants: Collection[Grant]) -> set[UUID]:
    """Take back paid grants as far as that can be; return which. Each at most once, in the order given.

    Points are taken back by another ledger entry when the balance covers all of them; a coupon or item when it was
    not handed over.
    """
    rewards = RewardRepository(tx)
    in_kind = [grant.grant_id for grant in grants if grant.is_handed_over]
    taken = await rewards.cancel(in_kind) if in_kind else set()
    in_points = [grant for grant in grants if grant.points]
    if in_points:
        balances = await debit_points(tx, [Points(grant.user_id, grant.points) for grant in in_points])
        covered = [(grant, after) for grant, after in zip(in_points, balances, strict=True) if after is not None]
        await rewards.enter([Entry.taken_back(grant, after) for grant, after in covered], kind=CAMPAIGN_UNDONE)
        taken |= {grant.grant_id for grant, _ in covered}
    return taken


async def read_holdings(tx: ReadTx, user_id: int) -> Holdings:
    """Return a player's balance and what is still owed to them."""
    return Holdings(
        points=await read_balance(tx, user_id),
        pending=await repository.list_pending(tx, user_id, limit=MOST_PENDING),
        pending_total=await repository.count_pending(tx, user_id),
    )


async def list_ledger(tx: ReadTx, user_id: int, *, before: int | None, limit: int) -> list[LedgerEntry]:
    """Return a player's ledger, newest first."""
    return await repository.list_ledger(tx, user_id, before=before, limit=limit)


async def list_fulfilments(
    tx: ReadTx, *, state: str | None, reward_type: str | None, user_id: int | None, after: int | None, limit: int
) -> list[Fulfilment]:
    """Return what is or was to be handed over, the longest owed first."""
    return await repository.list_fulfilments(
        tx, state=state, reward_type=reward_type, user_id=user_id, after=after, limit=limit
    )


async def count_fulfilments(tx: Tx) -> None:
    """Count what is to be handed over, for those who watch; beyond 100,000 it is just as much too much."""
    FULFILMENTS.set(await repository.count_all_pending(tx, most=MOST_COUNTED))
    note_counted("fulfilments")


async def fulfil(tx: Tx, fulfilment_id: int, *, by: int) -> Fulfilment:
    """Note that a coupon or item has been handed over.

    Raises FulfilmentNotFound, AlreadyFulfilled, FulfilmentCancelled.
    """
    done = await RewardRepository(tx).fulfil(fulfilment_id, by=by)
    if done is None:
        state = await repository.find_state(tx, fulfilment_id)
        if state is None:
            raise FulfilmentNotFound
        raise FulfilmentCancelled if state == CANCELLED else AlreadyFulfilled
    await audit(
        tx,
        audit_log,
        by=by,
        action="REWARD_FULFILLED",
        subject=f"fulfilment:{fulfilment_id}",
        before={"state": PENDING},
        after={"state": FULFILLED},
    )
    return done


def _delivered(tx: Tx, grant: Grant, booked: Booked) -> Envelope:
    """Answer a grant under the request it came from: a batch of them belongs to none."""
    return Envelope(
        event_id=new_id(),
        type=RewardDelivered.type,
        source=RewardDelivered.source,
        occurred_at=tx.now,
        key=grant.user_id,
        request_id=grant.request_id,
        traceparent=grant.traceparent,
        data=RewardDelivered(grant_id=grant.grant_id, delivered_at=booked.booked_at),
    )
