"""What the gateway tells of the services behind it and of its limits. Requests are counted as every API counts them."""

from fairground_common.telemetry import Counter, Gauge

CIRCUIT = Gauge(
    "fairground_upstream_circuit_open", "1 while a service has failed so often that it is left alone.", "upstream"
)
FAILURES = Counter(
    "fairground_upstream_failures_total",
    "Requests a service did not answer: not connected, reset, too slow.",
    "upstream",
)
LIMITS_SHARED = Gauge(
    "fairground_rate_limits_shared", "1 while rate limits are counted over all gateways, 0 while this one counts alone."
)
