"""Columns of reach that are not counted twice, and planners' scenarios."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "reach_terms",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_reach_terms")),
    )
    op.create_table(
        "reach_columns",
        sa.Column("terms_key", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.Column("minutes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["terms_key"],
            ["reach_terms.key"],
            name=op.f("fk_reach_columns_terms_key"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("terms_key", "lon", "lat", name=op.f("pk_reach_columns")),
    )
    op.create_table(
        "scenarios",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "question", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "edits", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "btrim(name) <> '' AND length(name) <= 100", name=op.f("ck_scenarios_name")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_scenarios_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenarios")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_scenarios_account_id_name")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("scenarios")
    op.drop_table("reach_columns")
    op.drop_table("reach_terms")
