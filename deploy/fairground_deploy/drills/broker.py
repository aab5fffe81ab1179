"""The broker is killed: players notice nothing, their events wait, and all of them arrive when it is back."""

import asyncio

from fairground_deploy.drills.ground import Ground
from fairground_deploy.drills.signs import Sign

PLAYS = 20
RELAY_WAITS = Sign("games-worker", "fairground_relay_waiting", alert="BrokerAway")
CONSUMER_WAITS = Sign("seasonpass-worker", "fairground_consumer_waiting", alert="BrokerAway")
SIGNS = (RELAY_WAITS, CONSUMER_WAITS)


async def drill(ground: Ground) -> None:
    """Kill the broker, start it again. Raises DrillFailed."""
    ground.say("trouble: the broker is killed")
    await asyncio.to_thread(ground.node.child.kill)
    await ground.play(PLAYS)
    for sign in SIGNS:
        await ground.sees(sign, 1)
        await ground.is_ready(sign.program, ready=False)
    ground.say("step: it is started again")
    await asyncio.to_thread(ground.node.start)
    for sign in SIGNS:
        await ground.sees_end_of(sign)
        await ground.is_ready(sign.program)
    await ground.fairground("bus", "status")
    await ground.books_agree()
