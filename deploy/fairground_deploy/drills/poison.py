"""Events nobody can read, and good events a broken listener refuses: dead with a reason, and back once it is mended."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fairground_common.contracts import PlaySettled
from fairground_common.messaging import Message, queue_of
from fairground_deploy.bus.address import broker_of
from fairground_deploy.drills.failed import DrillFailed
from fairground_deploy.drills.ground import Ground
from fairground_deploy.drills.signs import Sign

JUNK, PLAYS = 30, 10
BURIED = Sign("seasonpass-worker", "fairground_consumer_buried_events_total", alert="PoisonFlood")
DEAD = Sign("seasonpass-worker", "fairground_dead_letters", alert="DeadLetters")
SIGNS = (BURIED, DEAD)
QUEUE = queue_of("seasonpass")

BREAK = "ALTER TABLE season_pass_xp_log ADD CONSTRAINT broken_by_a_drill CHECK (xp < 0) NOT VALID"
MEND = "ALTER TABLE season_pass_xp_log DROP CONSTRAINT broken_by_a_drill"


async def drill(ground: Ground) -> None:
    """Flood the season pass, break it, mend it, put the letters back. Raises DrillFailed."""
    ground.say("trouble: somebody sends what nobody can read, and a release of the season pass refuses every play")
    async with _broken(ground):
        await _send_junk(ground)
        await ground.play(PLAYS)
        await ground.sees(BURIED, JUNK + PLAYS)
        await ground.sees(DEAD, 1)
        await ground.fairground("bus", "dead", "list", "--queue", "seasonpass", "--limit", "3")
    ground.say(
        "step: the season pass is mended, the letters are put back; what cannot be read dies again, and is dropped"
    )
    await ground.play(PLAYS)
    await ground.fairground("bus", "dead", "replay", "--all", "--queue", "seasonpass")
    await ground.sees(BURIED, 2 * JUNK + PLAYS)
    await ground.books_agree()
    await ground.fairground("bus", "dead", "drop", "--all", "--queue", "seasonpass")
    if "no dead letters" not in await ground.fairground("bus", "dead", "list", "--queue", "seasonpass"):
        raise DrillFailed("letters are left")


@asynccontextmanager
async def _broken(ground: Ground) -> AsyncIterator[None]:
    async with ground.database("seasonpass") as connection:
        await connection.execute(BREAK)
        try:
            yield
        finally:
            await connection.execute(MEND)


async def _send_junk(ground: Ground) -> None:
    broker = broker_of({"DATA_DIR": str(ground.product.data.root)})
    try:
        await broker.publish([Message(f"junk-{each}", PlaySettled.type, b"no event") for each in range(JUNK)])
    finally:
        await broker.close()
