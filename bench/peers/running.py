"""Programs of a comparison as child processes, and httpx, which is none of our dependencies."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from fairground_common.embedded import LOOPBACK, Child, Order, free_port
from fairground_common.embedded.debian import cache_folder

START_SECONDS = 30.0
HTTPX = "httpx"


@dataclass(frozen=True, slots=True)
class Measured:
    """One way to an answer."""

    name: str
    url: str
    child: Child | None = None


def httpx_folder() -> Path:
    """Return a folder with httpx; it is fetched once."""
    target = cache_folder(HTTPX)
    if not target.is_dir():
        uv = [".venv/uv/bin/uv", "pip", "install", "--quiet", "--python", sys.executable, "--target", str(target)]
        subprocess.run([*uv, HTTPX], check=True, timeout=120)
    return target


@contextmanager
def running(name: str, module: str, environ: dict[str, str], folder: Path, port: int) -> Iterator[Measured]:
    """Run a module until the end of the block, from when it listens."""
    child = Child.start(Order([sys.executable, "-m", module], environ), log=folder / f"{name}.log")
    try:
        _wait_until_it_listens(child, port)
        yield Measured(name, f"http://{LOOPBACK}:{port}", child)
    finally:
        child.stop()


@contextmanager
def httpx_proxy(folder: Path, upstream_url: str) -> Iterator[Measured]:
    """Run the plain proxy before an upstream until the end of the block."""
    port = free_port()
    environ = {**os.environ, "PORT": str(port), "UPSTREAM": upstream_url, "PYTHONPATH": f"{httpx_folder()}:."}
    with running(HTTPX, "bench.peers.httpx_proxy", environ, folder, port) as way:
        yield way


def _wait_until_it_listens(child: Child, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    process = psutil.Process(child.pid)
    while not any(each.laddr.port == port for each in process.net_connections("tcp") if each.status == "LISTEN"):
        if not child.alive or time.monotonic() > deadline:
            raise AssertionError(f"it did not start:\n{child.tail()}")
        time.sleep(0.1)
