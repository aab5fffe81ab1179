"""A reward as every part of the product names it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

RewardType = Literal["POINT", "COUPON", "ITEM", "XP", "NONE"]

MAX_AMOUNT = 2**31 - 1
"""The largest amount of one reward: a signed 32-bit integer, so that any client can hold it."""

PLAIN_TEXT = r"^[^\x00-\x1f\x7f]*$"
"""Pattern of a text people read: no control characters (a NUL could not even be stored)."""


class Reward(BaseModel):
    """What a player gets: points, a coupon or item named by its sku, season XP, or nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")  # within events, changes are additive

    type: RewardType
    amount: int = Field(0, ge=0, le=MAX_AMOUNT, strict=True)
    sku: str | None = Field(None, min_length=1, max_length=64, pattern=PLAIN_TEXT, validate_default=True)
    label: str | None = Field(None, min_length=1, max_length=64, pattern=PLAIN_TEXT)

    @field_validator("amount")
    @classmethod
    def _nothing_has_no_amount(cls, amount: int, info: ValidationInfo) -> int:
        if info.data.get("type") == "NONE" and amount != 0:
            raise ValueError("a reward of type NONE has amount 0")
        return amount

    @field_validator("sku")
    @classmethod
    def _goods_have_a_sku(cls, sku: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("type") in {"COUPON", "ITEM"} and sku is None:
            raise ValueError(f"a reward of type {info.data['type']} needs a sku")
        return sku

    def as_json(self) -> dict[str, Any]:
        """Return the reward as it stands on the wire: absent fields are left out."""
        return self.model_dump(exclude_none=True)


class RewardIn(Reward):
    """A reward as an operator posts it: a field nobody knows is a mistake, not something to ignore."""

    model_config = ConfigDict(frozen=True, extra="forbid")
