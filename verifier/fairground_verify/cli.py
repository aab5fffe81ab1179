"""The command: reads a receipt, prints one line, and says the verdict again as its exit code."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from fairground_verify.refusal import one_line, shown
from fairground_verify.verdict import INVALID, SEALED, VALID, Verdict, verify

EXIT_CODES = {VALID: 0, INVALID: 1, SEALED: 2}
UNREADABLE = 3
"""Exit code: there is nothing to judge, because a file or the command line could not be read."""
LARGEST_FILE = 32 * 1024 * 1024
"""Bytes. More than a lottery of a thousand prizes with a hundred attempts needs."""


class _Unreadable(Exception):
    """An input could not be read; the text says why."""


class _Parser(argparse.ArgumentParser):
    """argparse would end with 2, which means SEALED here, and print several lines."""

    def error(self, message: str) -> NoReturn:
        raise _Unreadable(f"{message} (--help explains)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 VALID, 1 INVALID, 2 SEALED, 3 nothing to judge."""
    try:
        options = _options(arguments)
        published = None if options.config is None else _read(options.config)
        verdict = verify(_read(options.receipt), published, options.commitment)
    except _Unreadable as reason:
        _write_line(sys.stderr, f"fairground-verify: {reason}")
        return UNREADABLE
    _write_line(sys.stdout, _as_json(verdict) if options.json else f"{verdict.word} {verdict.reason}")
    return EXIT_CODES[verdict.word]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="fairground-verify", description=_DESCRIPTION)
    parser.add_argument("receipt", help="the answer of GET /api/fairness/receipts/{play_id} in a file; - is stdin")
    parser.add_argument("--config", metavar="FILE", help=_CONFIG_HELP)
    parser.add_argument("--commitment", metavar="HEX", help="what you were shown before the play")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON, on one line")
    options = parser.parse_args(arguments)
    if options.receipt == options.config == "-":
        parser.error("only one of the two files can be -")
    return options


_DESCRIPTION = """Prove a play's receipt, offline. Exit code: 0 VALID, 1 INVALID, 2 SEALED (the server seed is not
revealed yet), 3 when there is nothing to judge because the input cannot be read."""

_CONFIG_HELP = """the answer of GET /api/{game}/configs/{version}: checked to be what the play was drawn from; needed
only for a receipt that does not hold its configuration"""


def _read(path: str) -> bytes:
    try:
        if path == "-":
            content = sys.stdin.buffer.read(LARGEST_FILE + 1)
        else:
            with Path(path).open("rb") as file:
                content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        raise _Unreadable(f"cannot read {shown(path)}: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > LARGEST_FILE:
        raise _Unreadable(f"{shown(path)} is larger than {LARGEST_FILE} bytes: that is no receipt")
    return content


def _as_json(verdict: Verdict) -> str:
    told = {"verdict": verdict.word, "reason": verdict.reason}
    return json.dumps({**told, "not_proven": verdict.not_proven, "said_gone": verdict.said_gone})


def _write_line(stream: TextIO, line: str) -> None:
    """Write a line to a terminal of any encoding: what it has no character for is written as an escape."""
    encoding = stream.encoding or "ascii"
    stream.write(one_line(line).encode(encoding, "backslashreplace").decode(encoding) + "\n")
