import csv
import hashlib
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from fairground_common.errors import FieldError
from fairground_common.web.csv import as_csv
from fairground_ranking.snapshots.errors import InvalidRanking
from fairground_ranking.snapshots.rules import (
    BATCH,
    MOST_ENTRIES,
    MOST_ERRORS,
    Candidate,
    Entry,
    checked_entries,
    escaped,
    ranking_of,
    standings_of,
    unescaped,
)

GOOD: dict[str, Any] = {"rank": 1, "user_id": 7, "display_name": "Mina", "score": 10}


def enumerate_rows(*rows: dict[str, Any] | str) -> Iterator[Candidate]:
    return ((("entries", index), row) for index, row in enumerate(rows))


def errors_of(*rows: dict[str, Any] | str) -> list[FieldError]:
    with pytest.raises(InvalidRanking) as refused:
        checked_entries(enumerate_rows(*rows))
    return list(refused.value.errors)


def taken(*rows: dict[str, Any]) -> tuple[Entry, ...]:
    return tuple(checked_entries(enumerate_rows(*rows)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rank", 0),
        ("rank", -1),
        ("rank", 2**31),
        ("rank", True),
        ("rank", 1.0),
        ("rank", "1"),
        ("rank", None),
        ("user_id", 0),
        ("user_id", "7"),
        ("user_id", 2**63),
        ("display_name", ""),
        ("display_name", "   "),
        ("display_name", "x" * 65),
        ("display_name", 5),
        ("display_name", None),
        ("display_name", "line\nbreak"),
        ("display_name", "nul\x00"),
        ("display_name", "\u2028"),
        ("score", None),
        ("score", "10"),
        ("score", 10.5),
        ("score", False),
        ("score", 2**53),
        ("score", -(2**53)),
        ("colour", "red"),
    ],
)
def test_a_wrong_field_is_named_with_its_row(field: str, value: object) -> None:
    (error,) = errors_of(GOOD, {**GOOD, "rank": 2, "user_id": 8, field: value})
    assert error.loc == ("entries", 1)
    assert error.msg.startswith(field)


@pytest.mark.parametrize("name", ["김민아", "Zoë", "👩‍👩‍👧 family", "=cmd|' /C calc'!A0", "x" * 64, "a\u00a0b"])
def test_any_printable_name_is_taken_as_it_is(name: str) -> None:
    assert taken({**GOOD, "display_name": name})[0].display_name == name


def test_a_second_use_of_a_rank_or_user_is_refused_at_the_later_row() -> None:
    errors = errors_of(GOOD, {**GOOD, "rank": 2}, {**GOOD, "user_id": 8})
    assert [(error.loc, error.msg) for error in errors] == [
        (("entries", 1), "user_id 7 stands already at entries 0"),
        (("entries", 2), "rank 1 stands already at entries 0"),
    ]


def test_several_entries_may_have_no_user() -> None:
    assert len(taken({**GOOD, "user_id": None}, {**GOOD, "rank": 2, "user_id": None})) == 2


def test_a_user_may_be_left_out_altogether() -> None:
    assert taken({"rank": 1, "display_name": "Guest", "score": 0}) == (Entry(1, None, "Guest", 0),)


def test_gaps_are_allowed_and_order_does_not_matter() -> None:
    entries = taken({**GOOD, "rank": 9}, {**GOOD, "rank": 2, "user_id": 8})
    assert [entry.rank for entry in entries] == [2, 9]


def test_all_faults_of_a_row_are_told_at_once() -> None:
    assert len(errors_of({"rank": 0, "display_name": "", "score": None})) == 3


def test_an_unreadable_row_is_told_with_its_reason() -> None:
    (error,) = errors_of("an entry is an object")
    assert (error.loc, error.msg) == (("entries", 0), "an entry is an object")


@pytest.mark.parametrize("wrong", [1, MOST_ERRORS - 1, MOST_ERRORS, MOST_ERRORS + 1, 500])
def test_at_most_a_hundred_errors_are_told_and_whether_there_may_be_more(wrong: int) -> None:
    rows = [{"rank": rank, "display_name": "x", "score": None} for rank in range(1, wrong + 1)]
    with pytest.raises(InvalidRanking) as refused:
        checked_entries(enumerate_rows(*rows))
    assert len(refused.value.errors) == min(wrong, MOST_ERRORS)
    assert ("may be more" in refused.value.detail) is (wrong >= MOST_ERRORS)


@pytest.mark.parametrize("first_rank", [1, 0], ids=["all sound", "with a wrong row"])
def test_one_entry_too_many_is_refused_and_the_rows_before_it_are_told(first_rank: int) -> None:
    rows = [{"rank": first_rank + index, "display_name": "x", "score": 0} for index in range(MOST_ENTRIES + 5)]
    errors = errors_of(*rows)
    assert [error.loc[1] for error in errors] == ([] if first_rank else [0]) + [MOST_ENTRIES]


@pytest.mark.parametrize(
    "name", ["=1+1", "'=1+1", "''", "'", "'tis", "-", "'-", "@home", "+82", "Mina", "o'clock", '"', "a,b"]
)
def test_every_name_survives_its_export(name: str) -> None:
    (row,) = csv.reader(io.StringIO(as_csv([[escaped(name)]]), newline=""))
    assert unescaped(row[0]) == name
    assert not row[0].startswith(("=", "-", "@", "+"))


@pytest.mark.parametrize("size", [0, 1, BATCH, BATCH + 1, 2 * BATCH + 1])
def test_the_hash_is_that_of_all_entries_as_one_list(size: int) -> None:
    entries = [Entry(rank, rank, "Zoë", -rank) for rank in range(1, size + 1)]
    ranking = ranking_of(entries)
    stored = [entry for batch in ranking.batches for entry in json.loads(batch)]
    assert [Entry(**each) for each in stored] == entries
    assert max((len(json.loads(batch)) for batch in ranking.batches), default=0) <= BATCH
    whole = json.dumps(stored, ensure_ascii=False, separators=(",", ":")).encode()
    assert (ranking.entries, ranking.content_hash) == (size, hashlib.sha256(whole).digest())


def test_the_hash_tells_content_apart_and_nothing_else() -> None:
    first, second = {**GOOD}, {**GOOD, "rank": 2, "user_id": 8}

    def hash_of(*rows: dict[str, Any]) -> bytes:
        return ranking_of(checked_entries(enumerate_rows(*rows))).content_hash

    assert hash_of(first, second) == hash_of(second, first)
    assert hash_of(first, second) != hash_of(first, {**second, "score": 11})
    assert hash_of(first) != hash_of({**first, "user_id": None})
    assert hash_of() != hash_of(first)


def test_a_player_is_in_the_top_only_when_listed_there() -> None:
    first, second = Entry(1, 7, "Mina", 10), Entry(5, 8, "Jun", 5)
    assert standings_of(top=[first], me=first).is_in_top
    assert not standings_of(top=[first], me=second).is_in_top
    assert not standings_of(top=[first], me=None).is_in_top
