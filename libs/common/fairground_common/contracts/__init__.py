"""The events on the bus: one definition, imported by both sides."""

from fairground_common.contracts.envelope import Envelope
from fairground_common.contracts.event import Event
from fairground_common.contracts.games import (
    FeatureDay,
    FeatureDaysChanged,
    FeatureTitle,
    PlaySettled,
    RewardDelivered,
)
from fairground_common.contracts.registry import CONTRACTS, contract_of
from fairground_common.contracts.reward import Reward, RewardIn, RewardType
from fairground_common.contracts.seasonpass import RewardGranted

__all__ = [
    "CONTRACTS",
    "Envelope",
    "Event",
    "FeatureDay",
    "FeatureDaysChanged",
    "FeatureTitle",
    "PlaySettled",
    "Reward",
    "RewardDelivered",
    "RewardGranted",
    "RewardIn",
    "RewardType",
    "contract_of",
]
