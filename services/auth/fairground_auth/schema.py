"""The database's one metadata and the tables every service has; slices define their own beside them."""

from fairground_common.db import new_metadata, user_event_log_table
from fairground_common.db.audit import audit_table

metadata = new_metadata()
user_event_log = user_event_log_table(metadata)
audit_log = audit_table(metadata)
