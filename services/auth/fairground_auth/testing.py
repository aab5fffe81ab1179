"""People who use the auth service, in one process or in several, for its tests."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import cycle
from typing import Any

from sqlalchemy import text
from starlette.types import ASGIApp, Receive, Scope, Send

from fairground_auth.settings import AuthSettings
from fairground_common.db import Db
from fairground_common.testing import AsgiClient
from fairground_common.testing.asgi import Answer
from fairground_common.testing.chaos import Member
from fairground_common.testing.chaos.callers import send

GATEWAY_KEY = "only-the-gateway-knows-this"
PASSWORD = "correct horse"  # noqa: S105 - of people who do not exist

MakeSettings = Callable[..., AuthSettings]
"""From a database and deviations to settings."""

_SET_ROLES = text("UPDATE app_user SET roles = :roles WHERE id = :id")


class People:
    """Registers players and lets them in. ``owner`` is the database with the owner's rights."""

    def __init__(self, client: AsgiClient, owner: Db) -> None:
        self.client = client
        self.owner = owner

    async def register(self, username: str | None = None, **fields: Any) -> dict[str, Any]:
        """Return what a new player is answered; the password is PASSWORD."""
        body = {"username": username or new_name(), "password": PASSWORD, **fields}
        answer = await self.client.post("/api/auth/register", body=body)
        assert answer.status == HTTPStatus.CREATED, answer
        return dict(answer.body)

    async def log_in(self, username: str, password: str = PASSWORD, *, ip: str | None = None) -> Answer:
        """Return what a login answers; ``ip`` is where the gateway says it comes from."""
        told = {"x-fairground-client-ip": ip, "x-fairground-gateway-key": GATEWAY_KEY} if ip else {}
        body = {"username": username, "password": password}
        return await self.client.post("/api/auth/login", body=body, headers=told)

    async def session(self, username: str | None = None) -> dict[str, Any]:
        """Return the tokens of a player: a new one unless named."""
        name = username or (await self.register())["username"]
        answer = await self.log_in(name)
        assert answer.status == HTTPStatus.OK, answer
        return dict(answer.body)

    async def refresh(self, token: str) -> Answer:
        return await self.client.post("/api/auth/refresh", body={"refresh_token": token})

    async def log_out(self, token: str) -> Answer:
        return await self.client.post("/api/auth/logout", body={"refresh_token": token})

    async def with_roles(self, *roles: str) -> tuple[int, AsgiClient]:
        """Return a new user who has these roles and is logged in, and their client."""
        person = await self.register()
        await self.execute(_SET_ROLES, id=person["user_id"], roles=["player", *roles])
        return person["user_id"], self.client.signed(bearer(await self.session(person["username"])))

    async def execute(self, statement: Any, **parameters: Any) -> None:
        """Change rows as no code of the service would: moving time, breaking things."""
        async with self.owner.begin() as tx:
            await tx.execute(text(statement) if isinstance(statement, str) else statement, parameters)

    async def value(self, statement: str, **parameters: Any) -> Any:
        """Return the one value a query finds."""
        async with self.owner.read() as tx:
            return await tx.scalar(text(statement), parameters)


@dataclass(frozen=True, slots=True)
class Doors:
    """Processes of the service beside each other, and their database with the owner's rights."""

    members: Sequence[Member]
    owner: Db

    @property
    def people(self) -> People:
        """Return people who come to one process after the other."""
        return self._before(*self.members)

    @property
    def each(self) -> list[People]:
        """Return, for each process, people who come to it alone."""
        return [self._before(member) for member in self.members]

    def _before(self, *members: Member) -> People:
        return People(AsgiClient(asking_in_turn(*(member.port for member in members))), self.owner)


def asking_in_turn(*ports: int) -> ASGIApp:
    """Return an app that is answered by processes, one after the other: what drives an app drives them as well."""
    turns = cycle(ports)

    async def app(scope: Scope, receive: Receive, respond: Send) -> None:
        content = (await receive())["body"]
        target = scope["path"] + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        answer = await send(next(turns), scope["method"], target, headers, content)
        told = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        await respond({"type": "http.response.start", "status": answer.status, "headers": told})
        await respond({"type": "http.response.body", "body": answer.content})

    return app


def new_name() -> str:
    return f"p{secrets.token_hex(6)}"


def bearer(tokens: Mapping[str, Any]) -> dict[str, str]:
    """Return the request headers of who holds these tokens."""
    return {"authorization": f"Bearer {tokens['access_token']}"}
