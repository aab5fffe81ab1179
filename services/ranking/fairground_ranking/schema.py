"""The service's one MetaData: every slice's tables hang on it, migrations read it."""

from fairground_common.db import new_metadata, user_event_log_table
from fairground_common.db.audit import audit_table

metadata = new_metadata()

user_event_log = user_event_log_table(metadata)
audit_log = audit_table(metadata)
