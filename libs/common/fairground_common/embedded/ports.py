"""Loopback ports for child processes."""

import secrets
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
_FIRST = 10_240  # below it live the ports people know by heart
_TRIES = 64


def port_is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on this port right now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A loopback port nobody listens on.

    It is taken from below the kernel's ephemeral range: a port of that range may become the local end
    of somebody's outgoing connection between our look and the server's bind.
    """
    end = _first_ephemeral_port()
    for _ in range(_TRIES):
        port = _FIRST + secrets.randbelow(end - _FIRST)
        if port_is_free(port):
            return port
    raise OSError(f"no free port found on {LOOPBACK}")


def _first_ephemeral_port() -> int:
    try:
        low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        low = 32_768
    return low if low > 2 * _FIRST else 65_536
