"""What a product takes of its machine: memory, files, sessions of the database, channels of the broker."""

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError
from typing import Self

from fairground_common.db.failures import DATABASE_ERRORS
from fairground_common.testing.eventually import eventually
from fairground_deploy.testing.storm.stage import Stage

MEGABYTE = 1024 * 1024
MORE_MEGABYTES = 24
"""A process that has met every trouble there is has loaded some code and grown some tables, once."""
MORE_FILES = 16
MORE_SESSIONS = 12
"""The largest pool of a process: it may have lent all of it for a moment, and keeps what it has opened."""
START_SECONDS = 60
"""For whatever a storm killed last to be there again: about five on a machine with nothing else to do."""
KEPT_SECONDS = 90
"""For what a crowd has opened after a standstill and nobody uses: a service keeps such a line for 75 s."""

_SESSIONS = """
SELECT application_name, count(*) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() GROUP BY application_name
"""


@dataclass(frozen=True, slots=True)
class Gauges:
    """Each by the name of the process it belongs to, or that it was opened under."""

    megabytes: Mapping[str, int]
    files: Mapping[str, int]
    sessions: Mapping[str, int]
    channels: Mapping[str, int]

    @classmethod
    async def read(cls, stage: Stage) -> Self:
        """Read them all of one moment at which all are there: what was struck last may still be starting."""
        return await eventually(lambda: cls._read(stage), within=START_SECONDS, every=1)

    @classmethod
    async def read_settled(cls, stage: Stage, *, since: Self) -> Self:
        """Read them until nothing has grown, or it has stayed for longer than what is not used is kept."""
        deadline = time.monotonic() + KEPT_SECONDS
        while (gauges := await cls.read(stage)).grown_since(since) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(2)
        return gauges

    @classmethod
    async def _read(cls, stage: Stage) -> Self:
        pids = {name: process.pid for name, process in stage.product.processes.items()}
        try:
            return cls(
                megabytes={name: _resident(pid) // MEGABYTE for name, pid in pids.items()},
                files={name: len(os.listdir(f"/proc/{pid}/fd")) for name, pid in pids.items()},  # noqa: PTH208
                sessions=await _sessions(stage),
                channels=await _channels(stage),
            )
        except (FileNotFoundError, *DATABASE_ERRORS) as away:
            raise AssertionError(f"not all are there: {away!r}") from away
        except CalledProcessError as refused:
            raise AssertionError(f"the broker does not tell its channels: {refused.output}") from refused

    def grown_since(self, before: Self) -> list[str]:
        """Say what has become more than a storm may leave behind."""
        return [
            *_grown("MB of memory", before.megabytes, self.megabytes, MORE_MEGABYTES),
            *_grown("open files", before.files, self.files, MORE_FILES),
            *_grown("database sessions", before.sessions, self.sessions, MORE_SESSIONS),
            # One for each use, which may have had none before.
            *(f"{name}: {many} channels" for name, many in self.channels.items() if many > 1),
        ]

    def __str__(self) -> str:
        named = {"MB": self.megabytes, "files": self.files, "sessions": self.sessions, "channels": self.channels}
        return "; ".join(f"{sum(of.values())} {what}" for what, of in named.items())


def _grown(what: str, before: Mapping[str, int], after: Mapping[str, int], more: int) -> Iterator[str]:
    for name, now in after.items():
        if now > before.get(name, 0) + more:
            yield f"{name}: {what} {before.get(name, 0)} -> {now}"


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def _sessions(stage: Stage) -> dict[str, int]:
    """Count them by the name of the program that has opened them."""
    async with stage.reading("games") as connection:
        return {row["application_name"]: row["count"] for row in await connection.fetch(_SESSIONS)}


async def _channels(stage: Stage) -> Counter[str]:
    """Count them by the name of their connection."""
    asked = ("list_connections", "channels", "client_properties", "--formatter", "json")
    counted: Counter[str] = Counter()
    for each in json.loads(await asyncio.to_thread(stage.node.control, *asked)):
        counted[_name_of(each["client_properties"])] += each["channels"]
    return counted


def _name_of(properties: list[tuple[str, str, str]]) -> str:
    return next((value for name, _type, value in properties if name == "connection_name"), "unnamed")
