"""Somebody holds the lock of games' relay, so nobody sends: found by the runbook's question, and ended."""

import asyncio

from fairground_common.messaging.relay import LOCK_KEY
from fairground_deploy.drills.failed import DrillFailed
from fairground_deploy.drills.ground import Ground
from fairground_deploy.drills.signs import Sign

PLAYS = 20
RELAYS = Sign("games-worker", "fairground_relay_active", alert="NobodyRelays")
SIGNS = (RELAYS,)

WHO_HOLDS_IT = (
    "SELECT pid, application_name, state, backend_start FROM pg_locks JOIN pg_stat_activity USING (pid) "
    "WHERE locktype = 'advisory' AND granted AND datname = current_database()"
)
"""As the runbook asks, in the service's database."""
END = "SELECT pg_terminate_backend($1)"
CUT_THE_RELAY = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'games relay'"
FORGOTTEN = "a forgotten session"


async def drill(ground: Ground) -> None:
    """Take the relay's lock away, and end who holds it. Raises DrillFailed."""
    ground.say("trouble: a session that was forgotten holds the relay's lock")
    async with ground.database("games") as holder, ground.database("games") as other:
        await holder.execute(f"SET application_name = '{FORGOTTEN}'")
        waiting = asyncio.create_task(holder.execute("SELECT pg_advisory_lock($1)", LOCK_KEY))
        await asyncio.sleep(0)
        while not waiting.done():  # it is next in line, but only once it has asked
            await other.execute(CUT_THE_RELAY)
            await asyncio.wait([waiting], timeout=1)
        await ground.sees_end_of(RELAYS)
        await ground.play(PLAYS)
        ground.say("step: who holds the lock is named, and ended")
        (found,) = await other.fetch(WHO_HOLDS_IT)
        if found["application_name"] != FORGOTTEN:
            raise DrillFailed(f"the lock is held by {dict(found)}")
        ground.say(f"  seen: pid {found['pid']}, {found['application_name']}")
        await other.execute(END, found["pid"])
    await ground.sees(RELAYS, 1)
    await ground.books_agree()
