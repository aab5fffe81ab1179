"""PostgreSQL: the only place that opens connections and commits."""

from fairground_common.db.database import Db, ReadTx, Tx
from fairground_common.db.failures import is_infrastructure_trouble, sqlstate_of
from fairground_common.db.pool import DriverConnection, open_pool
from fairground_common.db.require import require_database
from fairground_common.db.schema import new_metadata
from fairground_common.db.user_events import UserEvent, log_user_events, user_event_log_table

__all__ = [
    "Db",
    "DriverConnection",
    "ReadTx",
    "Tx",
    "UserEvent",
    "is_infrastructure_trouble",
    "log_user_events",
    "new_metadata",
    "open_pool",
    "require_database",
    "sqlstate_of",
    "user_event_log_table",
]
