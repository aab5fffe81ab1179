"""Rows as they are uploaded, and the ranking they make."""

import asyncio
import json
import sys

import pytest

from fairground_common.errors import ValidationFailed
from fairground_common.uploads import CSV, JSON, Upload
from fairground_ranking.snapshots.errors import InvalidRanking
from fairground_ranking.snapshots.rules import Entry, Ranking
from fairground_ranking.snapshots.uploads import Received, read_ranking

HEADER = "rank,user_id,display_name,score\n"


def read_upload(body: bytes, media_type: str) -> Ranking:
    return read_ranking(Received(Upload(body, media_type)))


def entries_in(body: bytes, media_type: str) -> list[Entry]:
    return [Entry(**row) for batch in read_upload(body, media_type).batches for row in json.loads(batch)]


def csv_errors(body: bytes) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(InvalidRanking) as refused:
        read_upload(body, CSV)
    return [(error.loc, error.msg) for error in refused.value.errors]


def test_csv_and_json_of_the_same_content_are_the_same_ranking() -> None:
    rows = [
        {"rank": 1, "user_id": 7, "display_name": "Mina, the 1st", "score": -3},
        {"rank": 2, "display_name": "김", "score": 0},
    ]
    as_json = read_upload(json.dumps({"entries": rows}).encode(), JSON)
    as_csv = read_upload(f'{HEADER}2,,김,0\r\n1,7,"Mina, the 1st",-3\r\n'.encode(), CSV)
    assert as_csv == as_json
    assert entries_in(json.dumps({"entries": rows}).encode(), JSON) == [
        Entry(1, 7, "Mina, the 1st", -3),
        Entry(2, None, "김", 0),
    ]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_a_byte_order_mark_says_nothing(mark: bytes) -> None:
    as_csv = read_upload(mark + HEADER.encode() + b"1,7,Mina,10", CSV)
    as_json = read_upload(mark + b'{"entries": [{"rank": 1, "user_id": 7, "display_name": "Mina", "score": 10}]}', JSON)
    assert as_csv == as_json


def test_a_header_alone_is_an_empty_ranking() -> None:
    assert entries_in(HEADER.encode(), CSV) == []
    assert entries_in(b'{"entries": []}', JSON) == []


@pytest.mark.parametrize("body", [b"", b"rank,user,name,score\n1,2,x,3\n", b"1,7,Mina,10\n", b"rank;user_id\n"])
def test_another_header_is_refused_at_line_1(body: bytes) -> None:
    ((loc, msg),) = csv_errors(body)
    assert loc == ("line", 1)
    assert msg.startswith("the header must be rank,user_id,display_name,score or ")


def test_wrong_lines_are_numbered_with_the_header_as_line_1() -> None:
    body = f"{HEADER}1,7,Mina,10\nx,8,Jun,9\n3,9,Ara\n\n4,7,Sol,7\n5,10,Bo,1e3\n"
    assert [loc for loc, _ in csv_errors(body.encode())] == [("line", 3), ("line", 4), ("line", 6), ("line", 7)]


@pytest.mark.parametrize("number", ["", " 1", "1.0", "+1", "1e3", "\u0661", "0x1", "1_000", "NaN", "9" * 30])
def test_only_plain_integers_are_numbers(number: str) -> None:
    ((loc, msg),) = csv_errors(f"{HEADER}{number},7,Mina,10\n".encode())
    assert loc == ("line", 2)
    assert msg.startswith("rank must be an integer")


def test_text_that_is_not_utf_8_is_refused_at_its_line() -> None:
    assert csv_errors(f"{HEADER}1,7,Mina,10\n2,8,".encode() + b"J\xf6n,9\n") == [(("line", 3), "the text is not UTF-8")]


def test_a_quote_that_never_ends_is_told_with_the_wrong_rows_before_it() -> None:
    assert csv_errors(f'{HEADER}x,7,Mina,10\n2,8,"Jun,9\n'.encode()) == [
        (("line", 2), "rank must be an integer from 1 to 2147483647"),
        (("line", 3), "unexpected end of data"),
    ]


def test_an_exported_name_is_read_as_the_name_it_was() -> None:
    body = b"rank,user_id,display_name_escaped,score\n1,,'=1+1,0\n2,,''tis,0\n3,,Mina,0\n"
    assert [entry.display_name for entry in entries_in(body, CSV)] == ["=1+1", "'tis", "Mina"]


def test_a_name_of_any_other_file_is_taken_to_the_letter() -> None:
    body = f"{HEADER}1,,'=1+1,0\n2,,=1+1,0\n".encode()
    assert [entry.display_name for entry in entries_in(body, CSV)] == ["'=1+1", "=1+1"]


@pytest.mark.parametrize(
    "body", ["[]", "{}", "null", '{"entries": {}}', '{"entries": [], "date": "2026-01-01"}', '"entries"']
)
def test_a_json_body_without_a_list_of_entries_is_invalid(body: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        read_upload(body.encode(), JSON)
    assert refused.value.errors[0].loc == ("entries",)


def test_an_entry_that_is_no_object_is_refused_at_its_index() -> None:
    with pytest.raises(InvalidRanking) as refused:
        read_upload(b'{"entries": [{"rank": 1, "display_name": "Mina", "score": 1}, 5]}', JSON)
    assert refused.value.errors[0].loc == ("entries", 1)


async def test_reading_loads_no_web_framework() -> None:
    script = "import sys, fairground_ranking.snapshots.uploads; sys.exit('fastapi' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await process.wait() == 0
