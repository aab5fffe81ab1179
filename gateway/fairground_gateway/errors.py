"""Refusals only the gateway makes."""

from fairground_common.errors import BadRequest, LargeHead, LongAddress, RateLimited, SlowRequest


class RequestUnreadable(BadRequest):
    """The request is not well-formed HTTP/1.1, or two programs could read it differently."""

    code = "REQUEST_UNREADABLE"
    advice = "Use an HTTP library; the connection is closed, and what followed on it was thrown away."


class PathRefused(BadRequest):
    """The path is not in its plain form."""

    code = "PATH_REFUSED"
    advice = "Send the path as documented: no encoded characters, empty or dot segments."


class HostRefused(BadRequest):
    """The Host header names a site that is not served here."""

    code = "HOST_REFUSED"
    advice = "Use the address you were given; for operators, ALLOWED_HOSTS lists the names."
    operators = "Add the name to ALLOWED_HOSTS if it is yours."


class HeaderRefused(BadRequest):
    """A header's name contains an underscore."""

    code = "HEADER_REFUSED"
    advice = "Use hyphens in header names; names with underscores can be mistaken for others."


class AddressTooLong(LongAddress):
    """The path and query are longer than 8 KB."""

    code = "URI_TOO_LONG"
    advice = "Shorten the query; no route needs one that long."


class HeadersTooLarge(LargeHead):
    """The headers are larger than 32 KB, or one of them than 8 KB."""

    code = "HEADERS_TOO_LARGE"
    advice = "Send fewer or shorter headers."


class RequestTooSlow(SlowRequest):
    """The request did not arrive whole in time."""

    code = "REQUEST_TIMEOUT"
    advice = "Repeat it on a better connection; no service has seen it whole."


class TooManyConnections(RateLimited):
    """Too many connections are open from this address."""

    code = "TOO_MANY_CONNECTIONS"
    advice = "Use the connections you have for several requests; open a new one after Retry-After seconds."
    operators = "When everybody is told so, name the proxy in front in TRUSTED_PROXIES."
