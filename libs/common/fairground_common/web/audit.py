"""A service's audit log over HTTP, for admins: the same list and the same filters for every service."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Table

from fairground_common.db.audit import Wanted, list_acts
from fairground_common.errors import NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.web.dependencies import Database
from fairground_common.web.identity import Admin
from fairground_common.web.paging import DEFAULT_LIMIT, LARGEST_BIGINT, PageCursor, PageLimit, decode_cursor, page
from fairground_common.web.problem import problems
from fairground_common.web.times import Moment

_RowId = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_BIGINT)]


class ActOut(BaseModel):
    """A change somebody has made."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    created_at: AwareDatetime
    user_id: int = Field(description="Who did it; 0 is the command line.")
    action: str = Field(examples=["SEASON_PUBLISHED"])
    subject: str = Field(description="What was changed.", examples=["season:3"])
    before: Any
    after: Any
    request_id: str | None


class ActsOut(BaseModel):
    items: list[ActOut]
    next_cursor: str | None


def audit_router(service: str, table: Table) -> APIRouter:
    """Return the route ``GET /api/admin/{service}/audit`` over the service's audit log."""
    router = APIRouter(prefix=f"/api/admin/{service}/audit", tags=[f"{service}-admin"])

    @router.get("", response_model=ActsOut, responses=problems(NotAuthenticated, RoleMissing, ValidationFailed))
    async def list_audit(
        _admin: Admin,
        db: Database,
        *,
        action: Annotated[str | None, Query(pattern=r"^[A-Z_]{1,64}$", examples=["SEASON_PUBLISHED"])] = None,
        subject: Annotated[
            str | None,
            Query(pattern=r"^[A-Za-z0-9_:-]{1,64}$", description="It, or how it begins.", examples=["season:3"]),
        ] = None,
        by: Annotated[int | None, Query(ge=0, le=LARGEST_BIGINT, description="User id of who did it.")] = None,
        start: Annotated[Moment | None, Query(alias="from", description="The first moment.")] = None,
        end: Annotated[Moment | None, Query(alias="to", description="The moment after the last.")] = None,
        limit: PageLimit = DEFAULT_LIMIT,
        cursor: PageCursor = None,
    ) -> Any:
        """List what operators have changed, newest first."""
        (before,) = decode_cursor(cursor, _RowId)
        wanted = Wanted(action, subject, by, start, end)
        async with db.read() as tx:
            acts = await list_acts(tx, table, wanted, before=before, limit=limit + 1)
        return page(acts, limit, item=ActOut.model_validate, position=lambda act: (act.id,))

    return router
