"""Login, refresh and logout in requests and answers."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_INPUT = 1024
"""Longer than any name or password of ours; what is shorter is simply wrong, and answered as such."""


class Credentials(BaseModel):
    """Who wants in. Any text is taken, so that only the answer 401 tells that it is wrong."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(max_length=LONGEST_INPUT)
    password: str = Field(max_length=LONGEST_INPUT)


class HeldToken(BaseModel):
    """A refresh token as it was handed out."""

    model_config = ConfigDict(extra="forbid")

    refresh_token: str


class TokenPair(BaseModel):
    """An access token for the Authorization header, and the refresh token for the next pair."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - RFC 6750's name
    expires_in: int = Field(description="Seconds until the access token expires.")
