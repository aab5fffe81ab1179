"""Recomputing progress from the logs: looking for differences, and mending them.

Right while events keep flowing: a mended player's progress is locked first and added up in the next statement. Whoever
counts a play at that moment either has committed, and is part of the sum, or waits for the lock and adds to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from fairground_common.db import ReadTx, Tx
from fairground_common.db.audit import audit
from fairground_seasonpass.rebuild import repository
from fairground_seasonpass.rebuild.rules import Books, Difference, Progress, difference_of
from fairground_seasonpass.rewards.grant import Owed
from fairground_seasonpass.rewards.usecases import give
from fairground_seasonpass.schema import audit_log
from fairground_seasonpass.seasons.season import Season


@dataclass(frozen=True, slots=True)
class Checked:
    """Some players of a season, compared with the logs."""

    players: int
    differences: Sequence[Difference]
    last_user_id: int | None
    """Where the next ones start; None when these were the last."""


async def compare(tx: ReadTx, season: Season, *, after: int, limit: int) -> Checked:
    """Compare the next players of a season with the logs. Changes nothing."""
    books = await repository.list_books(tx, season_id=season.id, after=after, limit=limit)
    return Checked(len(books), _differences(season, books), books[-1].user_id if len(books) == limit else None)


async def mend(tx: Tx, season: Season, *, after: int, limit: int, by: int) -> Checked:
    """Make the progress of the next players what the logs say, and pay what was not paid; return what was wrong.

    Part of it are differences nobody can mend: the logs themselves.
    """
    checked = await compare(tx, season, after=after, limit=limit)
    left = [each for each in checked.differences if not each.needs_mending]
    wrong = await _locked(tx, season, [each.user_id for each in checked.differences if each.needs_mending])
    if wrong:
        await _restate(tx, season, wrong)
        await give(tx, [Owed(each.user_id, season.id, level) for each in wrong for level in each.unpaid])
        await _audited(tx, season, wrong, by=by)
    return Checked(checked.players, [*wrong, *left], checked.last_user_id)


async def _locked(tx: Tx, season: Season, user_ids: Sequence[int]) -> list[Difference]:
    """Lock players' progress, then look again: what was seen before the lock may be over."""
    if not user_ids:
        return []
    made = await repository.lock_progress(tx, season_id=season.id, user_ids=user_ids)
    books = await repository.list_books_of(tx, season_id=season.id, user_ids=user_ids)
    return _differences(season, [replace(each, stored=None) if each.user_id in made else each for each in books])


async def _restate(tx: Tx, season: Season, wrong: Sequence[Difference]) -> None:
    should = {each.user_id: each.computed for each in wrong if each.computed is not None}
    nobody = [each.user_id for each in wrong if each.computed is None]
    if should:
        await repository.restate(tx, season_id=season.id, progress_of=should)
    if nobody:
        await repository.remove(tx, season_id=season.id, user_ids=nobody)


def _differences(season: Season, books: Sequence[Books]) -> list[Difference]:
    compared = (difference_of(season, each) for each in books)
    return [difference for difference in compared if difference]


async def _audited(tx: Tx, season: Season, wrong: Sequence[Difference], *, by: int) -> None:
    await audit(
        tx,
        audit_log,
        by=by,
        action="PROGRESS_REBUILT",
        subject=f"season:{season.id}",
        before=[_told(each, each.stored) for each in wrong],
        after=[_told(each, each.computed, paid_levels=[level.level for level in each.unpaid]) for each in wrong],
    )


def _told(difference: Difference, progress: Progress | None, **more: Any) -> dict[str, Any]:
    told = None if progress is None else msgspec.to_builtins(progress)
    return {"user_id": difference.user_id, "progress": told, **more}
