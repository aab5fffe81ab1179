"""Pages of a list, newest first: a cursor is where the last page ended, opaque to the client."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Query

from fairground_common.errors import FieldError, ValidationFailed

Row = TypeVar("Row")

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
LARGEST_BIGINT = 2**63 - 1

PageLimit = Annotated[int, Query(alias="limit", ge=1, le=MAX_LIMIT, description="Items of one page.")]
PageCursor = Annotated[str | None, Query(alias="cursor", max_length=256, description="`next_cursor` of the last page.")]


def encode_cursor(*position: Any) -> str:
    """Return the cursor of a position: the sort keys of a page's last row."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def decode_cursor(cursor: str | None, *types: Any) -> tuple[Any, ...]:
    """Return a cursor's position as values of ``types``; all None at the start. A foreign cursor is a 422."""
    if cursor is None:
        return (None,) * len(types)
    refusal = ValidationFailed(errors=[FieldError(("query", "cursor"), "not a cursor of this list")])
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position: tuple[Any, ...] = msgspec.json.decode(text, type=tuple[types])  # type: ignore[valid-type]
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise refusal from None
    if any(isinstance(value, int) and abs(value) > LARGEST_BIGINT for value in position):
        raise refusal
    return position


def page(
    rows: Sequence[Row], limit: int, *, item: Callable[[Row], Any], position: Callable[[Row], tuple[Any, ...]]
) -> dict[str, Any]:
    """Return ``{items, next_cursor}`` from up to ``limit + 1`` rows: the extra row only tells that there is more."""
    shown = rows[:limit]
    more = len(rows) > limit
    return {
        "items": [item(row) for row in shown],
        "next_cursor": encode_cursor(*position(shown[-1])) if more else None,
    }
