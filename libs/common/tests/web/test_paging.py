"""Cursors come back as positions; anything else is refused, never a crash."""

import base64
import datetime
import json
from uuid import UUID

import pytest

from fairground_common.errors import ValidationFailed
from fairground_common.ids import new_id
from fairground_common.web.paging import decode_cursor, encode_cursor, page

NOW = datetime.datetime(2026, 12, 24, 15, tzinfo=datetime.UTC)


def test_a_cursor_comes_back_as_its_position() -> None:
    play_id = new_id()
    assert decode_cursor(encode_cursor(NOW, play_id), datetime.datetime, UUID) == (NOW, play_id)
    assert decode_cursor(None, datetime.datetime, UUID) == (None, None)


def forged(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        *("nonsense", "é", "", "===="),
        *(encode_cursor("text"), encode_cursor(1, 2), encode_cursor(2**63)),
        *(forged({}), forged(None), forged([None]), forged([1.5])),
    ],
)
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        decode_cursor(cursor, int)
    assert refused.value.errors[0].loc == ("query", "cursor")


@pytest.mark.parametrize(("rows", "more"), [([], False), ([3, 2], False), ([3, 2, 1], True)])
def test_a_page_tells_whether_there_is_more(rows: list[int], more: bool) -> None:
    shown = page(rows, 2, item=str, position=lambda row: (row,))
    assert shown["items"] == [str(row) for row in rows[:2]]
    assert (shown["next_cursor"] is not None) is more
    if more:
        assert decode_cursor(shown["next_cursor"], int) == (2,)
