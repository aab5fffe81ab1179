"""Players for a load: registered and signed in through the gateway, as anybody would."""

import asyncio
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import aiohttp

AT_ONCE = 16
SETTINGS = {
    # Passwords are not what is measured; the cheapest hash lets hundreds of players sign in within seconds.
    "AUTH_ARGON2_MEMORY_KIB": "1024",
    "AUTH_ARGON2_PASSES": "1",
    "AUTH_HASH_QUEUE": "1000",
    "AUTH_REGISTRATIONS_PER_IP": "1000000",
}


PASSWORD = "a password of the bench"  # noqa: S105 - of accounts that are gone with their server


async def sign_in_players(url: str, count: int) -> list[str]:
    """Return the access tokens of new players."""
    run = secrets.token_hex(4)
    return await sign_in(url, [f"bench.{run}.{number}" for number in range(count)], new=True)


async def sign_in(url: str, usernames: Iterable[str], *, new: bool) -> list[str]:
    """Return the access tokens of players, who register first when they are new."""
    limit = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession(url) as session:
        return await asyncio.gather(*(_sign_in(session, limit, username, new=new) for username in usernames))


def write_tokens(tokens: list[str], file: Path) -> Path:
    file.write_text("\n".join(tokens) + "\n")
    return file


async def _sign_in(session: aiohttp.ClientSession, limit: asyncio.Semaphore, username: str, *, new: bool) -> str:
    credentials = {"username": username, "password": PASSWORD}
    async with limit:
        if new:
            await _post(session, "/api/auth/register", credentials)
        token: str = (await _post(session, "/api/auth/login", credentials))["access_token"]
    return token


async def _post(session: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> Any:
    async with session.post(path, json=body) as answer:
        assert answer.ok, await answer.text()
        return await answer.json()
