"""Which feature a day belongs to, and whether a caller may use one now.

Games owns the schedule and applies the rule to its own rows; other services apply it to a projection that games
states over the bus (``FeatureDaysChanged``), and so keep working while games is away.
"""

from fairground_common.features.errors import FeatureUnknown, NoFeatureToday
from fairground_common.features.gate import Day, Reason, closed_because, require_open
from fairground_common.features.projection import (
    FeatureTables,
    feature_tables,
    find_day,
    replace_projection,
    require_feature,
)

__all__ = [
    "Day",
    "FeatureTables",
    "FeatureUnknown",
    "NoFeatureToday",
    "Reason",
    "closed_because",
    "feature_tables",
    "find_day",
    "replace_projection",
    "require_feature",
    "require_open",
]
