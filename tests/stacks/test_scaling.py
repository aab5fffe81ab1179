"""Two of a kind: both work, and the books agree."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fairground_common.testing.eventually import eventually
from fairground_deploy.testing.compose import ComposeDeployment
from fairground_deploy.testing.containers import Container
from fairground_deploy.testing.player import Player, sign_up
from fairground_deploy.testing.reconcile import reconcile

SCALED = {"games": 2, "seasonpass-worker": 2}
PLAYERS, PLAYS_EACH = 8, 10
HTTP_PORT = 8080
AMQP_PORT = 5672
_ESTABLISHED = "01"


async def test_two_of_games_and_of_the_season_pass_worker_share_the_work(deployment: ComposeDeployment) -> None:
    wanted = [flag for name, count in SCALED.items() for flag in ("--scale", f"{name}={count}")]
    await deployment.project.up("--no-recreate", *wanted)
    try:
        players = [await sign_up(deployment.gateway_url) for _ in range(PLAYERS)]
        await eventually(lambda: _both_are_spoken_to(deployment, players), within=90, every=0.2)
        answers = await asyncio.gather(*(_play(player) for player in players))
        for player, answered in zip(players, answers, strict=True):
            await reconcile(player, answered)
    finally:
        await deployment.project.up("--no-recreate", "--scale", "games=1", "--scale", "seasonpass-worker=1")


async def _play(player: Player) -> list[Any]:
    return [await player.play("dice") for _ in range(PLAYS_EACH)]


async def _both_are_spoken_to(deployment: ComposeDeployment, players: Sequence[Player]) -> bool:
    """Look around: the gateway finds a new instance when its connections have had their time."""
    await asyncio.gather(*(player.get("/api/dice/status") for player in players))
    games = await deployment.project.containers("games")
    workers = await deployment.project.containers("seasonpass-worker")
    assert (len(games), len(workers)) == (SCALED["games"], SCALED["seasonpass-worker"])
    assert all(_connections(each, local_port=HTTP_PORT) for each in games), "the gateway knows only one of them"
    assert all(_connections(each, remote_port=AMQP_PORT) for each in workers), "a worker has no broker"
    return True


def _connections(container: Container, *, local_port: int | None = None, remote_port: int | None = None) -> int:
    """Count a container's established connections, its own health check's aside."""
    lines = Path(f"/proc/{container.pid}/net/tcp").read_text().splitlines()[1:]
    found = 0
    for line in lines:
        _, local, remote, state, *_ = line.split()
        ports = int(local.split(":")[1], 16), int(remote.split(":")[1], 16)
        loops = remote.startswith("0100007F")
        found += state == _ESTABLISHED and not loops and (local_port == ports[0] or remote_port == ports[1])
    return found
