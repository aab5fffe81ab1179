"""How the ranking says no."""

from fairground_common.errors import Conflict, Invalid, NotFound


class InvalidRanking(Invalid):
    """The uploaded ranking breaks its rules; the former one stays published."""

    code = "INVALID_RANKING"
    advice = "Mend the rows named in `errors` (the first 100 are listed) and upload the whole file again."


class RankingVersionNotFound(NotFound):
    """This day has no ranking of that version."""

    code = "RANKING_VERSION_NOT_FOUND"
    advice = "List the day's versions and choose one of them."


class RankingUploadInProgress(Conflict):
    """Another upload or rollback is still being stored."""

    code = "RANKING_UPLOAD_IN_PROGRESS"
    advice = "Look at what the other operator published, then repeat after Retry-After seconds."
