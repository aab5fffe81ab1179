"""The schedule of features as games last stated it."""

from fairground_common.features import feature_tables
from fairground_seasonpass.schema import metadata

FEATURES = feature_tables(metadata)

SEASON_PASS = "SEASON_PASS"  # noqa: S105 - no password
"""The feature type whose day opens the check-in to players."""
