"""Reads of the register: nearest by PostGIS, in a box or a cell, one, and my own."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    Select,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session, aliased, defer
from sqlalchemy.types import Double

from geo import cells
from geo.coordinates import BoundingBox, LonLat
from stations.errors import StationNotFoundError
from stations.filters import Filters, kind_walks
from stations.station import Access, AreaName, Closure, Station, Status
from stations.tables import Area
from stations.tables import Station as Row

METRES_PER_DEGREE_MIN = 110_500.0
"""Less than a degree of latitude anywhere on the ellipsoid, so that bounds err on the safe side."""

PLANAR_SAFETY = 0.99
"""Room for the curvature of the ellipsoid over the 20 km that nearest looks at most."""

IS_PUBLIC: ColumnElement[bool] = Row.is_public.is_(true())
"""What everybody may see."""

EVERY_ONE: ColumnElement[bool] = Row.withdrawn.is_(False)
"""All that the register has, public or not, but for additions that were taken back."""


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
        .where(Row.is_public, Row.geom.bool_op("&&")(box_around(origin, within_m)))
        .where(*kind_condition, *filters.fact_conditions())
        .order_by(nearest_first)
        .limit(k)
        for kind_condition in kind_walks(filters.kinds)
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
) -> tuple[int, dict[str, int]]:
    """Count public stations within `within_m`: those that match, and those left out as unknown.

    The second is of those which may match, but for some fact that is not known: by that fact.
    """
    near: list[ColumnExpressionArgument[bool]] = [
        Row.is_public,
        Row.geom.bool_op("&&")(box_around(origin, within_m)),
        func.round(func.ST_Distance(Row.position, _geography(_point(origin)))) <= within_m,
    ]
    return _count(session, near, filters)


def nearest_anywhere_m(session: Session, origin: LonLat, filters: Filters) -> int | None:
    """Metres to the nearest matching public station however far, roughly; None if there is none."""
    here = _point(origin)
    nearest = session.scalars(
        select(func.ST_Distance(Row.position, _geography(here)))
        .where(Row.is_public, *filters.conditions())
        .order_by(Row.geom.op("<->", return_type=Double())(here))
        .limit(1)
    ).one_or_none()
    return None if nearest is None else round(nearest)


def in_box(
    session: Session,
    *,
    box: BoundingBox | None,
    cell: int | None,
    filters: Filters,
    after_code: str | None,
    limit: int,
) -> tuple[list[Station], int, dict[str, int]]:
    """List public stations in a WGS-84 box and an H3 cell (res 5-9), ordered by code.

    Returns one more than `limit` where there are more, how many match in all, and how many are
    left out for each fact that is not known.
    """
    conditions = [IS_PUBLIC]
    if box is not None:
        envelope = func.ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4326)
        conditions.append(Row.geom.bool_op("&&")(envelope))
    if cell is not None:
        first, last = cells.descendants_range(cell, 9)
        conditions.append(Row.h3_9.between(first, last))
    matched, left_out = _count(session, conditions, filters)
    wanted = [*conditions, *filters.conditions()]
    return _read_page(session, wanted, after_code, limit), matched, left_out


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


def some(session: Session, codes: Sequence[str], visible: ColumnElement[bool]) -> list[Station]:
    """Read those of the stations that `visible` allows, ordered by code."""
    query = _stations().where(Row.code.in_(codes), visible).order_by(Row.code)
    return [_station(row) for row in session.execute(query)]


def walk(
    session: Session, conditions: Sequence[ColumnElement[bool]], at_a_time: int = 1_000
) -> Iterator[list[Station]]:
    """Read all stations that the conditions keep, ordered by code, some at a time."""
    after_code = ""
    while True:
        query = _stations().where(*conditions, Row.code > after_code).order_by(Row.code)
        found = [_station(row) for row in session.execute(query.limit(at_a_time))]
        if found:
            yield found
        if len(found) < at_a_time:
            return
        after_code = found[-1].code


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
    unplaced: bool = False,
) -> tuple[list[Station], int]:
    """List the stations of one person, public or not, ordered by code; as `in_box` returns them.

    `unplaced` keeps those that wait for a position.
    """
    conditions = [editable, Row.withdrawn.is_(False)]
    if unplaced:
        conditions.append(Row.position.is_(None))
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
    return _read_page(session, conditions, after_code, limit), matched


def _count(
    session: Session, conditions: Sequence[ColumnExpressionArgument[bool]], filters: Filters
) -> tuple[int, dict[str, int]]:
    """Count the wanted among the stations that the conditions keep, and those left out, by why."""
    counting = select(*filters.counts()).select_from(Row)
    matched, *others = session.execute(counting.where(*conditions, *filters.may_match())).one()
    left_out = dict(zip(filters.reasons(), others, strict=True))
    return matched, {reason: count for reason, count in left_out.items() if count}


def _read_page(
    session: Session, conditions: Sequence[ColumnElement[bool]], after_code: str | None, limit: int
) -> list[Station]:
    page = _stations().where(*conditions).order_by(Row.code).limit(limit + 1)
    if after_code is not None:
        page = page.where(Row.code > after_code)
    return [_station(row) for row in session.execute(page)]


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
        closures=tuple(closure_of(each) for each in found.closures),
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


def closure_of(kept: dict[str, str]) -> Closure:
    """Read a one-off closure as it is kept."""
    return Closure(
        starts_at=datetime.fromisoformat(kept["starts_at"]),
        ends_at=datetime.fromisoformat(kept["ends_at"]),
        reason=kept["reason"],
    )


def _point(point: LonLat) -> ColumnElement[Any]:
    return func.ST_SetSRID(func.ST_MakePoint(point.lon, point.lat), 4326)


def _geography(point: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.geography(point)


def box_around(origin: LonLat, within_m: int) -> ColumnElement[Any]:
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
