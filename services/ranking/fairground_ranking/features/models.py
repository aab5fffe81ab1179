"""The schedule of features as games last stated it."""

from fairground_common.features import feature_tables
from fairground_ranking.schema import metadata

FEATURES = feature_tables(metadata)

RANKING = "RANKING"
"""The feature type whose day opens the ranking to players."""
