"""All that a service keeps of one player over HTTP, for admins: the same pages for every service."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Table

from fairground_common.db.audit import audit
from fairground_common.db.records import Record, Records, list_records
from fairground_common.errors import NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.web.dependencies import Database
from fairground_common.web.identity import Admin
from fairground_common.web.paging import LARGEST_BIGINT, PageCursor, decode_cursor, page
from fairground_common.web.problem import problems

DEFAULT_RECORDS, MOST_RECORDS = 200, 1000

UserId = Annotated[int, Path(ge=1, le=LARGEST_BIGINT)]
RecordsAtOnce = Annotated[int, Query(alias="limit", ge=1, le=MOST_RECORDS, description="Rows of one answer.")]


class KindsOut(BaseModel):
    user_id: int
    kinds: list[str] = Field(description="What can be asked for, each with a list of its own.", examples=[["plays"]])


class RecordsOut(BaseModel):
    items: list[dict[str, Any]] = Field(description="As they are kept, the oldest first.")
    next_cursor: str | None


def records_router(service: str, kept: Sequence[Records], audit_log: Table) -> APIRouter:
    """Return the routes below ``/api/admin/{service}/players/{user_id}/export``."""
    router = APIRouter(
        prefix=f"/api/admin/{service}/players/{{user_id}}/export",
        tags=[f"{service}-admin"],
        responses=problems(NotAuthenticated, RoleMissing, ValidationFailed),
    )
    by_kind = {records.kind: records for records in kept}
    kind_of = StrEnum(f"{service.title()}Kind", {kind: kind for kind in by_kind})  # type: ignore[misc]

    @router.get("")
    async def list_kinds(user_id: UserId, _admin: Admin) -> KindsOut:
        """Name the lists that together are all this service keeps of a player."""
        return KindsOut(user_id=user_id, kinds=list(by_kind))

    @router.get("/{kind}", response_model=RecordsOut)
    async def export_records(
        user_id: UserId,
        kind: kind_of,
        admin: Admin,
        db: Database,
        *,
        limit: RecordsAtOnce = DEFAULT_RECORDS,
        cursor: PageCursor = None,
    ) -> Response:
        """List all rows of one kind about a player, the oldest first.

        Who begins to read them is in the audit log.
        """
        records = by_kind[kind]
        position = decode_cursor(cursor, *records.order.values())
        after = position if cursor else None
        async with db.begin() as tx:
            rows = await list_records(tx, records, user_id=user_id, after=after, limit=limit + 1)
            if after is None:
                await audit(
                    tx,
                    audit_log,
                    by=admin.user_id,
                    action="PLAYER_EXPORTED",
                    subject=f"user:{user_id}",
                    after={"kind": kind},
                )
        return Response(msgspec.json.encode(_page(rows, limit)), media_type="application/json")

    return router


def _page(rows: Sequence[Record], limit: int) -> dict[str, Any]:
    return page(rows, limit, item=lambda row: msgspec.Raw(row.json.encode()), position=lambda row: row.position)
