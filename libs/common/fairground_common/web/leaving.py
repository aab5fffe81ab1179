"""The last moments of a server's connections: nobody is cut off in the middle of a sentence.

A connection that is closed while a request is on its way is reset, and what its client sees may have been done or not.
So a connection that waits for a request is given a moment in which one may still arrive, and is answered; then it is
closed for what we say alone, and read on until its client has closed it as well. Such a client sees an orderly end and
no answer (RFC 9112, 9.6): it was not handled, and may be sent again.
"""

import asyncio
import socket
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Protocol

LAST_CALL_SECONDS = 0.5
"""More than a request takes from its client to us."""
LINGER_SECONDS = 1.0
"""For a client to see the end and close; one that does not look keeps us no longer."""
_POLL_SECONDS = 0.02
_CHUNK = 65_536


class Connection(Protocol):
    """What uvicorn calls a protocol: one connection of a server."""

    @property
    def transport(self) -> asyncio.Transport: ...

    def shutdown(self) -> None:
        """Close it now if no answer is due, else after the answer."""


async def last_call(connections: Collection[Connection]) -> None:
    """Return when all connections are gone, or have had time enough to ask; each answer closes its own by now."""
    for _ in range(round(LAST_CALL_SECONDS / _POLL_SECONDS)):
        if not connections:
            return
        await asyncio.sleep(_POLL_SECONDS)


def take_leave(connections: Collection[Connection]) -> "asyncio.Future[list[None]]":
    """Close those to which no answer is due. What is returned is done when their clients have had time to do so too."""
    return asyncio.gather(*(_read_on(line) for line in list(_closed(connections))))


def _closed(connections: Collection[Connection]) -> Iterator[socket.socket]:
    for connection in list(connections):
        line = _another_hold(connection.transport)
        connection.shutdown()
        if line is None:
            continue
        if connection.transport.is_closing() and not connection.transport.get_write_buffer_size():
            yield line
        else:
            line.close()  # something is still to be said


def _another_hold(transport: asyncio.Transport) -> socket.socket | None:
    """Return the transport's socket under a descriptor of our own: it outlives the transport."""
    try:
        line = transport.get_extra_info("socket").dup()
    except OSError:  # gone, or too many of them are open
        return None
    assert isinstance(line, socket.socket)
    line.setblocking(False)
    return line


async def _read_on(line: socket.socket) -> None:
    """Say that nothing more comes, and throw away what does: bytes left unread would make the end a reset."""
    loop = asyncio.get_running_loop()
    with line, suppress(OSError, TimeoutError):
        line.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(LINGER_SECONDS):
            while await loop.sock_recv(line, _CHUNK):
                pass
