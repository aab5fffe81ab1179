"""Containers: what only they can show. The product itself is driven by the system suite, on this stack as well."""

import pytest

from fairground_deploy.testing.containers import build_images


@pytest.fixture(scope="session", autouse=True)
async def images() -> None:
    """Build the images once, from this very tree."""
    await build_images()
