"""What can go wrong while plays are counted."""

from fairground_common.db.failures import SERIALIZATION


class Overtaken(Exception):
    """Another process has counted one of these plays after we looked; the transaction must be run again.

    It carries the SQLSTATE of a serialisation failure, which is what it is: ``Db.retrying`` and the consumer know it.
    """

    sqlstate = SERIALIZATION
