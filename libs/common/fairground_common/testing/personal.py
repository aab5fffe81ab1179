"""Whether an export tells all that a database keeps of a player: a new column is decided about, not forgotten."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import MetaData, Table

from fairground_common.db.records import Records


def untold(metadata: MetaData, kept: Sequence[Records], *, elsewhere: Collection[str]) -> set[str]:
    """Return columns that are about players and in no list, and not withheld for a reason.

    ``elsewhere`` names tables that know players and are told of otherwise, or do not keep what they know.
    """
    tables = [table for table in metadata.sorted_tables if table.name not in elsewhere]
    return {column for table in tables for column in _untold(table, kept)}


def _untold(table: Table, kept: Sequence[Records]) -> Iterator[str]:
    about = [records for records in kept if table.name in records.source.split()]
    if not about and "user_id" not in table.c:
        return
    told = {"user_id"}.union(*({*_named(records), *records.withheld} for records in about))
    yield from (f"{table.name}.{column.name}" for column in table.c if column.name not in told)


def _named(records: Records) -> set[str]:
    return {column.split()[0] for column in records.columns}
