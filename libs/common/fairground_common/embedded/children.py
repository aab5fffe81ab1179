"""Child processes that end with us, whatever ends us.

Promise: a child started here is gone after `stop()`, after our normal exit and (on Linux) after our own
kill -9. The kernel signals it at the death of the *thread* that forked it, so all of them are forked
by one thread that lives as long as the process does.
"""

import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

Identity = Literal["same", "namespace", "nobody"]

_LAUNCHER = str(Path(__file__).with_name("launch.py"))


@dataclass(frozen=True, slots=True)
class Order:
    """What to start. `death_signal` is what the program gets when we die without a word.

    A `listening` socket is handed over as systemd does it (LISTEN_FDS); it stays ours as well.
    """

    program: Sequence[str]
    environ: Mapping[str, str] | None = None
    folder: Path | None = None
    death_signal: signal.Signals = signal.SIGKILL
    identity: Identity = "same"
    listening: socket.socket | None = None

    def fork(self, output: IO[bytes] | int) -> "subprocess.Popen[bytes]":
        given = () if self.listening is None else (self.listening.fileno(),)
        guard = [str(os.getpid()), str(int(self.death_signal)), self.identity, str(*given)]
        return subprocess.Popen(
            [sys.executable, "-I", "-S", _LAUNCHER, *guard, *self.program],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not subprocess.DEVNULL else output,
            env=dict(self.environ) if self.environ is not None else None,
            cwd=self.folder,
            pass_fds=given,
            start_new_session=True,  # Ctrl-C in the terminal is ours to pass on, in our order
        )


class _Forker(threading.Thread):
    """The one thread that forks; a daemon, so its end is the end of the process."""

    def __init__(self) -> None:
        super().__init__(name="forker", daemon=True)
        self._orders: queue.SimpleQueue[tuple[Order, IO[bytes] | int, Future[subprocess.Popen[bytes]]]] = (
            queue.SimpleQueue()
        )

    def run(self) -> None:
        while True:
            order, output, result = self._orders.get()
            try:
                result.set_result(order.fork(output))
            except OSError as error:
                result.set_exception(error)

    def fork(self, order: Order, output: IO[bytes] | int) -> "subprocess.Popen[bytes]":
        result: Future[subprocess.Popen[bytes]] = Future()
        self._orders.put((order, output, result))
        return result.result()


_forker: _Forker | None = None
_forker_lock = threading.Lock()


def _the_forker() -> _Forker:
    global _forker  # noqa: PLW0603 - one thread per process is the point
    with _forker_lock:
        if _forker is None or not _forker.is_alive():
            _forker = _Forker()
            _forker.start()
        return _forker


class Child:
    """A running child process, its output appended to `log`."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process = process
        self.log = log

    @classmethod
    def start(cls, order: Order, *, log: Path) -> "Child":
        """Start it. A program that cannot be started shows as an early end, with the reason in the log."""
        with log.open("ab") as output:
            return cls(_the_forker().fork(order, output), log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    @property
    def alive(self) -> bool:
        return self.returncode is None

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self, seconds: float) -> bool:
        """Whether it ended within the time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, number: signal.Signals = signal.SIGTERM, *, patience: float = 10.0) -> None:
        """Ask it to end; after `patience` seconds, end it."""
        if self.alive:
            self.send(number)
        if not self.wait(patience):
            self.kill()

    def kill(self) -> None:
        """End it and everything in its process group at once; returns when it is gone."""
        with contextlib.suppress(ProcessLookupError):  # gone already, and reaped
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def tail(self, lines: int = 20) -> str:
        """The last lines of its log, for a message that says why it did not start."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def run_to_end(order: Order, *, seconds: float = 60.0) -> str:
    """Run a short program and give its output (both streams).

    Raises `subprocess.CalledProcessError` (with the output) when it fails, `TimeoutExpired` when it hangs.
    """
    process = _the_forker().fork(order, subprocess.PIPE)
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    text = output.decode(errors="replace")
    if process.returncode:
        failed = subprocess.CalledProcessError(process.returncode, list(order.program), text)
        failed.add_note(text)  # its own words leave out what the program said
        raise failed
    return text
