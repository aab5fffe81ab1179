"""Work too long for an event loop, in a process of its own: it takes neither the interpreter's lock nor memory.

A thread would do neither: whoever computes in one lets the event loop have the interpreter every 5 ms, and a request
needs it a dozen times. The process knows nothing of the caller's (connections, keys, tasks) and ends with its work.
"""

import asyncio
import pickle
import signal
import sys
from collections.abc import Callable
from typing import TypeVar

from fairground_common.errors import FairgroundError, ServiceUnavailable

Given = TypeVar("Given")
Result = TypeVar("Result")


async def run_apart(work: Callable[[Given], Result], given: Given) -> Result:
    """Return what a function of some module returns, or raise the refusal it raises.

    Raises ServiceUnavailable when the process ended otherwise. A cancelled caller ends it.
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, stdin=pipe, stdout=pipe)
    try:
        told, _ = await process.communicate(pickle.dumps((work, given)))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise ServiceUnavailable("The process that worked on it was ended.", retry_after=2)
    outcome: Result | FairgroundError = pickle.loads(told)  # noqa: S301 - it comes from our own child
    if isinstance(outcome, FairgroundError):
        raise outcome
    return outcome


def main() -> None:
    """Do the work that stands at the input. Ctrl-C at a terminal is meant for who asked for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work, given = pickle.load(sys.stdin.buffer)  # noqa: S301 - it comes from who started this
    try:
        outcome = work(given)
    except FairgroundError as refusal:
        outcome = refusal
    pickle.dump(outcome, sys.stdout.buffer)


if __name__ == "__main__":
    main()
