"""How the brake says no."""

from fairground_common.errors import RateLimited


class TooManyAttempts(RateLimited):
    """There were too many attempts; even the right password is not looked at now."""

    code = "TOO_MANY_ATTEMPTS"
    advice = "Wait Retry-After seconds before the next attempt."
    operators = "When everybody is told so, name the proxy in front in TRUSTED_PROXIES."
