"""Reads of the register: nearest by PostGIS, in a box or a cell, one, and my own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    cast,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased, defer
from sqlalchemy.types import Double, Text

from geo import cells
from geo.coordinates import BoundingBox, LonLat
from stations.errors import StationNotFoundError
from stations.station import Access, AreaName, Closure, Station, Status
from stations.tables import Area
from stations.tables import Station as Row

METRES_PER_DEGREE_MIN = 110_500.0
"""Less than a degree of latitude anywhere on the ellipsoid, so that bounds err on the safe side."""

PLANAR_SAFETY = 0.99
"""Room for the curvature of the ellipsoid over the 20 km that nearest looks at most."""

IS_PUBLIC: ColumnElement[bool] = Row.is_public.is_(true())
"""What everybody may see."""


@dataclass(frozen=True)
class Filters:
    """Which stations a caller wants: any of the kinds, all of the services."""

    kinds: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    include_unknown_services: bool = False


@dataclass(frozen=True)
class Frontier:
    """Public stations round a point, nearest first, and how far none can be missing."""

    found: list[tuple[Station, int]]  # with ellipsoid metres, by (metres, code)
    certain_m: float  # every matching station nearer than this is in `found`


def knn(session: Session, origin: LonLat, within_m: int, filters: Filters, k: int) -> Frontier:
    """Find about `k` public stations nearest to `origin` (WGS-84), at most `within_m` away.

    PostGIS walks its GiST index in planar degrees, which orders wrongly; the candidates are then
    measured on the ellipsoid. `Frontier.certain_m` says up to where that is proved complete: what
    the walk left out lies beyond its last candidate in degrees, and so beyond that in metres.
    """
    rows = session.execute(knn_statement(origin, within_m, filters, k)).all()
    certain_m = math.inf
    if len(rows) >= k:
        certain_m = _certain_m(origin, within_m, sorted(row.degrees for row in rows)[k - 1])
    found = [(_station(row), round(row.distance_m)) for row in rows]
    found = [(station, metres) for station, metres in found if metres <= within_m]
    found.sort(key=lambda pair: (pair[1], pair[0].code))
    return Frontier(found=found, certain_m=certain_m)


def knn_statement(origin: LonLat, within_m: int, filters: Filters, k: int) -> Select[Any]:
    """Return what `knn` asks PostGIS: an index walk a kind, refined on the ellipsoid."""
    here = _point(origin)
    nearest_first: ColumnElement[float] = Row.geom.op("<->", return_type=Double())(here)
    walks = [
        select(Row.code, nearest_first.label("degrees"))
        .where(Row.is_public, Row.geom.bool_op("&&")(_envelope(origin, within_m)))
        .where(*kind_condition, *_service_conditions(filters))
        .order_by(nearest_first)
        .limit(k)
        for kind_condition in _kind_walks(filters.kinds)
    ]
    first, *others = [select(walk.subquery()) for walk in walks]
    walked = union_all(first, *others) if others else walks[0]
    candidates = walked.cte("candidates").prefix_with("MATERIALIZED", dialect="postgresql")
    distance_m = func.ST_Distance(Row.position, _geography(here))
    return (
        _stations()
        .add_columns(distance_m.label("distance_m"), candidates.c.degrees)
        .join(candidates, candidates.c.code == Row.code)
    )


def count_within(
    session: Session, origin: LonLat, within_m: int, filters: Filters
) -> tuple[int, int]:
    """Count public stations within `within_m`: those that match, and those left out as unknown.

    The second number is of those of the kinds wanted, which may have all the services wanted but
    for some of which that is not known.
    """
    wanted = _text_array(filters.services)
    may_match = and_(true(), *_kind_conditions(filters.kinds), ~Row.services_no.overlap(wanted))
    known = Row.services_yes.contains(wanted)
    counts = session.execute(
        select(
            func.count().filter(known),
            func.count().filter(~known),
        ).where(
            Row.is_public,
            Row.geom.bool_op("&&")(_envelope(origin, within_m)),
            func.round(func.ST_Distance(Row.position, _geography(_point(origin)))) <= within_m,
            may_match,
        )
    ).one()
    matched, unknown = int(counts[0]), int(counts[1])
    return (matched + unknown, 0) if filters.include_unknown_services else (matched, unknown)


def nearest_anywhere_m(session: Session, origin: LonLat, filters: Filters) -> int | None:
    """Metres to the nearest matching public station however far, roughly; None if there is none."""
    here = _point(origin)
    nearest = session.scalars(
        select(func.ST_Distance(Row.position, _geography(here)))
        .where(Row.is_public, *_kind_conditions(filters.kinds), *_service_conditions(filters))
        .order_by(Row.geom.op("<->", return_type=Double())(here))
        .limit(1)
    ).one_or_none()
    return None if nearest is None else round(nearest)


def in_box(
    session: Session,
    *,
    box: BoundingBox | None,
    cell: int | None,
    kinds: tuple[str, ...],
    after_code: str | None,
    limit: int,
) -> tuple[list[Station], int]:
    """List public stations in a WGS-84 box and an H3 cell (res 5-9), ordered by code.

    Returns one more than `limit` where there are more, and how many match in all.
    """
    conditions = [IS_PUBLIC, *_kind_conditions(kinds)]
    if box is not None:
        envelope = func.ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4326)
        conditions.append(Row.geom.bool_op("&&")(envelope))
    if cell is not None:
        first, last = cells.descendants_range(cell, 9)
        conditions.append(Row.h3_9.between(first, last))
    return _page(session, conditions, after_code, limit)


def get(session: Session, code: str, visible: ColumnElement[bool]) -> Station:
    """Read one station among those that `visible` allows; StationNotFoundError otherwise."""
    row = session.execute(_stations().where(Row.code == code, visible)).one_or_none()
    if row is None:
        raise StationNotFoundError(code=code)
    return _station(row)


def all_in_box(session: Session, box: BoundingBox) -> list[Station]:
    """List all public stations in a WGS-84 box, ordered by code."""
    envelope = func.ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4326)
    query = _stations().where(Row.is_public, Row.geom.bool_op("&&")(envelope)).order_by(Row.code)
    return [_station(row) for row in session.execute(query)]


def is_among(session: Session, code: str, condition: ColumnElement[bool]) -> bool:
    """Whether a station is among those that a condition keeps."""
    return session.scalars(
        select(select(Row.code).where(Row.code == code, condition).exists())
    ).one()


def editable_list(
    session: Session,
    editable: ColumnElement[bool],
    *,
    containing: str | None,
    after_code: str | None,
    limit: int,
) -> tuple[list[Station], int]:
    """List the stations of one person, public or not, ordered by code; as `in_box` returns them."""
    conditions = [editable, Row.withdrawn.is_(False)]
    if containing:
        pattern = (
            "%" + containing.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
        )
        conditions.append(
            or_(Row.name.ilike(pattern), Row.code.ilike(pattern), Row.address.ilike(pattern))
        )
    return _page(session, conditions, after_code, limit)


def count_public(session: Session) -> int:
    """Count the public stations."""
    return session.scalars(select(func.count()).select_from(Row).where(Row.is_public)).one()


def has_source(session: Session, source: str) -> bool:
    """Whether any station comes from this source."""
    return session.scalars(select(select(Row.code).where(Row.source_code == source).exists())).one()


def _page(
    session: Session, conditions: list[ColumnElement[bool]], after_code: str | None, limit: int
) -> tuple[list[Station], int]:
    """Return one station more than `limit` where there are more, and how many match in all."""
    matched = session.scalars(select(func.count()).select_from(Row).where(*conditions)).one()
    page = _stations().where(*conditions).order_by(Row.code).limit(limit + 1)
    if after_code is not None:
        page = page.where(Row.code > after_code)
    return [_station(row) for row in session.execute(page)], matched


def _stations() -> Select[Any]:
    """Select what a `Station` holds. An area may be unknown, and must not make a station vanish."""
    area = aliased(Area)
    return (
        select(Row, area.name.label("area_name"), func.ST_X(Row.geom), func.ST_Y(Row.geom))
        .outerjoin(area, area.code == Row.area_code)
        .options(defer(Row.position), defer(Row.geom), defer(Row.imported))
        .execution_options(populate_existing=True)
    )


def _station(row: Any) -> Station:
    found: Row = row[0]
    return Station(
        code=found.code,
        kind=found.kind,
        also_kinds=tuple(found.also_kinds),
        name=found.name,
        name_en=found.name_en,
        aliases=tuple(found.aliases),
        brand=found.brand,
        tier=found.tier,
        level=found.level,
        built_as=found.built_as,
        built_by=found.built_by,
        honours=tuple(found.honours),
        status=Status(found.status),
        access=Access(found.access),
        entry=tuple(found.entry),
        services_yes=frozenset(found.services_yes),
        services_no=frozenset(found.services_no),
        address=found.address,
        way_in=found.way_in,
        phone=found.phone,
        hours_text=found.hours_text,
        hours=found.hours,
        closures=tuple(_closure(each) for each in found.closures),
        capacity_per_day=found.capacity_per_day,
        notes=found.notes,
        point=None if row[2] is None else LonLat(row[2], row[3]),
        position_verified=found.position_verified,
        h3_9=found.h3_9,
        area=None if found.area_code is None else AreaName(found.area_code, row.area_name),
        town_code=found.town_code,
        checked=dict(found.checked),
        source=found.source_code,
        is_public=found.is_public,
        version=found.version,
        updated_at=found.updated_at,
    )


def _closure(kept: dict[str, str]) -> Closure:
    return Closure(
        starts_at=datetime.fromisoformat(kept["starts_at"]),
        ends_at=datetime.fromisoformat(kept["ends_at"]),
        reason=kept["reason"],
    )


def _point(point: LonLat) -> ColumnElement[Any]:
    return func.ST_SetSRID(func.ST_MakePoint(point.lon, point.lat), 4326)


def _geography(point: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.geography(point)


def _envelope(origin: LonLat, within_m: int) -> ColumnElement[Any]:
    """Return a box in degrees that holds every point within `within_m` of `origin`."""
    lat_reach = within_m / METRES_PER_DEGREE_MIN / PLANAR_SAFETY
    lon_reach = lat_reach / max(_narrowest(origin, lat_reach), 1e-6)
    return func.ST_MakeEnvelope(
        max(origin.lon - lon_reach, -180),
        max(origin.lat - lat_reach, -90),
        min(origin.lon + lon_reach, 180),
        min(origin.lat + lat_reach, 90),
        4326,
    )


def _narrowest(origin: LonLat, lat_reach: float) -> float:
    """Return the cosine of the highest latitude in reach: the shortest degree of longitude."""
    return max(math.cos(math.radians(min(abs(origin.lat) + lat_reach, 90.0))), 0.0)


def _certain_m(origin: LonLat, within_m: int, degrees: float) -> float:
    lat_reach = within_m / METRES_PER_DEGREE_MIN / PLANAR_SAFETY
    shortest = METRES_PER_DEGREE_MIN * _narrowest(origin, lat_reach)
    # one metre less: distances are rounded to whole metres before they are compared
    return degrees * shortest * PLANAR_SAFETY - 1


def _kind_walks(kinds: tuple[str, ...]) -> list[list[ColumnElement[bool]]]:
    """One index walk a kind, by the (kind, geom) index, and one for places with further kinds."""
    if not kinds:
        return [[]]
    further = and_(Row.also_kinds.overlap(_text_array(kinds)), Row.kind.not_in(kinds))
    return [*[[Row.kind == kind] for kind in kinds], [further]]


def _kind_conditions(kinds: tuple[str, ...]) -> list[ColumnElement[bool]]:
    if not kinds:
        return []
    return [or_(Row.kind.in_(kinds), Row.also_kinds.overlap(_text_array(kinds)))]


def _service_conditions(filters: Filters) -> list[ColumnElement[bool]]:
    if not filters.services:
        return []
    wanted = _text_array(filters.services)
    if filters.include_unknown_services:
        return [~Row.services_no.overlap(wanted)]
    return [Row.services_yes.contains(wanted)]


def _text_array(values: Sequence[str]) -> ColumnElement[Any]:
    return cast(list(values), ARRAY(Text))
