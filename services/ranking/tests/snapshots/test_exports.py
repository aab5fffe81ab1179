"""A version as a file, for a spreadsheet and back again."""

import csv
import datetime
import io
from typing import Any

import pytest

from fairground_common.testing import AsgiClient
from fairground_ranking.snapshots.routes import PAGE

CSV = {"content-type": "text/csv"}
NAMES = ["Mina", "=HYPERLINK(1)", "+82", "-", "@home", "'=kept", "'tis", 'say "hi", x', "김민아", "＝wide"]  # noqa: RUF001


@pytest.fixture
def day(today: datetime.date) -> str:
    return f"/api/admin/ranking/{today}"


async def exported(operator: AsgiClient, day: str, version: int) -> bytes:
    answer = await operator.get(f"{day}/versions/{version}.csv")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    return answer.content


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


async def test_no_cell_of_an_export_is_a_formula(operator: AsgiClient, day: str, an_entry: Any) -> None:
    entries = [an_entry(rank, display_name=name, score=-rank) for rank, name in enumerate(NAMES, start=1)]
    await operator.put(day, body={"entries": entries})
    header, *rows = cells(await exported(operator, day, 1))
    assert header == ["rank", "user_id", "display_name_escaped", "score"]
    assert [row[2] for row in rows] == [
        "Mina", "'=HYPERLINK(1)", "'+82", "'-", "'@home", "''=kept", "''tis", 'say "hi", x', "김민아", "'＝wide",  # noqa: RUF001
    ]  # fmt: skip
    assert rows[0] == ["1", "", "Mina", "-1"]


async def test_an_export_uploaded_again_is_the_same_version(operator: AsgiClient, day: str, an_entry: Any) -> None:
    entries = [an_entry(rank, user_id=rank, display_name=name) for rank, name in enumerate(NAMES, start=1)]
    await operator.put(day, body={"entries": entries})
    await operator.put(day, body={"entries": entries[:3]})
    again = await operator.put(day, content=await exported(operator, day, 1), headers=CSV)
    assert again.body == {"version": 1, "entries": len(NAMES)}
    items = (await operator.get(f"{day}/versions")).body["items"]
    assert [(item["version"], item["is_published"]) for item in items] == [(2, False), (1, True)]


async def test_an_export_has_every_page_of_its_version_and_of_no_other(
    operator: AsgiClient, day: str, an_entry: Any
) -> None:
    entries = [an_entry(2 * rank) for rank in range(1, 2 * PAGE + 2)]
    await operator.put(day, body={"entries": entries})
    await operator.put(day, body={"entries": [an_entry(1)]})
    _, *rows = cells(await exported(operator, day, 1))
    assert [int(row[0]) for row in rows] == [entry["rank"] for entry in entries]
    assert len(cells(await exported(operator, day, 2))) == 2


async def test_an_empty_version_is_a_header(operator: AsgiClient, day: str) -> None:
    await operator.put(day, body={"entries": []})
    assert await exported(operator, day, 1) == b"rank,user_id,display_name_escaped,score\r\n"


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [("1", 404, "RANKING_VERSION_NOT_FOUND"), ("0", 422, "VALIDATION_FAILED"), ("x", 422, "VALIDATION_FAILED")],
)
async def test_only_what_there_is_can_be_exported(
    operator: AsgiClient, day: str, version: str, status: int, code: str
) -> None:
    answer = await operator.get(f"{day}/versions/{version}.csv")
    assert (answer.status, answer.code) == (status, code)
