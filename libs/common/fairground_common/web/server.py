"""How an HTTP process is served: uvicorn with httptools on uvloop, and budgets that fit the gateway's."""

import gc
import signal
import socket
import sys
from typing import Any, NoReturn

import uvicorn

from fairground_common.exits import EXIT_PORT_TAKEN, reason_of, refuse

KEEP_ALIVE_SECONDS = 75
"""Above the gateway's pool idle time, so that the gateway never sends into a closing connection."""
GRACEFUL_SECONDS = 20


def serve(app: Any, *, host: str, port: int, keep_alive: int = KEEP_ALIVE_SECONDS) -> None:
    """Serve an ASGI app until SIGTERM or SIGINT. A taken port is one clear line and exit code 3."""
    refuse_taken_port(host, port)
    # What is loaded by now stays for good. Without this every full collection walks all of it: a pause of some 50 ms.
    gc.collect()
    gc.freeze()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)  # uvicorn raises the signal again once everything is closed
    uvicorn.run(
        app,
        host=host,
        port=port,
        http="httptools",
        loop="uvloop",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=1024,
        timeout_keep_alive=keep_alive,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )


def _leave(*_: object) -> NoReturn:
    sys.exit(0)


def refuse_taken_port(host: str, port: int) -> None:
    """End the process with one line when something already listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            refuse(EXIT_PORT_TAKEN, f"cannot listen on {host}:{port}: {reason_of(error)}")
