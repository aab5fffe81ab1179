"""Rate limits: exact over all gateways through Valkey or Redis, per process while that is away."""

from fairground_gateway.limits.limiter import Limits, RateLimiter

__all__ = ["Limits", "RateLimiter"]
