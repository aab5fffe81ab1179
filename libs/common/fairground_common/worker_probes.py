"""/livez, /readyz and /metrics of a process without an HTTP API of its own."""

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Protocol

from fairground_common import side_port
from fairground_common.readiness import ALIVE, Check, readiness
from fairground_common.side_port import PortTaken
from fairground_common.sockets import given_sockets

__all__ = ["PortTaken", "ProbeAddress", "answering_probes"]


class ProbeAddress(Protocol):
    """The settings that say where a worker answers."""

    @property
    def worker_host(self) -> str: ...

    @property
    def worker_port(self) -> int | None: ...


@asynccontextmanager
async def answering_probes(address: ProbeAddress, checks: Sequence[Check]) -> AsyncIterator[None]:
    """Answer while the block runs; nowhere without a port. Raises PortTaken."""

    async def livez() -> bytes:
        return side_port.document(HTTPStatus.OK, ALIVE)

    async def readyz() -> bytes:
        return side_port.document(*await readiness(checks))

    answers = {"/livez": livez, "/readyz": readyz, "/metrics": side_port.metrics}
    async with side_port.answering(_listening_at(address), answers):
        yield


def _listening_at(address: ProbeAddress) -> socket.socket | None:
    """Return the socket this process was given, else one of its own."""
    for given in given_sockets():
        return given
    return None if address.worker_port is None else side_port.bound(address.worker_host, address.worker_port)
