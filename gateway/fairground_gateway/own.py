"""The routes the gateway answers by itself."""

from collections.abc import Awaitable, Callable

from fairground_gateway.answer import Answer
from fairground_gateway.documents.library import Library
from fairground_gateway.health import Health
from fairground_gateway.players import Players
from fairground_gateway.request import Request
from fairground_gateway.routes import Route

Handler = Callable[[Request, str | None], Awaitable[Answer]]


class OwnRoutes:
    """Handlers by the path of their route; the table of routes names each of them."""

    def __init__(self, health: Health, library: Library, players: Players) -> None:
        self.handlers: dict[str, Handler] = {
            "/": lambda _request, _token: library.start_page(),
            "/livez": lambda _request, _token: health.live(),
            "/readyz": lambda _request, _token: health.ready(),
            "/openapi.json": lambda _request, _token: library.openapi(),
            "/asyncapi.json": lambda _request, _token: library.asyncapi(),
            "/docs": lambda _request, _token: library.docs_page(),
            "/docs/static/{file}": lambda request, _token: library.asset(_last(request)),
            "/errors/{code}": lambda request, _token: library.error_page(_last(request)),
            "/api/admin/players/{user_id}": players.look_up,
        }

    async def answer(self, request: Request, route: Route, token: str | None) -> Answer:
        return await self.handlers[route.path](request, token)


def _last(request: Request) -> str:
    return request.path.rpartition(b"/")[2].decode("ascii")
