"""How data care says no."""

from fairground_common.errors import Conflict


class PlayerErasedMeanwhile(Conflict):
    """A player in this ranking was erased while it was uploaded; nothing was stored."""

    code = "PLAYER_ERASED_MEANWHILE"
    advice = "Upload the file again: the answer names the row."
