"""The schedule: taken over from games, and asked before a check-in."""

from fairground_common.contracts import FeatureDaysChanged
from fairground_common.db import ReadTx, Tx
from fairground_common.features import replace_projection, require_feature
from fairground_seasonpass.features.models import FEATURES, SEASON_PASS


async def require_season_pass_day(tx: ReadTx, *, test_mode: bool) -> None:
    """Raise FeatureUnknown before the schedule has arrived, NoFeatureToday when today is not the season pass's day."""
    await require_feature(tx, FEATURES, SEASON_PASS, test_mode=test_mode)


async def take_over_schedule(tx: Tx, stated: FeatureDaysChanged) -> bool:
    """Replace the projection unless it already holds this or a later statement; return whether it was replaced."""
    return await replace_projection(tx, FEATURES, stated)
