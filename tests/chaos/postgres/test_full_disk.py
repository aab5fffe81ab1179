"""A disk without room for another row: no play happens, nobody is told otherwise, and room is all that is needed.

Only root may make a small disk. Elsewhere the test is left out; with CI set nothing is ever left out.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from http import HTTPStatus
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from fairground_common.db.provision import ServiceDatabase
from fairground_common.embedded import Postgres
from fairground_common.testing.chaos import Trial

DISK = "1M"
ROOM = 64 * 1024
"""Bytes that are free when plays begin to be refused: a few pages of the outbox."""
PLAYER = 1


@pytest.fixture
async def small_disk(server: Postgres, games_database: ServiceDatabase, trial: Trial) -> AsyncIterator[Path]:
    """Yield a folder that is a disk of its own, with room for the outbox, which lies there, and for little else."""
    if os.geteuid() != 0 and not os.environ.get("CI"):
        pytest.skip("only root may mount a disk")
    assert trial, "the check after the test needs the outbox back"
    folder = server.folder / "small"
    folder.mkdir()
    await _run("mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0777", "tmpfs", folder)
    owner = await asyncpg.connect(server.url, database=urlsplit(games_database.app_url).path[1:])
    await owner.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
    await owner.execute("ALTER TABLE outbox SET TABLESPACE small")
    yield folder
    await owner.execute("ALTER TABLE outbox SET TABLESPACE pg_default")
    await owner.execute("DROP TABLESPACE small")
    await owner.close()
    await _run("umount", folder)


async def test_on_a_full_disk_nothing_is_played_and_with_room_again_everything(trial: Trial, small_disk: Path) -> None:
    keys = (f"full-{number}" for number in count())
    ballast = small_disk / "ballast"
    _fill(ballast, leaving=ROOM)
    while (told := await trial.callers.play(PLAYER, "roulette", key := next(keys))) and told.status == HTTPStatus.OK:
        pass
    assert told is not None
    assert (told.status, told.code) == (HTTPStatus.SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE")
    assert int(told.headers["retry-after"]) >= 1
    ballast.unlink()
    played = await trial.callers.insist(PLAYER, "roulette", key)
    assert (played.status, played.headers.get("idempotency-replayed")) == (HTTPStatus.OK, None), "it had not happened"


async def _run(*command: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    assert await process.wait() == 0, command


def _fill(file: Path, *, leaving: int) -> None:
    """Take all but so many bytes of the disk."""
    disk = os.statvfs(file.parent)
    with file.open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, disk.f_bavail * disk.f_frsize - leaving)
