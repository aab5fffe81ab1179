"""A gateway as it is usually written: FastAPI passes a request on with httpx and its answer back. Nothing else.

No token is checked, nothing is limited or logged. ``python -m bench.peers.httpx_proxy``, told by PORT and UPSTREAM.
httpx is no dependency of ours: the measurement puts it into a folder of its own.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx  # type: ignore[import-not-found, unused-ignore]
import uvicorn
from fastapi import FastAPI, Request, Response


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=os.environ["UPSTREAM"], limits=limits) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
async def pass_on(path: str, request: Request) -> Response:
    headers = {name: value for name, value in request.headers.items() if name != "host"}
    content = await request.body()
    answer = await request.app.state.client.request(request.method, f"/{path}", headers=headers, content=content)
    return Response(answer.content, answer.status_code, {"content-type": answer.headers["content-type"]})


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        http="httptools",
        loop="uvloop",
        access_log=False,
        log_level="warning",
    )
