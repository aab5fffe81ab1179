"""How processes tell what they do."""

from fairground_common.telemetry import process
from fairground_common.telemetry.logs import configure_logs
from fairground_common.telemetry.metrics import MEDIA_TYPE, Counter, Family, Gauge, Histogram, exposition, families
from fairground_common.telemetry.traces import configure_traces

__all__ = [
    "MEDIA_TYPE",
    "Counter",
    "Family",
    "Gauge",
    "Histogram",
    "configure_logs",
    "configure_traces",
    "exposition",
    "families",
    "process",
]
