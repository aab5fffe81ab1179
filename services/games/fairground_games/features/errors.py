"""How features and their schedule say no."""

from fairground_common.errors import Conflict, NotFound


class InvalidFeatureSchedule(Conflict):
    """Today's schedule names a game that has no active configuration, or names more than one."""

    code = "INVALID_FEATURE_SCHEDULE"
    advice = "Tell the operators; nothing was counted."
    operators = "Activate a configuration of the game, or give the day to another feature."


class FeatureNotFound(NotFound):
    """There is no such feature."""

    code = "FEATURE_NOT_FOUND"
    advice = "Take the type from GET /api/admin/features."


class FeatureDayNotFound(NotFound):
    """Nothing is scheduled for this day."""

    code = "FEATURE_DAY_NOT_FOUND"
    advice = "List the schedule; the day may have been cleared by somebody else."
