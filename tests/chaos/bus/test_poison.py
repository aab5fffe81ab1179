"""Events nobody can handle, between good ones: dead with a reason, their neighbours counted, and put back at will."""

import pytest

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, PlaySettled, Reward, RewardGranted
from fairground_common.ids import new_id
from fairground_common.messaging import Buried, DeadLetter, Message, bundle
from fairground_common.testing import eventually
from fairground_deploy.testing.line import GAMES, SEASONPASS, Line

pytestmark = pytest.mark.timeout(400)
"""The first test of a session starts everything; a busy machine is no failure."""

TRIES = 5
NOBODY = 2**80
"""A user id no database can take."""

UNREADABLE = {
    "no JSON": b"not json",
    "an unknown type": b'[{"type": "games.unheard_of.v1"}]',
    "an unknown version": b'[{"type": "games.play_settled.v9"}]',
    "a megabyte": b'["%b"]' % (b"x" * 1_000_000),
}


async def test_poison_dies_after_its_tries_and_good_events_go_on(line: Line) -> None:
    refused = {SEASONPASS: _a_play_of_nobody(await line.play(1)), GAMES: _a_grant_of_xp()}
    messages = [Message(name, PlaySettled.type, body) for name, body in UNREADABLE.items()]
    messages += [_message(event) for event in refused.values()]
    async with line.playing():
        await line.broker.publish(messages)
        await line.goes_on()
        dead = await eventually(lambda: _dead(line, len(messages)), within=60)
    await line.all_arrived(dead=len(messages))
    unreadable = [each.letter for each in dead if each.letter.tries == 0]
    assert sorted(letter.body for letter in unreadable) == sorted(UNREADABLE.values())
    assert all(letter.reason.startswith("unreadable: ") for letter in unreadable)
    hopeless = {each.queue: each.letter for each in dead if each.letter.tries == TRIES}
    assert {queue: bundle.outlines(letter.body)[0].event_id for queue, letter in hopeless.items()} == {
        queue: str(event.event_id) for queue, event in refused.items()
    }
    assert all(letter.reason.startswith(f"refused {TRIES} times: ") for letter in hopeless.values())
    dropped = [each.id for queue in (GAMES, SEASONPASS) async for each in line.broker.drop(queue)]
    assert sorted(dropped) == sorted(each.id for each in dead)


async def test_an_event_that_was_applied_changes_nothing_when_it_is_put_back(line: Line) -> None:
    plays = await line.play(3)
    await line.all_arrived()
    letter = DeadLetter(bundle.encode([play.to_json() for play in plays]), "by hand")
    await line.broker.bury(SEASONPASS, letter)
    assert await eventually(lambda: _dead(line, 1))
    assert [each.letter async for each in line.broker.replay(SEASONPASS)] == [letter]
    await line.all_arrived()


def _a_play_of_nobody(plays: list[Envelope]) -> Envelope:
    """Return a play like any other, but for its player."""
    (play,) = plays
    assert isinstance(play.data, PlaySettled)
    settled = play.data.model_copy(update={"user_id": NOBODY})
    return play.model_copy(update={"event_id": new_id(), "data": settled})


def _a_grant_of_xp() -> Envelope:
    """Return a grant games has nothing to book for."""
    grant = RewardGranted(grant_id=new_id(), user_id=1, season_id=1, level=1, reward=Reward(type="XP", amount=1))
    return Envelope.of(grant, at=Clock().now(), key=1)


def _message(event: Envelope) -> Message:
    return Message(str(event.event_id), event.type, bundle.encode([event.to_json()]))


async def _dead(line: Line, count: int) -> list[Buried]:
    found = [each for queue in (GAMES, SEASONPASS) for each in await line.broker.dead_letters(queue)]
    return found if len(found) == count else []
