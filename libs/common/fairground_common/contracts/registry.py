"""All contracts: topology, catalogue and decoding read this one table."""

from fairground_common.contracts.event import Event
from fairground_common.contracts.games import FeatureDaysChanged, PlaySettled, RewardDelivered
from fairground_common.contracts.seasonpass import RewardGranted

CONTRACTS: tuple[type[Event], ...] = (PlaySettled, FeatureDaysChanged, RewardDelivered, RewardGranted)

_BY_TYPE = {contract.type: contract for contract in CONTRACTS}


def contract_of(event_type: str) -> type[Event]:
    """Return the contract of a type on the wire; an unknown type is a ValueError."""
    try:
        return _BY_TYPE[event_type]
    except KeyError:
        raise ValueError(f"unknown event type {event_type!r}") from None
