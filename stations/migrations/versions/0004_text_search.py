"""What people may search by: grams, pinyin, places."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "places",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("source_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("aliases", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=True),
        sa.Column("position", Geography("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_places_name")),
        sa.ForeignKeyConstraint(
            ["source_code"], ["sources.code"], name=op.f("fk_places_source_code")
        ),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_places_area_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_places")),
    )
    op.create_index("ix_places_source_code", "places", ["source_code"])
    op.create_index("ix_places_area_code", "places", ["area_code"])
    texts = ("alias", "brand", "address", "pinyin", "initials")
    op.create_table(
        "search_entries",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_length", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("areas", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("kinds", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("grams", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("position", Geography("POINT", srid=4326, spatial_index=False), nullable=True),
        sa.CheckConstraint(
            "type IN ('station', 'area', 'place')", name=op.f("ck_search_entries_type")
        ),
        sa.PrimaryKeyConstraint("type", "code", name=op.f("pk_search_entries")),
    )
    op.create_index(
        "ix_search_entries_grams",
        "search_entries",
        ["grams"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 1024},
    )
    op.create_index("ix_search_entries_name_length_code", "search_entries", ["name_length", "code"])
    op.create_index(
        "ix_search_entries_position", "search_entries", ["position"], postgresql_using="gist"
    )
    op.create_table(
        "search_state",
        sa.Column("one_row", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.CheckConstraint("one_row", name=op.f("ck_search_state_one_row")),
        sa.PrimaryKeyConstraint("one_row", name=op.f("pk_search_state")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("search_state")
    op.drop_table("search_entries")
    op.drop_table("places")
