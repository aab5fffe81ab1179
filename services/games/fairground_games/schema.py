"""The service's one MetaData: every slice's tables hang on it, migrations read it."""

from fairground_common.db import new_metadata, user_event_log_table
from fairground_common.db.audit import audit_table
from fairground_common.db.idempotency import idempotency_table
from fairground_common.messaging.outbox import outbox_table

metadata = new_metadata()

outbox = outbox_table(metadata)
user_event_log = user_event_log_table(metadata)
idempotency = idempotency_table(metadata)
audit_log = audit_table(metadata)
