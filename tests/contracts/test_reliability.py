"""The page that says what is proven names the tests that prove it; each of them is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reliability.md"

_NAMED = re.compile(r"`(?P<file>[\w./]+\.py)::(?P<test>test_\w+)`")


def _named(page: str) -> list[tuple[str, str]]:
    return [(found["file"], found["test"]) for found in _NAMED.finditer(page)]


def _tests_in(file: str) -> set[str]:
    parsed = ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
    return {node.name for node in parsed if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("file", "test"), _named(PAGE.read_text(encoding="utf-8")))
def test_a_test_the_page_names_is_there(file: str, test: str) -> None:
    assert test in _tests_in(file)


def test_every_check_names_a_test_or_says_that_there_is_none() -> None:
    rows = re.findall(r"^\| [A-Z]+\d+ \|.*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) > 60
    assert [row for row in rows if not _named(row) and not row.endswith("| nothing yet |")] == []
