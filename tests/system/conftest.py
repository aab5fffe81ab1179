"""The whole product as processes, seen only through the gateway's URL."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fairground_deploy.api import Api, Reply
from fairground_deploy.local.product import Product
from fairground_deploy.local.seeding import sign_in_first_admin
from fairground_deploy.testing import product

__all__ = ["product"]

PASSWORD = "a password of nine words or so"


class Player:
    """Somebody who has registered and signed in."""

    def __init__(self, api: Api, user_id: int) -> None:
        self.api = api
        self.user_id = user_id

    async def get(self, path: str) -> Any:
        return await asyncio.to_thread(self.api.expect, "GET", path)

    async def post(self, path: str, body: Any = None) -> Any:
        return await asyncio.to_thread(self.api.expect, "POST", path, body)

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await asyncio.to_thread(self.api.call, method, path, body, named)


SignUp = Callable[[], Awaitable[Player]]


@pytest.fixture
def sign_up(product: Product) -> SignUp:
    """Return a function that makes a new player."""

    def make() -> Player:
        url, username = product.gateway_url, f"player-{secrets.token_hex(6)}"
        registered = Api(url).expect("POST", "/api/auth/register", {"username": username, "password": PASSWORD})
        return Player(Api.signed_in(url, username, PASSWORD), registered["user_id"])

    return lambda: asyncio.to_thread(make)


@pytest.fixture
def admin(product: Product) -> Api:
    return sign_in_first_admin(product)


@pytest.fixture
def anybody(product: Product) -> Api:
    return Api(product.gateway_url)
