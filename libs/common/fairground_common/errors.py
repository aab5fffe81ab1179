"""How Fairground says no: one taxonomy, used by HTTP answers and by message settlement alike.

A leaf states a fact in its docstring, carries a ``code`` clients can rely on, and tells in ``advice`` what the
client should do; ``operators`` says what those who run the product do, where it is for them. Its parent says which
kind of no it is; ``fairground_common.web.problem`` maps kinds to statuses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field of a request: where it stands and what is wrong with it."""

    loc: tuple[str | int, ...]
    msg: str

    def as_json(self) -> dict[str, object]:
        return {"loc": list(self.loc), "msg": self.msg}


class FairgroundError(Exception):
    """Parent of all refusals. ``retry_after`` is in whole seconds."""

    code: ClassVar[str]
    advice: ClassVar[str]
    operators: ClassVar[str] = ""

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        reason: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.detail = detail or type(self).title()
        self.errors = tuple(errors)
        self.reason = reason
        self.retry_after = retry_after
        super().__init__(self.detail)

    @classmethod
    def title(cls) -> str:
        """Return the fact the class states: the first line of its docstring."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]

    @classmethod
    def leaves(cls) -> list[type["FairgroundError"]]:
        """Return every concrete error below this class that has been imported, by code."""
        found = {child for child in _descendants(cls) if "code" in vars(child)}
        return sorted(found, key=lambda leaf: leaf.code)


def _descendants(parent: type[FairgroundError]) -> list[type[FairgroundError]]:
    children = parent.__subclasses__()
    return children + [deeper for child in children for deeper in _descendants(child)]


class BadRequest(FairgroundError):
    """The request cannot be read."""


class Unauthenticated(FairgroundError):
    """The caller has not proven who they are."""


class Forbidden(FairgroundError):
    """The caller may not do this."""


class NotFound(FairgroundError):
    """The thing asked for does not exist, or not for this caller."""


class MethodRefused(FairgroundError):
    """The path exists, but not with this method."""


class SlowRequest(FairgroundError):
    """The request did not arrive in time."""


class Conflict(FairgroundError):
    """The state of things does not allow it now."""


class TooLarge(FairgroundError):
    """The request is larger than this route takes."""


class LongAddress(FairgroundError):
    """The request's address is longer than any of ours."""


class UnsupportedMedia(FairgroundError):
    """The body is of a type this route does not take."""


class Invalid(FairgroundError):
    """The request is readable but breaks a rule."""


class RateLimited(FairgroundError):
    """The caller has used up an allowance."""


class LargeHead(FairgroundError):
    """The request's headers are larger than is taken."""


class BadUpstream(FairgroundError):
    """A service behind the gateway could not be reached or broke off."""


class Unavailable(FairgroundError):
    """A part needed for the answer is away for the moment; nothing was changed."""


class SlowUpstream(FairgroundError):
    """A service behind the gateway did not answer in time."""


class MalformedJson(BadRequest):
    """The body is not valid JSON."""

    code = "MALFORMED_JSON"
    advice = "Mend the body; the same request will fail again."


class IdempotencyKeyInvalid(BadRequest):
    """The Idempotency-Key is not 1 to 255 visible ASCII characters."""

    code = "IDEMPOTENCY_KEY_INVALID"
    advice = "Send a UUID as the key."


class AuthorizationRepeated(BadRequest):
    """There is more than one Authorization header."""

    code = "AUTHORIZATION_REPEATED"
    advice = "Send exactly one Authorization header."


class UploadAborted(BadRequest):
    """The upload broke off before its end; nothing was stored."""

    code = "UPLOAD_ABORTED"
    advice = "Send the whole body again."


class NotAuthenticated(Unauthenticated):
    """A valid access token is needed."""

    code = "UNAUTHENTICATED"
    advice = "Refresh the access token or log in again, then repeat the request."


class RoleMissing(Forbidden):
    """The role needed for this is missing."""

    code = "FORBIDDEN"
    advice = "Ask an administrator for the role; repeating the request does not help."


class UnknownRoute(NotFound):
    """There is nothing at this address."""

    code = "NOT_FOUND"
    advice = "Check the path against the API documentation."


class MethodNotAllowed(MethodRefused):
    """This address does not take this method."""

    code = "METHOD_NOT_ALLOWED"
    advice = "Use one of the methods named in the Allow header."


class PayloadTooLarge(TooLarge):
    """The body is larger than this route takes."""

    code = "PAYLOAD_TOO_LARGE"
    advice = "Send less; the limit is in the API documentation."


class UnsupportedMediaType(UnsupportedMedia):
    """The Content-Type is not one this route takes."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    advice = "Send application/json unless the route says otherwise."


class ValidationFailed(Invalid):
    """The request breaks the rules of its fields."""

    code = "VALIDATION_FAILED"
    advice = "Show `errors` beside the fields they name; nothing was changed."


class IdempotencyKeyReused(Invalid):
    """The Idempotency-Key was used before with another body."""

    code = "IDEMPOTENCY_KEY_REUSED"
    advice = "Make a new key for a new request; repeat a key only with the same body."


class RequestInProgress(Conflict):
    """The first request with this Idempotency-Key is still running."""

    code = "REQUEST_IN_PROGRESS"
    advice = "Repeat the same request with the same key after Retry-After seconds."


class RateLimitReached(RateLimited):
    """Too many requests in too short a time."""

    code = "RATE_LIMITED"
    advice = "Wait Retry-After seconds."
    operators = "When everybody is told so, name the proxy in front in TRUSTED_PROXIES."


class UpstreamUnavailable(BadUpstream):
    """The service behind this route could not be reached."""

    code = "UPSTREAM_UNAVAILABLE"
    advice = "Repeat a GET, or a POST with its Idempotency-Key, after Retry-After seconds."
    operators = "The service does not run or cannot be reached: look at it and at its log."


class ServiceUnavailable(Unavailable):
    """The service cannot answer at the moment."""

    code = "SERVICE_UNAVAILABLE"
    advice = "Repeat a GET, or a POST with its Idempotency-Key, after Retry-After seconds."
    operators = "Ask /readyz what is away, then that service's log."


class LockNotAcquired(Unavailable):
    """The player's row is held by another request for too long."""

    code = "LOCK_NOT_ACQUIRED"
    advice = "Nothing was changed; repeat after Retry-After seconds."
    operators = "Seldom and for single players it is harmless; else look for long transactions in the database."


class AuthKeysUnavailable(Unavailable):
    """The keys that verify access tokens are not known yet."""

    code = "AUTH_KEYS_UNAVAILABLE"
    advice = "Repeat after Retry-After seconds; the auth service is starting or away."
    operators = "Look whether auth runs and can open its signing keys, and whether JWKS_URL leads there."


class UpstreamTimeout(SlowUpstream):
    """The service behind this route did not answer in time; the outcome is unknown."""

    code = "UPSTREAM_TIMEOUT"
    advice = "Repeat with the same Idempotency-Key: you get the first answer if there was one."
    operators = "Look at the service's load and at its database."


class InternalError(FairgroundError):
    """Something went wrong on our side."""

    code = "INTERNAL_ERROR"
    advice = "Repeat later; quote request_id when you report it."
    operators = "A bug: find the request_id in the logs, the line has the traceback."
