"""How plays look on the wire, for the API's documentation; the answers themselves are made by ``Answered.body``."""

import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from fairground_common.contracts import Reward


class PlayFairness(BaseModel):
    commitment: str = Field(description="Hex SHA-256 of the server seed, shown before the draw.")
    client_seed: str
    nonce: int = Field(description="Counts the plays of this seed pair, from 0.")


class SegmentOut(BaseModel):
    slot_index: int
    label: str
    is_jackpot: bool


class DiceOut(BaseModel):
    user_dice: list[int]
    dealer_dice: list[int]
    user_sum: int
    dealer_sum: int
    outcome: Literal["WIN", "DRAW", "LOSE"]


class PrizeOut(BaseModel):
    key: str
    label: str
    unit: int | None = Field(None, description="Which unit of a limited prize this is, from 1.")


class AllowanceOut(BaseModel):
    used_today: int
    remaining: int = Field(description="Plays left today; 0 with `unlimited: true` means no limit at all.")
    unlimited: bool


class PlayOut(AllowanceOut):
    play_id: UUID
    event_id: UUID
    day: datetime.date = Field(description="The KST day this play counts for.")
    config_version: int
    reward: Reward
    fairness: PlayFairness
    balance: int = Field(description="Points after this play.")
    segment: SegmentOut | None = Field(None, description="Roulette only.")
    game: DiceOut | None = Field(None, description="Dice only.")
    prize: PrizeOut | None = Field(None, description="Lottery only.")


class HistoryItemOut(PlayOut):
    created_at: datetime.datetime


class HistoryOut(BaseModel):
    items: list[HistoryItemOut]
    next_cursor: str | None


class StatusOut(AllowanceOut):
    config_version: int | None
    max_daily: int | None = Field(description="Plays a day; 0 is unlimited.")
    playable: bool
    reason: str | None = Field(
        None,
        description="disabled, not_scheduled, inactive, other_feature, not_configured, daily_limit or sold_out.",
    )
