"""What an upload holds, row by row."""

from typing import Any

import pytest

from fairground_common.errors import MalformedJson
from fairground_common.uploads import csv_rows, json_document

HEADER = ("id", "name")
MARK = b"\xef\xbb\xbf"


def rows_of(text: str | bytes, *headers: tuple[str, ...]) -> list[Any]:
    return list(csv_rows(text if isinstance(text, bytes) else text.encode(), *(headers or (HEADER,))))


def test_a_byte_order_mark_is_no_part_of_the_document() -> None:
    assert json_document(MARK + b'{"a": 1}') == json_document(b'{"a": 1}') == {"a": 1}
    assert rows_of(MARK + b"id,name\n1,x\n") == rows_of("id,name\n1,x\n") == [(("line", 2), {"id": "1", "name": "x"})]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'"J\xf6n"', b"9" * 5000, b'"\\ud800"', b"[" * 100_000, MARK + MARK + b"{}"]
)
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        json_document(body)


def test_a_row_stands_at_the_line_it_begins_on() -> None:
    text = 'id,name\r\n1,x\r\n\r\n2,"two\nlines"\r\n3,z'
    assert [loc for loc, _ in rows_of(text)] == [("line", 2), ("line", 4), ("line", 6)]


def test_cells_are_named_by_the_header_the_file_has() -> None:
    assert rows_of("a,b\n1,2\n", HEADER, ("a", "b")) == [(("line", 2), {"a": "1", "b": "2"})]


@pytest.mark.parametrize("text", ["", "\n1,x\n", "name,id\n", "id;name\n", "id,name,\n", " id,name\n", "1,x\n"])
def test_another_header_is_all_that_is_told(text: str) -> None:
    assert rows_of(f"{text}1,x\n") == [(("line", 1), "the header must be id,name")]


@pytest.mark.parametrize(
    ("rest", "line", "fault"),
    [
        (b"1,x,y\n", 3, "a row has 2 columns, this one has 3"),
        (b"2\n", 3, "a row has 2 columns, this one has 1"),
        (b'2,"x\n', 3, "unexpected end of data"),
        (b'2,"x"y\n', 3, "',' expected after '\"'"),
        (b"2," + b"x" * 200_000, 3, "field larger than field limit (131072)"),
        (b"2,J\xf6n\n", 3, "the text is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_told_after_the_rows_before_it(rest: bytes, line: int, fault: str) -> None:
    first, second = rows_of(b"id,name\n1,x\n" + rest)
    assert first == (("line", 2), {"id": "1", "name": "x"})
    assert second == (("line", line), fault)


def test_text_that_is_not_utf_8_is_told_row_by_row() -> None:
    body = b"id,name\n1,x\n2,J\xf6n\n3,y\n4,\xb1\xe8\n"
    assert [(loc[1], row) for loc, row in rows_of(body) if isinstance(row, str)] == [
        (3, "the text is not UTF-8"),
        (5, "the text is not UTF-8"),
    ]
    assert rows_of("id,name\n1,x\n".encode("utf-16")) == [(("line", 1), "the text is not UTF-8")]
