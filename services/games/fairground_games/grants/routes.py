"""Campaigns over HTTP, for admins."""

import asyncio
import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from fairground_common.db import Tx
from fairground_common.db.idempotency import Once, answer_once
from fairground_common.errors import (
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    LockNotAcquired,
    MalformedJson,
    NotAuthenticated,
    PayloadTooLarge,
    RequestInProgress,
    RoleMissing,
    UnsupportedMediaType,
    UploadAborted,
    ValidationFailed,
)
from fairground_common.web import Admin, Database, IdempotencyKey, NoBody, RequiredIdempotencyKey, problems
from fairground_common.web.idempotency import answered
from fairground_common.web.paging import (
    DEFAULT_LIMIT,
    LARGEST_BIGINT,
    PageCursor,
    PageLimit,
    decode_cursor,
    page,
)
from fairground_common.web.uploads import receive_upload
from fairground_games.grants import usecases
from fairground_games.grants.errors import CampaignBusy, CampaignFull, CampaignNotFound, CampaignUndone
from fairground_games.grants.schemas import (
    ORDER_BODY,
    CampaignGrantOut,
    CampaignGrantsOut,
    CampaignName,
    CampaignOut,
    CampaignsOut,
    GrantedOut,
    GrantState,
    UndoneOut,
    UserId,
    granted_out,
)
from fairground_games.grants.uploads import read_order
from fairground_games.schema import idempotency

router = APIRouter(prefix="/api/admin/games/grants", tags=["games-admin"])

MOST_BYTES = 4 * 2**20
"""10,000 rows with the longest texts in ASCII, and room for others."""

REFUSED = (NotAuthenticated, RoleMissing, ValidationFailed)
KEYED = (IdempotencyKeyInvalid, IdempotencyKeyReused, RequestInProgress, LockNotAcquired)

_Name = Annotated[CampaignName, Path()]
_Ref = Annotated[str, msgspec.Meta(max_length=64)]
_UserId = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_BIGINT)]


async def _order_in_query(
    campaign: Annotated[str | None, Query(description="With CSV.")] = None,
    note: Annotated[str | None, Query(description="With CSV.")] = None,
    dry_run: Annotated[bool | None, Query(description="With CSV.")] = None,
) -> dict[str, Any]:
    given = {"campaign": campaign, "note": note, "dry_run": dry_run}
    return {name: value for name, value in given.items() if value is not None}


@router.post(
    "",
    response_model=GrantedOut,
    responses=problems(
        MalformedJson,
        UploadAborted,
        *REFUSED,
        PayloadTooLarge,
        UnsupportedMediaType,
        CampaignUndone,
        CampaignFull,
        CampaignBusy,
        *KEYED,
    ),
    openapi_extra=ORDER_BODY,
)
async def grant(
    request: Request,
    admin: Admin,
    db: Database,
    key: RequiredIdempotencyKey,
    query: Annotated[dict[str, Any], Depends(_order_in_query)],
) -> Response:
    """Give many players rewards: what can be credited is, in one transaction, and every row is answered.

    A row that was credited before is not credited again, under whatever key.
    """
    received = await asyncio.to_thread(read_order, await receive_upload(request, most_bytes=MOST_BYTES), query)
    if received.dry_run:
        async with db.read() as tx:
            would_be = granted_out(received, await usecases.try_grant(tx, received.order))
        return Response(msgspec.json.encode(would_be), media_type="application/json")

    async def effect(tx: Tx) -> Any:
        seed_key_id: str = request.app.state.seeds.key_id
        granted = await usecases.grant(tx, received.order, by=admin.user_id, seed_key_id=seed_key_id)
        return granted_out(received, granted)

    once = Once.of(user_id=admin.user_id, route=f"POST {router.prefix}", key=key, request=received.order)
    return answered(await answer_once(db, idempotency, once, effect))


@router.get("", response_model=CampaignsOut, responses=problems(*REFUSED))
async def list_campaigns(
    _admin: Admin, db: Database, limit: PageLimit = DEFAULT_LIMIT, cursor: PageCursor = None
) -> Any:
    """List campaigns with what they have given, the latest first."""
    created_at, name = decode_cursor(cursor, datetime.datetime, str)
    before = None if cursor is None else (created_at, name)
    async with db.read() as tx:
        campaigns = await usecases.list_campaigns(tx, before=before, limit=limit + 1)
    return page(
        campaigns,
        limit,
        item=lambda each: CampaignOut.of(*each),
        position=lambda each: (each[0].created_at, each[0].name),
    )


@router.get("/{campaign}", responses=problems(*REFUSED, CampaignNotFound))
async def read_campaign(campaign: _Name, _admin: Admin, db: Database) -> CampaignOut:
    """Return a campaign and what it has given."""
    async with db.read() as tx:
        return CampaignOut.of(*await usecases.get_campaign(tx, campaign))


@router.get("/{campaign}/rows", response_model=CampaignGrantsOut, responses=problems(*REFUSED, CampaignNotFound))
async def list_grants(
    campaign: _Name,
    _admin: Admin,
    db: Database,
    *,
    user_id: Annotated[UserId | None, Query()] = None,
    state: GrantState | None = None,
    limit: PageLimit = DEFAULT_LIMIT,
    cursor: PageCursor = None,
) -> Any:
    """List what a campaign has given, by player."""
    last_user, last_ref = decode_cursor(cursor, _UserId, _Ref)
    after = None if cursor is None else (last_user, last_ref)
    is_undone = None if state is None else state == "UNDONE"
    async with db.read() as tx:
        await usecases.get_campaign(tx, campaign)
        grants = await usecases.list_grants(
            tx, campaign, user_id=user_id, is_undone=is_undone, after=after, limit=limit + 1
        )
    return page(grants, limit, item=CampaignGrantOut.of, position=lambda each: (each.award.user_id, each.award.ref))


@router.post(
    "/{campaign}/undo",
    response_model=UndoneOut,
    responses=problems(*REFUSED, CampaignNotFound, CampaignBusy, *KEYED),
)
async def undo(campaign: _Name, admin: Admin, db: Database, key: IdempotencyKey, _nothing: NoBody) -> Response:
    """Take back what a campaign has given, as far as that can be, and close it."""

    async def effect(tx: Tx) -> Any:
        undone = await usecases.undo(tx, campaign, by=admin.user_id)
        return UndoneOut.of(campaign, undone).model_dump(mode="json")

    once = Once.of(user_id=admin.user_id, route=f"POST {router.prefix}/{campaign}/undo", key=key)
    return answered(await answer_once(db, idempotency, once, effect))
