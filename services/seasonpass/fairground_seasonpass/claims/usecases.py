"""Claiming level rewards that are not paid by themselves."""

from collections.abc import Sequence

from fairground_common.db import Tx, UserEvent, log_user_events
from fairground_seasonpass.claims import rules
from fairground_seasonpass.rewards.errors import RewardAlreadyClaimed
from fairground_seasonpass.rewards.grant import Grant, Owed
from fairground_seasonpass.rewards.usecases import give
from fairground_seasonpass.schema import user_event_log
from fairground_seasonpass.seasons.season import Season
from fairground_seasonpass.seasons.usecases import get_claimable_season
from fairground_seasonpass.xp.rules import level_at
from fairground_seasonpass.xp.usecases import find_total


async def claim_reward(tx: Tx, *, user_id: int, level: int, season_id: int | None) -> Grant:
    """Claim the reward of one level. Of claims at the same time one wins; the others see it as claimed."""
    season = await get_claimable_season(tx, season_id)
    chosen = rules.claimable_level(season, level, await _level_of(tx, user_id, season))
    grants = await give(tx, [Owed(user_id, season.id, chosen)])
    if not grants:
        raise RewardAlreadyClaimed
    await _log(tx, grants)
    return grants[0]


async def claim_all_rewards(tx: Tx, *, user_id: int, season_id: int | None) -> list[Grant]:
    """Claim whatever waits for the player, lowest level first; nothing is fine too."""
    season = await get_claimable_season(tx, season_id)
    levels = rules.open_levels(season, await _level_of(tx, user_id, season))
    grants = await give(tx, [Owed(user_id, season.id, level) for level in levels])
    await _log(tx, grants)
    return sorted(grants, key=lambda grant: grant.level)


async def _level_of(tx: Tx, user_id: int, season: Season) -> int:
    """A player without progress stands where 0 XP stands, as the status shows it."""
    total = await find_total(tx, user_id=user_id, season_id=season.id)
    return level_at(season, 0 if total is None else total.current_xp)


async def _log(tx: Tx, grants: Sequence[Grant]) -> None:
    claimed = [
        UserEvent(
            grant.user_id,
            "REWARD_CLAIM",
            result={"season_id": grant.season_id, "level": grant.level, "reward": dict(grant.reward)},
        )
        for grant in grants
    ]
    await log_user_events(tx, user_event_log, claimed)
