"""What an upload holds: JSON or CSV, in UTF-8 with or without a byte order mark.

Rows are made one by one. What cannot be read is no exception but a row's fault: whoever checks the rows tells it with
the others. Reading takes up to a second for the largest bodies: not for an event loop.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from fairground_common.errors import MalformedJson

JSON, CSV = "application/json", "text/csv"

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FOREIGN = "the text is not UTF-8"

Loc = tuple[str, int]
Row = tuple[Loc, dict[str, str] | str]
"""A row's place, ``("line", n)`` with the header as line 1, and its cells by column or why it could not be read."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A whole body and what it claims to be: ``JSON`` or ``CSV``."""

    body: bytes
    media_type: str


def json_document(body: bytes) -> Any:
    """Return the document a body holds. Raises MalformedJson."""
    try:
        return msgspec.json.decode(body.removeprefix(_BYTE_ORDER_MARK))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson(str(error)) from None


def csv_rows(body: bytes, *headers: Sequence[str]) -> Iterator[Row]:
    """Yield the rows below a header, which must be one of ``headers``. Where quotes end nowhere, the rows end."""
    # Bytes that are no UTF-8 come through as surrogates: then they are a row's fault, not the end of the file.
    text = io.TextIOWrapper(io.BytesIO(body), "utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.reader(text, strict=True)
    line = 1
    try:
        columns = next(reader, [])
        fault = _fault_of_header(columns, headers)
        if fault is not None:
            yield ("line", line), fault
            return
        line = reader.line_num + 1
        for cells in reader:
            if cells:
                yield ("line", line), _by_column(columns, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        yield ("line", line), str(error)


def _fault_of_header(columns: Sequence[str], headers: Sequence[Sequence[str]]) -> str | None:
    if not _is_utf_8(columns):
        return _FOREIGN
    if tuple(columns) not in {tuple(header) for header in headers}:
        return f"the header must be {' or '.join(map(','.join, headers))}"
    return None


def _by_column(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str] | str:
    if not _is_utf_8(cells):
        return _FOREIGN
    if len(cells) != len(columns):
        return f"a row has {len(columns)} columns, this one has {len(cells)}"
    return dict(zip(columns, cells, strict=True))


def _is_utf_8(cells: Sequence[str]) -> bool:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return False
    return True
