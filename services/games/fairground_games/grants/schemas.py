"""Campaigns on the wire."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from fairground_common.contracts.reward import PLAIN_TEXT, RewardIn
from fairground_common.uploads import CSV, JSON, Loc
from fairground_common.web.paging import LARGEST_BIGINT
from fairground_games.grants.rules import (
    MOST_GRANTS,
    Award,
    Campaign,
    CampaignGrant,
    Granted,
    Hindrance,
    Order,
    Refusal,
    Result,
    Tally,
    Undone,
    grant_id_of,
    hindrance_of,
)
from fairground_games.rewards.rules import CAMPAIGN

CampaignName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,47}$", examples=["spring-2026"])]
"""Lower case, so that nobody takes two for one."""

Note = Annotated[str, Field(min_length=1, max_length=200, pattern=PLAIN_TEXT)]
UserId = Annotated[int, Field(ge=1, le=LARGEST_BIGINT)]

GrantState = Literal["CREDITED", "UNDONE"]


class AwardIn(BaseModel):
    """A reward for a player."""

    model_config = ConfigDict(extra="forbid")

    user_id: Annotated[UserId, Field(strict=True)]
    reward: RewardIn
    ref: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9._:-]{0,64}$",
        description="Tells several rewards of one player and campaign apart; each is given once.",
    )

    def of(self, campaign: str) -> Award:
        reward, grant_id = self.reward, grant_id_of(campaign, self.user_id, self.ref)
        return Award(grant_id, self.user_id, self.ref, reward.type, reward.amount, reward.sku, reward.label)


@dataclass(frozen=True, slots=True)
class Received:
    """An order as it was sent; ``locs`` are the places of its awards."""

    order: Order
    locs: Sequence[Loc]
    dry_run: bool


class OrderIn(BaseModel):
    """What is to be given to whom, and under which name."""

    model_config = ConfigDict(extra="forbid")

    campaign: CampaignName
    note: Note | None = None
    dry_run: bool = Field(default=False, strict=True, description="Look, credit nothing.")
    grants: list[AwardIn] = Field(min_length=1, max_length=MOST_GRANTS)

    def order(self) -> Order:
        return Order(self.campaign, self.note, [each.of(self.campaign) for each in self.grants])


COLUMNS = ("user_id", "type", "amount", "sku", "label", "ref")
"""The header of a CSV of grants."""


class VerdictOut(BaseModel):
    """What became of a row."""

    loc: tuple[str, int] = Field(description="`grants` and the row's index, or `line` and its number in the file.")
    user_id: int
    ref: str
    result: Result
    reason: Refusal | None


class GrantedOut(BaseModel):
    """What became of an order; it is made by ``granted_out``."""

    campaign: str
    dry_run: bool = Field(description="true: nothing was credited; this is what would be.")
    credited: int
    already_credited: int
    refused: int
    new_players: int = Field(description="Credited users who had never played or been given anything.")
    results: list[VerdictOut] = Field(description="In the order of the rows.")


def granted_out(received: Received, granted: Granted) -> dict[str, Any]:
    """Return a ``GrantedOut`` as plain values: ten thousand models would stop the plays of the process meanwhile."""
    return {
        "campaign": received.order.campaign,
        "dry_run": received.dry_run,
        "credited": granted.count("credited"),
        "already_credited": granted.count("already_credited"),
        "refused": granted.count("refused"),
        "new_players": granted.strangers,
        "results": [
            {
                "loc": loc,
                "user_id": verdict.award.user_id,
                "ref": verdict.award.ref,
                "result": verdict.result,
                "reason": verdict.reason,
            }
            for loc, verdict in zip(received.locs, granted.verdicts, strict=True)
        ],
    }


class AwardOut(BaseModel):
    user_id: int
    ref: str
    reward: dict[str, Any]

    @staticmethod
    def fields_of(award: Award) -> dict[str, Any]:
        reward = {"type": award.type, "amount": award.amount, "sku": award.sku, "label": award.label}
        told = {name: value for name, value in reward.items() if value is not None}
        return {"user_id": award.user_id, "ref": award.ref, "reward": told}


class KeptOut(AwardOut):
    """A grant that could not be taken back."""

    reason: Hindrance

    @classmethod
    def of(cls, grant: CampaignGrant) -> Self:
        return cls(**cls.fields_of(grant.award), reason=hindrance_of(grant.award))


class UndoneOut(BaseModel):
    campaign: str
    undone: int = Field(description="Grants taken back by this request.")
    kept: list[KeptOut] = Field(description="Those that could not be taken back, by player.")

    @classmethod
    def of(cls, campaign: str, undone: Undone) -> Self:
        return cls(campaign=campaign, undone=len(undone.undone), kept=[KeptOut.of(each) for each in undone.kept])


class CampaignOut(BaseModel):
    campaign: str
    note: str | None
    created_by: int
    created_at: AwareDatetime
    undone_by: int | None
    undone_at: AwareDatetime | None
    granted: int = Field(description="Grants ever credited.")
    granted_points: int
    undone: int = Field(description="Those of them taken back.")
    undone_points: int

    @classmethod
    def of(cls, campaign: Campaign, tally: Tally) -> Self:
        return cls(
            campaign=campaign.name,
            note=campaign.note,
            created_by=campaign.created_by,
            created_at=campaign.created_at,
            undone_by=campaign.undone_by,
            undone_at=campaign.undone_at,
            granted=tally.granted,
            granted_points=tally.granted_points,
            undone=tally.undone,
            undone_points=tally.undone_points,
        )


class CampaignsOut(BaseModel):
    items: list[CampaignOut]
    next_cursor: str | None


class CampaignGrantOut(AwardOut):
    """A grant that was credited."""

    state: GrantState
    source: str = Field(description="Its source in the player's ledger or among the fulfilments.")
    granted_by: int
    granted_at: AwareDatetime
    undone_at: AwareDatetime | None

    @classmethod
    def of(cls, grant: CampaignGrant) -> Self:
        return cls(
            **cls.fields_of(grant.award),
            state="CREDITED" if grant.undone_at is None else "UNDONE",
            source=f"{CAMPAIGN}:{grant.award.grant_id}",
            granted_by=grant.granted_by,
            granted_at=grant.granted_at,
            undone_at=grant.undone_at,
        )


class CampaignGrantsOut(BaseModel):
    items: list[CampaignGrantOut]
    next_cursor: str | None


def _whole(schema: Any, definitions: dict[str, Any]) -> Any:
    """Put what a schema refers to into its place: this body is not among the components FastAPI collects."""
    if isinstance(schema, list):
        return [_whole(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _whole(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {name: _whole(value, definitions) for name, value in schema.items() if name != "$defs"}


_ORDER = OrderIn.model_json_schema()

ORDER_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": _whole(_ORDER, _ORDER["$defs"])},
            CSV: {
                "schema": {"type": "string", "description": "Campaign, note and dry_run are in the query then."},
                "example": "user_id,type,amount,sku,label,ref\n42,POINT,500,,,\n43,COUPON,1,latte,A latte,\n",
            },
        },
    }
}
"""OpenAPI of an order. Its body is not read by the framework: it is large, and a file as well as a document."""
