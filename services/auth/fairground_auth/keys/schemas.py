"""The key set's shape (RFC 7517); what is not named here cannot leave."""

from typing import Literal

from pydantic import BaseModel


class PublicKey(BaseModel):
    """A public ES256 key."""

    kid: str
    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str
    use: Literal["sig"]
    alg: Literal["ES256"]


class KeySet(BaseModel):
    """Every key that tokens may be signed with now, soon, or were a moment ago."""

    keys: list[PublicKey]
