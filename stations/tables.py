"""The tables of the register. Migrations in `stations/migrations` create them; a test compares.

Positions are WGS-84, longitude and latitude in degrees. What a constraint can say is said here and
not only in Python, so that no other door into the database can break it.
"""

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geography, Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from stations.station import Access, Status

CODE_PATTERN = r"^[A-Z]{2,4}-[A-Z]{2}-[0-9]{4,}$"

PUBLIC_SQL = (
    "(status = ANY (ARRAY['active'::text, 'temporarily_closed'::text])) "
    "AND access <> 'staff_only'::text "
    "AND NOT (access = 'unknown'::text AND withheld_when_unknown) "
    'AND "position" IS NOT NULL'
)
"""The definition of a public station, as a generated column so that no query can forget it.

It is written as PostgreSQL writes it back, so that Alembic can compare the two.
"""


class Table(DeclarativeBase):
    """The base of all tables; constraint names follow one scheme, so migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this name
        str: Text,
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text),
        dict[str, Any]: JSONB(none_as_null=True),
    }


def _one_of(column: str, values: type[Access] | type[Status] | tuple[str, ...]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


class Register(Table):
    """One row: the register's version, raised in every write transaction.

    It is the data version, the change cursor and the lists' ETag. Its row lock makes the order of
    versions the order of commits, so that a reader of changes misses none.
    """

    __tablename__ = "register"
    __table_args__ = (CheckConstraint("one_row", name="one_row"),)

    one_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class Source(Table):
    """Where facts come from, and on what terms."""

    __tablename__ = "sources"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    licence: Mapped[str]
    attribution: Mapped[str]
    url: Mapped[str | None]
    retrieved_on: Mapped[date | None] = mapped_column(Date)


class Term(Table):
    """The words of the taxonomy, copied from its file; a trigger checks stations by them."""

    __tablename__ = "terms"

    facet: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    withheld_when_unknown: Mapped[bool] = mapped_column(server_default=text("false"))


class Area(Table):
    """A city, district, town or zone. Towns have names but no shapes here."""

    __tablename__ = "areas"
    __table_args__ = (
        CheckConstraint(_one_of("level", ("city", "district", "town", "zone")), name="level"),
        CheckConstraint("parent_code <> code", name="not_its_own_parent"),
        CheckConstraint("ST_IsValid(boundary)", name="boundary_valid"),
        Index("ix_areas_boundary", "boundary", postgresql_using="gist"),
        Index("ix_areas_parent_code", "parent_code"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str | None]
    level: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("areas.code"))
    counts_as_town: Mapped[bool] = mapped_column(server_default=text("false"))
    boundary: Mapped[WKBElement | None] = mapped_column(
        Geometry("MULTIPOLYGON", srid=4326, spatial_index=False)
    )
    source_code: Mapped[str] = mapped_column(ForeignKey("sources.code"))


class Population(Table):
    """Residents of an area on a day, as published."""

    __tablename__ = "populations"
    __table_args__ = (CheckConstraint("residents >= 0", name="residents"),)

    area_code: Mapped[str] = mapped_column(ForeignKey("areas.code"), primary_key=True)
    on_date: Mapped[date] = mapped_column(Date, primary_key=True)
    residents: Mapped[int]
    source_code: Mapped[str] = mapped_column(ForeignKey("sources.code"))


class CellArea(Table):
    """The share of an H3 res-9 cell that lies in a leaf area; stored when areas are loaded."""

    __tablename__ = "cell_area"
    __table_args__ = (
        CheckConstraint("share > 0 AND share <= 1", name="share"),
        Index("ix_cell_area_area_code", "area_code"),
    )

    cell: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    area_code: Mapped[str] = mapped_column(ForeignKey("areas.code"), primary_key=True)
    share: Mapped[float] = mapped_column(Double)


class Demand(Table):
    """Whole residents and outdoor workers of a cell's part in a leaf area."""

    __tablename__ = "demand"
    __table_args__ = (
        ForeignKeyConstraint(["cell", "area_code"], ["cell_area.cell", "cell_area.area_code"]),
        CheckConstraint("residents >= 0 AND workers >= 0", name="not_negative"),
    )

    cell: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    area_code: Mapped[str] = mapped_column(primary_key=True)
    residents: Mapped[int]
    workers: Mapped[int]
    source_code: Mapped[str] = mapped_column(ForeignKey("sources.code"))


class CodeCounter(Table):
    """The last number given out under a code's prefix. Numbers are never given twice."""

    __tablename__ = "code_counters"
    __table_args__ = (CheckConstraint("last_number >= 0", name="not_negative"),)

    prefix: Mapped[str] = mapped_column(primary_key=True)
    last_number: Mapped[int] = mapped_column(BigInteger)


