"""Services at a place for a time; stations' ways of building are words of the taxonomy."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography, Geometry
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# As in 0001, with built_as and built_by.
CHECK_STATIONS = """
CREATE OR REPLACE FUNCTION stations_check_terms() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing text;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.kind, NEW.also_kinds, NEW.services_yes, NEW.services_no, NEW.entry,
            NEW.tier, NEW.honours, NEW.built_as, NEW.built_by) IS NOT DISTINCT FROM
            (OLD.kind, OLD.also_kinds, OLD.services_yes, OLD.services_no, OLD.entry, OLD.tier,
            OLD.honours, OLD.built_as, OLD.built_by) THEN
        RETURN NEW;
    END IF;
    SELECT used.facet || ' ' || used.code INTO missing
    FROM (
        SELECT 'kind' AS facet, NEW.kind AS code
        UNION ALL SELECT 'kind', unnest(NEW.also_kinds)
        UNION ALL SELECT 'service', unnest(NEW.services_yes || NEW.services_no)
        UNION ALL SELECT 'entry', unnest(NEW.entry)
        UNION ALL SELECT 'honour', unnest(NEW.honours)
        UNION ALL SELECT 'tier', NEW.tier WHERE NEW.tier IS NOT NULL
        UNION ALL SELECT 'built_as', NEW.built_as WHERE NEW.built_as IS NOT NULL
        UNION ALL SELECT 'built_by', NEW.built_by WHERE NEW.built_by IS NOT NULL
    ) AS used
    WHERE NOT EXISTS (
        SELECT FROM terms WHERE terms.facet = used.facet AND terms.code = used.code
    )
    LIMIT 1;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'the taxonomy has no %', missing
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'stations_check_terms';
    END IF;
    NEW.withheld_when_unknown := (
        SELECT withheld_when_unknown FROM terms WHERE facet = 'kind' AND code = NEW.kind
    );
    RETURN NEW;
END
$$
"""

CHECK_STATIONS_BEFORE = """
CREATE OR REPLACE FUNCTION stations_check_terms() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing text;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.kind, NEW.also_kinds, NEW.services_yes, NEW.services_no, NEW.entry,
            NEW.tier, NEW.honours) IS NOT DISTINCT FROM (OLD.kind, OLD.also_kinds,
            OLD.services_yes, OLD.services_no, OLD.entry, OLD.tier, OLD.honours) THEN
        RETURN NEW;
    END IF;
    SELECT used.facet || ' ' || used.code INTO missing
    FROM (
        SELECT 'kind' AS facet, NEW.kind AS code
        UNION ALL SELECT 'kind', unnest(NEW.also_kinds)
        UNION ALL SELECT 'service', unnest(NEW.services_yes || NEW.services_no)
        UNION ALL SELECT 'entry', unnest(NEW.entry)
        UNION ALL SELECT 'honour', unnest(NEW.honours)
        UNION ALL SELECT 'tier', NEW.tier WHERE NEW.tier IS NOT NULL
    ) AS used
    WHERE NOT EXISTS (
        SELECT FROM terms WHERE terms.facet = used.facet AND terms.code = used.code
    )
    LIMIT 1;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'the taxonomy has no %', missing
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'stations_check_terms';
    END IF;
    NEW.withheld_when_unknown := (
        SELECT withheld_when_unknown FROM terms WHERE facet = 'kind' AND code = NEW.kind
    );
    RETURN NEW;
END
$$
"""

CHECK_EVENTS = """
CREATE FUNCTION events_check_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.kind = OLD.kind THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM terms WHERE facet = 'event_kind' AND code = NEW.kind) THEN
        RAISE EXCEPTION 'the taxonomy has no event_kind %', NEW.kind
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'events_check_terms';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "events",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=True),
        sa.Column("station_code", sa.Text(), nullable=True),
        sa.Column("position", Geography("POINT", srid=4326, spatial_index=False), nullable=True),
        sa.Column(
            "geom",
            Geometry("POINT", srid=4326, spatial_index=False),
            sa.Computed("(position)::geometry", persisted=True),
            nullable=True,
        ),
        sa.Column("given_lon", sa.Double(), nullable=True),
        sa.Column("given_lat", sa.Double(), nullable=True),
        sa.Column("given_datum", sa.Text(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=True),
        sa.Column("town_code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("access", sa.Text(), server_default=sa.text("'unknown'"), nullable=False),
        sa.Column("how_to_join", sa.Text(), nullable=True),
        sa.Column("organiser", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'scheduled'"), nullable=False),
        sa.Column("source_code", sa.Text(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("register_version", sa.BigInteger(), nullable=False),
        *(
            sa.Column(
                name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
            )
            for name in ("created_at", "updated_at")
        ),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_events_{name}"))
            for name, condition in {
                "code": "code ~ '^[A-Z]{2,4}-EV-[0-9]{4,}$'",
                "title": "btrim(title) <> ''",
                "station_or_point": "num_nonnulls(station_code, position) = 1",
                "given_pair": "num_nulls(position, given_lon, given_lat, given_datum) IN (0, 4)",
                "area_of_point": "position IS NOT NULL OR num_nonnulls(area_code, town_code) = 0",
                "datum": "given_datum IN ('wgs84', 'gcj02', 'bd09')",
                "position_in_range": "position IS NULL OR coalesce("
                "ST_X(geom) BETWEEN -180 AND 180 AND ST_Y(geom) BETWEEN -90 AND 90, false)",
                "ends_after_start": "ends_at > starts_at",
                "at_most_a_year": "ends_at - starts_at <= interval '366 days'",
                "capacity": "capacity >= 0",
                "access": "access IN "
                "('everyone', 'outdoor_workers', 'members', 'staff_only', 'unknown')",
                "status": "status IN ('scheduled', 'cancelled')",
                "version": "version >= 1",
            }.items()
        ),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_events_{column}"))
            for column, target in {
                "station_code": "stations.code",
                "area_code": "areas.code",
                "town_code": "areas.code",
                "source_code": "sources.code",
            }.items()
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_events")),
        sa.UniqueConstraint(
            "source_code", "source_key", name=op.f("uq_events_source_code_source_key")
        ),
    )
    op.create_index("ix_events_geom", "events", ["geom"], postgresql_using="gist")
    for column in ("station_code", "ends_at", "area_code", "register_version"):
        op.create_index(f"ix_events_{column}", "events", [column])
    op.create_table(
        "event_history",
        sa.Column("event_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("register_version", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "values", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.CheckConstraint(
            "action IN ('created', 'updated', 'cancelled')", name=op.f("ck_event_history_action")
        ),
        sa.ForeignKeyConstraint(
            ["event_code"], ["events.code"], name=op.f("fk_event_history_event_code")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["accounts.id"], name=op.f("fk_event_history_changed_by")
        ),
        sa.PrimaryKeyConstraint("event_code", "version", name=op.f("pk_event_history")),
    )
    op.create_index("ix_event_history_register_version", "event_history", ["register_version"])
    op.execute(CHECK_STATIONS)
    op.execute(CHECK_EVENTS)
    op.execute(
        "CREATE TRIGGER check_terms BEFORE INSERT OR UPDATE ON events "
        "FOR EACH ROW EXECUTE FUNCTION events_check_terms()"
    )
    op.execute(
        "CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE OR TRUNCATE ON event_history "
        "FOR EACH STATEMENT EXECUTE FUNCTION station_history_is_kept()"
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("event_history")
    op.drop_table("events")
    op.execute("DROP FUNCTION events_check_terms")
    op.execute(CHECK_STATIONS_BEFORE)
