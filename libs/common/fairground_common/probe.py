"""``python -m fairground_common.probe http://127.0.0.1:8082/readyz``: a container's health check.

Ends with 0 when the answer is 200, else with 1 and one line on standard error. It is started every few seconds beside
a process that needs the processor itself, hence the bare socket: an HTTP client takes longer to load than the whole
probe to run.
"""

import socket
import sys
from urllib.parse import urlsplit

SECONDS = 2.0
"""Patience with one step of the exchange; a probe is answered within 200 ms."""
MOST_BYTES = 65_536
USAGE = "usage: python -m fairground_common.probe http://host:port/path"


def main() -> int:
    place = _place(sys.argv[1]) if len(sys.argv) == 2 else None  # noqa: PLR2004 - the command and its one argument
    if place is None:
        return _complain(USAGE)
    try:
        answer = _exchange(*place)
    except (OSError, UnicodeError) as error:  # a host name may be one that cannot even be looked up
        return _complain(f"{sys.argv[1]}: {error}")
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b"\r\n")[0]
    if status.split(b" ")[1:2] == [b"200"]:
        return 0
    return _complain(f"{sys.argv[1]}: {_shown(status) or 'no answer'} {_shown(body)}".rstrip())


def _place(url: str) -> tuple[str, int, str] | None:
    """Take an address apart; None when it is none a probe could be at."""
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError:
        return None
    if parts.scheme != "http" or not parts.hostname:
        return None
    return parts.hostname, port, parts.path or "/"


def _exchange(host: str, port: int, path: str) -> bytes:
    request = f"GET {path} HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n"
    answer = b""
    with socket.create_connection((host, port), timeout=SECONDS) as connection:
        connection.sendall(request.encode())
        while len(answer) < MOST_BYTES and (part := connection.recv(MOST_BYTES)):
            answer += part
    return answer


def _shown(part: bytes) -> str:
    """Return bytes as a piece of one line."""
    return " ".join(part.decode(errors="replace").split())


def _complain(line: str) -> int:
    sys.stderr.write(f"{line}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
