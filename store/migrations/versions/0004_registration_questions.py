"""registration questions

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_property",
        sa.Column("portal_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.portal_id"], name=op.f("fk_contact_property_portal_id")
        ),
        sa.PrimaryKeyConstraint("portal_id", "name", name=op.f("pk_contact_property")),
    )
    op.create_table(
        "registration_form",
        sa.Column(
            "webinar_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("questions", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("read_at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["webinar_pk"], ["webinar.id"], name=op.f("fk_registration_form_webinar_pk")
        ),
        sa.PrimaryKeyConstraint("webinar_pk", name=op.f("pk_registration_form")),
    )
    with op.batch_alter_table("portal", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("properties_read_at", store.types.UtcDateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    with op.batch_alter_table("portal", schema=None) as batch_op:
        batch_op.drop_column("properties_read_at")

    op.drop_table("registration_form")
    op.drop_table("contact_property")
