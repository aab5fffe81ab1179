"""What the suites of the whole product share: one deployment a session, whichever suites run."""

from fairground_deploy.testing import deployment

__all__ = ["deployment"]
