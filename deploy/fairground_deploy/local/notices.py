"""Hearing from a process that it serves, in the words of systemd (`fairground_common.notify`)."""

import secrets
import socket
import time
from types import TracebackType
from typing import Self

from fairground_common.embedded import Child
from fairground_common.notify import ADDRESS_SETTING, READY

_POLL_SECONDS = 0.2
_LONGEST_NOTICE = 256


class Notices:
    """A socket a process is told to speak to. It has a name of the kernel's, so no path is too long for it."""

    def __init__(self) -> None:
        self._name = f"fairground-{secrets.token_hex(8)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{self._name}")
        self._socket.settimeout(_POLL_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    @property
    def environ(self) -> dict[str, str]:
        """What the process must be told."""
        return {ADDRESS_SETTING: f"@{self._name}"}

    def heard_ready(self, child: Child, *, within: float) -> bool:
        """Wait until the process serves; False when it ended or took too long."""
        deadline = time.monotonic() + within
        while child.alive and time.monotonic() < deadline:
            try:
                notice = self._socket.recv(_LONGEST_NOTICE)
            except TimeoutError:
                continue
            if notice == READY.encode():
                return True
        return False
