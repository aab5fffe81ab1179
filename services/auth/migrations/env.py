"""Alembic's entry: which tables there are; all else is the same for every service."""

from fairground_auth.keys import models as keys
from fairground_auth.schema import metadata
from fairground_auth.sessions import models as sessions
from fairground_auth.throttle import models as throttle
from fairground_auth.users import models as users
from fairground_common.db.migrations import run_env

TABLES = (keys, sessions, throttle, users)
"""Importing a slice's models is what puts its tables into the metadata."""

run_env(metadata)
