"""What every event's data has in common."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Event(BaseModel):
    """Data of one event. Changes are additive; anything else is a new ``.v2`` type.

    Unknown fields are ignored, so that yesterday's consumer reads today's event.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    """Name on the wire and routing key: ``<service>.<what_happened>.v<version>``."""
    source: ClassVar[str]
    """The one service that says it."""
    listeners: ClassVar[tuple[str, ...]]
    """The services that act on it; never empty, an event nobody hears is not sent."""
