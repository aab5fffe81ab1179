"""The Idempotency-Key header and its answer."""

import re
from typing import Annotated

from fastapi import Depends, Header, Response

from fairground_common.db.idempotency import Answer
from fairground_common.errors import IdempotencyKeyInvalid, IdempotencyKeyReused, RequestInProgress
from fairground_common.web.problem import refuses

VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}\Z")
REPLAYED = {"Idempotency-Replayed": "true"}


@refuses(IdempotencyKeyInvalid, IdempotencyKeyReused, RequestInProgress)
async def idempotency_key(
    idempotency_key: Annotated[
        str | None, Header(description="1-255 visible ASCII characters; the same key gives the same answer.")
    ] = None,
) -> str | None:
    """Return the request's key, None without one."""
    if idempotency_key is not None and not VISIBLE_ASCII.match(idempotency_key):
        raise IdempotencyKeyInvalid
    return idempotency_key


async def required_idempotency_key(key: Annotated[str | None, Depends(idempotency_key)]) -> str:
    """Return the request's key; a request without one is refused."""
    if key is None:
        raise IdempotencyKeyInvalid("This request needs an Idempotency-Key.")
    return key


def answered(answer: Answer, status: int = 200) -> Response:
    """Return an answer as a response; a repeated one says so."""
    return Response(
        answer.json,
        status_code=status,
        media_type="application/json",
        headers=REPLAYED if answer.replayed else None,
    )


IdempotencyKey = Annotated[str | None, Depends(idempotency_key)]
RequiredIdempotencyKey = Annotated[str, Depends(required_idempotency_key)]
