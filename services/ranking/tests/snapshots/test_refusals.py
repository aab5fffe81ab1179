"""Uploads that cannot be: each is told what is wrong and where, and changes nothing."""

import datetime
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient
from fairground_common.testing.contents import contents
from fairground_ranking.snapshots.routes import MOST_BYTES
from fairground_ranking.snapshots.rules import MOST_ENTRIES, MOST_ERRORS

HEADER = b"rank,user_id,display_name,score\n"
GOOD = {"rank": 1, "user_id": 7, "display_name": "Mina", "score": 10}

Loc = list[str | int]


@pytest.fixture
async def owner(database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.owner_url)
    yield connection
    await connection.close()


@pytest.fixture
async def upload(operator: AsgiClient, today: datetime.date, owner: asyncpg.Connection) -> Any:
    """Return a function: body, media type → status, code and places of what is wrong. Nothing may change by it."""
    path = f"/api/admin/ranking/{today}"
    assert (await operator.put(path, body={"entries": [GOOD]})).status == 200

    async def attempt(body: bytes, media_type: str, **headers: str) -> tuple[int, str, list[Loc]]:
        before = await contents(owner)
        told = {"content-type": media_type, **headers}
        answers = [await operator.put(path, query=dry, content=body, headers=told) for dry in ({}, {"dry_run": "true"})]
        assert await contents(owner) == before
        real, dry = ({**answer.body, "request_id": None} for answer in answers)
        assert real == dry, "a dry run finds what the upload finds"
        return answers[0].status, answers[0].code, [error["loc"] for error in real.get("errors", [])]

    return attempt


def in_csv(*lines: str) -> bytes:
    return HEADER + "".join(f"{line}\n" for line in lines).encode()


def in_json(*rows: Any) -> bytes:
    return json.dumps({"entries": rows}).encode()


FIELDS: list[tuple[str, Any, str]] = [
    ("a rank of zero", {"rank": 0}, "0,7,Mina,10"),
    ("a rank too large", {"rank": 2**31}, "2147483648,7,Mina,10"),
    ("a fractional rank", {"rank": 1.5}, "1.5,7,Mina,10"),
    ("no rank", {"rank": None}, ",7,Mina,10"),
    ("a user id of zero", {"user_id": 0}, "1,0,Mina,10"),
    ("a user id too large", {"user_id": 2**63}, "1,9223372036854775808,Mina,10"),
    ("a user id that is a name", {"user_id": "mina"}, "1,mina,Mina,10"),
    ("no name", {"display_name": ""}, "1,7,,10"),
    ("a name of blanks", {"display_name": "  "}, "1,7,  ,10"),
    ("a name too long", {"display_name": "x" * 65}, f"1,7,{'x' * 65},10"),
    ("a control character", {"display_name": "a\x00b"}, "1,7,a\x00b,10"),
    ("a line break", {"display_name": "a\nb"}, '1,7,"a\nb",10'),
    ("an escape sequence", {"display_name": "\x1b[31mred"}, "1,7,\x1b[31mred,10"),
    ("no score", {"score": None}, "1,7,Mina,"),
    ("a score in words", {"score": "ten"}, "1,7,Mina,ten"),
    ("a score with an exponent", {"score": "1e3"}, "1,7,Mina,1e3"),
    ("a score too large", {"score": 2**53}, f"1,7,Mina,{2**53}"),
]


@pytest.mark.parametrize(("wrong", "line"), [case[1:] for case in FIELDS], ids=[case[0] for case in FIELDS])
async def test_a_wrong_cell_is_told_with_its_row(upload: Any, wrong: dict[str, Any], line: str) -> None:
    other = {"rank": 2, "user_id": 8, "display_name": "Jun", "score": 9}
    assert await upload(in_json(other, GOOD | wrong), "application/json") == (422, "INVALID_RANKING", [["entries", 1]])
    assert await upload(in_csv("2,8,Jun,9", line), "text/csv") == (422, "INVALID_RANKING", [["line", 3]])


