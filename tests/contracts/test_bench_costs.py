"""What the bench says a part has spent."""

import importlib
import sys
from pathlib import Path

import pytest

from fairground_common.embedded import Child, Order
from fairground_common.testing import eventually

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import signal, subprocess, sys
subprocess.run([sys.executable, "-c", "sum(range(30_000_000))"], check=True)
print("ended", flush=True)
signal.pause()
"""


async def test_what_a_process_has_spent_stays_counted_when_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a load seems to cost PostgreSQL less than nothing when a session ends that was there before it."""
    monkeypatch.syspath_prepend(ROOT)
    costs = importlib.import_module("bench.costs")
    child = Child.start(Order([sys.executable, "-c", PROGRAM]), log=tmp_path / "log")
    most = 0.0

    def has_ended() -> bool:
        nonlocal most
        most = max(most, costs.cpu_seconds(child))
        return "ended" in child.tail()

    try:
        await eventually(has_ended, within=60)
        assert 0 < most <= costs.cpu_seconds(child)
    finally:
        child.kill()
