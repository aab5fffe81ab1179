"""What happens to rankings: operators publish and roll back, players read."""

import datetime

from fairground_common.db import ReadTx, Tx, UserEvent, log_user_events
from fairground_common.db.audit import audit
from fairground_ranking.features.usecases import RANKING, require_ranking_day
from fairground_ranking.personal.usecases import refuse_erased_in
from fairground_ranking.schema import audit_log, user_event_log
from fairground_ranking.snapshots import repository
from fairground_ranking.snapshots.errors import RankingVersionNotFound
from fairground_ranking.snapshots.repository import SnapshotRepository
from fairground_ranking.snapshots.rules import Entry, Place, Ranking, Snapshot, Standings, Version

MOST_PLACES = 100


async def read_todays_standings(tx: ReadTx, *, user_id: int, top: int, test_mode: bool) -> Standings:
    """Return today's ranking as a player sees it, when today is a ranking's day."""
    await require_ranking_day(tx, test_mode=test_mode)
    return await repository.read_standings(tx, tx.today, top=top, user_id=user_id)


async def publish_ranking(tx: Tx, *, date: datetime.date, ranking: Ranking, by: int) -> Snapshot:
    """Store a day's ranking and show it to players. Content the day already has is published as the version it is.

    Raises RankingUploadInProgress; PlayerErasedMeanwhile when a player of it was erased since it was read.
    """
    snapshots = SnapshotRepository(tx)
    await snapshots.lock_day(date)
    snapshot = await snapshots.find_by_content(date, ranking.content_hash)
    if snapshot is None:
        snapshot = await snapshots.add(date, ranking, by=by)
        await refuse_erased_in(tx, date=date, version=snapshot.version)
    await _publish(tx, snapshots, snapshot, by=by, action="RANKING_PUBLISHED")
    return snapshot


async def roll_back_ranking(tx: Tx, *, date: datetime.date, version: int, by: int) -> Snapshot:
    """Show an earlier (or later) version of a day's ranking again. Raises RankingVersionNotFound."""
    snapshots = SnapshotRepository(tx)
    await snapshots.lock_day(date)
    snapshot = await get_version(tx, date, version)
    await _publish(tx, snapshots, snapshot, by=by, action="RANKING_ROLLED_BACK")
    return snapshot


async def list_versions(tx: ReadTx, date: datetime.date) -> list[Version]:
    """Return all versions of a day, newest first."""
    return await repository.list_versions(tx, date)


async def get_version(tx: ReadTx, date: datetime.date, version: int) -> Snapshot:
    """Return a version of a day. Raises RankingVersionNotFound."""
    snapshot = await repository.find_version(tx, date, version)
    if snapshot is None:
        raise RankingVersionNotFound
    return snapshot


async def list_entries(tx: ReadTx, snapshot: Snapshot, *, after: int, limit: int) -> list[Entry]:
    """Return entries of a version behind a rank, in rank order; none at its end."""
    return await repository.list_entries(tx, snapshot.date, snapshot.version, after=after, limit=limit)


async def list_places(tx: ReadTx, *, user_id: int) -> list[Place]:
    """Return where a player stood in the latest published rankings they are in."""
    return await repository.list_places(tx, user_id, most=MOST_PLACES)


async def _publish(tx: Tx, snapshots: SnapshotRepository, snapshot: Snapshot, *, by: int, action: str) -> None:
    before = await snapshots.find_published(snapshot.date)
    if before == snapshot:
        return
    await snapshots.publish(snapshot, by=by)
    after = _described(snapshot)
    await audit(
        tx,
        audit_log,
        by=by,
        action=action,
        subject=f"ranking:{snapshot.date}",
        before=None if before is None else _described(before),
        after=after,
    )
    await log_user_events(tx, user_event_log, [UserEvent(by, action, RANKING, after)])


def _described(snapshot: Snapshot) -> dict[str, object]:
    return {"version": snapshot.version, "entries": snapshot.entries, "sha256": snapshot.content_hash.hex()}
