"""How sessions say no."""

from fairground_common.errors import Forbidden, Unauthenticated


class InvalidCredentials(Unauthenticated):
    """Username or password is wrong."""

    code = "INVALID_CREDENTIALS"
    advice = "Ask for both again; which of the two is wrong is not told."


class UserBlocked(Forbidden):
    """This user is blocked."""

    code = "USER_BLOCKED"
    advice = "Tell the player to contact support; trying again does not help."


class InvalidRefreshToken(Unauthenticated):
    """The refresh token is unknown, expired, or its session has ended."""

    code = "INVALID_REFRESH_TOKEN"
    advice = "Forget the token and ask for the password."
