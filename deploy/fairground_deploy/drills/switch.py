"""A game is switched off: the next play is refused, everything else of it and every other game goes on."""

import asyncio
from http import HTTPStatus

from fairground_deploy.drills.failed import DrillFailed
from fairground_deploy.drills.ground import Ground
from fairground_deploy.drills.signs import Sign

GAME = "lottery"
REFUSED = Sign("games", "fairground_plays_refused_total", alert="")
SIGNS = (REFUSED,)


async def drill(ground: Ground) -> None:
    """Switch the lottery off and on again. Raises DrillFailed."""
    ground.say("step: the lottery is switched off")
    await asyncio.to_thread(_switch, ground, on=False)
    await _play_is_answered(ground, HTTPStatus.NOT_FOUND)
    await ground.sees(REFUSED, 1)
    await asyncio.to_thread(lambda: ground.player().expect("GET", f"/api/{GAME}/status"))
    await ground.play(1)
    ground.say("step: and on again")
    await asyncio.to_thread(_switch, ground, on=True)
    await _play_is_answered(ground, HTTPStatus.OK)
    await ground.books_agree()


def _switch(ground: Ground, *, on: bool) -> None:
    """As the runbook says; title and path are those it has."""
    admin, name = ground.admin(), GAME.upper()
    items = admin.expect("GET", "/api/admin/features")["items"]
    known = next(each for each in items if each["feature_type"] == name)
    body = {"title": known["title"], "page_path": known["page_path"], "is_enabled": on}
    admin.expect("PUT", f"/api/admin/features/{name}", body)


async def _play_is_answered(ground: Ground, status: HTTPStatus) -> None:
    reply = await asyncio.to_thread(lambda: ground.player().call("POST", f"/api/{GAME}/play"))
    if reply.status != status:
        raise DrillFailed(f"a play of the lottery was answered {reply.status} {reply.code}, not {status}")
    ground.say(f"  seen: a play of the lottery is answered {reply.status} {reply.code}".rstrip())
