"""Acts on the wire."""

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class ActOut(BaseModel):
    """A change an operator has made."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    created_at: AwareDatetime
    user_id: int = Field(description="Who did it.")
    action: str = Field(examples=["CONFIG_ACTIVATED"])
    subject: str = Field(description="What was changed.", examples=["config:roulette:3"])
    before: Any
    after: Any
    request_id: str | None


class ActsOut(BaseModel):
    items: list[ActOut]
    next_cursor: str | None
