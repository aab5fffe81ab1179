"""Configurations on the wire, as they are answered; what is posted is each game's own ``config_model``."""

from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, Field, PlainSerializer

from fairground_common.contracts import Reward
from fairground_games.configs.comparison import ChanceChange, Change, ChangedOutcome, Comparison
from fairground_games.configs.rules import Config, State
from fairground_games.games.fractions import ChanceFractionOut
from fairground_games.games.outcome import Outcome


class StoredOut(BaseModel):
    version: int = Field(description="Counts the game's versions, from 1.")
    state: State
    sha256: str = Field(description="Hex SHA-256 of the version's canonical JSON.")

    @classmethod
    def of(cls, config: Config) -> Self:
        return cls(version=config.version, state=config.state, sha256=config.sha256)


class ActivatedOut(StoredOut):
    activated_at: AwareDatetime | None

    @classmethod
    def of(cls, config: Config) -> Self:
        return cls(**StoredOut.of(config).model_dump(), activated_at=config.activated_at)


class PublicConfigOut(ActivatedOut):
    canonical: str = Field(description="Canonical JSON: sorted keys, no spaces, UTF-8, integers only.")

    @classmethod
    def of(cls, config: Config) -> Self:
        return cls(**ActivatedOut.of(config).model_dump(), canonical=config.canonical)


class ConfigHeadOut(ActivatedOut):
    name: str
    max_daily: int = Field(description="Plays a player has a day; 0 is unlimited.")
    created_by: int = Field(description="User id of the operator who posted it.")
    created_at: AwareDatetime
    retired_at: AwareDatetime | None

    @classmethod
    def of(cls, config: Config) -> Self:
        return cls(
            **ActivatedOut.of(config).model_dump(),
            name=config.name,
            max_daily=config.max_daily,
            created_by=config.created_by,
            created_at=config.created_at,
            retired_at=config.retired_at,
        )


class ConfigOut(ConfigHeadOut):
    canonical: str

    @classmethod
    def of(cls, config: Config) -> Self:
        return cls(**ConfigHeadOut.of(config).model_dump(), canonical=config.canonical)


class ConfigsOut(BaseModel):
    items: list[ConfigHeadOut]
    next_cursor: str | None


class RetiredOut(StoredOut):
    retired_at: AwareDatetime | None

    @classmethod
    def of(cls, config: Config) -> Self:
        return cls(**StoredOut.of(config).model_dump(), retired_at=config.retired_at)


class ChangeOut(BaseModel):
    field: str
    before: Any
    after: Any

    @classmethod
    def of(cls, change: Change) -> Self:
        return cls(field=change.field, before=change.before, after=change.after)


class ChangedOutcomeOut(BaseModel):
    key: str = Field(description="Slot index (as text), WIN/DRAW/LOSE, or prize key.")
    changes: list[ChangeOut]

    @classmethod
    def of(cls, changed: ChangedOutcome) -> Self:
        return cls(key=changed.key, changes=[ChangeOut.of(change) for change in changed.changes])


class OutcomeOut(BaseModel):
    key: str
    label: str
    reward: Annotated[Reward, PlainSerializer(Reward.as_json)]
    weight: int | None = Field(description="null where dice decide.")
    is_active: bool

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        return cls(
            key=outcome.key,
            label=outcome.label,
            reward=outcome.reward,
            weight=outcome.weight,
            is_active=outcome.is_active,
        )


class ChanceChangeOut(BaseModel):
    """Chances while nothing has run out."""

    key: str
    before: ChanceFractionOut | None = Field(description="null: not among the outcomes.")
    after: ChanceFractionOut | None = Field(description="null: not among the outcomes.")

    @classmethod
    def of(cls, change: ChanceChange) -> Self:
        before, after = (
            None if chance is None else ChanceFractionOut.of(chance) for chance in (change.before, change.after)
        )
        return cls(key=change.key, before=before, after=after)


class ComparisonOut(BaseModel):
    version: int
    against: int
    changes: list[ChangeOut] = Field(description="Of the version itself: name, max_daily.")
    added: list[OutcomeOut]
    removed: list[OutcomeOut]
    changed: list[ChangedOutcomeOut]
    chances: list[ChanceChangeOut] = Field(description="Of every outcome of either version, changed or not.")

    @classmethod
    def of(cls, comparison: Comparison) -> Self:
        return cls(
            version=comparison.version,
            against=comparison.against,
            changes=[ChangeOut.of(each) for each in comparison.changes],
            added=[OutcomeOut.of(each) for each in comparison.added],
            removed=[OutcomeOut.of(each) for each in comparison.removed],
            changed=[ChangedOutcomeOut.of(each) for each in comparison.changed],
            chances=[ChanceChangeOut.of(each) for each in comparison.chances],
        )
