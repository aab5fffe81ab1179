"""Telling whoever supervises this process how it is: systemd's notification protocol (sd_notify), nothing else.

`READY=1`: it serves. `STOPPING=1`: it will serve no more. A supervisor that listens names its socket in NOTIFY_SOCKET;
where nobody does, nothing is said. systemd (`Type=notify`) does, and so does a rolling restart on one machine.
"""

import os
import socket

READY = "READY=1"
STOPPING = "STOPPING=1"
ADDRESS_SETTING = "NOTIFY_SOCKET"


def notify(state: str) -> None:
    """Tell the supervisor, if there is one. One that has gone meanwhile is not missed."""
    address = os.environ.get(ADDRESS_SETTING, "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.setblocking(False)  # a supervisor that does not listen must not hold us up
        try:
            channel.sendto(state.encode(), _real(address))
        except OSError:
            return


def _real(address: str) -> str:
    """A leading @ stands for the zero byte of an abstract address."""
    return "\0" + address[1:] if address.startswith("@") else address
