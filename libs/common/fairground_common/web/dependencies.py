"""What routes of every service ask for in their signatures."""

from typing import Annotated

from fastapi import Depends, Request

from fairground_common.db import Db
from fairground_common.errors import FieldError, ValidationFailed
from fairground_common.web.problem import refuses


async def _database(request: Request) -> Db:
    db: Db = request.app.state.db
    return db


Database = Annotated[Db, Depends(_database)]


@refuses(ValidationFailed)
async def _no_body(request: Request) -> None:
    """Refuse a request that carries a body where none is taken: what it says would silently not count."""
    if await request.body():
        raise ValidationFailed(errors=[FieldError((), "this request takes no body")])


NoBody = Annotated[None, Depends(_no_body)]
"""Last in a signature: who calls is asked first."""