class Account(Table):
    """A person who may log in."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("login = lower(login) AND login <> ''", name="login_lower"),
        CheckConstraint(_one_of("role", ("administrator", "planner", "manager")), name="role"),
        CheckConstraint("password_hash LIKE '$argon2id$%'", name="argon2id"),
        UniqueConstraint("login"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    login: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    is_demo: Mapped[bool] = mapped_column(server_default=text("false"))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Station(Table):
    """A place that serves people; one row even where several kinds share the room."""

    __tablename__ = "stations"
    __table_args__ = (
        CheckConstraint(f"code ~ '{CODE_PATTERN}'", name="code"),
        CheckConstraint("btrim(name) <> ''", name="name"),
        CheckConstraint("NOT (kind = ANY (also_kinds))", name="main_kind_once"),
        CheckConstraint("NOT (services_yes && services_no)", name="yes_or_no"),
        CheckConstraint(_one_of("status", Status), name="status"),
        CheckConstraint(_one_of("access", Access), name="access"),
        CheckConstraint(_one_of("level", ("city", "district", "town", "enterprise")), name="level"),
        CheckConstraint("(position IS NULL) = (h3_9 IS NULL)", name="cell_with_position"),
        CheckConstraint(
            "num_nulls(position, given_lon, given_lat, given_datum) IN (0, 4)", name="given_pair"
        ),
        CheckConstraint(_one_of("given_datum", ("wgs84", "gcj02", "bd09")), name="datum"),
        CheckConstraint(
            "position IS NULL OR coalesce("
            "ST_X(geom) BETWEEN -180 AND 180 AND ST_Y(geom) BETWEEN -90 AND 90, false)",
            name="position_in_range",
        ),
        CheckConstraint("capacity_per_day >= 0", name="capacity"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("hours_text IS NOT NULL OR hours IS NULL", name="hours_have_text"),
        UniqueConstraint("source_code", "source_key"),
        # nearest of a kind, and of any kind, among public stations
        Index(
            "ix_stations_kind_geom",
            "kind",
            "geom",
            postgresql_using="gist",
            postgresql_where=text("is_public"),
        ),
        Index(
            "ix_stations_public_geom",
            "geom",
            postgresql_using="gist",
            postgresql_where=text("is_public"),
        ),
        # which rare services and further kinds
        Index("ix_stations_services_yes", "services_yes", postgresql_using="gin"),
        Index("ix_stations_also_kinds", "also_kinds", postgresql_using="gin"),
        # lists by cell, by area (my stations), and changes since a version
        Index("ix_stations_h3_9", "h3_9"),
        Index("ix_stations_area_code", "area_code"),
        Index("ix_stations_town_code", "town_code"),
        Index("ix_stations_register_version", "register_version"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    also_kinds: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    withheld_when_unknown: Mapped[bool] = mapped_column(server_default=text("false"))
    name: Mapped[str]
    name_en: Mapped[str | None]
    brand: Mapped[str | None]
    tier: Mapped[str | None]
    level: Mapped[str | None]
    built_as: Mapped[str | None]
    built_by: Mapped[str | None]
    honours: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    status: Mapped[str] = mapped_column(server_default=text("'active'"))
    access: Mapped[str] = mapped_column(server_default=text("'unknown'"))
    entry: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    services_yes: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    services_no: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    address: Mapped[str | None]
    phone: Mapped[str | None]
    hours_text: Mapped[str | None]
    hours: Mapped[str | None]
    capacity_per_day: Mapped[int | None] = mapped_column(Integer)
    notes: Mapped[str | None]
    position: Mapped[WKBElement | None] = mapped_column(
        Geography("POINT", srid=4326, spatial_index=False)
    )
    geom: Mapped[WKBElement | None] = mapped_column(
        Geometry("POINT", srid=4326, spatial_index=False),
        Computed("(position)::geometry", persisted=True),
    )
    given_lon: Mapped[float | None] = mapped_column(Double)
    given_lat: Mapped[float | None] = mapped_column(Double)
    given_datum: Mapped[str | None]
    h3_9: Mapped[int | None] = mapped_column(BigInteger)
    area_code: Mapped[str | None] = mapped_column(ForeignKey("areas.code"))
    town_code: Mapped[str | None] = mapped_column(ForeignKey("areas.code"))
    checked: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    source_code: Mapped[str] = mapped_column(ForeignKey("sources.code"))
    source_key: Mapped[str | None]
    imported: Mapped[dict[str, Any] | None]
    is_public: Mapped[bool] = mapped_column(Computed(PUBLIC_SQL, persisted=True))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    register_version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class StationHistory(Table):
    """Each version of each station as it was after the change, who made it, and how."""

    __tablename__ = "station_history"
    __table_args__ = (
        CheckConstraint(_one_of("action", ("created", "updated", "imported")), name="action"),
        Index("ix_station_history_register_version", "register_version"),
    )

    station_code: Mapped[str] = mapped_column(ForeignKey("stations.code"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    register_version: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    values: Mapped[dict[str, Any]]


class AccountScope(Table):
    """What a manager may edit: all stations of an area, or one station."""

    __tablename__ = "account_scopes"
    __table_args__ = (
        CheckConstraint("num_nonnulls(area_code, station_code) = 1", name="area_or_station"),
        UniqueConstraint(
            "account_id", "area_code", "station_code", postgresql_nulls_not_distinct=True
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    area_code: Mapped[str | None] = mapped_column(ForeignKey("areas.code"))
    station_code: Mapped[str | None] = mapped_column(ForeignKey("stations.code"))


class LoginSession(Table):
    """A logged-in browser. Only hashes of its secrets are kept."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_expires_at", "expires_at"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


class LoginFailure(Table):
    """A failed log-in, by the hash of what is throttled: a login, or a client's address."""

    __tablename__ = "login_failures"
    __table_args__ = (Index("ix_login_failures_key_failed_at", "key", "failed_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)
    failed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CoverageResult(Table):
    """A computed coverage surface of the root area, shared by all processes."""

    __tablename__ = "coverage_results"

    key: Mapped[str] = mapped_column(primary_key=True)
    data_version: Mapped[int] = mapped_column(BigInteger)
    report: Mapped[dict[str, Any]]
    surface: Mapped[bytes] = mapped_column(LargeBinary)
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime] = mapped_column(server_default=func.now())
