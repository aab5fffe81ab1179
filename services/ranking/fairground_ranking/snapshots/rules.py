"""What a ranking must look like. Nothing is repaired: a wrong row refuses the upload and is named.

Places are what the sender knows rows by: ``("entries", index)`` in JSON, ``("line", number)`` in CSV with the header
as line 1.
"""

import datetime
import hashlib
import json
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairground_common.errors import FieldError
from fairground_ranking.snapshots.errors import InvalidRanking

COLUMNS = ("rank", "user_id", "display_name", "score")

ESCAPED_NAME = "display_name_escaped"
EXPORT_COLUMNS = ("rank", "user_id", ESCAPED_NAME, "score")
"""The header of a version's CSV. Names there may have an apostrophe in front, which is taken away when it is read."""

MOST_ENTRIES = 100_000
MOST_ERRORS = 100
LONGEST_NAME = 64

BATCH = 10_000
"""Entries that are stored at once: far below statement_timeout, few enough round trips."""

_MOST_RANK = 2**31 - 1
_MOST_USER_ID = 2**63 - 1
_MOST_SCORE = 2**53 - 1
"""The largest integer every JSON client reads exactly."""

_CONTROL_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
"""Control characters, lone surrogates, line and paragraph separators: they break lists, logs and exports."""

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Loc = tuple[str, int]
Candidate = tuple[Loc, Mapping[str, Any] | str]
"""A row and where it stands; a text instead of a row says why it could not be read as one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a ranking. ``user_id`` is None for somebody without an account here."""

    rank: int
    user_id: int | None
    display_name: str
    score: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranking that keeps the rules, as it is stored."""

    content_hash: bytes
    """SHA-256 of its entries in rank order as one list in JSON."""
    entries: int
    batches: Sequence[str]
    """Lists of at most ``BATCH`` entries in JSON, ready for the database: nobody needs to take them apart again."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version of a day's ranking, as it is stored."""

    date: datetime.date
    version: int
    content_hash: bytes
    entries: int


@dataclass(frozen=True, slots=True)
class Version:
    """A snapshot among the others of its day."""

    snapshot: Snapshot
    uploaded_by: int
    created_at: datetime.datetime
    is_published: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A player's entry in a day's published ranking."""

    date: datetime.date
    version: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Standings:
    """What a player sees of a ranking: its top, and where they stand themselves."""

    top: Sequence[Entry]
    me: Entry | None
    is_in_top: bool


def standings_of(*, top: Sequence[Entry], me: Entry | None) -> Standings:
    return Standings(top, me, is_in_top=me is not None and any(entry.rank == me.rank for entry in top))


@dataclass(slots=True)
class _Findings:
    """What is wrong so far, and where each rank and user was first seen."""

    erased: Collection[int]
    errors: list[FieldError] = field(default_factory=list)
    ranks: dict[object, Loc] = field(default_factory=dict)
    users: dict[object, Loc] = field(default_factory=dict)

    def add(self, loc: Loc, *faults: str) -> None:
        self.errors.extend(FieldError(loc, fault) for fault in faults)

    @property
    def are_enough(self) -> bool:
        return len(self.errors) >= MOST_ERRORS

    def refuse_if_any(self) -> None:
        if self.errors:
            told = f"The first {MOST_ERRORS} faults are listed; there may be more." if self.are_enough else None
            raise InvalidRanking(told, errors=self.errors[:MOST_ERRORS])


def checked_entries(candidates: Iterable[Candidate], *, erased: Collection[int] = frozenset()) -> list[Entry]:
    """Return the entries the rows make, by rank. Raises InvalidRanking naming the first 100 faults.

    ``erased`` players are refused: their name must not come back unnoticed.
    """
    findings = _Findings(erased=erased)
    entries: list[Entry] = []
    for number, (loc, row) in enumerate(candidates):
        if number == MOST_ENTRIES:
            findings.add(loc, f"a ranking has at most {MOST_ENTRIES} entries")
        else:
            _take(loc, row, entries, findings)
        if number == MOST_ENTRIES or findings.are_enough:
            break
    findings.refuse_if_any()
    return sorted(entries, key=lambda entry: entry.rank)


def ranking_of(entries: Sequence[Entry]) -> Ranking:
    """Return the ranking of entries that stand in rank order."""
    batches = [",".join(map(_in_json, entries[start : start + BATCH])) for start in range(0, len(entries), BATCH)]
    digest = hashlib.sha256(b"[")
    for number, batch in enumerate(batches):
        digest.update((f",{batch}" if number else batch).encode())
    digest.update(b"]")
    return Ranking(digest.digest(), len(entries), [f"[{batch}]" for batch in batches])


def escaped(name: str) -> str:
    """Return a name so that an apostrophe in front always is the export's own, never the name's."""
    return f"'{name}" if name.startswith("'") else name


def unescaped(name: str) -> str:
    """Return the name that was exported: without the apostrophe it, or a formula's look, was given."""
    return name.removeprefix("'")


def _take(loc: Loc, row: Mapping[str, Any] | str, entries: list[Entry], findings: _Findings) -> None:
    if isinstance(row, str):
        findings.add(loc, row)
        return
    faults = [*_faults(row), *_repeats(loc, row, findings), *_returns(row, findings)]
    findings.add(loc, *faults)
    if not faults:
        entries.append(Entry(row["rank"], row.get("user_id"), row["display_name"], row["score"]))


def _in_json(entry: Entry) -> str:
    return _JSON(
        {"rank": entry.rank, "user_id": entry.user_id, "display_name": entry.display_name, "score": entry.score}
    )


def _faults(row: Mapping[str, Any]) -> list[str]:
    faults = [f"{name[:LONGEST_NAME]} is not a field of an entry" for name in row if name not in COLUMNS]
    faults += _number_faults("rank", row.get("rank"), least=1, most=_MOST_RANK)
    if row.get("user_id") is not None:
        faults += _number_faults("user_id", row["user_id"], least=1, most=_MOST_USER_ID)
    faults += _name_faults(row.get("display_name"))
    faults += _number_faults("score", row.get("score"), least=-_MOST_SCORE, most=_MOST_SCORE)
    return faults


def _number_faults(name: str, value: object, *, least: int, most: int) -> list[str]:
    if type(value) is int and least <= value <= most:  # not isinstance: true is no number
        return []
    return [f"{name} must be an integer from {least} to {most}"]


def _name_faults(value: object) -> list[str]:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_NAME:
        return [f"display_name must be a text of 1 to {LONGEST_NAME} characters"]
    if not value.isprintable() and any(unicodedata.category(char) in _CONTROL_CATEGORIES for char in value):
        return ["display_name must not contain control characters"]
    return []


def _returns(row: Mapping[str, Any], findings: _Findings) -> list[str]:
    user_id = row.get("user_id")
    if type(user_id) is not int or user_id not in findings.erased:
        return []
    return [f"user_id {user_id} has been erased: leave the row out, or rank it without user_id and name"]


def _repeats(loc: Loc, row: Mapping[str, Any], findings: _Findings) -> list[str]:
    repeats = []
    for name, seen in (("rank", findings.ranks), ("user_id", findings.users)):
        value = row.get(name)
        if type(value) is not int:
            continue
        first = seen.setdefault(value, loc)
        if first is not loc:
            repeats.append(f"{name} {value} stands already at {first[0]} {first[1]}")
    return repeats
