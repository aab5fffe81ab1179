"""Seeds and receipts on the wire."""

import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from fairground_games.fairness.receipts import Receipt
from fairground_games.fairness.rules import ClientSeedSource, Promise, Revealed


class RotateIn(BaseModel):
    """A new client seed; without one the old one stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_seed: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{1,64}$")


class FairnessOut(BaseModel):
    commitment: str = Field(description="Hex SHA-256 of the server seed in use.")
    client_seed: str
    client_seed_source: ClientSeedSource = Field(
        description="Only a `player`'s own seed proves none was chosen for them."
    )
    nonce: int = Field(description="The next play's.")
    next_commitment: str = Field(description="Of the server seed that comes into use with the next rotation.")

    @classmethod
    def of(cls, promise: Promise) -> Self:
        return cls(
            commitment=promise.commitment,
            client_seed=promise.pair.client_seed,
            client_seed_source=promise.pair.client_seed_source,
            nonce=promise.pair.nonce,
            next_commitment=promise.next_commitment,
        )


class RevealedOut(BaseModel):
    server_seed: str = Field(description="Hex, 32 bytes. It is never used again.")
    commitment: str
    client_seed: str
    plays: int = Field(description="Plays made with this pair; their nonces are 0 to plays - 1.")

    @classmethod
    def of(cls, revealed: Revealed) -> Self:
        return cls(
            server_seed=revealed.server_seed.hex(),
            commitment=revealed.commitment,
            client_seed=revealed.pair.client_seed,
            plays=revealed.pair.nonce,
        )


class RotatedOut(BaseModel):
    revealed: RevealedOut
    current: FairnessOut

    @classmethod
    def of(cls, revealed: Revealed, promise: Promise) -> Self:
        return cls(revealed=RevealedOut.of(revealed), current=FairnessOut.of(promise))


class AttemptOut(BaseModel):
    draw: int = Field(description="Index of the draw, from 0.")
    eligible: list[str] = Field(description="Keys this draw was made over, in order.")
    hit: str


class ReceiptOut(BaseModel):
    """All that is needed to compute a play again. Absent: `attempts` and `unit` outside the lottery (and `unit` of
    an unlimited prize), `server_seed` until the pair is rotated away.
    """

    play_id: UUID
    game: str
    day: datetime.date
    created_at: AwareDatetime
    config_version: int
    config_sha256: str
    commitment: str
    client_seed: str
    client_seed_source: ClientSeedSource
    nonce: int
    outcome: dict[str, Any] = Field(
        description="`{slot_index}`, `{user_dice, dealer_dice, outcome}` or `{key}`, by game."
    )
    reward: dict[str, Any]
    config: str = Field(description="The version's canonical JSON; `config_sha256` is its hash.")
    attempts: list[AttemptOut] | None = None
    unit: int | None = Field(None, description="Which unit of a limited prize this is, from 1.")
    server_seed: str | None = None

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        return cls.model_validate(receipt, from_attributes=True)
