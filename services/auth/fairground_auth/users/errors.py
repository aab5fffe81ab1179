"""How users say no."""

from fairground_common.errors import Conflict, NotFound


class UsernameTaken(Conflict):
    """There is already a user of this name."""

    code = "USERNAME_TAKEN"
    advice = "Choose another username; case and width of letters make no difference."


class UserErased(Conflict):
    """This user has been erased."""

    code = "USER_ERASED"
    advice = "Nothing brings an erased user back; the person registers anew."


class UserNotFound(NotFound):
    """There is no user with this id."""

    code = "USER_NOT_FOUND"
    advice = "Check the id, or search by username."
