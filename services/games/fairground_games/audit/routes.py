"""The audit log over HTTP, for admins."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from fairground_common.errors import NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.web import Admin, Database, problems
from fairground_common.web.paging import DEFAULT_LIMIT, PageCursor, PageLimit, decode_cursor, page
from fairground_games.audit import usecases
from fairground_games.audit.rules import Wanted
from fairground_games.audit.schemas import ActOut, ActsOut

router = APIRouter(prefix="/api/admin/games/audit", tags=["games-admin"])

_LARGEST_ID = 2**63 - 1
_RowId = Annotated[int, msgspec.Meta(ge=1, le=_LARGEST_ID)]


@router.get("", response_model=ActsOut, responses=problems(NotAuthenticated, RoleMissing, ValidationFailed))
async def list_audit(
    _admin: Admin,
    db: Database,
    *,
    action: Annotated[str | None, Query(pattern=r"^[A-Z_]{1,64}$", examples=["CONFIG_ACTIVATED"])] = None,
    subject: Annotated[
        str | None,
        Query(pattern=r"^[A-Za-z0-9_:-]{1,64}$", description="How it begins.", examples=["config:roulette:"]),
    ] = None,
    by: Annotated[int | None, Query(ge=1, le=_LARGEST_ID, description="User id of who did it.")] = None,
    start: Annotated[AwareDatetime | None, Query(alias="from", description="The first moment.")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="The moment after the last.")] = None,
    limit: PageLimit = DEFAULT_LIMIT,
    cursor: PageCursor = None,
) -> Any:
    """List what operators have changed, newest first. Needs the role admin."""
    (before,) = decode_cursor(cursor, _RowId)
    wanted = Wanted(action, subject, by, start, end)
    async with db.read() as tx:
        acts = await usecases.list_acts(tx, wanted, before=before, limit=limit + 1)
    return page(acts, limit, item=ActOut.model_validate, position=lambda act: (act.id,))
