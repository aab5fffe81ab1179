"""The HTTP client without sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from fairground_common.testing import AsgiClient


@asynccontextmanager
async def _opened(app: FastAPI) -> AsyncIterator[None]:
    app.state.open = True
    yield
    app.state.open = False


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI(lifespan=_opened)

    @app.api_route("/echo/{name}", methods=["GET", "POST"])
    async def echo(name: str, request: Request) -> Response:
        sent = {
            "name": name,
            "query": dict(request.query_params),
            "body": (await request.body()).decode(),
            "type": request.headers.get("content-type"),
            "token": request.headers.get("authorization"),
        }
        return JSONResponse(sent, headers={"X-Open": str(app.state.open)})

    return app


async def test_the_app_is_open_while_the_client_is_used(app: FastAPI) -> None:
    async with AsgiClient.running(app) as client:
        assert (await client.get("/echo/a")).headers["x-open"] == "True"
    assert app.state.open is False


async def test_a_body_is_sent_as_json(app: FastAPI) -> None:
    async with AsgiClient.running(app) as client:
        answer = await client.post("/echo/a", body={"x": 1})
    assert answer.status == 200
    assert (answer.body["body"], answer.body["type"]) == ('{"x": 1}', "application/json")


async def test_query_and_path_arrive(app: FastAPI) -> None:
    async with AsgiClient.running(app) as client:
        answer = await client.get("/echo/a", query={"limit": 5})
        inline = await client.get("/echo/b?limit=6")
    assert (answer.body["name"], answer.body["query"]) == ("a", {"limit": "5"})
    assert (inline.body["name"], inline.body["query"]) == ("b", {"limit": "6"})


async def test_a_signed_client_leaves_the_other_unsigned(app: FastAPI) -> None:
    async with AsgiClient.running(app) as client:
        signed = client.signed({"authorization": "Bearer t"})
        assert (await signed.get("/echo/a")).body["token"] == "Bearer t"
        assert (await client.get("/echo/a")).body["token"] is None


async def test_an_app_that_cannot_open_fails_the_test() -> None:
    async def broken(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(ExceptionGroup) as failed:
        async with AsgiClient.running(broken):
            pass
    assert "no database" in str(failed.value.exceptions[0])
