"""Tests that share what is dear share a worker."""

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

TELLS_ITS_WORKER = """
import os, pytest

@pytest.fixture
def product(): pass

@pytest.mark.parametrize("number", range(8))
def test_of_something({asks_for}number):
    with open("told", "a") as told:
        told.write("{group} " + os.environ["PYTEST_XDIST_WORKER"] + "\\n")
"""


def _run_in(folder: Path) -> subprocess.CompletedProcess[str]:
    inner = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    options = ("-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder")
    plugins = ("-p", "fairground_common.testing.workers", "-p", "no:schemathesis")
    command = (sys.executable, "-m", "pytest", *plugins, *options)
    return subprocess.run(command, cwd=folder, env=inner, capture_output=True, text=True, timeout=120, check=False)


def test_a_file_a_product_and_a_kind_of_trouble_stay_on_one_worker_each(tmp_path: Path) -> None:
    # xdist once lost the groups without a word: everything still passed, on two products at a time.
    (tmp_path / "pytest.ini").touch()
    for file, asks_for, group in (
        ("test_one.py", "", "one"),
        ("test_two.py", "", "two"),
        ("test_three.py", "product, ", "product"),
        ("test_four.py", "product, ", "product"),
        ("tests/chaos/bus/test_five.py", "", "bus"),
        ("tests/chaos/bus/test_six.py", "", "bus"),
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(TELLS_ITS_WORKER.format(asks_for=asks_for, group=group), encoding="utf-8")
    ran = _run_in(tmp_path)
    assert "48 passed" in ran.stdout, ran.stdout
    workers = defaultdict(set)
    for line in (tmp_path / "told").read_text(encoding="utf-8").splitlines():
        group, worker = line.split()
        workers[group].add(worker)
    assert {group: len(of_it) for group, of_it in workers.items()} == dict.fromkeys(workers, 1)
    assert len(workers) == 4
