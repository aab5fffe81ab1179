"""Where strangers' bytes arrive: HTTP/1.1 with limits, before the gateway proper sees a request."""

from collections.abc import Callable
from functools import partial

from fairground_gateway.edge.crowd import Crowd
from fairground_gateway.edge.plain import PlainGateway
from fairground_gateway.edge.protocol import EdgeProtocol
from fairground_gateway.settings import GatewaySettings

__all__ = ["edge"]


def edge(settings: GatewaySettings, gateway: PlainGateway) -> Callable[..., EdgeProtocol]:
    """Return what uvicorn makes a protocol with, for each connection."""
    return partial(EdgeProtocol, crowd=Crowd(settings.connections_per_ip, settings.proxies()), gateway=gateway)
