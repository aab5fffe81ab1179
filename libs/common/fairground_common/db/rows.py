"""Many rows in one statement: they travel as one JSON text, and PostgreSQL takes it apart.

The text of such a statement is the same for one row and for five hundred, so it is compiled and prepared once, and a
batch costs one round trip. JSON, because it is written in one go by compiled code; arrays are walked by the driver cell
by cell, which costs more than the INSERT. Rows come in the order given: that is how callers keep one lock order.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import FromClause, Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert

_encoder = msgspec.json.Encoder(enc_hook=str)


def insert_rows(table: Table, columns: Sequence[str], *, same: Sequence[str] = ()) -> Insert:
    """Return an INSERT of whole rows; columns in ``same`` have one value for all of them. See ``as_rows``."""
    given = given_rows(table, columns)
    constants = [bindparam(_constant(name), type_=table.c[name].type) for name in same]
    return insert(table).from_select([*columns, *same], select(*given.c, *constants))


def given_rows(table: Table, columns: Sequence[str]) -> FromClause:
    """Return the rows of such a statement, in the types of the table's columns."""
    rows = func.jsonb_to_recordset(cast(bindparam("rows", type_=Text()), JSONB))
    typed = rows.table_valued(*(column(name, table.c[name].type) for name in columns))
    return typed.render_derived("given", with_types=True)


def as_rows(rows: Iterable[Any] | str, **same: Any) -> dict[str, Any]:
    """Return the parameters of such a statement.

    Rows are mappings, or objects whose fields are named as the columns, or the JSON text of all of them.
    """
    text = rows if isinstance(rows, str) else as_json(rows)
    return {"rows": text, **{_constant(name): value for name, value in same.items()}}


def as_json(rows: Iterable[Any]) -> str:
    """Return rows as text. What is JSON text already goes in as ``msgspec.Raw``; what JSON cannot say, as its str."""
    return _encoder.encode(list(rows)).decode()


def _constant(column: str) -> str:
    # A parameter named as a column would be taken for the column's new value.
    return f"same_{column}"
