"""Players for a load: registered and signed in through the gateway, as anybody would."""

import asyncio
import secrets
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


async def sign_in_players(url: str, count: int) -> list[str]:
    """Return the access tokens of new players."""
    limit = asyncio.Semaphore(AT_ONCE)
    run = secrets.token_hex(4)
    async with aiohttp.ClientSession(url) as session:
        return await asyncio.gather(*(_sign_in(session, limit, f"bench.{run}.{n}") for n in range(count)))


def write_tokens(tokens: list[str], file: Path) -> Path:
    file.write_text("\n".join(tokens) + "\n")
    return file


async def _sign_in(session: aiohttp.ClientSession, limit: asyncio.Semaphore, username: str) -> str:
    credentials = {"username": username, "password": "a password of the bench"}
    async with limit:
        await _post(session, "/api/auth/register", credentials)
        token: str = (await _post(session, "/api/auth/login", credentials))["access_token"]
    return token


async def _post(session: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> Any:
    async with session.post(path, json=body) as answer:
        assert answer.ok, await answer.text()
        return await answer.json()
