"""What became of a player who was erased, on the wire: alike in every service."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from fairground_common.db import Db, Tx
from fairground_common.db.rehearsal import rehearse

DryRun = Annotated[bool, Query(description="Only say what would be erased.")]


class ErasedOut(BaseModel):
    """What was erased now: all zeros when it was done before, or there was nothing."""

    user_id: int
    dry_run: bool
    erased: dict[str, int] = Field(description="Rows by what they are.", examples=[{"user": 1, "logins": 12}])


async def erase(
    db: Db, command: Callable[[Tx], Awaitable[Mapping[str, int]]], *, user_id: int, dry_run: bool
) -> ErasedOut:
    """Run a service's erasing in one transaction of its own, or rehearse it."""
    erased = await (rehearse(db, command) if dry_run else db.retrying(command))
    return ErasedOut(user_id=user_id, dry_run=dry_run, erased=dict(erased))
