"""The embedded broker's connections cut again and again: plays wait in the outbox, and all of them arrive."""

import asyncpg
import pytest

from fairground_deploy.testing.line import Line

pytestmark = pytest.mark.timeout(400)
"""The first test of a session starts everything; a busy machine is no failure."""

CUTS = 5

_CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name LIKE 'fairground.% consumer %' OR application_name LIKE '%-worker publish'
"""


async def test_connections_cut_again_and_again_lose_and_double_nothing(embedded_line: Line, postgres: str) -> None:
    superuser = await asyncpg.connect(postgres)
    async with embedded_line.playing():
        for _ in range(CUTS):
            await embedded_line.goes_on()
            assert await superuser.fetchval(_CUT) > 0
        await embedded_line.goes_on()
    await superuser.close()
    await embedded_line.all_arrived()
