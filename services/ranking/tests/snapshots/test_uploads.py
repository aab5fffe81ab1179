import json

import pytest

from fairground_common.errors import MalformedJson, ValidationFailed
from fairground_ranking.snapshots.errors import InvalidRanking
from fairground_ranking.snapshots.rules import Entry
from fairground_ranking.snapshots.uploads import CSV, JSON, read_upload

HEADER = "rank,user_id,display_name,score\n"


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
    assert as_csv.entries == [Entry(1, 7, "Mina, the 1st", -3), Entry(2, None, "김", 0)]


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_a_byte_order_mark_is_no_part_of_the_header(start: bytes) -> None:
    assert len(read_upload(start + HEADER.encode() + b"1,7,Mina,10", CSV).entries) == 1


def test_a_header_alone_is_an_empty_ranking() -> None:
    assert read_upload(HEADER.encode(), CSV).entries == []
    assert read_upload(b'{"entries": []}', JSON).entries == []


@pytest.mark.parametrize("body", [b"", b"rank,user,name,score\n1,2,x,3\n", b"1,7,Mina,10\n", b"rank;user_id\n"])
def test_another_header_is_refused_at_line_1(body: bytes) -> None:
    assert csv_errors(body) == [(("line", 1), "the header must be rank,user_id,display_name,score")]


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


def test_a_quote_that_never_ends_is_refused() -> None:
    assert csv_errors(f'{HEADER}1,7,"Mina,10\n'.encode()) == [(("line", 2), "unexpected end of data")]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1,", b'{"entries": [}', b"\xff", b'{"entries": ["\\ud800"]}', b"[" * 100_000]
)
def test_a_body_that_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        read_upload(body, JSON)


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
