"""What all tables share: the metadata with its names for constraints, and a counter column."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def zero(name: str) -> Column[int]:
    """A counter that starts at 0."""
    return Column(name, Integer, nullable=False, server_default=text("0"))
