"""Which tests are never asked a second time (`-p fairground_common.testing.again`).

CI asks a failed test once more, as a machine it shares may stand still for longer than a test waits (`.ci/run`). What
is counted while many act at once, or while something is killed, is not forgiven: one loss in a thousand runs is a loss.
Neither is a difference of the books, wherever it is found (`BooksDiffer`).
"""

from pathlib import PurePath

import pytest

RACES = "test_races.py"
CHAOS = PurePath("tests/chaos")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what has one try."""
    for item in items:
        if has_one_try(PurePath(item.location[0])):
            item.add_marker(pytest.mark.flaky(reruns=0))


def has_one_try(file: PurePath) -> bool:
    """Tell by the file of a test, relative to the root."""
    return file.name == RACES or CHAOS in file.parents
