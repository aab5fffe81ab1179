"""Which indexes a statement uses, and which tables it reads from end to end, by the plan PostgreSQL makes for it.

with explained(db) as plans:
    async with db.read() as tx:
        await usecases.list_ledger(tx, 7, before=None, limit=21)
assert plans.whole({"reward_ledger"}) == []
assert "ix_reward_ledger_user_id_id" in plans.indexes

A plan is worth something on filled and analysed tables only: of an empty one everything is read, and rightly.
"""

import json
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
from sqlalchemy import Connection, event

from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase

Plan = Mapping[str, Any]

_PLANNED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "(SELECT")


class Plans:
    """The plans of some statements."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []

    def whole(self, tables: Collection[str]) -> list[str]:
        """Return which of these tables are read from end to end."""
        scans = [node["Relation Name"] for node in self._nodes() if node["Node Type"] == "Seq Scan"]
        return [table for table in scans if table in tables]

    @property
    def indexes(self) -> set[str]:
        """Return the indexes that are read. A partition's index has a name of its own."""
        return {node["Index Name"] for node in self._nodes() if "Index Name" in node}

    def _nodes(self) -> Iterator[Plan]:
        waiting = list(self.plans)
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.get("Plans", ())


async def grown(database: ServiceDatabase, statements: str) -> ServiceDatabase:
    """Fill a database's tables as their owner, have PostgreSQL look at them, and return it."""
    connection = await asyncpg.connect(database.owner_url)
    try:
        await connection.execute(statements)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return database


@asynccontextmanager
async def asking(database: ServiceDatabase) -> AsyncIterator[Db]:
    """Open a database as its service does: with the rights of the app role."""
    db = Db.connect(database.app_url, application="test")
    try:
        yield db
    finally:
        await db.close()


@contextmanager
def explained(db: Db) -> Iterator[Plans]:
    """Ask for the plan of every statement before it runs, with what it is given; those of others on ``db`` as well."""
    plans, engine = Plans(), db._engine.sync_engine  # noqa: SLF001 - the engine is where statements pass

    def explain(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        del connection
        if statement.lstrip().startswith(_PLANNED):
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            plans.plans.append(_plan(cursor.fetchone()[0]))

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(engine, "before_cursor_execute", explain)


async def explain(connection: asyncpg.Connection, statement: str, *given: Any) -> Plans:
    """Return the plan of one statement over the driver."""
    plans = Plans()
    plans.plans.append(_plan(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *given)))
    return plans


def _plan(told: Any) -> Plan:
    plan: Plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    return plan
