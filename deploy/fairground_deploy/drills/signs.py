"""What somebody on duty sees of a trouble: a number a process tells, and the alert it sets off."""

from dataclasses import dataclass
from urllib.request import urlopen

PROBE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Sign:
    """A series of one program, over all its labels."""

    program: str
    series: str
    alert: str
    """Of deploy/observability/rules, which is about this series; empty where only the dashboard shows it."""

    def __str__(self) -> str:
        return f"{self.program}: {self.series}" + (f" (alert {self.alert})" if self.alert else "")


def told(address: str, series: str) -> float:
    """Return the sum of a series as a process tells it at host:port, 0 while it tells none. Raises OSError."""
    with urlopen(f"http://{address}/metrics", timeout=PROBE_SECONDS) as answer:
        lines = answer.read().decode().splitlines()
    named = (line for line in lines if line.startswith((f"{series} ", f"{series}{{")))
    return sum(float(line.rpartition(" ")[2]) for line in named)
