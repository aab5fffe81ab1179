import fairground_ranking.features.models
import fairground_ranking.personal.models
import fairground_ranking.snapshots.models  # noqa: F401
from fairground_common.db.migrations import run_env
from fairground_ranking.schema import metadata

run_env(metadata)
