"""Events: services at a place for a time, and their history."""

from datetime import datetime
from typing import Any

from geoalchemy2 import Geography, Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    Double,
    ForeignKey,
    Index,
    Integer,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from stations.station import Access
from stations.tables.base import Table, one_of

EVENT_CODE_PATTERN = r"^[A-Z]{2,4}-EV-[0-9]{4,}$"


class Event(Table):
    """A service for a time, at a station or at a point of its own, never both.

    Whether it is public follows from its access and from its station, so it is no column: see
    `stations/events.py`.
    """

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint(f"code ~ '{EVENT_CODE_PATTERN}'", name="code"),
        CheckConstraint("btrim(title) <> ''", name="title"),
        CheckConstraint("num_nonnulls(station_code, position) = 1", name="station_or_point"),
        CheckConstraint(
            "num_nulls(position, given_lon, given_lat, given_datum) IN (0, 4)", name="given_pair"
        ),
        CheckConstraint(
            "position IS NOT NULL OR num_nonnulls(area_code, town_code) = 0", name="area_of_point"
        ),
        CheckConstraint(one_of("given_datum", ("wgs84", "gcj02", "bd09")), name="datum"),
        CheckConstraint(
            "position IS NULL OR coalesce("
            "ST_X(geom) BETWEEN -180 AND 180 AND ST_Y(geom) BETWEEN -90 AND 90, false)",
            name="position_in_range",
        ),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("ends_at - starts_at <= interval '366 days'", name="at_most_a_year"),
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint(one_of("access", Access), name="access"),
        CheckConstraint(one_of("status", ("scheduled", "cancelled")), name="status"),
        CheckConstraint("version >= 1", name="version"),
        UniqueConstraint("source_code", "source_key"),
        # what takes place near a point, or at a station
        Index("ix_events_geom", "geom", postgresql_using="gist"),
        Index("ix_events_station_code", "station_code"),
        # what has not ended yet: past events gather, and lists must not read them all
        Index("ix_events_ends_at", "ends_at"),
        Index("ix_events_area_code", "area_code"),
        Index("ix_events_register_version", "register_version"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    title_en: Mapped[str | None]
    station_code: Mapped[str | None] = mapped_column(ForeignKey("stations.code"))
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
    area_code: Mapped[str | None] = mapped_column(ForeignKey("areas.code"))
    town_code: Mapped[str | None] = mapped_column(ForeignKey("areas.code"))
    address: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int | None] = mapped_column(Integer)
    access: Mapped[str] = mapped_column(server_default=text("'unknown'"))
    how_to_join: Mapped[str | None]
    organiser: Mapped[str | None]
    phone: Mapped[str | None]
    notes: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default=text("'scheduled'"))
    source_code: Mapped[str] = mapped_column(ForeignKey("sources.code"))
    source_key: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    register_version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class EventHistory(Table):
    """Each version of each event as it was after the change, who made it, and how."""

    __tablename__ = "event_history"
    __table_args__ = (
        CheckConstraint(one_of("action", ("created", "updated", "cancelled")), name="action"),
        Index("ix_event_history_register_version", "register_version"),
    )

    event_code: Mapped[str] = mapped_column(ForeignKey("events.code"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    register_version: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    values: Mapped[dict[str, Any]]
