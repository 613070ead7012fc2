"""paused plugins

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plugin_trouble",
        sa.Column("portal_id", sa.String(length=32), nullable=False),
        sa.Column("plugin", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("offences", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("paused_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.portal_id"], name=op.f("fk_plugin_trouble_portal_id")
        ),
        sa.PrimaryKeyConstraint("portal_id", "plugin", name=op.f("pk_plugin_trouble")),
    )


def downgrade() -> None:
    op.drop_table("plugin_trouble")
