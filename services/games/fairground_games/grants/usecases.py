"""What happens to campaigns: operators grant, look, and undo.

Of one campaign one request at a time runs, and in it players' rows are locked last and in user_id order, as plays
lock them. So a grant and a play of one player wait for each other, and no two ever wait in a circle.
"""

import datetime
from typing import Any

from fairground_common.db import ReadTx, Tx
from fairground_common.db.audit import audit
from fairground_games.grants import repository, rules
from fairground_games.grants.errors import CampaignNotFound
from fairground_games.grants.repository import CampaignRepository
from fairground_games.grants.rules import Campaign, CampaignGrant, Granted, Order, Result, Tally, Undone
from fairground_games.players.usecases import count_strangers
from fairground_games.rewards.rules import CAMPAIGN
from fairground_games.rewards.usecases import pay, take_back
from fairground_games.schema import audit_log


async def grant(tx: Tx, order: Order, *, by: int, seed_key_id: str) -> Granted:
    """Credit what can be credited, all of it or, when this raises, nothing.

    Raises CampaignUndone, CampaignFull, CampaignBusy.
    """
    if all(map(rules.refusal_of, order.awards)):  # nothing to begin a campaign with
        return await _judged(tx, order)
    campaign = CampaignRepository(tx, order.campaign)
    rules.require_open(await campaign.begin(note=order.note, by=by))
    granted = await _judged(tx, order)
    credited = granted.credited
    if credited:
        await campaign.add(credited, by=by)
        await _audit_grant(tx, order, granted, by=by)
        await pay(tx, [award.as_grant() for award in credited], kind=CAMPAIGN, seed_key_id=seed_key_id)
    return granted


async def try_grant(tx: ReadTx, order: Order) -> Granted:
    """Return what granting would do now. Raises CampaignUndone, CampaignFull."""
    campaign = await repository.find_campaign(tx, order.campaign)
    if campaign is not None:
        rules.require_open(campaign)
    return await _judged(tx, order)


async def undo(tx: Tx, name: str, *, by: int) -> Undone:
    """Take back what a campaign has given, as far as that can be, and let it give nothing more.

    What could not be taken back stays credited; undoing again tries again. Raises CampaignNotFound, CampaignBusy.
    """
    campaign = CampaignRepository(tx, name)
    if await campaign.hold() is None:
        raise CampaignNotFound
    standing = await campaign.list_standing()
    taken = await take_back(tx, [each.award.as_grant() for each in standing])
    await campaign.mark_undone(taken)
    is_first = await campaign.close(by=by)
    undone = Undone(
        undone=[each for each in standing if each.award.grant_id in taken],
        kept=[each for each in standing if each.award.grant_id not in taken],
    )
    if is_first or taken:
        await _audit_undoing(tx, name, undone, by=by)
    return undone


async def list_campaigns(
    tx: ReadTx, *, before: tuple[datetime.datetime, str] | None, limit: int
) -> list[tuple[Campaign, Tally]]:
    """Return campaigns with their tallies, the latest first, from before a position (created_at, name)."""
    return await repository.list_campaigns(tx, before=before, limit=limit)


async def get_campaign(tx: ReadTx, name: str) -> tuple[Campaign, Tally]:
    """Return a campaign and its tally. Raises CampaignNotFound."""
    campaign = await repository.find_campaign(tx, name)
    if campaign is None:
        raise CampaignNotFound
    return campaign, await repository.read_tally(tx, name)


async def list_grants(
    tx: ReadTx, name: str, *, user_id: int | None, is_undone: bool | None, after: tuple[int, str] | None, limit: int
) -> list[CampaignGrant]:
    """Return what a campaign has given, by player and ref, from behind a position (user_id, ref)."""
    return await repository.list_grants(tx, name, user_id=user_id, is_undone=is_undone, after=after, limit=limit)


async def _judged(tx: ReadTx, order: Order) -> Granted:
    known = await repository.list_known(tx, [award.grant_id for award in order.awards])
    verdicts = rules.judge(order.awards, known)
    users = {verdict.award.user_id for verdict in verdicts if verdict.result == "credited"}
    before = await repository.read_tally(tx, order.campaign)
    granted = Granted(
        verdicts, standing_before=before.granted - before.undone, strangers=await count_strangers(tx, users)
    )
    rules.require_room(before.granted, len(granted.credited))
    return granted


async def _audit_grant(tx: Tx, order: Order, granted: Granted, *, by: int) -> None:
    results: tuple[Result, ...] = ("credited", "already_credited", "refused")
    after: dict[str, Any] = {result: granted.count(result) for result in results}
    after |= {"standing": granted.standing_before + after["credited"], "points": rules.points_of(granted.credited)}
    await audit(
        tx,
        audit_log,
        by=by,
        action="REWARDS_GRANTED",
        subject=f"campaign:{order.campaign}",
        before={"standing": granted.standing_before},
        after={**after, "note": order.note},
    )


async def _audit_undoing(tx: Tx, name: str, undone: Undone, *, by: int) -> None:
    taken, kept = len(undone.undone), len(undone.kept)
    points = rules.points_of([each.award for each in undone.undone])
    await audit(
        tx,
        audit_log,
        by=by,
        action="CAMPAIGN_UNDONE",
        subject=f"campaign:{name}",
        before={"standing": taken + kept},
        after={"standing": kept, "undone": taken, "points": points},
    )
