"""Waiting until the product serves, and saying what hinders it when it does not."""

import asyncio
import http.client
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fairground_common.embedded import LOOPBACK
from fairground_deploy.local.failures import LocalRunError
from fairground_deploy.local.processes import ServiceProcess
from fairground_deploy.local.together import together

READY_SECONDS = 60.0
_POLL_SECONDS = 0.1
_PROBE_SECONDS = 2.0
_OK = 200


@dataclass(frozen=True, slots=True)
class Awaited:
    """A process and the port its /readyz is on."""

    process: ServiceProcess
    port: int


async def wait_until_ready(awaited: Sequence[Awaited], *, within: float = READY_SECONDS) -> None:
    """Return when every one answers 200. Raises LocalRunError with the end of the log of one that does not."""
    deadline = time.monotonic() + within
    await together(*(_wait_for(each, deadline) for each in awaited))


def refuse_ended(processes: Iterable[ServiceProcess]) -> None:
    """Workers have no port to ask; one that is gone by now will not work. Raises LocalRunError."""
    for process in processes:
        if not process.alive:
            raise LocalRunError(_ended(process))


async def _wait_for(awaited: Awaited, deadline: float) -> None:
    said = "nothing"
    while True:
        said = await asyncio.to_thread(probe, awaited.port) or said
        if said == "ready":
            return
        if not awaited.process.alive:
            raise LocalRunError(_ended(awaited.process))
        if time.monotonic() > deadline:
            raise LocalRunError(_why(awaited.process, f"is not ready; /readyz says {said}"))
        await asyncio.sleep(_POLL_SECONDS)


def probe(port: int) -> str:
    """Return `ready`, what /readyz says instead, or nothing when nobody answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        said = answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return ""
    else:
        return "ready" if answer.status == _OK else said
    finally:
        connection.close()


def _ended(process: ServiceProcess) -> str:
    return _why(process, f"ended with code {process.child.returncode}")


def _why(process: ServiceProcess, fact: str) -> str:
    return f"{process.name} {fact}; the end of {process.log}:\n{process.child.tail()}"
