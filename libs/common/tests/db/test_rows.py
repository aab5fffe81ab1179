"""Many rows in one statement: what goes in is what is stored, in the order given."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Identity, MetaData, Table, Text, Uuid, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.db.rows import as_rows, insert_rows
from fairground_common.ids import new_id
from fairground_common.messaging.trouble import is_trouble

NOW = datetime(2026, 3, 14, 23, 59, 59, 999_999, tzinfo=UTC)
THING = Table(
    "thing",
    MetaData(),
    Column("position", BigInteger, Identity(always=True)),
    Column("event_id", Uuid),
    Column("amount", BigInteger),
    Column("day", Date),
    Column("is_new", Boolean),
    Column("label", Text),
    Column("result", JSONB),
    Column("created_at", DateTime(timezone=True)),
)
ADD = insert_rows(THING, ("event_id", "amount", "day", "is_new", "label", "result"), same=("created_at",))
STORED = select(*THING.columns).order_by(THING.c.position)


@dataclass(frozen=True, slots=True)
class Thing:
    """Its fields are the table's columns."""

    event_id: UUID
    amount: int
    day: date | None = None
    is_new: bool | None = None
    label: str | None = None
    result: Any = None


@pytest.fixture
async def db(database: ServiceDatabase) -> AsyncIterator[Db]:
    opened = Db.connect(database.owner_url, application="test")
    async with opened.begin() as tx:
        await tx.execute(
            text(
                "CREATE TABLE thing (position bigint GENERATED ALWAYS AS IDENTITY, event_id uuid, amount bigint,"
                " day date, is_new boolean, label text, result jsonb, created_at timestamptz)"
            )
        )
    yield opened
    await opened.close()


async def stored_of(db: Db, *things: Any) -> list[tuple[Any, ...]]:
    async with db.begin() as tx:
        await tx.execute(ADD, as_rows(things, created_at=NOW))
        return [tuple(row)[1:] for row in await tx.rows(STORED)]


async def test_every_type_comes_back_as_it_went_in(db: Db) -> None:
    thing = Thing(new_id(), 2**63 - 1, date(2026, 2, 28), True, 'a "quoted"\n\\ 한국 🎡', {"xp": [1, None], "더": "x"})
    assert await stored_of(db, thing) == [
        (thing.event_id, thing.amount, thing.day, thing.is_new, thing.label, thing.result, NOW)
    ]


async def test_none_is_null_and_an_absent_field_too(db: Db) -> None:
    event_id = new_id()
    nothing = (event_id, 1, None, None, None, None, NOW)
    assert await stored_of(db, Thing(event_id, 1), {"event_id": event_id, "amount": 1}) == [nothing, nothing]


async def test_rows_are_taken_in_the_order_given(db: Db) -> None:
    amounts = [number * 7919 % 500 for number in range(500)]
    assert [row[1] for row in await stored_of(db, *(Thing(new_id(), amount) for amount in amounts))] == amounts


async def test_json_text_goes_in_as_it_is(db: Db) -> None:
    [row] = await stored_of(db, {"result": msgspec.Raw(b'{"a": {"b": 1e2}}')})
    assert row[5] == {"a": {"b": 100}}


async def test_no_rows_are_no_rows(db: Db) -> None:
    assert await stored_of(db) == []


@pytest.mark.parametrize("fault", [{"amount": 2**63}, {"label": "\x00"}, {"day": "2026-02-30"}])
async def test_a_value_that_does_not_fit_is_an_error_of_the_caller(db: Db, fault: dict[str, Any]) -> None:
    with pytest.raises(DBAPIError) as refusal:
        await stored_of(db, {"amount": 1}, fault)
    assert not is_trouble(refusal.value)
