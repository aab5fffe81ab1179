"""Who may pass: token and rate limit, decided before any service is asked.

A bad token is counted against its address before it is refused, so guessing tokens is limited like anything else.
"""

from fairground_common.errors import FairgroundError, NotAuthenticated, RoleMissing
from fairground_common.web.tokens import OPERATOR, Identity, TokenVerifier
from fairground_gateway.limits import RateLimiter
from fairground_gateway.request import Request
from fairground_gateway.routes import Route, Token


class Admission:
    """Checks requests. The services verify the token again; what is decided here is passed on to nobody."""

    def __init__(self, verifier: TokenVerifier, limiter: RateLimiter) -> None:
        self._verifier = verifier
        self._limiter = limiter

    async def admit(self, request: Request, route: Route) -> str | None:
        """Return the token to pass on. Raises NotAuthenticated, AuthKeysUnavailable, RoleMissing, RateLimitReached."""
        token: str | None = None
        refusal: FairgroundError | None = None
        if route.token is not Token.NONE:
            try:
                token = await self._proven(request, route)
            except FairgroundError as error:
                refusal = error
        if self._limiter.limits:
            await self._limiter.admit(request.client_ip, request.user_id, route.limit, request.answer_headers)
        if refusal is not None:
            raise refusal
        return token

    async def _proven(self, request: Request, route: Route) -> str | None:
        token = request.token()
        if token is None:
            if route.token is Token.OPTIONAL:
                return None
            raise NotAuthenticated
        identity: Identity = self._verifier.remembered(token) or await self._verifier.verify(token)
        request.user_id = identity.user_id
        if route.token is Token.OPERATOR and not identity.may(OPERATOR):
            raise RoleMissing(f"The role {OPERATOR} is needed.")
        return token
