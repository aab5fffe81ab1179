"""How seasons say no."""

from fairground_common.errors import Conflict, NotFound


class NoActiveSeason(NotFound):
    """There is no season running or open for claims."""

    code = "NO_ACTIVE_SEASON"
    advice = "Hide the season pass until a season is published; nothing was changed."


class NoActiveSeasonConflict(Conflict):
    """Two seasons would be running on the same day."""

    code = "NO_ACTIVE_SEASON_CONFLICT"
    advice = "Move the dates of the draft, or retire the published season that overlaps it."


class SeasonNotFound(NotFound):
    """There is no season with this id."""

    code = "SEASON_NOT_FOUND"
    advice = "Use an id from the season status or, as an operator, from the list of seasons."


class SeasonNotEditable(Conflict):
    """Only a draft can be changed or published."""

    code = "SEASON_NOT_EDITABLE"
    advice = "Clone it and edit the clone; a published season stays as players know it."


class SeasonNotPublished(Conflict):
    """Only a published season can be retired."""

    code = "SEASON_NOT_PUBLISHED"
    advice = "Read the season again: it is still a draft, or already retired."
