"""How a process of ours ends: a code for whoever starts it again, one line for a person. 0 is an end by signal.

Starting again may help after 1, 4, 5 and 6; after 2 and 3 somebody has to change something first.
"""

import os
import signal
import socket
import sys
import threading
from typing import ClassVar, NoReturn

EXIT_FAILED = 1
"""A bug, or a command that was refused: the log or the line says which."""
EXIT_BAD_SETTING = 2
"""A setting is missing or wrong; one line names each."""
EXIT_PORT_TAKEN = 3
"""The address to listen on cannot be had."""
EXIT_STUCK = 4
"""The work did not end in time after a signal."""
EXIT_DATABASE_UNUSABLE = 5
"""At the start: the database cannot be reached, does not let us in, or has not been migrated."""
EXIT_BROKER_SILENT = 6
"""The broker has given no sign of life for minutes, on connections made anew."""


class CannotGoOn(Exception):
    """Ends a worker with a code of its own and one line for a person."""

    code: ClassVar[int]


def refuse(code: int, line: str) -> NoReturn:
    """End a process that cannot begin."""
    sys.stderr.write(f"{line}\n")
    sys.exit(code)


def reason_of(error: OSError) -> str:
    """Return the system's own words for an error, without what the library that met it says around them."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if error.errno is None or isinstance(error, socket.gaierror):
        return error.strerror or str(error) or type(error).__name__
    return os.strerror(error.errno)


def leave_when_told() -> None:
    """Have SIGTERM and SIGINT end this process with 0, until it knows a better way.

    It must be said: as number 1 of a container a process does not hear a signal it has no handler for. Only the main
    thread can say it; called from another one nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)


def _leave(*_: object) -> NoReturn:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # it is ending
    sys.exit(0)
