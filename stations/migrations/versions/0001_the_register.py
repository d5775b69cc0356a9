"""The register: areas, stations and their history, demand, accounts, kept results."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography, Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Every word on a station must be in the taxonomy's table. What was written before a word was
# retired stays as it is: only columns that a write changes are looked at.
CHECK_TERMS = """
CREATE FUNCTION stations_check_terms() RETURNS trigger LANGUAGE plpgsql AS $$
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

KEEP_HISTORY = """
CREATE FUNCTION station_history_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history is only added to' USING ERRCODE = 'restrict_violation';
END
$$
"""


def upgrade() -> None:
    """Make the change."""
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "login = lower(login) AND login <> ''", name=op.f("ck_accounts_login_lower")
        ),
        sa.CheckConstraint("password_hash LIKE '$argon2id$%'", name=op.f("ck_accounts_argon2id")),
        sa.CheckConstraint(
            "role IN ('administrator', 'planner', 'manager')", name=op.f("ck_accounts_role")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("login", name=op.f("uq_accounts_login")),
    )
    op.create_table(
        "code_counters",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("last_number >= 0", name=op.f("ck_code_counters_not_negative")),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_code_counters")),
    )
    op.create_table(
        "coverage_results",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("data_version", sa.BigInteger(), nullable=False),
        sa.Column(
            "report", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("surface", sa.LargeBinary(), nullable=False),
        sa.Column(
            "computed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_coverage_results")),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column(
            "failed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failures")),
    )
    op.create_index(
        "ix_login_failures_key_failed_at", "login_failures", ["key", "failed_at"], unique=False
    )
    op.create_table(
        "register",
        sa.Column("one_row", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("one_row", name=op.f("ck_register_one_row")),
        sa.PrimaryKeyConstraint("one_row", name=op.f("pk_register")),
    )
    op.create_table(
        "sources",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("attribution", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("retrieved_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_sources")),
    )
    op.create_table(
        "terms",
        sa.Column("facet", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "withheld_when_unknown", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.PrimaryKeyConstraint("facet", "code", name=op.f("pk_terms")),
    )
    op.create_table(
        "areas",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("counts_as_town", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "boundary",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("source_code", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "level IN ('city', 'district', 'town', 'zone')", name=op.f("ck_areas_level")
        ),
        sa.CheckConstraint("parent_code <> code", name=op.f("ck_areas_not_its_own_parent")),
        sa.CheckConstraint("ST_IsValid(boundary)", name=op.f("ck_areas_boundary_valid")),
        sa.ForeignKeyConstraint(["parent_code"], ["areas.code"], name=op.f("fk_areas_parent_code")),
        sa.ForeignKeyConstraint(
            ["source_code"], ["sources.code"], name=op.f("fk_areas_source_code")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_areas")),
    )
    op.create_index(
        "ix_areas_boundary",
        "areas",
        ["boundary"],
        unique=False,
        postgresql_using="gist",
    )
    op.create_index("ix_areas_parent_code", "areas", ["parent_code"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_table(
        "cell_area",
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("ck_cell_area_share")),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_cell_area_area_code")),
        sa.PrimaryKeyConstraint("cell", "area_code", name=op.f("pk_cell_area")),
    )
    op.create_index("ix_cell_area_area_code", "cell_area", ["area_code"], unique=False)
    op.create_table(
        "populations",
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("residents", sa.Integer(), nullable=False),
        sa.Column("source_code", sa.Text(), nullable=False),
        sa.CheckConstraint("residents >= 0", name=op.f("ck_populations_residents")),
        sa.ForeignKeyConstraint(
            ["area_code"], ["areas.code"], name=op.f("fk_populations_area_code")
        ),
        sa.ForeignKeyConstraint(
            ["source_code"], ["sources.code"], name=op.f("fk_populations_source_code")
        ),
        sa.PrimaryKeyConstraint("area_code", "on_date", name=op.f("pk_populations")),
    )
    op.create_table(
        "stations",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "also_kinds", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column(
            "withheld_when_unknown", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("built_as", sa.Text(), nullable=True),
        sa.Column("built_by", sa.Text(), nullable=True),
        sa.Column("honours", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("access", sa.Text(), server_default=sa.text("'unknown'"), nullable=False),
        sa.Column("entry", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "services_yes", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column(
            "services_no", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("hours_text", sa.Text(), nullable=True),
        sa.Column("hours", sa.Text(), nullable=True),
        sa.Column("capacity_per_day", sa.Integer(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column(
            "position",
            Geography(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeogFromText",
                name="geography",
            ),
            nullable=True,
        ),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("(position)::geometry", persisted=True),
            nullable=True,
        ),
        sa.Column("given_lon", sa.Double(), nullable=True),
        sa.Column("given_lat", sa.Double(), nullable=True),
        sa.Column("given_datum", sa.Text(), nullable=True),
        sa.Column("h3_9", sa.BigInteger(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=True),
        sa.Column("town_code", sa.Text(), nullable=True),
        sa.Column(
            "checked",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("source_code", sa.Text(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=True),
        sa.Column(
            "imported", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "is_public",
            sa.Boolean(),
            sa.Computed(
                "(status = ANY (ARRAY['active'::text, 'temporarily_closed'::text])) "
                "AND access <> 'staff_only'::text "
                "AND NOT (access = 'unknown'::text AND withheld_when_unknown) "
                'AND "position" IS NOT NULL',
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("register_version", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "access IN ('everyone', 'outdoor_workers', 'members', 'staff_only', 'unknown')",
            name=op.f("ck_stations_access"),
        ),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_stations_name")),
        sa.CheckConstraint(
            "code ~ '^[A-Z]{2,4}-[A-Z]{2}-[0-9]{4,}$'", name=op.f("ck_stations_code")
        ),
        sa.CheckConstraint(
            "given_datum IN ('wgs84', 'gcj02', 'bd09')", name=op.f("ck_stations_datum")
        ),
        sa.CheckConstraint(
            "level IN ('city', 'district', 'town', 'enterprise')", name=op.f("ck_stations_level")
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'active', 'temporarily_closed', 'closed')",
            name=op.f("ck_stations_status"),
        ),
        sa.CheckConstraint(
            "(position IS NULL) = (h3_9 IS NULL)", name=op.f("ck_stations_cell_with_position")
        ),
        sa.CheckConstraint(
            "NOT (kind = ANY (also_kinds))", name=op.f("ck_stations_main_kind_once")
        ),
        sa.CheckConstraint("NOT (services_yes && services_no)", name=op.f("ck_stations_yes_or_no")),
        sa.CheckConstraint("capacity_per_day >= 0", name=op.f("ck_stations_capacity")),
        sa.CheckConstraint(
            "hours_text IS NOT NULL OR hours IS NULL", name=op.f("ck_stations_hours_have_text")
        ),
        sa.CheckConstraint(
            "num_nulls(position, given_lon, given_lat, given_datum) IN (0, 4)",
            name=op.f("ck_stations_given_pair"),
        ),
        sa.CheckConstraint(
            "position IS NULL OR coalesce("
            "ST_X(geom) BETWEEN -180 AND 180 AND ST_Y(geom) BETWEEN -90 AND 90, false)",
            name=op.f("ck_stations_position_in_range"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_stations_version")),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name=op.f("fk_stations_area_code")),
        sa.ForeignKeyConstraint(
            ["source_code"], ["sources.code"], name=op.f("fk_stations_source_code")
        ),
        sa.ForeignKeyConstraint(["town_code"], ["areas.code"], name=op.f("fk_stations_town_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_stations")),
        sa.UniqueConstraint(
            "source_code", "source_key", name=op.f("uq_stations_source_code_source_key")
        ),
    )
    op.create_index(
        "ix_stations_also_kinds", "stations", ["also_kinds"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_stations_area_code", "stations", ["area_code"], unique=False)
    op.create_index("ix_stations_h3_9", "stations", ["h3_9"], unique=False)
    op.create_index(
        "ix_stations_kind_geom",
        "stations",
        ["kind", "geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("is_public"),
    )
    op.create_index(
        "ix_stations_public_geom",
        "stations",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("is_public"),
    )
    op.create_index("ix_stations_register_version", "stations", ["register_version"], unique=False)
    op.create_index(
        "ix_stations_services_yes",
        "stations",
        ["services_yes"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_stations_town_code", "stations", ["town_code"], unique=False)
    op.create_table(
        "account_scopes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=True),
        sa.Column("station_code", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(area_code, station_code) = 1",
            name=op.f("ck_account_scopes_area_or_station"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_account_scopes_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["area_code"], ["areas.code"], name=op.f("fk_account_scopes_area_code")
        ),
        sa.ForeignKeyConstraint(
            ["station_code"], ["stations.code"], name=op.f("fk_account_scopes_station_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_scopes")),
        sa.UniqueConstraint(
            "account_id",
            "area_code",
            "station_code",
            name=op.f("uq_account_scopes_account_id_area_code_station_code"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "demand",
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("residents", sa.Integer(), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("source_code", sa.Text(), nullable=False),
        sa.CheckConstraint("residents >= 0 AND workers >= 0", name=op.f("ck_demand_not_negative")),
        sa.ForeignKeyConstraint(
            ["cell", "area_code"],
            ["cell_area.cell", "cell_area.area_code"],
            name=op.f("fk_demand_cell_area_code"),
        ),
        sa.ForeignKeyConstraint(
            ["source_code"], ["sources.code"], name=op.f("fk_demand_source_code")
        ),
        sa.PrimaryKeyConstraint("cell", "area_code", name=op.f("pk_demand")),
    )
    op.create_table(
        "station_history",
        sa.Column("station_code", sa.Text(), nullable=False),
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
            "action IN ('created', 'updated', 'imported')", name=op.f("ck_station_history_action")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["accounts.id"], name=op.f("fk_station_history_changed_by")
        ),
        sa.ForeignKeyConstraint(
            ["station_code"], ["stations.code"], name=op.f("fk_station_history_station_code")
        ),
        sa.PrimaryKeyConstraint("station_code", "version", name=op.f("pk_station_history")),
    )
    op.create_index(
        "ix_station_history_register_version", "station_history", ["register_version"], unique=False
    )
    op.execute("INSERT INTO register DEFAULT VALUES")
    op.execute(CHECK_TERMS)
    op.execute(
        "CREATE TRIGGER check_terms BEFORE INSERT OR UPDATE ON stations "
        "FOR EACH ROW EXECUTE FUNCTION stations_check_terms()"
    )
    op.execute(KEEP_HISTORY)
    op.execute(
        "CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE OR TRUNCATE ON station_history "
        "FOR EACH STATEMENT EXECUTE FUNCTION station_history_is_kept()"
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_station_history_register_version", table_name="station_history")
    op.drop_table("station_history")
    op.drop_table("demand")
    op.drop_table("account_scopes")
    op.drop_index("ix_stations_town_code", table_name="stations")
    op.drop_index("ix_stations_services_yes", table_name="stations", postgresql_using="gin")
    op.drop_index("ix_stations_register_version", table_name="stations")
    op.drop_index("ix_stations_public_geom", table_name="stations")
    op.drop_index("ix_stations_kind_geom", table_name="stations", postgresql_using="gist")
    op.drop_index("ix_stations_h3_9", table_name="stations")
    op.drop_index("ix_stations_area_code", table_name="stations")
    op.drop_index("ix_stations_also_kinds", table_name="stations", postgresql_using="gin")
    op.drop_table("stations")
    op.drop_table("populations")
    op.drop_index("ix_cell_area_area_code", table_name="cell_area")
    op.drop_table("cell_area")
    op.drop_index("ix_sessions_expires_at", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("ix_areas_parent_code", table_name="areas")
    op.drop_index("ix_areas_boundary", table_name="areas")
    op.drop_table("areas")
    op.drop_table("terms")
    op.drop_table("sources")
    op.drop_table("register")
    op.drop_index("ix_login_failures_key_failed_at", table_name="login_failures")
    op.drop_table("login_failures")
    op.drop_table("coverage_results")
    op.drop_table("code_counters")
    op.drop_table("accounts")
    op.execute("DROP FUNCTION stations_check_terms")
    op.execute("DROP FUNCTION station_history_is_kept")
