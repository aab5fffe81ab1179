"""The load generator: wrk, installed or fetched without root. Cheap enough to share two cores with what it measures."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fairground_common.embedded.debian import cache_folder, fetch_packages

_HERE = Path(__file__).parent
_PACKAGES = ("wrk", "libluajit-5.1-2", "libluajit-5.1-common")


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk saw. Latencies are in milliseconds."""

    connections: int
    seconds: float
    answered: int
    refused: int
    """Answers that were not 2xx or 3xx."""
    failed: int
    """Connect, read, write and timeout errors."""
    p50: float
    p95: float
    p99: float
    slowest: float

    @property
    def rate(self) -> float:
        return (self.answered - self.refused) / self.seconds


def play(url: str, game: str, tokens: Path, *, connections: int, seconds: int) -> Load:
    """Let players play as fast as ``connections`` allow, each request with a key of its own."""
    told = {"BENCH_TOKENS": str(tokens), "BENCH_GAME": game, "BENCH_RUN": os.urandom(4).hex()}
    return _run("play.lua", url, told, connections=connections, seconds=seconds)


def get(url: str, path: str, tokens: Path, *, connections: int, seconds: int) -> Load:
    """Let players ask for one page as fast as ``connections`` allow."""
    return _run(
        "get.lua", url, {"BENCH_TOKENS": str(tokens), "BENCH_PATH": path}, connections=connections, seconds=seconds
    )


def _run(script: str, url: str, told: dict[str, str], *, connections: int, seconds: int) -> Load:
    binary, environment = _wrk()
    threads = 2 if connections > 1 else 1
    command = [binary, f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    command += ["-s", str(_HERE / script), url]
    environment |= {**told, "BENCH_REPORT": str(_HERE / "report.lua")}
    ran = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=seconds + 30)
    said = json.loads(ran.stdout.splitlines()[-1])
    return Load(connections=connections, **said)


def _wrk() -> tuple[str, dict[str, str]]:
    environment = dict(os.environ)
    installed = shutil.which("wrk")
    if installed:
        return installed, environment
    target = cache_folder("wrk")
    if not target.is_dir():
        fetch_packages(_PACKAGES, target)
    libraries = {str(path.parent) for path in target.glob("usr/lib/*/libluajit*.so*")}
    environment["LD_LIBRARY_PATH"] = os.pathsep.join(sorted(libraries))
    return str(target / "usr/bin/wrk"), environment
