"""Pages say what the code says, and lead somewhere."""

import re
from pathlib import Path

import pytest

from fairground_deploy import catalogue

PAGES = [
    catalogue.ROOT / "README.md",
    *sorted((catalogue.ROOT / "docs").rglob("*.md")),
    *sorted(catalogue.ROOT.glob("services/*/README.md")),
]

_LINK = re.compile(r"\]\(([^)#]+)")


@pytest.mark.parametrize("name", ["errors.md", "events.md"])
def test_a_generated_page_is_in_step_with_the_code(name: str) -> None:
    page = catalogue.ROOT / "docs" / name
    assert page.read_text() == catalogue.pages()[page], "run: python -m fairground_deploy.catalogue"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(catalogue.ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    targets = [link for link in _LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in targets if not (page.parent / link).exists()] == []


def test_every_decision_is_in_the_index_and_has_every_part() -> None:
    decisions = catalogue.ROOT / "docs" / "decisions"
    index = (decisions / "README.md").read_text()
    for record in decisions.glob("[0-9]*.md"):
        text = record.read_text()
        assert f"({record.name})" in index
        for part in ("Context.", "Decision.", "Alternatives.", "Enforced by.", "Revisit when"):
            assert f"**{part}" in text, f"{record.name} has no {part}"
