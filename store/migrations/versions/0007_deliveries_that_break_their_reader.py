"""deliveries that break their reader

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("deaths", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.drop_index("ix_inbox_new")
        batch_op.create_index("ix_inbox_account", ["account_id", "id"], unique=False)
        batch_op.create_index(
            "ix_inbox_fresh",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'new' AND not_before IS NULL"),
            postgresql_where=sa.text("state = 'new' AND not_before IS NULL"),
        )
        batch_op.create_index(
            "ix_inbox_put_off",
            ["not_before", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'new' AND not_before IS NOT NULL"),
            postgresql_where=sa.text("state = 'new' AND not_before IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_inbox_put_off",
            sqlite_where=sa.text("state = 'new' AND not_before IS NOT NULL"),
            postgresql_where=sa.text("state = 'new' AND not_before IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_inbox_fresh",
            sqlite_where=sa.text("state = 'new' AND not_before IS NULL"),
            postgresql_where=sa.text("state = 'new' AND not_before IS NULL"),
        )
        batch_op.drop_index("ix_inbox_account")
        batch_op.create_index(
            "ix_inbox_new",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'new'"),
            postgresql_where=sa.text("state = 'new'"),
        )
        batch_op.drop_column("deaths")
