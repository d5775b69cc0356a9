"""What people read of a station, area or place that a search found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, null, select
from sqlalchemy.orm import Session, aliased

from geo.coordinates import LonLat
from stations.station import AreaName
from stations.tables import Area, Place, Station


@dataclass(frozen=True)
class Details:
    """A station, area or place in short. `kind` is a station's or place's, or an area's level."""

    type: str
    code: str
    name: str
    name_en: str | None
    kind: str
    area: AreaName | None
    address: str | None
    source: str
    point: LonLat | None  # WGS-84; of an area one inside it


def details_of(
    session: Session, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Details]:
    """Read what is public of these (type, code); what is gone or not public is left out."""
    found: dict[tuple[str, str], Details] = {}
    for type_, query, code in (
        ("station", _stations(), Station.code),
        ("area", _areas(), Area.code),
        ("place", _places(), Place.code),
    ):
        codes = [each for its_type, each in wanted if its_type == type_]
        if codes:
            for row in session.execute(query.where(code.in_(codes))):
                found[type_, row.code] = _details(type_, row)
    return found


def _stations() -> Select[Any]:
    area = aliased(Area)
    return (
        select(
            *(Station.code, Station.name, Station.name_en, Station.kind, Station.address),
            Station.source_code.label("source"),
            *(area.code.label("area_code"), area.name.label("area_name")),
            *_lon_lat(Station.geom),
        )
        .outerjoin(area, area.code == Station.area_code)
        .where(Station.is_public)
    )


def _areas() -> Select[Any]:
    parent = aliased(Area)
    return select(
        *(Area.code, Area.name, Area.name_en, Area.level.label("kind"), null().label("address")),
        Area.source_code.label("source"),
        *(parent.code.label("area_code"), parent.name.label("area_name")),
        *_lon_lat(func.ST_PointOnSurface(Area.boundary)),
    ).outerjoin(parent, parent.code == Area.parent_code)


def _places() -> Select[Any]:
    area = aliased(Area)
    return select(
        *(Place.code, Place.name, Place.name_en, Place.kind, Place.address),
        Place.source_code.label("source"),
        *(area.code.label("area_code"), area.name.label("area_name")),
        *_lon_lat(func.geometry(Place.position)),
    ).outerjoin(area, area.code == Place.area_code)


def _lon_lat(geometry: Any) -> tuple[Any, Any]:
    return func.ST_X(geometry).label("lon"), func.ST_Y(geometry).label("lat")


def _details(type_: str, row: Any) -> Details:
    return Details(
        type=type_,
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        kind=row.kind,
        area=None if row.area_code is None else AreaName(row.area_code, row.area_name),
        address=row.address,
        source=row.source,
        point=None if row.lon is None else LonLat(row.lon, row.lat),
    )
