"""How a feature says that today is not its day."""

from fairground_common.errors import NotFound, Unavailable


class NoFeatureToday(NotFound):
    """The feature is not open today; `reason` says why."""

    code = "NO_FEATURE_TODAY"
    advice = "Offer what GET /api/today-feature names; `reason` is not_scheduled, inactive, disabled or other_feature."
    operators = "Look at the schedule and at the kill switches when a game should be open."


class FeatureUnknown(Unavailable):
    """The schedule is not known here yet."""

    code = "FEATURE_UNKNOWN"
    advice = "Repeat after Retry-After seconds; the schedule has not arrived from the games service."
    operators = "Look whether the games worker runs: it states the schedule when it starts and every 10 minutes."
