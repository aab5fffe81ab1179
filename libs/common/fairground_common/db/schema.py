"""How tables are named and marked."""

from sqlalchemy import MetaData

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

APPEND_ONLY = {"append_only": True}
"""``Table(info=APPEND_ONLY)``: the app role may INSERT and SELECT, never UPDATE or DELETE."""


def new_metadata() -> MetaData:
    """Return a service's own metadata; constraint names are predictable, so migrations can name them."""
    return MetaData(naming_convention=NAMING)
