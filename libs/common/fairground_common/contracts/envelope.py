"""The envelope around every event on the bus."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, SerializeAsAny, ValidationInfo, field_validator

from fairground_common.context import origin_of
from fairground_common.contracts.event import Event
from fairground_common.contracts.registry import contract_of
from fairground_common.ids import new_id


class Envelope(BaseModel):
    """One event with its identity. ``event_id`` is minted once, however often the event is sent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event_id: UUID
    type: str
    source: str
    occurred_at: AwareDatetime
    key: int | None = None
    """The user id, where the event is about one player."""
    revision: int | None = None
    """Grows with each statement of the same state; set for state-transfer events only."""
    traceparent: str | None = None
    request_id: str | None = None
    data: SerializeAsAny[Event]

    @field_validator("data", mode="plain")
    @classmethod
    def _of_its_contract(cls, value: Any, info: ValidationInfo) -> Event:
        contract = contract_of(info.data.get("type", ""))
        return value if isinstance(value, contract) else contract.model_validate(value)

    @classmethod
    def of(
        cls,
        event: Event,
        *,
        at: datetime,
        key: int | None = None,
        revision: int | None = None,
        event_id: UUID | None = None,
    ) -> Self:
        """Wrap an event that happens now, within the current request, or that of the player it is about."""
        origin = origin_of(key)
        return cls(
            event_id=event_id or new_id(),
            type=event.type,
            source=event.source,
            occurred_at=at,
            key=key,
            revision=revision,
            traceparent=origin.traceparent,
            request_id=origin.request_id,
            data=event,
        )

    def to_json(self) -> str:
        """Return the text that travels; absent fields are left out."""
        return self.model_dump_json(exclude_none=True)
