"""Every link within the repository leads to a file that is there, and to a heading it has."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairground_deploy.catalogue import ROOT

_SKIPPED = {".venv", ".local", ".git", "node_modules"}
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^ *```")
_HEADING = re.compile(r"^#+ (.*)$")
_MARKS = re.compile(r"[^\w\- ]")

PAGES = sorted(page for page in ROOT.rglob("*.md") if not _SKIPPED & set(page.relative_to(ROOT).parts))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [link for link in _links(page) if not _leads_somewhere(page, link)] == []


def test_a_heading_is_known_by_the_anchor_a_reader_sees() -> None:
    assert _anchor("`make run`: what's next, in 2 steps") == "make-run-whats-next-in-2-steps"
    assert _anchor("[A page](a.md) and more") == "a-page-and-more"


def test_a_link_to_a_heading_that_is_gone_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Here\n\n```\n# not a heading\n```\n")
    assert _leads_somewhere(page, "#here")
    assert not _leads_somewhere(page, "#not-a-heading")
    assert not _leads_somewhere(page, "other.md")


def _links(page: Path) -> Iterator[str]:
    for line in _prose(page):
        yield from (link for link in _LINK.findall(line) if "://" not in link)


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in set(_anchors(target)))


def _anchors(page: Path) -> Iterator[str]:
    headings = (_HEADING.match(line) for line in _prose(page))
    yield from (_anchor(found[1]) for found in headings if found)


def _anchor(heading: str) -> str:
    """As the usual renderers make it: the text in lower case, blanks as hyphens, other marks left out."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return _MARKS.sub("", text.strip().lower()).replace(" ", "-")


def _prose(page: Path) -> Iterator[str]:
    """Lines outside of code blocks."""
    code = False
    for line in page.read_text().splitlines():
        if _FENCE.match(line):
            code = not code
        elif not code:
            yield line