@pytest.mark.parametrize(
    ("again", "line"),
    [({"user_id": 8}, "1,8,Jun,9"), ({"rank": 2}, "2,7,Jun,9")],
    ids=["a rank again", "a user again"],
)
async def test_what_stands_there_twice_is_told_where_it_stands_again(
    upload: Any, again: dict[str, Any], line: str
) -> None:
    assert await upload(in_json(GOOD, GOOD | again), "application/json") == (422, "INVALID_RANKING", [["entries", 1]])
    assert await upload(in_csv("1,7,Mina,10", line), "text/csv") == (422, "INVALID_RANKING", [["line", 3]])


@pytest.mark.parametrize(
    ("body", "media_type", "refusal"),
    [
        (b"", "application/json", (400, "MALFORMED_JSON", [])),
        (b'{"entries": [', "application/json", (400, "MALFORMED_JSON", [])),
        (b'{"entries": ["J\xf6n"]}', "application/json", (400, "MALFORMED_JSON", [])),
        (b"[]", "application/json", (422, "VALIDATION_FAILED", [["entries"]])),
        (b'{"entries": {}}', "application/json", (422, "VALIDATION_FAILED", [["entries"]])),
        (b'{"entries": [], "day": 1}', "application/json", (422, "VALIDATION_FAILED", [["entries"]])),
        (in_json(GOOD, 5, None), "application/json", (422, "INVALID_RANKING", [["entries", 1], ["entries", 2]])),
        (in_json(GOOD | {"colour": "red"}), "application/json", (422, "INVALID_RANKING", [["entries", 0]])),
        (b"", "text/csv", (422, "INVALID_RANKING", [["line", 1]])),
        (b"rank,user,name,score\n", "text/csv", (422, "INVALID_RANKING", [["line", 1]])),
        (b"rank;user_id;display_name;score\n", "text/csv", (422, "INVALID_RANKING", [["line", 1]])),
        (in_csv("1,7,Mina"), "text/csv", (422, "INVALID_RANKING", [["line", 2]])),
        (in_csv("1,7,Mina,10,5"), "text/csv", (422, "INVALID_RANKING", [["line", 2]])),
        (in_csv('1,7,"Mina,10'), "text/csv", (422, "INVALID_RANKING", [["line", 2]])),
        (HEADER + b"1,7,J\xf6n,10\n2,x,y,0\n", "text/csv", (422, "INVALID_RANKING", [["line", 2], ["line", 3]])),
        (HEADER + "1,7,김,10\n".encode("cp949"), "text/csv", (422, "INVALID_RANKING", [["line", 2]])),
        ((HEADER + b"1,7,x,1\n").decode().encode("utf-16"), "text/csv", (422, "INVALID_RANKING", [["line", 1]])),
        (b"x", "text/plain", (415, "UNSUPPORTED_MEDIA_TYPE", [])),
        (HEADER, "text/csv; charset=cp949", (415, "UNSUPPORTED_MEDIA_TYPE", [])),
        (b"x", "multipart/form-data; boundary=x", (415, "UNSUPPORTED_MEDIA_TYPE", [])),
        (b" " * (MOST_BYTES + 1), "text/csv", (413, "PAYLOAD_TOO_LARGE", [])),
    ],
)
async def test_a_body_that_is_no_ranking_is_refused(upload: Any, body: bytes, media_type: str, refusal: Any) -> None:
    assert await upload(body, media_type) == refusal


async def test_a_compressed_body_is_refused(upload: Any) -> None:
    told = await upload(b"x", "text/csv", **{"content-encoding": "gzip"})
    assert told == (415, "UNSUPPORTED_MEDIA_TYPE", [])


async def test_a_hundred_wrong_rows_are_told_at_once_and_no_more(upload: Any) -> None:
    lines = [f"{rank},,Guest,none" for rank in range(1, 2 * MOST_ERRORS)]
    _, code, locs = await upload(in_csv(*lines), "text/csv")
    assert (code, locs) == ("INVALID_RANKING", [["line", number] for number in range(2, MOST_ERRORS + 2)])


async def test_a_row_too_many_is_refused(upload: Any) -> None:
    lines = [f"{rank},,G,0" for rank in range(1, MOST_ENTRIES + 2)]
    assert await upload(in_csv(*lines), "text/csv") == (422, "INVALID_RANKING", [["line", MOST_ENTRIES + 2]])
