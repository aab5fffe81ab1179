"""What the gateway is made of, and what runs beside the requests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fairground_common.web.keys import KeySource
from fairground_common.web.tokens import TokenVerifier
from fairground_gateway.admission import Admission
from fairground_gateway.documents.library import Library
from fairground_gateway.health import Health
from fairground_gateway.limits import RateLimiter
from fairground_gateway.limits.shared import SharedWindows
from fairground_gateway.own import OwnRoutes
from fairground_gateway.players import Players
from fairground_gateway.proxy import Proxy
from fairground_gateway.routing import RouteTable
from fairground_gateway.settings import GatewaySettings
from fairground_gateway.side_door import SideDoor


class Parts:
    """Built from the settings without connecting anywhere."""

    def __init__(self, settings: GatewaySettings, table: RouteTable) -> None:
        self._keys = KeySource(settings.jwks_url, settings.state_dir)
        self._shared = _shared_windows(settings)
        self._side_doors = {name: SideDoor(address) for name, address in settings.services().items()}
        verifier = TokenVerifier(self._keys, issuer=settings.token_issuer, audience=settings.token_audience)
        limiter = RateLimiter(per_ip=settings.rate_limit_ip, per_user=settings.rate_limit_user, shared=self._shared)
        self.admission = Admission(verifier, limiter)
        self.proxy = Proxy(settings)
        self.own = OwnRoutes(
            Health(self._side_doors, None if self._shared is None else self._limits_are_shared),
            Library(self._side_doors, table),
            Players(self.proxy.services),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Fetch the keys, keep the limits connected; at the end close every connection."""
        beside = [asyncio.create_task(self._keys.fetch())]
        if self._shared is not None:
            beside.append(asyncio.create_task(self._shared.stay_connected()))
        try:
            yield
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            self.proxy.close()
            for side_door in self._side_doors.values():
                side_door.close()

    def _limits_are_shared(self) -> bool:
        return self._shared is not None and self._shared.connected


def _shared_windows(settings: GatewaySettings) -> SharedWindows | None:
    limited = settings.rate_limit_ip or settings.rate_limit_user
    if settings.redis_url is None or not limited:
        return None
    return SharedWindows(settings.redis_url.get_secret_value())
