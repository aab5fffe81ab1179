"""One key, one effect, one answer."""

import asyncio
from functools import partial
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Table, text

from fairground_common.db import Db, Tx
from fairground_common.db.idempotency import Once, answer_once, forget_answers
from fairground_common.db.provision import ServiceDatabase
from fairground_common.errors import IdempotencyKeyReused, PayloadTooLarge, RequestInProgress

ROUTE = "POST /api/test"


async def add_one(tx: Tx) -> dict[str, Any]:
    return {"value": await tx.scalar(text("UPDATE counter SET value = value + 1 RETURNING value"))}


def once(key: str | None, request: object = None, user_id: int = 1) -> Once:
    return Once.of(user_id=user_id, route=ROUTE, key=key, request=request)


async def test_fifty_at_once_are_one_effect_and_one_answer(db: Db, table: Table) -> None:
    answers = await asyncio.gather(*(answer_once(db, table, once("key"), add_one) for _ in range(10)))
    assert [answer.json for answer in answers] == ['{"value":1}'] * 10
    assert [answer.replayed for answer in answers].count(False) == 1


async def test_a_replay_is_the_first_answer_byte_for_byte(db: Db, table: Table) -> None:
    async def effect(_tx: Tx) -> dict[str, Any]:
        return {"zz": 1, "a": "é", "mm": [1.0, None]}

    first, second = [await answer_once(db, table, once("key"), effect) for _ in range(2)]
    assert first.json == second.json == '{"zz":1,"a":"é","mm":[1.0,null]}'


async def test_an_answer_is_forgotten_after_35_days_and_not_before(
    db: Db, table: Table, database: ServiceDatabase
) -> None:
    for key in ("old", "young"):
        await answer_once(db, table, once(key), add_one)
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("UPDATE idempotency SET created_at = now() - interval '35 days 1 minute' WHERE key = 'old'")
    await owner.execute("UPDATE idempotency SET created_at = now() - interval '34 days 23 hours' WHERE key = 'young'")
    await owner.close()
    assert await db.retrying(partial(forget_answers, table=table)) == 1
    assert (await answer_once(db, table, once("young"), add_one)).replayed
    assert not (await answer_once(db, table, once("old"), add_one)).replayed


async def test_without_a_key_every_request_counts(db: Db, table: Table) -> None:
    answers = [await answer_once(db, table, once(None), add_one) for _ in range(2)]
    assert [answer.json for answer in answers] == ['{"value":1}', '{"value":2}']


async def test_a_key_with_another_body_is_refused(db: Db, table: Table) -> None:
    await answer_once(db, table, once("key", {"a": 1, "b": 2}), add_one)
    assert (await answer_once(db, table, once("key", {"b": 2, "a": 1}), add_one)).replayed
    with pytest.raises(IdempotencyKeyReused):
        await answer_once(db, table, once("key", {"a": 2}), add_one)


async def test_another_users_key_is_another_key(db: Db, table: Table) -> None:
    await answer_once(db, table, once("key"), add_one)
    assert not (await answer_once(db, table, once("key", user_id=2), add_one)).replayed


async def test_a_refusal_is_not_kept(db: Db, table: Table) -> None:
    async def refuse(tx: Tx) -> None:
        await add_one(tx)
        raise PayloadTooLarge

    with pytest.raises(PayloadTooLarge):
        await answer_once(db, table, once("key"), refuse)
    assert (await answer_once(db, table, once("key"), add_one)).json == '{"value":1}'


async def test_a_first_request_that_does_not_end_is_told_as_in_progress(
    db: Db, table: Table, database: ServiceDatabase
) -> None:
    first = await asyncpg.connect(database.owner_url)
    async with first.transaction():
        await first.execute(f"INSERT INTO idempotency VALUES (1, '{ROUTE}', 'key', '', NULL, now())")
        with pytest.raises(RequestInProgress):
            await answer_once(db, table, once("key"), add_one)
    await first.close()
