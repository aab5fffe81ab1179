"""Odds on the wire."""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, Field, PlainSerializer

from fairground_common.contracts import Reward
from fairground_games.games.game import Game
from fairground_games.odds.rules import Chance, Force, HistoryItem
from fairground_games.odds.usecases import Odds
from fairground_games.stock.rules import StockEvent, StockEventKind


class ChanceOut(BaseModel):
    key: str = Field(description="Slot index (as text), WIN/DRAW/LOSE, or prize key.")
    label: str
    numerator: int = Field(description="Of the exact, reduced fraction; 0 for a prize that is depleted.")
    denominator: int
    percent: float = Field(description="Rounded half-even to 6 decimals; the fraction is authoritative.")
    reward: Annotated[Reward, PlainSerializer(Reward.as_json)]
    depleted: bool = Field(description="No unit is left.")

    @classmethod
    def of(cls, chance: Chance) -> Self:
        return cls(
            key=chance.key,
            label=chance.label,
            numerator=chance.chance.numerator,
            denominator=chance.chance.denominator,
            percent=chance.percent,
            reward=chance.reward,
            depleted=chance.depleted,
        )


class OddsOut(BaseModel):
    config_version: int
    effective_from: AwareDatetime
    outcomes: list[ChanceOut]
    depletion_rule: str = Field(description="What one play does to the odds of the next.")

    @classmethod
    def of(cls, game: Game, odds: Odds) -> Self:
        return cls(
            config_version=odds.config_version,
            effective_from=odds.effective_from,
            outcomes=[ChanceOut.of(chance) for chance in odds.chances],
            depletion_rule=game.depletion_rule,
        )


class VersionItemOut(BaseModel):
    """A version was in force from `effective_from` to `effective_until` (null: still)."""

    kind: Literal["version"] = "version"
    at: AwareDatetime
    config_version: int
    config_sha256: str
    effective_from: AwareDatetime
    effective_until: AwareDatetime | None
    outcomes: list[ChanceOut] | None = Field(
        description="The chances while nothing was depleted; null when the stored version no longer matches its hash."
    )

    @classmethod
    def of(cls, force: Force) -> Self:
        return cls(
            at=force.activation.start,
            config_version=force.activation.version,
            config_sha256=force.activation.sha256,
            effective_from=force.activation.start,
            effective_until=force.activation.end,
            outcomes=None if force.chances is None else [ChanceOut.of(chance) for chance in force.chances],
        )


class StockItemOut(BaseModel):
    """A prize's stock changed."""

    kind: StockEventKind
    at: AwareDatetime
    key: str
    delta: int | None = Field(description="Units added; null where a play took the last one, or for an unlimited key.")
    left: int | None = Field(description="Units left after it; null is unlimited.")

    @classmethod
    def of(cls, event: StockEvent) -> Self:
        return cls(kind=event.kind, at=event.created_at, key=event.key, delta=event.delta, left=event.left)


class OddsHistoryOut(BaseModel):
    items: list[VersionItemOut | StockItemOut]
    next_cursor: str | None


def item_of(item: HistoryItem) -> VersionItemOut | StockItemOut:
    return StockItemOut.of(item) if isinstance(item, StockEvent) else VersionItemOut.of(item)
