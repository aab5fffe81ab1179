"""An answer is one write, in order, and nothing of it is left behind."""

import asyncio
from typing import Any, cast

import pytest

from fairground_common.web.protocol import OneWrite


class Recorder:
    """A transport that notes what is asked of it."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.closing = False

    def writelines(self, pieces: list[bytes]) -> None:
        self.done.append(b"|".join(pieces))

    def write_eof(self) -> None:
        self.done.append("eof")

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True
        self.done.append("close")

    def abort(self) -> None:
        self.closing = True
        self.done.append("abort")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
async def transport(recorder: Recorder) -> OneWrite:
    return OneWrite(cast("asyncio.Transport", recorder), asyncio.get_running_loop())


async def test_what_comes_in_one_turn_is_written_together(transport: OneWrite, recorder: Recorder) -> None:
    transport.write(b"head")
    transport.write(b"body")
    assert recorder.done == []
    await asyncio.sleep(0)
    transport.write(b"next")
    await asyncio.sleep(0)
    assert recorder.done == [b"head|body", b"next"]


async def test_nothing_is_left_behind_by_an_end(transport: OneWrite, recorder: Recorder) -> None:
    transport.write(b"last")
    transport.write_eof()
    transport.write(b"of all")
    transport.close()
    await asyncio.sleep(0)
    assert recorder.done == [b"last", "eof", b"of all", "close"]


async def test_a_connection_that_is_cut_off_is_not_written_to(transport: OneWrite, recorder: Recorder) -> None:
    transport.write(b"too late")
    transport.abort()
    await asyncio.sleep(0)
    assert recorder.done == ["abort"]
