"""Holidays and working days of the calendar."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "calendar_days",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        *_changed(),
        sa.CheckConstraint(
            "date >= '2000-01-01' AND date <= '2099-12-31'", name=op.f("ck_calendar_days_date")
        ),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_calendar_days_name")),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["accounts.id"], name=op.f("fk_calendar_days_changed_by")
        ),
        sa.PrimaryKeyConstraint("date", name=op.f("pk_calendar_days")),
    )
    op.create_table(
        "calendar_years",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        *_changed(),
        sa.CheckConstraint("year >= 2000 AND year <= 2099", name=op.f("ck_calendar_years_year")),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["accounts.id"], name=op.f("fk_calendar_years_changed_by")
        ),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_years")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("calendar_years")
    op.drop_table("calendar_days")


def _changed() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("register_version", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
