"""All that the games keep of a player, however much it is."""

from typing import Any

import asyncpg

from fairground_common.db.records import Records
from fairground_common.testing import AsgiClient
from fairground_common.testing.personal import untold
from fairground_games.personal.records import RECORDS
from fairground_games.schema import metadata

PLAYER = 1
ELSEWHERE = {
    "idempotency": "answers given, kept for 35 days so that they can be given again",
}

PLAYS = """
INSERT INTO play (play_id, game, event_id, user_id, config_version, day, created_at, pair, nonce, outcome_key, outcome,
    reward, receipt, used_today, max_daily, balance)
SELECT gen_random_uuid(), 'roulette', gen_random_uuid(), number % 2 + 1, 1, '2026-01-01',
    '2026-01-01T00:00:00Z'::timestamptz + make_interval(secs => number / 10), 0, number, '1', '{"slot_index": 1}',
    '{"type": "NONE", "amount": 0}', '{}', 1, 0, 0
FROM generate_series(1, $1::int) AS number
"""
"""Plays of two players in turn, ten in a second: their moments alone do not tell them apart."""


def test_every_column_about_a_player_is_told_or_withheld() -> None:
    assert untold(metadata, RECORDS, elsewhere=ELSEWHERE) == set()


async def test_plays_are_told_page_by_page_whole_and_once(
    admin: AsgiClient, owner: asyncpg.Connection, store_version: Any, roulette_config: Any
) -> None:
    await store_version("roulette", roulette_config())
    await owner.execute(PLAYS, 2000)
    path = f"/api/admin/games/players/{PLAYER}/export/plays"
    told: list[Any] = []
    query: dict[str, Any] = {"limit": 300}
    while True:
        body = (await admin.get(path, query=query)).body
        told += body["items"]
        if body["next_cursor"] is None:
            break
        query["cursor"] = body["next_cursor"]
    kept = await owner.fetch("SELECT play_id FROM play WHERE user_id = $1 ORDER BY created_at, play_id", PLAYER)
    assert [play["play_id"] for play in told] == [str(play_id) for (play_id,) in kept]
    assert len(told) == 1000
    assert told[0]["outcome"] == {"slot_index": 1}


async def test_every_kind_can_be_asked_for_and_is_empty_for_a_stranger(admin: AsgiClient) -> None:
    kinds = (await admin.get(f"/api/admin/games/players/{PLAYER}/export")).body["kinds"]
    assert kinds == [records.kind for records in RECORDS]
    for kind in kinds:
        answer = await admin.get(f"/api/admin/games/players/{PLAYER}/export/{kind}")
        assert answer.body == {"items": [], "next_cursor": None}, kind


def test_orders_name_columns_that_are_told() -> None:
    for records in RECORDS:
        assert set(records.order) <= _told(records), records.kind


def _told(records: Records) -> set[str]:
    return {column.split()[-1] for column in records.columns}
