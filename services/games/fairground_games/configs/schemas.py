"""Configurations on the wire, as they are answered; what is posted is each game's own ``config_model``."""

from typing import Self

from pydantic import AwareDatetime, BaseModel, Field

from fairground_games.configs.rules import Config, State


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
