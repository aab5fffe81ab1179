"""From a body to candidates: JSON or CSV, told apart by its media type. Rules decide about the rows."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from fairground_common.errors import FieldError, ValidationFailed
from fairground_common.uploads import CSV, Upload, csv_rows, json_document
from fairground_ranking.snapshots.rules import (
    COLUMNS,
    ESCAPED_NAME,
    EXPORT_COLUMNS,
    Candidate,
    Ranking,
    checked_entries,
    ranking_of,
    unescaped,
)

_INTEGER = re.compile(r"-?[0-9]{1,19}\Z")
_NUMBERS = {"rank", "user_id", "score"}


@dataclass(frozen=True, slots=True)
class Received:
    """An upload, and who must not be in it."""

    upload: Upload
    erased: Collection[int] = frozenset()


def read_ranking(received: Received) -> Ranking:
    """Return the ranking an upload carries.

    Raises MalformedJson, ValidationFailed for a JSON body that holds no list of entries, and InvalidRanking.
    Takes a second for the largest body: not for an event loop.
    """
    upload = received.upload
    candidates = _csv_candidates if upload.media_type == CSV else _json_candidates
    return ranking_of(checked_entries(candidates(upload.body), erased=received.erased))


def _json_candidates(body: bytes) -> Iterator[Candidate]:
    document = json_document(body)
    if not isinstance(document, dict) or set(document) != {"entries"} or not isinstance(document["entries"], list):
        raise ValidationFailed(errors=[FieldError(("entries",), "the body is an object with one list, `entries`")])
    for index, row in enumerate(document["entries"]):
        yield ("entries", index), row if isinstance(row, dict) else "an entry is an object"


def _csv_candidates(body: bytes) -> Iterator[Candidate]:
    for loc, cells in csv_rows(body, COLUMNS, EXPORT_COLUMNS):
        yield loc, cells if isinstance(cells, str) else _from_cells(cells)


def _from_cells(cells: Mapping[str, str]) -> dict[str, object]:
    if ESCAPED_NAME in cells:
        cells = {**cells, "display_name": unescaped(cells[ESCAPED_NAME])}
    return {name: _value(name, cells[name]) for name in COLUMNS}


def _value(name: str, cell: str) -> object:
    if name == "user_id" and not cell:
        return None
    return int(cell) if name in _NUMBERS and _INTEGER.match(cell) else cell
