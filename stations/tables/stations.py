"""Stations, their history, and the files that they came in by."""

from datetime import datetime
from typing import Any

from geoalchemy2 import Geography, Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from stations.station import Access, Status
from stations.tables.base import Table, one_of

CODE_PATTERN = r"^[A-Z]{2,4}-[A-Z]{2}-[0-9]{4,}$"

PUBLIC_SQL = (
    "(status = ANY (ARRAY['active'::text, 'temporarily_closed'::text])) "
    "AND access <> 'staff_only'::text "
    "AND NOT (access = 'unknown'::text AND withheld_when_unknown) "
    'AND "position" IS NOT NULL AND NOT withdrawn'
)
"""The definition of a public station, as a generated column so that no query can forget it.

It is written as PostgreSQL writes it back, so that Alembic can compare the two.
"""


class Station(Table):
    """A place that serves people; one row even where several kinds share the room."""

    __tablename__ = "stations"
    __table_args__ = (
        CheckConstraint(f"code ~ '{CODE_PATTERN}'", name="code"),
        CheckConstraint("btrim(name) <> ''", name="name"),
        CheckConstraint("NOT (kind = ANY (also_kinds))", name="main_kind_once"),
        CheckConstraint("NOT (services_yes && services_no)", name="yes_or_no"),
        CheckConstraint(one_of("status", Status), name="status"),
        CheckConstraint(one_of("access", Access), name="access"),
        CheckConstraint(one_of("level", ("city", "district", "town", "enterprise")), name="level"),
        CheckConstraint("(position IS NULL) = (h3_9 IS NULL)", name="cell_with_position"),
        CheckConstraint(
            "num_nulls(position, given_lon, given_lat, given_datum) IN (0, 4)", name="given_pair"
        ),
        CheckConstraint(one_of("given_datum", ("wgs84", "gcj02", "bd09")), name="datum"),
        CheckConstraint(
            "position IS NULL OR coalesce("
            "ST_X(geom) BETWEEN -180 AND 180 AND ST_Y(geom) BETWEEN -90 AND 90, false)",
            name="position_in_range",
        ),
        CheckConstraint("capacity_per_day >= 0", name="capacity"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("hours_text IS NOT NULL OR hours IS NULL", name="hours_have_text"),
        CheckConstraint("jsonb_typeof(closures) = 'array'", name="closures"),
        CheckConstraint("NOT (name = ANY (aliases))", name="alias_is_another_name"),
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
    aliases: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
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
    way_in: Mapped[str | None]
    phone: Mapped[str | None]
    hours_text: Mapped[str | None]
    hours: Mapped[str | None]
    closures: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
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
    position_verified: Mapped[bool] = mapped_column(server_default=text("true"))
    withdrawn: Mapped[bool] = mapped_column(server_default=text("false"))
    is_public: Mapped[bool] = mapped_column(Computed(PUBLIC_SQL, persisted=True))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    register_version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class StationHistory(Table):
    """Each version of each station as it was after the change, who made it, and how."""

    __tablename__ = "station_history"
    __table_args__ = (
        CheckConstraint(
            one_of("action", ("created", "updated", "imported", "undone")), name="action"
        ),
        Index("ix_station_history_register_version", "register_version"),
        # what one import wrote, to take it back
        Index("ix_station_history_import_id", "import_id"),
    )

    station_code: Mapped[str] = mapped_column(ForeignKey("stations.code"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    register_version: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))
    was_public: Mapped[bool]
    values: Mapped[dict[str, Any]]


class Import(Table):
    """A file that was taken into the register, so that it can be taken back as a whole.

    `totals` are those of its report. `remembered` holds what the source had said before, by station
    code and field, as `[before, now]`, of listings that were there. Undone at most once, in a
    register version of its own.
    """

    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint(
            "num_nulls(undone_at, undone_register_version) IN (0, 2)", name="undone_whole"
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source_code: Mapped[str] = mapped_column(ForeignKey("sources.code"))
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    options: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    totals: Mapped[dict[str, Any]]
    remembered: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    register_version: Mapped[int | None] = mapped_column(BigInteger)
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    imported_at: Mapped[datetime] = mapped_column(server_default=func.now())
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    undone_at: Mapped[datetime | None]
    undone_register_version: Mapped[int | None] = mapped_column(BigInteger)
