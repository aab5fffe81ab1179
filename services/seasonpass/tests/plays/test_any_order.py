"""Plays in any order, any batches, any number of times, with the season published at any moment: one end state."""

import asyncio
import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairground_common.contracts import Envelope
from fairground_common.db import Db
from fairground_seasonpass.plays.consumers import play_settled
from fairground_seasonpass.plays.usecases import count_waiting_plays_for

CURVE = ((0, True), (10, False), (15, True), (40, True), (100, True))
BASE = 10
DICE_WIN_XP = 3
SEASON_DAYS = 4
PLAYERS = 2


@dataclass(frozen=True)
class Drawn:
    """A play as hypothesis draws it: a player, a day counted from the season's first, and what it brought."""

    player: int
    day: int
    reward_xp: int
    is_dice_win: bool


@dataclass(frozen=True)
class Story:
    plays: tuple[Drawn, ...]
    batches: tuple[tuple[int, ...], ...]
    """Indices of plays; every play is in at least one batch, some in several."""
    published_before: int
    """The batch before which the season is published."""


@st.composite
def stories(draw: st.DrawFn) -> Story:
    plays = draw(
        st.lists(
            st.builds(
                Drawn,
                player=st.integers(0, PLAYERS - 1),
                day=st.integers(0, SEASON_DAYS),  # the last one lies behind the season
                reward_xp=st.sampled_from([0, 0, 1, 15]),
                is_dice_win=st.booleans(),
            ),
            min_size=1,
            max_size=8,
        )
    )
    again = draw(st.lists(st.integers(0, len(plays) - 1), max_size=6))
    order = draw(st.permutations([*range(len(plays)), *again]))
    cuts = sorted(draw(st.sets(st.integers(1, len(order)), max_size=4)) | {0, len(order)})
    batches = tuple(tuple(order[start:end]) for start, end in pairwise(cuts))
    return Story(tuple(plays), batches, published_before=draw(st.integers(0, len(batches))))


def expected(plays: Sequence[Drawn]) -> tuple[int, int, int, list[int]] | None:
    """XP, level, stamps and levels paid of one player: the rules of the season pass in five lines."""
    counted = [play for play in plays if play.day < SEASON_DAYS]
    if not counted:
        return None
    stamps = len({play.day for play in counted})
    xp = stamps * BASE + sum(play.reward_xp + DICE_WIN_XP * play.is_dice_win for play in counted)
    reached = [level for level, (required, _) in enumerate(CURVE, start=1) if required <= xp]
    return xp, len(reached), stamps, [level for level in reached if CURVE[level - 1][1]]


async def test_order_batches_repetition_and_late_publishing_make_no_difference(
    publish: Any, a_play: Callable[..., Envelope], season_pass: Any, db: Db, today: datetime.date
) -> None:
    examples = iter(range(10**6))

    async def tell(story: Story) -> None:
        number = next(examples)
        first = today + datetime.timedelta(days=number * 2 * SEASON_DAYS)
        players = [1000 + number * PLAYERS + player for player in range(PLAYERS)]
        envelopes = [
            a_play(
                players[play.player],
                day=first + datetime.timedelta(days=play.day),
                reward_xp=play.reward_xp,
                feature_type="DICE" if play.is_dice_win else "ROULETTE",
                outcome="WIN" if play.is_dice_win else "HIT",
            )
            for play in story.plays
        ]
        for index in range(len(story.batches) + 1):
            if index == story.published_before:
                await publish(
                    CURVE,
                    start_date=first,
                    end_date=first + datetime.timedelta(days=SEASON_DAYS - 1),
                    xp_rules=[("DICE", "WIN", DICE_WIN_XP)],
                )
            if index < len(story.batches):
                await play_settled(db)([envelopes[each] for each in story.batches[index]])
        await count_waiting_plays_for(db, seconds=5)
        for player, user_id in enumerate(players):
            progress = await season_pass.progress(user_id)
            outcome = None if progress is None else (*progress, await season_pass.rewards(user_id))
            assert outcome == expected([play for play in story.plays if play.player == player])

    await _for_all(tell)


async def _for_all(tell: Callable[[Story], Any]) -> None:
    """Let hypothesis, which is synchronous, drive the event loop of the test from a thread."""
    loop = asyncio.get_running_loop()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(stories())
    def run(story: Story) -> None:
        asyncio.run_coroutine_threadsafe(tell(story), loop).result()

    await asyncio.to_thread(run)
