"""What the gateway is made of, and what runs beside the requests."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fairground_common import side_port
from fairground_common.exits import refuse
from fairground_common.side_port import PortTaken, answering, bound
from fairground_common.web.keys import KeySource
from fairground_common.web.tokens import TokenVerifier
from fairground_gateway.admission import Admission
from fairground_gateway.documents.library import Library
from fairground_gateway.health import Check, Health
from fairground_gateway.limits import Limits, RateLimiter
from fairground_gateway.limits.shared import SharedWindows
from fairground_gateway.metrics import LIMITS_SHARED
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
        self._metrics_socket = _metrics_socket(settings)
        limits = _limits(settings)
        self._shared = _shared_windows(settings, limits)
        self._side_doors = {name: SideDoor(address) for name, address in settings.services().items()}
        verifier = TokenVerifier(self._keys, issuer=settings.token_issuer, audience=settings.token_audience)
        self.admission = Admission(verifier, RateLimiter(limits, self._shared))
        self.proxy = Proxy(settings)
        self.own = OwnRoutes(
            Health(self._side_doors, self._own_checks()),
            Library(self._side_doors, table),
            Players(self.proxy.services),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Fetch the keys, keep the limits connected; at the end close every connection."""
        beside = [asyncio.create_task(self._learn_keys())]
        if self._shared is not None:
            beside.append(asyncio.create_task(self._shared.stay_connected()))
        try:
            async with answering(self._metrics_socket, {"/metrics": side_port.metrics}):
                yield
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            self.proxy.close()
            for side_door in self._side_doors.values():
                side_door.close()

    async def _learn_keys(self) -> None:
        """Ask once even when a set was kept, so that no request has to wait for it; then until there is one."""
        await self._keys.fetch()
        await self._keys.fetch_first()

    def _own_checks(self) -> dict[str, Check]:
        """What the gateway can do without for a while: public routes need no key, and a limit may be counted alone."""
        checks: dict[str, Check] = {"token_keys": lambda: self._keys.known}
        shared = self._shared
        if shared is not None:
            checks["rate_limits"] = lambda: shared.connected
        return checks


def _limits(settings: GatewaySettings) -> Limits:
    return Limits(
        ip=settings.rate_limit_ip,
        user=settings.rate_limit_user,
        play=settings.rate_limit_play,
        login=settings.rate_limit_login,
    )


def _shared_windows(settings: GatewaySettings, limits: Limits) -> SharedWindows | None:
    if settings.redis_url is None or limits == Limits():
        return None
    shared = SharedWindows(settings.redis_url.get_secret_value())
    LIMITS_SHARED.read(lambda: shared.connected)
    return shared


def _metrics_socket(settings: GatewaySettings) -> socket.socket | None:
    """Return where the gateway tells its numbers, never on its public port; a taken port ends the process."""
    if settings.metrics_port is None:
        return None
    try:
        # Shared: while a gateway is replaced by another there are two of them, and both have numbers to tell.
        return bound(settings.metrics_host, settings.metrics_port, share_port=True)
    except PortTaken as taken:
        refuse(taken.code, str(taken))
