"""Many rows in one statement: columns travel as arrays and are unnested side by side.

The text of such a statement is the same for one row and for five hundred, so it is compiled and prepared once, and a
batch costs one round trip. Rows are inserted in the order of the arrays, which is how callers keep one lock order.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Table, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert
from sqlalchemy.types import TypeEngine


def unnested(table: Table, columns: Sequence[str]) -> Select[Any]:
    """Return ``SELECT unnest(:a) AS a, unnest(:b) AS b, …`` in the types of the table's columns."""
    return select(*(_unnest(name, table.c[name].type).label(name) for name in columns))


def insert_rows(table: Table, columns: Sequence[str]) -> Insert:
    """Return an INSERT of whole arrays. JSONB columns take JSON text."""
    return insert(table).from_select(list(columns), unnested(table, columns))


def as_arrays(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> dict[str, list[Any]]:
    """Turn rows into the parameters of such a statement."""
    kept = list(rows)
    return {_parameter(name): [row[name] for row in kept] for name in columns}


def _unnest(name: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    if isinstance(kind, JSONB):
        return cast(func.unnest(bindparam(_parameter(name), type_=ARRAY(Text()))), JSONB())
    return func.unnest(bindparam(_parameter(name), type_=ARRAY(kind)))


def _parameter(column: str) -> str:
    # A parameter named as a column would be taken for the column's new value.
    return f"all_{column}"
