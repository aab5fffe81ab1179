"""How key administration says no."""

from fairground_common.errors import Conflict, NotFound


class SigningKeyNotFound(NotFound):
    """There is no published signing key with this id."""

    code = "SIGNING_KEY_NOT_FOUND"
    advice = "List the keys and name one that is not retired."


class LastSigningKey(Conflict):
    """Without this key no token could be signed."""

    code = "LAST_SIGNING_KEY"
    advice = "Rotate first; with `--lead 0` the new key signs at once."
