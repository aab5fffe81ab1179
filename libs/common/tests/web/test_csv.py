"""Files that a spreadsheet opens without running anything."""

import csv
import datetime
import io
from collections.abc import AsyncIterator, Sequence

import pytest

from fairground_common.web.csv import as_csv, csv_download


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＠x"])  # noqa: RUF001
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert list(csv.reader(io.StringIO(as_csv([[text]]), newline=""))) == [[f"'{text}"]]


def test_everything_else_reads_back_as_it_was() -> None:
    row = ["plain", "a,b", 'say "hi"', "two\nlines", "1-2=3", "é", "", -5, 1.5, None, datetime.date(2026, 3, 1)]
    [read] = csv.reader(io.StringIO(as_csv([row]), newline=""))
    assert read == ["plain", "a,b", 'say "hi"', "two\nlines", "1-2=3", "é", "", "-5", "1.5", "", "2026-03-01"]


async def test_a_download_is_sent_page_by_page_with_its_header_first() -> None:
    async def pages() -> AsyncIterator[Sequence[Sequence[object]]]:
        yield [[1, "a"], [2, "b"]]
        yield [[3, "c"]]

    download = csv_download("players.csv", ["id", "name"], pages())
    assert download.headers["content-type"] == "text/csv; charset=utf-8"
    assert download.headers["content-disposition"] == 'attachment; filename="players.csv"'
    assert [part async for part in download.body_iterator] == ["id,name\r\n", "1,a\r\n2,b\r\n", "3,c\r\n"]
