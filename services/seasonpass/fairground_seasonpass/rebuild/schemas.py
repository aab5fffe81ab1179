"""Differences on the wire."""

import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from fairground_common.web.paging import encode_cursor
from fairground_seasonpass.rebuild.rules import Difference
from fairground_seasonpass.rebuild.usecases import Checked


class ProgressOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    current_xp: int
    current_level: int
    total_stamps: int
    last_stamp_date: datetime.date | None


class DifferenceOut(BaseModel):
    """A player whose progress is not what the logs add up to."""

    user_id: int
    stored: ProgressOut | None = Field(description="Null: there is no progress.")
    computed: ProgressOut | None = Field(description="Null: the logs know nothing of the player.")
    unpaid_levels: list[int] = Field(description="Automatic levels reached and never paid; a rebuild pays them.")
    unearned_levels: list[int] = Field(description="Levels given without the XP for them; nothing is taken back.")
    ledger_stamps: int = Field(description="Stamps as the XP ledger counts them; the stamp log should say the same.")
    is_mendable: bool = Field(description="Whether a rebuild leaves nothing of the difference.")

    @classmethod
    def of(cls, difference: Difference) -> Self:
        stored, computed = difference.stored, difference.computed
        return cls(
            user_id=difference.user_id,
            stored=None if stored is None else ProgressOut.model_validate(stored),
            computed=None if computed is None else ProgressOut.model_validate(computed),
            unpaid_levels=[level.level for level in difference.unpaid],
            unearned_levels=list(difference.unearned_levels),
            ledger_stamps=difference.ledger_stamps,
            is_mendable=difference.is_mendable,
        )


class CheckedOut(BaseModel):
    """Some players of a season; only those that differ are listed."""

    season_id: int
    checked: int = Field(description="Players compared in this answer.")
    items: list[DifferenceOut]
    next_cursor: str | None = Field(description="Where to go on; null when all players are done.")

    @classmethod
    def of(cls, season_id: int, checked: Checked) -> Self:
        last = checked.last_user_id
        return cls(
            season_id=season_id,
            checked=checked.players,
            items=[DifferenceOut.of(each) for each in checked.differences],
            next_cursor=None if last is None else encode_cursor(last),
        )
