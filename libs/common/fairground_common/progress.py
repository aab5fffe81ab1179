"""How far a command is, shown to a person only: on a terminal's standard error, in one line that is written over.

The answer itself goes to standard output, so a program that reads it never meets any of this.
"""

import sys
from collections.abc import Callable

Progress = Callable[[str], None]
"""Told what is being done, each time it is something else."""


def show(doing: str) -> None:
    """Write what is being done over what was shown before."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{doing}\033[K")


def keep_quiet(_doing: str) -> None:
    """Show nothing: nobody asked for it."""


def end_showing() -> None:
    """Leave an empty line for the answer."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
