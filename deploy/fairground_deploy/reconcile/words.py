"""The rows as people read them, and as programs do."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fairground_deploy.bus.words import table
from fairground_deploy.reconcile.checks import Row

_HEAD = ("check", "of", "left", "right", "difference", "")
_NUMBERS = frozenset({2, 3, 4})


def in_words(rows: Sequence[Row]) -> str:
    """Return a line for each row, and one that says how it stands."""
    lines = [(row.check, row.of, f"{row.left:,}", f"{row.right:,}", _difference(row), row.note) for row in rows]
    wrong = sum(not row.reads_zero for row in rows)
    told = f"{wrong} of {len(rows)} rows differ" if wrong else f"all {len(rows)} rows read 0"
    return f"{table(_HEAD, lines, numbers=_NUMBERS)}\n\n{told}"


def as_document(rows: Sequence[Row]) -> dict[str, Any]:
    told = [{**asdict(row), "difference": row.difference, "reads_zero": row.reads_zero} for row in rows]
    return {"reads_zero": all(row.reads_zero for row in rows), "rows": told}


def _difference(row: Row) -> str:
    return f"{row.difference:,}" if row.difference or row.same_ids else "other ids"
