"""The schedule: taken over from games, and asked before the ranking is shown."""

from fairground_common.contracts import FeatureDaysChanged
from fairground_common.db import ReadTx, Tx
from fairground_common.features import replace_projection, require_feature
from fairground_ranking.features.models import FEATURES, RANKING

__all__ = ["RANKING", "require_ranking_day", "take_over_schedule"]


async def require_ranking_day(tx: ReadTx, *, test_mode: bool) -> None:
    """Raise FeatureUnknown before the schedule has arrived, NoFeatureToday when today is not the ranking's day."""
    await require_feature(tx, FEATURES, RANKING, test_mode=test_mode)


async def take_over_schedule(tx: Tx, stated: FeatureDaysChanged) -> bool:
    """Replace the projection unless it already holds this or a later statement; return whether it was replaced."""
    return await replace_projection(tx, FEATURES, stated)
