"""The demand as it was before the last import of demand, so that one can go back."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "demand_before",
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("residents", sa.Integer(), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("source_code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("cell", "area_code", name=op.f("pk_demand_before")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("demand_before")
