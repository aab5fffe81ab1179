"""From a body to candidates: JSON or CSV, told apart by its media type. Rules decide about the rows."""

import csv
import io
import re
from collections.abc import Iterator

import msgspec

from fairground_common.errors import FieldError, MalformedJson, ValidationFailed
from fairground_ranking.snapshots.errors import InvalidRanking
from fairground_ranking.snapshots.rules import COLUMNS, Candidate, Ranking, checked_ranking

JSON = "application/json"
CSV = "text/csv"

_HEADER = list(COLUMNS)
_INTEGER = re.compile(r"-?[0-9]{1,19}\Z")
_NUMBERS = {"rank", "user_id", "score"}


def read_upload(body: bytes, media_type: str) -> Ranking:
    """Return the ranking an upload carries.

    Raises MalformedJson, ValidationFailed for a JSON body that holds no list of entries, and InvalidRanking.
    Takes up to a second for the largest body: not for an event loop.
    """
    return checked_ranking(_csv_candidates(body) if media_type == CSV else _json_candidates(body))


def _json_candidates(body: bytes) -> Iterator[Candidate]:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedJson(str(error)) from None
    if not isinstance(document, dict) or set(document) != {"entries"} or not isinstance(document["entries"], list):
        raise ValidationFailed(errors=[FieldError(("entries",), "the body is an object with one list, `entries`")])
    for index, row in enumerate(document["entries"]):
        yield ("entries", index), row if isinstance(row, dict) else "an entry is an object"


def _csv_candidates(body: bytes) -> Iterator[Candidate]:
    rows = csv.reader(io.StringIO(_text(body), newline=""), strict=True)
    try:
        if next(rows, None) != _HEADER:
            raise _wrong_line(1, f"the header must be {','.join(_HEADER)}")
        for row in rows:
            if row:
                yield ("line", rows.line_num), _from_cells(row)
    except csv.Error as error:
        raise _wrong_line(rows.line_num, str(error)) from None


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong_line(body[: error.start].count(b"\n") + 1, "the text is not UTF-8") from None


def _from_cells(cells: list[str]) -> dict[str, object] | str:
    if len(cells) != len(_HEADER):
        return f"a row has {len(_HEADER)} columns, this one has {len(cells)}"
    return {name: _value(name, cell) for name, cell in zip(_HEADER, cells, strict=True)}


def _value(name: str, cell: str) -> object:
    if name == "user_id" and not cell:
        return None
    return int(cell) if name in _NUMBERS and _INTEGER.match(cell) else cell


def _wrong_line(line: int, fault: str) -> InvalidRanking:
    return InvalidRanking(errors=[FieldError(("line", line), fault)])
