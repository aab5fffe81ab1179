"""Where a process listens: on sockets it was given, else on one that it opens itself.

Connections that wait to be accepted belong to the socket, and are reset when its last holder closes it. So whoever
restarts a process without a gap opens the socket and gives it to one process after the other. It is given as systemd
gives a service the sockets of its socket unit (sd_listen_fds): LISTEN_FDS of them, from descriptor 3 on, meant for the
process LISTEN_PID.
"""

import os
import socket
from typing import Protocol

from fairground_common.exits import EXIT_BAD_SETTING, EXIT_PORT_TAKEN, reason_of, refuse

BACKLOG = 1024
"""Connections that may wait to be accepted."""
FIRST_DESCRIPTOR = 3
PROCESS_SETTING = "LISTEN_PID"
COUNT_SETTING = "LISTEN_FDS"


class Place(Protocol):
    """The settings that say where a process listens when it was given nothing."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


def listen(place: Place) -> list[socket.socket]:
    """Return the bound sockets, or end the process with one line when the address cannot be had."""
    try:
        return given_sockets() or [open_socket(place.host, place.port)]
    except OSError as error:
        refuse(EXIT_PORT_TAKEN, f"cannot listen on {place.host}:{place.port}: {reason_of(error)}")


def open_socket(host: str, port: int) -> socket.socket:
    """Return a bound socket; the port may just have been left by another process. Raises OSError."""
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    return opened


def given_sockets() -> list[socket.socket]:
    """Return what this process was given, none as a rule. What it starts itself is not to take it as meant for it."""
    meant_for, count = os.environ.pop(PROCESS_SETTING, ""), os.environ.pop(COUNT_SETTING, "0")
    if meant_for != str(os.getpid()):
        return []
    if not count.isdecimal():
        refuse(EXIT_BAD_SETTING, f"bad setting {COUNT_SETTING}: it must be a number")
    return [_given(FIRST_DESCRIPTOR + number) for number in range(int(count))]


def _given(descriptor: int) -> socket.socket:
    try:
        os.set_inheritable(descriptor, False)
        given = socket.socket(fileno=descriptor)
        is_listening = bool(given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError as error:
        refuse(EXIT_BAD_SETTING, f"bad setting {COUNT_SETTING}: descriptor {descriptor}: {reason_of(error)}")
    if not is_listening:
        refuse(EXIT_BAD_SETTING, f"bad setting {COUNT_SETTING}: descriptor {descriptor} is no listening socket")
    return given
