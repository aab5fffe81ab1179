"""Which tests share a worker when the suite runs on several (`pytest -n 2 --dist loadgroup`).

Tests of one file stay together, as they share what is dear to make. All that use the same running product are one
group, and so are those of one kind of trouble: what they break is started once. These groups take longest, so they
come first, whatever order the others are in.
"""

from pathlib import PurePath

import pytest

PRODUCTS = ("deployment", "product")
"""Fixtures that run the whole product, and the names of their groups."""
CHAOS = PurePath("tests/chaos")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name each test's group, before xdist reads it and after the order has been shuffled."""
    groups = {item: group_of(item) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: _turn(groups[item]))


def group_of(item: pytest.Item) -> str:
    """Return the name of the group a test belongs to."""
    for product in PRODUCTS:
        if product in getattr(item, "fixturenames", ()):
            return product
    file = PurePath(item.location[0])
    one_trouble = CHAOS in file.parents and file.parent != CHAOS
    return str(file.parent if one_trouble else file)


def _turn(group: str) -> int:
    return 0 if group in PRODUCTS else 1 if PurePath(group).is_relative_to(CHAOS) else 2
