"""A signing key is stolen: a new one signs at once, tokens of the stolen one end, and everybody can sign in again."""

import asyncio
import json
from functools import partial
from http import HTTPStatus
from typing import Any

from fairground_deploy.api import Api
from fairground_deploy.drills.failed import DrillFailed
from fairground_deploy.drills.ground import Ground
from fairground_deploy.drills.signs import Sign

PAGES = ("/api/auth/me", "/api/roulette/status", "/api/season-pass/status")
"""One of each who verifies tokens by itself, beside the gateway."""
SIGNS: tuple[Sign, ...] = ()
"""No alert is about this: whoever stole a key tells nobody."""


async def drill(ground: Ground) -> None:
    """Rotate as usual, then as after a theft. Raises DrillFailed."""
    before = await asyncio.to_thread(ground.player)
    ground.say("step: a usual rotation publishes a key, which signs after the lead; the former one verifies on")
    former = await _signing(ground)
    await ground.fairground("keys", "rotate")
    await _until_another_signs(ground, former)
    await _are_answered(ground, HTTPStatus.OK, before, await asyncio.to_thread(ground.player))
    stolen, holder = await _signing(ground), await asyncio.to_thread(ground.player)
    ground.say(f"trouble: {stolen} was stolen")
    await ground.fairground("keys", "rotate", "--lead", "0")
    await ground.fairground("keys", "retire", stolen)
    await _are_answered(ground, HTTPStatus.UNAUTHORIZED, holder)
    await _are_answered(ground, HTTPStatus.OK, await asyncio.to_thread(ground.player))
    await ground.play(1)
    await ground.books_agree()


async def _until_another_signs(ground: Ground, former: str) -> None:
    """Ask auth's own command: it knows when each of them does."""
    for _ in range(60):
        if await _signing(ground) != former:
            return
        await asyncio.sleep(1)
    raise DrillFailed(f"{former} still signs")


async def _signing(ground: Ground) -> str:
    listed: dict[str, list[Any]] = json.loads(await ground.fairground("keys", "list", "--json"))
    return next(str(key["kid"]) for key in listed["keys"] if key["phase"] == "signing")


async def _are_answered(ground: Ground, status: HTTPStatus, *callers: Api) -> None:
    """Wait for it: who verifies tokens learns of a key from the key set, which it keeps for a while."""
    for caller in callers:
        await ground.until(f"a token to be answered {status}", partial(_is_answered, caller, status))
    ground.say(f"  seen: tokens are answered {status}")


def _is_answered(caller: Api, status: HTTPStatus) -> bool:
    return all(caller.call("GET", page).status == status for page in PAGES)
