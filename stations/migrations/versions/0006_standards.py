"""What inspectors found at stations."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "assessments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("yes", sa.Boolean(), nullable=True),
        sa.Column("number", sa.Double(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("assessed_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "assessed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("register_version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(yes, number) <= 1", name=op.f("ck_assessments_one_answer")
        ),
        sa.CheckConstraint("fact ~ '^[a-z][a-z0-9_]*$'", name=op.f("ck_assessments_fact")),
        sa.CheckConstraint(
            "number BETWEEN '-1e15'::double precision AND '1e15'::double precision",
            name=op.f("ck_assessments_finite"),
        ),
        sa.ForeignKeyConstraint(
            ["station_code"], ["stations.code"], name=op.f("fk_assessments_station_code")
        ),
        sa.ForeignKeyConstraint(
            ["assessed_by"], ["accounts.id"], name=op.f("fk_assessments_assessed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessments")),
    )
    op.create_index(
        "ix_assessments_latest",
        "assessments",
        ["station_code", "fact", sa.text("checked_on DESC"), sa.text("id DESC")],
        postgresql_include=["yes", "number"],
    )
    op.execute(
        "CREATE TRIGGER keep_assessments BEFORE UPDATE OR DELETE OR TRUNCATE ON assessments "
        "FOR EACH STATEMENT EXECUTE FUNCTION station_history_is_kept()"
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_assessments_latest", table_name="assessments")
    op.drop_table("assessments")
