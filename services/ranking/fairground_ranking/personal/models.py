"""Players who were erased: nothing but the number, so that an upload cannot bring a name back unnoticed."""

from sqlalchemy import BigInteger, Column, DateTime, Table

from fairground_common.db.schema import APPEND_ONLY
from fairground_ranking.schema import metadata

erased_player = Table(
    "erased_player",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("erased_at", DateTime(timezone=True), nullable=False),
    info=APPEND_ONLY,
)
