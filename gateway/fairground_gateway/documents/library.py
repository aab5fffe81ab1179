"""The pages themselves: start page, documentation with bundled assets, one page per error code."""

import asyncio
import html
import json
import re
import time
from collections.abc import Mapping
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from fairground_common.contracts.asyncapi import asyncapi
from fairground_common.errors import UnknownRoute
from fairground_gateway.answer import Answer, as_json, page
from fairground_gateway.documents.merge import Document, merge
from fairground_gateway.routing import RouteTable
from fairground_gateway.side_door import SideDoor
from fairground_gateway.upstream import Headers

ASK_SECONDS = 2.0
COMPLETE_FOR_SECONDS = 60.0
INCOMPLETE_FOR_SECONDS = 2.0
_ASSETS = {
    "swagger-ui-bundle.js": b"text/javascript",
    "swagger-ui.css": b"text/css",
    "favicon-32x32.png": b"image/png",
}
_ASSET_HEADERS: Headers = [(b"cache-control", b"public, max-age=3600"), (b"x-content-type-options", b"nosniff")]
_PAGES = files("fairground_gateway.documents").joinpath("pages")
_CODE_LINE = re.compile(r"`([A-Z][A-Z0-9_]*)`: (.+)")
_NO_ADVICE = "What to do depends on the route; its documentation lists the code."


_NOTHING_TO_DO = "Nothing: the product works as it should."
_ERRORS: Mapping[str, Mapping[str, Any]] = json.loads(_PAGES.joinpath("errors.json").read_text())
"""Every code of every part, written by `fairground_deploy.catalogue`; a service that is newer may have more."""


class Library:
    """Answers with documents and pages. The merged document is kept for a while."""

    def __init__(self, services: Mapping[str, SideDoor], table: RouteTable) -> None:
        self._services = services
        self._table = table
        self._asking = asyncio.Lock()
        self._document: Document = {}
        self._until = 0.0

    async def start_page(self) -> Answer:
        return page(_PAGES.joinpath("start.html").read_text())

    async def docs_page(self) -> Answer:
        return page(_PAGES.joinpath("docs.html").read_text())

    async def openapi(self) -> Answer:
        return as_json(await self.document())

    async def asyncapi(self) -> Answer:
        """Return the events between services: contracts, which this process has at hand."""
        return as_json(asyncapi())

    async def asset(self, name: str) -> Answer:
        """Return a file of the documentation page. Raises UnknownRoute."""
        if name == "start.js":
            return _file(_PAGES.joinpath(name).read_bytes(), b"text/javascript")
        if name not in _ASSETS:
            raise UnknownRoute
        return _file(_swagger_ui(name), _ASSETS[name])

    async def error_page(self, code: str) -> Answer:
        """Return what a code means and what to do about it. Raises UnknownRoute."""
        if code in _ERRORS:
            return _error_page(code, _ERRORS[code])
        title = _documented_codes(await self.document()).get(code)
        if title is None:
            raise UnknownRoute
        return _error_page(code, {"title": title, "advice": _NO_ADVICE})

    async def document(self) -> Document:
        """Return the merged OpenAPI document, asking the services when it is old."""
        async with self._asking:
            if time.monotonic() >= self._until:
                self._document = merge(await self._ask(), self._table)
                missing = "x-missing-services" in self._document
                self._until = time.monotonic() + (INCOMPLETE_FOR_SECONDS if missing else COMPLETE_FOR_SECONDS)
        return self._document

    async def _ask(self) -> dict[str, Document | None]:
        asked = (service.get("/openapi.json", seconds=ASK_SECONDS) for service in self._services.values())
        answers = await asyncio.gather(*asked)
        return {
            name: answer if isinstance(answer, dict) and "paths" in answer else None
            for name, answer in zip(self._services, answers, strict=True)
        }


def _swagger_ui(name: str) -> bytes:
    """Read a file of Swagger UI. The package that ships it is not imported: only its files are of use."""
    return Path(str(distribution("fastapi-swagger").locate_file(f"fastapi_swagger/resources/{name}"))).read_bytes()


def _file(content: bytes, media_type: bytes) -> Answer:
    return Answer(200, [(b"content-type", media_type), *_ASSET_HEADERS], content)


def _error_page(code: str, told: Mapping[str, Any]) -> Answer:
    texts = {
        "code": code,
        "title": told["title"],
        "advice": told["advice"],
        "operators": told.get("operators") or _NOTHING_TO_DO,
        "example": _example(code, told),
    }
    text = Template(_PAGES.joinpath("error.html").read_text())
    return page(text.substitute({name: html.escape(each) for name, each in texts.items()}))


def _example(code: str, told: Mapping[str, Any]) -> str:
    problem = {"type": f"/errors/{code}", "title": told["title"], "status": told.get("status", "…"), "code": code}
    return json.dumps(problem | {"detail": "…", "instance": "…", "request_id": "…"}, indent=1, ensure_ascii=False)


def _documented_codes(document: Document) -> dict[str, str]:
    """Return the codes the services' routes list in their responses, with their titles."""
    operations = (each for item in document["paths"].values() for each in item.values())
    responses: list[Any] = [answer for each in operations for answer in each.get("responses", {}).values()]
    return dict(_CODE_LINE.findall("\n".join(answer.get("description", "") for answer in responses)))
