"""Passing an admitted request on to its service, and the answer back."""

from starlette.types import Receive

from fairground_gateway.answer import Answer, passed_on
from fairground_gateway.body import Upload, read_whole
from fairground_gateway.forwarding import Forwarding
from fairground_gateway.request import Request
from fairground_gateway.routes import Body, Route
from fairground_gateway.settings import GatewaySettings
from fairground_gateway.upstream import Upstream


class Proxy:
    """The services as targets of requests."""

    def __init__(self, settings: GatewaySettings) -> None:
        key = settings.gateway_key.get_secret_value()
        self.services = {
            name: (Upstream(name, address, connections=settings.upstream_connections), Forwarding(address, key))
            for name, address in settings.services().items()
        }

    async def pass_on(self, request: Request, receive: Receive, route: Route, token: str | None) -> Answer:
        """Ask the route's service. Raises what reading the body and the service's absence raise."""
        upstream, forwarding = self.services[route.service]
        if route.body is Body.STREAMED:
            upload = Upload(request, receive)
            await upload.check()
            head = forwarding.upload(request, token)
            return passed_on(await upstream.upload(head, upload.write, seconds=route.seconds))
        body = await read_whole(request, receive)
        whole = forwarding.whole(request, token, b"" if route.method == "GET" else body)
        return passed_on(await upstream.exchange(whole, seconds=route.seconds, repeatable=request.repeatable))

    def close(self) -> None:
        for upstream, _ in self.services.values():
            upstream.close()
