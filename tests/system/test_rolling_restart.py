"""Programs are restarted one after the other, as an update does it, while players go on.

Ten rounds instead of two: ``CHAOS_RUNS=10 pytest tests/system/test_rolling_restart.py``.
"""

from collections import Counter

import pytest

from fairground_common.testing.chaos.runs import runs
from fairground_deploy.services import PROGRAMS
from fairground_deploy.testing import Deployment
from fairground_deploy.testing.crowd import Crowd
from fairground_deploy.testing.reconcile import reconcile

ROUNDS = 2
"""In the second, each program is restarted that has itself taken over from a former one."""
SECONDS_OF_A_ROUND = 300
"""Where members are containers, each takes its time."""

pytestmark = pytest.mark.timeout(SECONDS_OF_A_ROUND * len(runs(ROUNDS)))


async def test_players_lose_nothing_and_notice_nothing_while_every_program_is_restarted_in_turn(
    deployment: Deployment, crowd: Crowd
) -> None:
    noticed: Counter[str] = Counter()
    async with crowd.playing():
        for program in PROGRAMS * len(runs(ROUNDS)):
            await crowd.is_served()
            before = crowd.troubles
            await deployment.restart(program.name)
            await deployment.wait_ready()
            await crowd.is_served()
            if program.name in deployment.without_gap:
                noticed.update({f"{program.name}: {what}": n for what, n in (crowd.troubles - before).items()})
    for player, answers in crowd.answers.items():
        await reconcile(player, answers)
    assert noticed == Counter()
