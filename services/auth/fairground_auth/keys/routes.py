"""The key set on the wire."""

from typing import Any

from fastapi import APIRouter, Response

from fairground_auth.dependencies import AuthParts
from fairground_auth.keys.schemas import KeySet
from fairground_common.errors import AuthKeysUnavailable
from fairground_common.web import problems

router = APIRouter(tags=["auth"])


@router.get("/.well-known/jwks.json", response_model=KeySet, responses=problems(AuthKeysUnavailable))
async def key_set(parts: AuthParts, response: Response) -> dict[str, Any]:
    """Return the public keys that access tokens are verified with."""
    keys = await parts.keys.key_set()
    # Half the time a new key is published before it signs.
    response.headers["Cache-Control"] = f"public, max-age={parts.settings.key_lead_seconds // 2}"
    return keys
