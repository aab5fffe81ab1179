"""Refusals only the gateway makes."""

from fairground_common.errors import BadRequest


class PathRefused(BadRequest):
    """The path is not in its plain form."""

    code = "PATH_REFUSED"
    advice = "Send the path as documented: no encoded characters, empty or dot segments."


class HeaderRefused(BadRequest):
    """A header's name contains an underscore."""

    code = "HEADER_REFUSED"
    advice = "Use hyphens in header names; names with underscores can be mistaken for others."


class BodyIncomplete(BadRequest):
    """The body did not arrive in time."""

    code = "BODY_INCOMPLETE"
    advice = "Repeat the request on a better connection; it was not passed on."
