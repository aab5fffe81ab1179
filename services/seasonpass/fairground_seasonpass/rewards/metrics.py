"""Level rewards on their way."""

from fairground_common.telemetry import Gauge

DELIVERIES = Gauge("fairground_deliveries_pending", "Level rewards games has not booked, counted up to 10,000.")
DELIVERIES_OLDEST = Gauge("fairground_deliveries_oldest_seconds", "Age of the oldest level reward that is not booked.")
