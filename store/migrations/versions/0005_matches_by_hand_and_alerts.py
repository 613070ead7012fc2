"""matches by hand and alerts

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("portal_id", sa.String(length=32), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("not_before", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.portal_id"], name=op.f("fk_alert_portal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_portal_id"), ["portal_id"], unique=False)

    op.create_table(
        "hand_match",
        sa.Column(
            "occurrence_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("row_key", sa.String(length=64), nullable=False),
        sa.Column("portal_id", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["occurrence_pk"], ["occurrence.id"], name=op.f("fk_hand_match_occurrence_pk")
        ),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.portal_id"], name=op.f("fk_hand_match_portal_id")
        ),
        sa.PrimaryKeyConstraint("occurrence_pk", "row_key", name=op.f("pk_hand_match")),
    )
    with op.batch_alter_table("hand_match", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hand_match_portal_id"), ["portal_id"], unique=False)

    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_reduced", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("is_told_overdue", sa.Boolean(), server_default=sa.false(), nullable=False)
        )

    with op.batch_alter_table("webinar", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("listed_at", store.types.UtcDateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    with op.batch_alter_table("webinar", schema=None) as batch_op:
        batch_op.drop_column("listed_at")

    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.drop_column("is_told_overdue")
        batch_op.drop_column("is_reduced")

    with op.batch_alter_table("hand_match", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hand_match_portal_id"))

    op.drop_table("hand_match")
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_portal_id"))

    op.drop_table("alert")
