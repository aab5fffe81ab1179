"""Nothing outlives the process that started it."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from fairground_common.embedded import Child, Order
from fairground_common.embedded.children import Identity, run_to_end
from fairground_common.testing import eventually

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
]
PARENT = """
import sys, time
from pathlib import Path
from fairground_common.embedded import Child, Order
child = Child.start(Order([sys.executable, "-c", "import time; time.sleep(600)"]), log=Path(sys.argv[1]))
print(child.pid, flush=True)
if sys.argv[2] == "stay":
    time.sleep(600)
"""


def _parent(folder: Path, then: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-W", "ignore", "-c", PARENT, str(folder / "log"), then]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _child_of(parent: "subprocess.Popen[str]") -> psutil.Process:
    assert parent.stdout is not None
    return psutil.Process(int(parent.stdout.readline()))


def _gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
async def test_child_is_gone_after_kill_9_of_its_parent(tmp_path: Path) -> None:
    with _parent(tmp_path, "stay") as parent:
        child = _child_of(parent)
        parent.kill()
        await eventually(lambda: _gone(child))


async def test_child_is_gone_after_its_parent_ended(tmp_path: Path) -> None:
    with _parent(tmp_path, "leave") as parent:
        child = _child_of(parent)
        await eventually(lambda: _gone(child))


def test_child_outlives_the_thread_that_asked_for_it(tmp_path: Path) -> None:
    started: list[Child] = []
    order = Order([sys.executable, "-c", "print('up', flush=True); import time; time.sleep(0.3)"])
    thread = threading.Thread(target=lambda: started.append(Child.start(order, log=tmp_path / "log")))
    thread.start()
    thread.join()
    assert started[0].wait(20)
    assert started[0].returncode == 0


async def test_stop_ends_even_a_child_that_ignores_sigterm(tmp_path: Path) -> None:
    child = Child.start(Order(STUBBORN), log=tmp_path / "log")
    await eventually(lambda: "up" in child.tail())
    child.stop(patience=0.2)
    assert child.returncode == -signal.SIGKILL


def test_stop_of_an_ended_child_is_fine(tmp_path: Path) -> None:
    child = Child.start(Order([sys.executable, "-c", "raise SystemExit(7)"]), log=tmp_path / "log")
    assert child.wait(20)
    child.stop()
    assert child.returncode == 7


async def test_kill_takes_the_whole_process_group(tmp_path: Path) -> None:
    spawn = f"import subprocess, time; print(subprocess.Popen({SLEEPER!r}).pid, flush=True); time.sleep(600)"
    child = Child.start(Order([sys.executable, "-c", spawn]), log=tmp_path / "log")
    grandchild = psutil.Process(int(await eventually(child.tail)))
    child.kill()
    await eventually(lambda: _gone(grandchild))


def test_a_program_that_is_not_there_is_named_in_the_log(tmp_path: Path) -> None:
    child = Child.start(Order(["/no/such/program"]), log=tmp_path / "log")
    assert child.wait(20)
    assert "/no/such/program" in child.tail()


def test_output_of_a_failed_program_is_in_its_error() -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run_to_end(Order([sys.executable, "-c", "print('because'); raise SystemExit(1)"]))
    assert "because" in failed.value.output
    assert "because" in failed.value.__notes__[0]


def test_a_program_that_refuses_root_can_be_run_by_root() -> None:
    somebody: Identity = "nobody" if os.geteuid() == 0 else "same"
    assert run_to_end(Order(["id", "-u"], identity=somebody)).strip() != "0"
