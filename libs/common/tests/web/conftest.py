"""A small API as a service would build it, and callers with and without tokens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, Field, SecretStr

from fairground_common.errors import RequestInProgress
from fairground_common.settings import SharedSettings
from fairground_common.testing import AsgiClient, TokenMint
from fairground_common.web import (
    Admin,
    ClientIp,
    CurrentPlayer,
    IdempotencyKey,
    NoBody,
    Operator,
    OptionalPlayer,
    create_api,
    problems,
)
from fairground_common.web import Check as ReadyCheck
from fairground_common.web.paging import PageLimit

GATEWAY_KEY = "gateway-key-of-tests"

router = APIRouter()


class Item(BaseModel):
    name: str = Field(max_length=3)


@router.get("/me")
async def me(player: CurrentPlayer) -> dict[str, Any]:
    return {"user_id": player.user_id, "roles": sorted(player.roles)}


@router.get("/maybe")
async def maybe(player: OptionalPlayer) -> dict[str, Any]:
    return {"user_id": player.user_id if player else None}


@router.get("/operator")
async def operator(caller: Operator) -> int:
    return caller.user_id


@router.get("/admin")
async def admin(caller: Admin) -> int:
    return caller.user_id


@router.get("/ip")
async def ip(client_ip: ClientIp) -> str:
    return client_ip


@router.post("/items")
async def create_item(item: Item, key: IdempotencyKey) -> dict[str, str | None]:
    return {"name": item.name, "key": key}


@router.post("/empty")
async def empty(_player: CurrentPlayer, _nothing: NoBody) -> str:
    return "ok"


@router.get("/named/{name}")
async def named(name: str) -> str:
    return name


@router.post("/held", responses=problems(RequestInProgress))
async def held(_operator: Operator, item: Item) -> None:
    """Hold it."""


@router.get("/pages")
async def pages(limit: PageLimit = 1) -> int:
    return limit


@router.get("/busy")
async def busy() -> None:
    raise RequestInProgress(retry_after=3)


@router.get("/bug")
async def bug() -> None:
    raise ZeroDivisionError("the secret inside")


@pytest.fixture
def checks() -> list[ReadyCheck]:
    return []


@asynccontextmanager
async def small_api(jwks_url: str, state_dir: Path, checks: list[ReadyCheck]) -> AsyncIterator[AsgiClient]:
    @asynccontextmanager
    async def resources(app: FastAPI) -> AsyncIterator[None]:
        app.state.checks = checks
        yield

    settings = SharedSettings(env="test", gateway_key=SecretStr(GATEWAY_KEY), jwks_url=jwks_url, state_dir=state_dir)
    app = create_api(title="Test", settings=settings, routers=[router], resources=resources)
    async with AsgiClient.running(app) as client:
        yield client


@pytest.fixture
async def anybody(jwks_url: str, tmp_path: Path, checks: list[ReadyCheck]) -> AsyncIterator[AsgiClient]:
    async with small_api(jwks_url, tmp_path, checks) as client:
        yield client


@pytest.fixture
async def nobody_signed(tmp_path: Path) -> AsyncIterator[AsgiClient]:
    """Yield a caller of the same API where auth has never been there."""
    async with small_api("http://127.0.0.1:1/jwks.json", tmp_path / "another", []) as client:
        yield client


@pytest.fixture
def player(anybody: AsgiClient, token_mint: TokenMint) -> AsgiClient:
    return anybody.signed(token_mint.headers(7))
