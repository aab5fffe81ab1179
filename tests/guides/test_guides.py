"""Every example of every page is run, and has to be answered as the page says."""

from difflib import unified_diff
from pathlib import Path

import pytest

from fairground_deploy.guides import Page, guides, recorded
from fairground_deploy.guides.stage import opened_terminal
from fairground_deploy.testing.processes import LocalDeployment

pytestmark = pytest.mark.timeout(400)
"""A page is many requests, and some of them wait for events."""


@pytest.mark.parametrize("page", guides(), ids=lambda page: page.name)
async def test_the_product_answers_as_the_page_says(page: Page, deployment: LocalDeployment, tmp_path: Path) -> None:
    async with opened_terminal(tmp_path, deployment.product) as terminal:
        text = await recorded(page, terminal)
    changed = list(unified_diff(page.lines, text.splitlines(), page.name, "as the product answers", lineterm="", n=1))
    assert not changed, "\n".join(["run: make docs", *changed])
