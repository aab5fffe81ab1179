"""A server that a killed runner left behind (where the kernel does not end it), and reused process ids."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from fairground_common.embedded.failures import PartError

_POLL_SECONDS = 0.02


def end_orphan(pid_file: Path, *, mark: str, ask: signal.Signals, patience: float = 15.0) -> None:
    """End the process the file names, if its command line has `mark` in it; then forget the file.

    The number may belong to somebody else by now: after a reboot, or in a new container.
    """
    deadline = time.monotonic() + patience
    while (pid := _named_process(pid_file, mark)) is not None:
        if time.monotonic() > deadline:
            raise PartError(f"process {pid} of an earlier run does not end: {mark}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, ask)
        time.sleep(_POLL_SECONDS)
    pid_file.unlink(missing_ok=True)


def _named_process(pid_file: Path, mark: str) -> int | None:
    try:
        first = pid_file.read_text().splitlines()[0].strip()
    except (OSError, IndexError):
        return None
    return int(first) if first.isdigit() and mark in command_line(int(first)) else None


def command_line(pid: int) -> str:
    """What a process was started with; empty when there is none."""
    if Path("/proc/self").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    listing = ["ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(listing, capture_output=True, text=True, check=False).stdout
