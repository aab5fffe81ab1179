"""How processes tell what they do."""

from fairground_common.telemetry.logs import configure_logs

__all__ = ["configure_logs"]
