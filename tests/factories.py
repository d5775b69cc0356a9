"""Make areas and stations for tests."""

from typing import Any

from geoalchemy2.shape import from_shape
from shapely import MultiPolygon, box
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from geo import cells
from geo.coordinates import LonLat
from stations.tables import Area, Source, Station

CITY = LonLat(121.55, 29.87)


def add_source(session: Session, code: str = "test") -> None:
    row = {"code": code, "name": code, "licence": "none", "attribution": ""}
    session.execute(upsert(Source).values(row).on_conflict_do_nothing())


def add_areas(session: Session) -> None:
    """Add a city of two districts, west and east of longitude 121.55, and one town in the west."""
    add_source(session)
    west, east = box(121.0, 29.5, 121.55, 30.2), box(121.55, 29.5, 122.1, 30.2)
    rows = [
        ("330200", "市", "city", None, MultiPolygon([box(121.0, 29.5, 122.1, 30.2)])),
        ("330203", "西区", "district", "330200", MultiPolygon([west])),
        ("330212", "东区", "district", "330200", MultiPolygon([east])),
        ("330203001", "西街道", "town", "330203", None),
        ("330212001", "东街道", "town", "330212", None),
    ]
    for code, name, level, parent, shape in rows:
        session.execute(
            insert(Area).values(
                code=code,
                name=name,
                level=level,
                parent_code=parent,
                boundary=None if shape is None else from_shape(shape, srid=4326),
                counts_as_town=level == "town",
                source_code="test",
            )
        )


def station_row(code: str, point: LonLat | None = CITY, **columns: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "code": code,
        "kind": "rest_station",
        "name": f"驿站 {code}",
        "source_code": "test",
        "register_version": 1,
        "access": "everyone",
    }
    if point is not None:
        row |= {
            "position": f"SRID=4326;POINT({point.lon!r} {point.lat!r})",
            "given_lon": point.lon,
            "given_lat": point.lat,
            "given_datum": "wgs84",
            "h3_9": cells.cell_of(point, 9),
        }
    return row | columns


def add_station(session: Session, code: str, point: LonLat | None = CITY, **columns: Any) -> None:
    add_source(session)
    session.execute(insert(Station).values(station_row(code, point, **columns)))
