"""One request can be followed everywhere: gateway, games, the season pass, and back to games with its reward."""

import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from fairground_common.testing.eventually import eventually
from fairground_deploy.testing import Deployment
from fairground_deploy.testing.player import Player

SignUp = Callable[[], Awaitable[Player]]

WAY = {
    ("gateway", "request", "/api/roulette/play"),
    ("games", "request", "/api/roulette/play"),
    ("seasonpass-worker", "event_applied", "games.play_settled.v1"),
    ("games-worker", "event_applied", "seasonpass.reward_granted.v1"),
    ("seasonpass-worker", "event_applied", "games.reward_delivered.v1"),
}
"""The first play of a season brings a stamp, the stamp a level, and the level a reward."""


async def test_a_play_is_found_by_its_ids_in_the_log_of_every_process_on_its_way(
    deployment: Deployment, sign_up: SignUp, endless_wheel: None
) -> None:
    player = await sign_up()
    request_id, trace_id = f"traced-{secrets.token_hex(8)}", secrets.token_hex(16)
    traceparent = f"00-{trace_id}-{secrets.token_hex(8)}-01"
    reply = await player.call("POST", "/api/roulette/play", x_request_id=request_id, traceparent=traceparent)
    assert reply.status == 200

    async def seen_everywhere() -> bool:
        written = map(_read, (await deployment.logs()).splitlines())
        lines = [line for line in written if line.get("trace_id") == trace_id]
        assert {line["request_id"] for line in lines} == {request_id}
        assert {(line["service"], line["event"], line.get("path") or line.get("type")) for line in lines} == WAY
        return True

    await eventually(seen_everywhere, within=60, every=0.3)


def _read(line: str) -> dict[str, Any]:
    """Return a line as the process wrote it; container logs put a name before it."""
    start = line.find("{")
    try:
        return dict(json.loads(line[start:])) if start >= 0 else {}
    except ValueError:
        return {}
