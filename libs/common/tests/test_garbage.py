"""What is loaded is kept from the collector, and young objects are looked at seldom."""

import subprocess
import sys

from fairground_common.garbage import YOUNG_OBJECTS

TOLD = """
import gc
from fairground_common.garbage import spare_what_is_loaded
spare_what_is_loaded()
print(gc.get_freeze_count() > 1_000, gc.get_threshold()[0])
"""


def test_a_process_that_has_loaded_collects_seldom_and_only_what_is_new() -> None:
    told = subprocess.run([sys.executable, "-c", TOLD], check=True, capture_output=True, text=True, timeout=60)
    assert told.stdout.split() == ["True", str(YOUNG_OBJECTS)]
