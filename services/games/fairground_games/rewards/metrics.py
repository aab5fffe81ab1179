"""What operators owe players."""

from fairground_common.telemetry import Gauge

FULFILMENTS = Gauge("fairground_fulfilments_pending", "Coupons and items to hand over, counted up to 100,000.")
