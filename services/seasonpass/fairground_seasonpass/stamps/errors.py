"""How stamps say no."""

from fairground_common.errors import Conflict


class AlreadyStampedToday(Conflict):
    """Today's stamp is already there, from a check-in or from a play."""

    code = "ALREADY_STAMPED_TODAY"
    advice = "Show the stamp; the next one is possible after midnight KST."
