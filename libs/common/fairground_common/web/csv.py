"""CSV downloads: sent page by page, and without a cell that a spreadsheet would take for a formula."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence

from fastapi.responses import StreamingResponse

MEDIA_TYPE = "text/csv"

Row = Sequence[object]

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - the full-width forms are formulas too
"""How a text begins that a spreadsheet evaluates instead of showing it."""


class CsvResponse(StreamingResponse):
    """A download in UTF-8; names the media type in the API documentation."""

    media_type = MEDIA_TYPE


def csv_download(filename: str, header: Row, pages: AsyncIterator[Iterable[Row]]) -> CsvResponse:
    """Return rows as a file, the header first. A page that cannot be had breaks the download off, visibly."""
    disposition = {"content-disposition": f'attachment; filename="{filename}"'}
    return CsvResponse(_lines(header, pages), headers=disposition)


def as_csv(rows: Iterable[Row]) -> str:
    """Return rows as CSV. Texts a spreadsheet would evaluate get an apostrophe in front; None is an empty cell."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


async def _lines(header: Row, pages: AsyncIterator[Iterable[Row]]) -> AsyncIterator[str]:
    yield as_csv([header])
    async for rows in pages:
        yield as_csv(rows)


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
