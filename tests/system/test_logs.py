"""Logs are read by many: no token, no password and no key ever stands in one."""

import re
import secrets
from collections.abc import Iterator

import aiohttp

from fairground_common.testing.eventually import eventually
from fairground_deploy.testing import Deployment
from fairground_deploy.testing.player import PASSWORD

JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}")
WRONG_PASSWORD = "not the right one at all"
KB = 1024


class Caller:
    """Somebody who uses every way in, the wrong ones too, under one request id. ``said`` is what must stay secret."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._username = f"player-{secrets.token_hex(6)}"
        self.request_id = f"logs-{secrets.token_hex(8)}"
        self.said = {PASSWORD, WRONG_PASSWORD}

    async def use_every_way_in(self) -> None:
        await self._post("/api/auth/register", username=self._username, password=PASSWORD)
        await self._post("/api/auth/login", username=self._username, password=WRONG_PASSWORD)
        await self._post("/api/auth/register", username="x", password=PASSWORD)
        tokens = await self._post("/api/auth/login", username=self._username, password=PASSWORD)
        renewed = await self._post("/api/auth/refresh", refresh_token=tokens["refresh_token"])
        self.said |= {tokens["refresh_token"], renewed["refresh_token"]}
        self.said |= {tokens["access_token"], renewed["access_token"]}
        for token in (renewed["access_token"], renewed["access_token"][:-4] + "AAAA", "x" * 9 * KB):
            await self._post("/api/roulette/play", authorization=f"Bearer {token}")
            await self._post(f"/api/roulette/play?token={tokens['access_token']}", authorization=f"Basic {token}")
        await self._post("/api/auth/logout", refresh_token=renewed["refresh_token"])
        await self._post("/api/auth/refresh", refresh_token=renewed["refresh_token"])

    async def _post(self, path: str, *, authorization: str = "", **body: str) -> dict[str, str]:
        headers = {"x-request-id": self.request_id, "authorization": authorization or "none"}
        async with self._session.post(path, headers=headers, json=body or None) as answer:
            found: dict[str, str] = await answer.json(content_type=None) if answer.content_length else {}
            return found


async def test_no_log_holds_a_token_a_password_or_a_key(deployment: Deployment) -> None:
    async with aiohttp.ClientSession(deployment.gateway_url) as session:
        caller = Caller(session)
        await caller.use_every_way_in()

    async def written() -> str:
        text = await deployment.logs()
        assert caller.request_id in text, "the gateway has not written yet"
        return text

    logs = await eventually(written)
    assert not list(leaks(logs, {*caller.said, *deployment.secrets()}))


def leaks(logs: str, known: set[str]) -> Iterator[str]:
    """Return the lines that give something away, the secret itself left out."""
    for line in logs.splitlines():
        found = next((secret for secret in known if secret in line), None) or JWT.search(line)
        if found:
            secret = found if isinstance(found, str) else found[0]
            yield line.replace(secret, "[secret]")[:300]
