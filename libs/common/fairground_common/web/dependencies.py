"""What routes of every service ask for in their signatures."""

from typing import Annotated

from fastapi import Depends, Request

from fairground_common.db import Db
from fairground_common.errors import FieldError, ValidationFailed


async def _database(request: Request) -> Db:
    db: Db = request.app.state.db
    return db


Database = Annotated[Db, Depends(_database)]


async def no_body(request: Request) -> None:
    """Refuse a request that carries a body where none is taken: what it says would silently not count."""
    if await request.body():
        raise ValidationFailed(errors=[FieldError((), "this request takes no body")])
