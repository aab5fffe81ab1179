import fairground_seasonpass.features.models
import fairground_seasonpass.plays.models
import fairground_seasonpass.rewards.models
import fairground_seasonpass.seasons.models
import fairground_seasonpass.stamps.models
import fairground_seasonpass.xp.models  # noqa: F401
from fairground_common.db.migrations import run_env
from fairground_seasonpass.schema import metadata

run_env(metadata)
