"""Cancellation that was asked for is carried out, whatever swallowed it on the way."""

import asyncio


def heed_cancellation() -> None:
    """Raise CancelledError when the current task has been told to stop and nobody passed that on.

    ``asyncio.wait_for`` (until Python 3.12) returns a result that is ready in the moment of the cancellation, and a
    task group that fails while it is being cancelled reports the failure only. A loop would then run for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
