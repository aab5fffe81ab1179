"""Programs are restarted one after the other, as an update does it, while players go on."""

from collections import Counter

import pytest

from fairground_deploy.services import PROGRAMS
from fairground_deploy.testing import Deployment
from fairground_deploy.testing.crowd import Crowd
from fairground_deploy.testing.reconcile import reconcile

ROUNDS = 2
"""In the second, each program is restarted that has itself taken over from a former one."""

BROKEN_CONNECTIONS = ("ConnectionResetError", "RemoteDisconnected")

pytestmark = pytest.mark.timeout(600)


async def test_players_lose_nothing_and_notice_nothing_while_every_program_is_restarted_in_turn(
    deployment: Deployment, crowd: Crowd
) -> None:
    noticed: Counter[str] = Counter()
    async with crowd.playing():
        for program in PROGRAMS * ROUNDS:
            await crowd.is_served()
            before = crowd.troubles
            await deployment.restart(program.name)
            await deployment.wait_ready()
            await crowd.is_served()
            if program.name in deployment.without_gap:
                noticed += _noticed(program.name, crowd.troubles - before)
    for player, answers in crowd.answers.items():
        await reconcile(player, answers)
    assert noticed == Counter()


def _noticed(program: str, troubles: Counter[str]) -> Counter[str]:
    """Return what players met while a program was restarted.

    A connection the gateway breaks by ending is none of it: one that waits to be accepted ends with its socket, nobody
    stands before the gateway here, and every client of HTTP opens another one. Whatever was answered counts.
    """
    nobody_before_it = program == "gateway"
    return Counter(
        {
            f"{program}: {what}": times
            for what, times in troubles.items()
            if not (nobody_before_it and what.endswith(BROKEN_CONNECTIONS))
        }
    )
