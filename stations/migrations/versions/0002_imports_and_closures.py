"""Imports that can be undone, one-off closures, aliases, the way in; who was ever public."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WAS_PUBLIC = (
    "(status = ANY (ARRAY['active'::text, 'temporarily_closed'::text])) "
    "AND access <> 'staff_only'::text "
    "AND NOT (access = 'unknown'::text AND withheld_when_unknown) "
    'AND "position" IS NOT NULL'
)
IS_PUBLIC = WAS_PUBLIC + " AND NOT withdrawn"

# The history so far does not say which versions were public, but all that this follows from.
FILL_WAS_PUBLIC = """
UPDATE station_history SET was_public =
    values->>'status' IN ('active', 'temporarily_closed')
    AND values->>'access' <> 'staff_only'
    AND NOT (values->>'access' = 'unknown' AND (values->>'withheld_when_unknown')::boolean)
    AND values->>'lon' IS NOT NULL
"""


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_code", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column(
            "options",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "totals", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("register_version", sa.BigInteger(), nullable=True),
        sa.Column("imported_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "imported_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_register_version", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "num_nulls(undone_at, undone_register_version) IN (0, 2)",
            name=op.f("ck_imports_undone_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["source_code"], ["sources.code"], name=op.f("fk_imports_source_code")
        ),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["accounts.id"], name=op.f("fk_imports_imported_by")
        ),
        sa.ForeignKeyConstraint(["undone_by"], ["accounts.id"], name=op.f("fk_imports_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.add_column(
        "stations",
        sa.Column("aliases", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("stations", sa.Column("way_in", sa.Text(), nullable=True))
    op.add_column(
        "stations",
        sa.Column(
            "closures",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    for name, default in (("position_verified", "true"), ("withdrawn", "false")):
        op.add_column(
            "stations",
            sa.Column(name, sa.Boolean(), server_default=sa.text(default), nullable=False),
        )
    op.create_check_constraint(
        op.f("ck_stations_closures"), "stations", "jsonb_typeof(closures) = 'array'"
    )
    op.create_check_constraint(
        op.f("ck_stations_alias_is_another_name"), "stations", "NOT (name = ANY (aliases))"
    )
    _define_public(IS_PUBLIC)
    op.add_column("station_history", sa.Column("import_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "station_history",
        sa.Column("was_public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.alter_column("station_history", "was_public", server_default=None)
    op.execute("ALTER TABLE station_history DISABLE TRIGGER keep_history")
    op.execute(FILL_WAS_PUBLIC)
    op.execute("ALTER TABLE station_history ENABLE TRIGGER keep_history")
    op.create_foreign_key(
        op.f("fk_station_history_import_id"), "station_history", "imports", ["import_id"], ["id"]
    )
    op.create_index("ix_station_history_import_id", "station_history", ["import_id"])
    _allow_actions("'created', 'updated', 'imported', 'undone'")


def downgrade() -> None:
    """Take the change back."""
    op.execute("ALTER TABLE station_history DISABLE TRIGGER keep_history")
    op.execute("UPDATE station_history SET action = 'updated' WHERE action = 'undone'")
    op.execute("ALTER TABLE station_history ENABLE TRIGGER keep_history")
    _allow_actions("'created', 'updated', 'imported'")
    op.drop_index("ix_station_history_import_id", table_name="station_history")
    op.drop_column("station_history", "import_id")
    op.drop_column("station_history", "was_public")
    # what was withdrawn must not come back into public answers
    op.execute("UPDATE stations SET status = 'closed' WHERE withdrawn")
    _define_public(WAS_PUBLIC)
    op.drop_constraint(op.f("ck_stations_alias_is_another_name"), "stations")
    op.drop_constraint(op.f("ck_stations_closures"), "stations")
    for name in ("withdrawn", "position_verified", "closures", "way_in", "aliases"):
        op.drop_column("stations", name)
    op.drop_table("imports")


def _define_public(condition: str) -> None:
    """Define anew what is public; PostgreSQL cannot alter a generated column."""
    op.drop_index("ix_stations_kind_geom", table_name="stations", postgresql_using="gist")
    op.drop_index("ix_stations_public_geom", table_name="stations", postgresql_using="gist")
    op.drop_column("stations", "is_public")
    op.add_column(
        "stations",
        sa.Column(
            "is_public", sa.Boolean(), sa.Computed(condition, persisted=True), nullable=False
        ),
    )
    for name, columns in (
        ("ix_stations_kind_geom", ["kind", "geom"]),
        ("ix_stations_public_geom", ["geom"]),
    ):
        op.create_index(
            name,
            "stations",
            columns,
            postgresql_using="gist",
            postgresql_where=sa.text("is_public"),
        )


def _allow_actions(actions: str) -> None:
    op.drop_constraint(op.f("ck_station_history_action"), "station_history")
    op.create_check_constraint(
        op.f("ck_station_history_action"), "station_history", f"action IN ({actions})"
    )
