"""Rows of the register as the values that the program shares."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from geo.coordinates import LonLat
from stations.station import Access, AreaName, Closure, Station, Status
from stations.tables import Area
from stations.tables import Station as Row

_HELD = (
    "code",
    "kind",
    "also_kinds",
    "name",
    "name_en",
    "aliases",
    "brand",
    "tier",
    "level",
    "built_as",
    "built_by",
    "honours",
    "status",
    "access",
    "entry",
    "services_yes",
    "services_no",
    "address",
    "way_in",
    "phone",
    "hours_text",
    "hours",
    "closures",
    "capacity_per_day",
    "notes",
    "position_verified",
    "h3_9",
    "area_code",
    "town_code",
    "checked",
    "source_code",
    "is_public",
    "version",
    "updated_at",
)


def stations_query() -> Select[Any]:
    """Select what a `Station` holds. An area may be unknown, and must not make a station vanish.

    Columns and not the mapped class, which takes three times as long to read 200,000 rows.
    """
    area = aliased(Area)
    return (
        select(
            *(getattr(Row, name) for name in _HELD),
            area.name.label("area_name"),
            func.ST_X(Row.geom).label("lon"),
            func.ST_Y(Row.geom).label("lat"),
        )
        .select_from(Row)
        .outerjoin(area, area.code == Row.area_code)
    )


def station_of(row: Any) -> Station:
    """Return the station of a row of `stations_query`."""
    return Station(
        code=row.code,
        kind=row.kind,
        also_kinds=tuple(row.also_kinds),
        name=row.name,
        name_en=row.name_en,
        aliases=tuple(row.aliases),
        brand=row.brand,
        tier=row.tier,
        level=row.level,
        built_as=row.built_as,
        built_by=row.built_by,
        honours=tuple(row.honours),
        status=Status(row.status),
        access=Access(row.access),
        entry=tuple(row.entry),
        services_yes=frozenset(row.services_yes),
        services_no=frozenset(row.services_no),
        address=row.address,
        way_in=row.way_in,
        phone=row.phone,
        hours_text=row.hours_text,
        hours=row.hours,
        closures=tuple(closure_of(each) for each in row.closures),
        capacity_per_day=row.capacity_per_day,
        notes=row.notes,
        point=None if row.lon is None else LonLat(row.lon, row.lat),
        position_verified=row.position_verified,
        h3_9=row.h3_9,
        area=None if row.area_code is None else AreaName(row.area_code, row.area_name),
        town_code=row.town_code,
        checked=dict(row.checked),
        source=row.source_code,
        is_public=row.is_public,
        version=row.version,
        updated_at=row.updated_at,
    )


def closure_of(kept: dict[str, str]) -> Closure:
    """Read a one-off closure as it is kept."""
    return Closure(
        starts_at=datetime.fromisoformat(kept["starts_at"]),
        ends_at=datetime.fromisoformat(kept["ends_at"]),
        reason=kept["reason"],
    )
