"""What the operating system says about this process: named as every Prometheus client names it."""

import os
import resource
import time
from pathlib import Path

from fairground_common.telemetry.metrics import Counter, Gauge, before_reading

_CPU = Counter("process_cpu_seconds_total", "Processor time used since the start, in seconds.")
_MEMORY = Gauge("process_resident_memory_bytes", "Memory in use that is not shared out to disk, in bytes.")
_FILES = Gauge("process_open_fds", "Files and connections that are open.")
_STARTED = Gauge("process_start_time_seconds", "When the process loaded its metrics, in seconds since 1970.")

_STARTED.set(time.time())
_PROC = Path("/proc/self")


@before_reading
def _ask() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _CPU.add(count=used.ru_utime + used.ru_stime - _CPU.value())
    if _PROC.exists():  # not on macOS
        _MEMORY.set(int((_PROC / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
        _FILES.set(len(list((_PROC / "fd").iterdir())))
