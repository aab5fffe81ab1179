"""One player as all services know them, for operators: GET /api/admin/players/{user_id}."""

import asyncio
from collections.abc import Mapping
from copy import copy
from typing import Any

import msgspec

from fairground_common.errors import FairgroundError, FieldError, ValidationFailed
from fairground_gateway.answer import Answer, as_json, passed_on
from fairground_gateway.forwarding import Forwarding
from fairground_gateway.request import Request
from fairground_gateway.routes import READ_SECONDS
from fairground_gateway.upstream import Response, Upstream

_WHERE = {
    "auth": "/api/admin/auth/players/",
    "games": "/api/admin/games/players/",
    "seasonpass": "/api/admin/seasonpass/players/",
    "ranking": "/api/admin/ranking/players/",
}
_MOST_USER_ID = 2**63 - 1
_DIGITS = len(str(_MOST_USER_ID))
_OK, _NOT_FOUND, _TROUBLE = 200, 404, 500


class Players:
    """Asks each service's player look-up and puts the answers side by side."""

    def __init__(self, services: Mapping[str, tuple[Upstream, Forwarding]]) -> None:
        self._services = services

    async def look_up(self, request: Request, token: str | None) -> Answer:
        """Return the merged answer; a refusal of any service other than 404 is the answer."""
        user_id = _user_id(request.path)
        answers = await asyncio.gather(*(self._ask(name, request, token, user_id) for name in self._services))
        merged: dict[str, Any] = {"user_id": user_id, "missing": []}
        for name, answer in zip(self._services, answers, strict=True):
            if answer is None or answer.status >= _TROUBLE:
                merged["missing"].append(name)
            elif answer.status in {_OK, _NOT_FOUND}:
                merged[name] = msgspec.Raw(answer.body) if answer.status == _OK else None
            else:
                return passed_on(answer)
        return as_json(merged)

    async def _ask(self, name: str, request: Request, token: str | None, user_id: int) -> Response | None:
        upstream, forwarding = self._services[name]
        asked = copy(request)
        asked.path = f"{_WHERE[name]}{user_id}".encode()
        try:
            return await upstream.exchange(forwarding.whole(asked, token, b""), seconds=READ_SECONDS, repeatable=True)
        except FairgroundError:
            return None


def _user_id(path: bytes) -> int:
    text = path.rpartition(b"/")[2]
    if not text.isdigit() or not 0 < int(text[:_DIGITS]) <= _MOST_USER_ID or len(text) > _DIGITS:
        raise ValidationFailed(errors=[FieldError(("user_id",), "a number from 1 to 2^63 - 1")])
    return int(text)
