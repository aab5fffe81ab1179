"""Every change is audited, or does not happen."""

import datetime
from collections.abc import Callable
from typing import Any

import asyncpg

from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import TokenMint
from fairground_common.testing.audited import Change, changes_of, check_audited

ADMIN_ID = 901
FIRST = {"season_id": 2}
"""The one that was made: the attempt that could not be audited has used up number 1."""

WITHOUT_LOGS = """
INSERT INTO season_pass_progress (user_id, season_id, current_xp, current_level, total_stamps, updated_at)
VALUES (7, 2, 5, 0, 0, now())
"""
"""Progress that no log explains: a rebuild takes it away."""


def a_draft(today: datetime.date, name: str) -> dict[str, Any]:
    reward = {"type": "POINT", "amount": 1}
    return {
        "season_name": name,
        "start_date": str(today),
        "end_date": str(today + datetime.timedelta(days=9)),
        "max_level": 1,
        "base_xp_per_stamp": 10,
        "levels": [{"level": 1, "required_xp": 10, "reward": reward, "auto_claim": True}],
    }


async def test_every_change_is_audited_or_does_not_happen(
    fresh_database: Callable[[str], ServiceDatabase], api: Any, token_mint: TokenMint, today: datetime.date
) -> None:
    database = fresh_database("seasonpass")
    owner = await asyncpg.connect(database.owner_url)
    client = await api(database_url=database.app_url)
    seasons = "/api/admin/seasons"
    changes = [
        Change("POST", seasons, options={"body": a_draft(today, "Winter")}),
        Change("PUT", seasons + "/{season_id}", FIRST, {"body": a_draft(today, "Spring")}),
        Change("POST", seasons + "/{season_id}/clone", FIRST),
        Change("POST", seasons + "/{season_id}/publish", FIRST),
        Change("POST", "/api/admin/seasonpass/seasons/{season_id}/rebuild", FIRST, prepare=WITHOUT_LOGS),
        Change("POST", seasons + "/{season_id}/retire", FIRST),
    ]
    assert {(change.method, change.path) for change in changes} == await changes_of(client)
    await check_audited(changes, client.signed(token_mint.headers(ADMIN_ID, "admin")), owner, by=ADMIN_ID)
    await owner.close()
