"""How administration says no."""

from fairground_common.errors import Conflict


class LastAdmin(Conflict):
    """This is the only admin."""

    code = "LAST_ADMIN"
    advice = "Make somebody else an admin first."


class AdminPasswordDiffers(Conflict):
    """There is a user of this name with another password; nothing was changed."""

    code = "ADMIN_PASSWORD_DIFFERS"
    advice = "Give the password this user was made with, or choose another username."
