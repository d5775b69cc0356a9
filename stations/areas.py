"""Areas with their cells, sources and populations: loading them, and listing areas.

Boundaries are WGS-84. Every write compares with what is stored first: where nothing differs it
writes nothing, and the register's version stays.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from shapely import MultiPolygon
from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, text, true
from sqlalchemy.orm import Session, aliased

from geo import cells
from stations import area_moves, tables
from stations.bulk import copy_columns, upsert, values_of
from stations.demand import RESOLUTION
from stations.errors import AreaNotFoundError, InvalidInputError
from stations.register import next_version
from stations.search_index import refresh_areas

LEVELS = ("city", "district", "town", "zone")  # parents first: rows refer to their parent


@dataclass(frozen=True)
class SourceRow:
    """Where facts come from, and on what terms."""

    code: str
    name: str
    licence: str
    attribution: str
    url: str | None = None
    retrieved_on: date | None = None


@dataclass(frozen=True)
class AreaRow:
    """A city, district, town or zone; `boundary` is WGS-84, or None where it is not known."""

    code: str
    name: str
    level: str
    source_code: str
    name_en: str | None = None
    parent_code: str | None = None
    counts_as_town: bool = False
    boundary: MultiPolygon | None = None


@dataclass(frozen=True)
class ListedArea(AreaRow):
    """An area as stored. `boundary` is None unless asked for; `has_boundary` always tells."""

    has_boundary: bool = False


@dataclass(frozen=True)
class PopulationRow:
    """Residents of an area on a day, as published."""

    area_code: str
    on_date: date
    residents: int
    source_code: str


def upsert_sources(session: Session, sources: Iterable[SourceRow]) -> bool:
    """Add sources and mend changed ones; return whether anything differed."""
    return _mend(session, tables.Source, SourceRow, ["code"], list(sources))


def set_populations(session: Session, populations: Iterable[PopulationRow]) -> bool:
    """Add populations and mend changed ones; return whether anything differed."""
    keys = ["area_code", "on_date"]
    return _mend(session, tables.Population, PopulationRow, keys, list(populations))


def replace_areas(
    session: Session,
    areas: Sequence[AreaRow],
    progress: Callable[[str], None] = lambda _line: None,
) -> bool:
    """Add areas and mend changed ones, and store the cells of leaf areas whose boundary changed.

    A leaf area is one that has a boundary, is no zone, and has no part with a boundary. Areas that
    are not given stay. A changed boundary takes the demand in it away: load demand again; stations
    and events that lie in another area now change theirs. Returns whether anything differed. Raises
    InvalidInputError for a boundary that is not valid, leaf areas that overlap or have gaps at
    their borders, or a parent that does not exist.
    """
    for area in areas:
        _check_boundary(area)
    stored: dict[str, AreaRow] = {area.code: area for area in stored_areas(session)}
    after = stored | {area.code: area for area in areas}
    _check_parents(after)
    leaves = _leaves(after.values())
    _check_coverage(leaves)
    changed = [area for area in areas if stored.get(area.code) != area]
    _write_areas(session, sorted(changed, key=lambda area: LEVELS.index(area.level)))
    recovered = _replace_cells(session, stored, leaves, progress)
    redrawn = any(
        area.code not in stored or stored[area.code].boundary != area.boundary for area in changed
    )
    moved = area_moves.find(session) if redrawn else None  # locks before the register
    if changed or recovered:
        version = next_version(session)
        if moved is not None:
            area_moves.write(session, moved, version)
            if moved.stations or moved.events:
                progress(
                    f"{len(moved.stations)} 个站点、{len(moved.events)} 个活动换了区域"
                    " / stations and events changed area"
                )
    refresh_areas(session, [area.code for area in changed])
    return bool(changed or recovered)


def list_areas(
    session: Session,
    level: str | None = None,
    parent: str | None = None,
    *,
    with_geometry: bool = False,
) -> list[ListedArea]:
    """List areas by code: of one level, of one parent, or all."""
    query = select(tables.Area.code)
    if level is not None:
        query = query.where(tables.Area.level == level)
    if parent is not None:
        query = query.where(tables.Area.parent_code == parent)
    return _read_listed(session, query, with_geometry=with_geometry)


def leaf_areas(session: Session, *, with_geometry: bool = False) -> list[ListedArea]:
    """List by code the areas that hold demand: with a boundary, and no part that has one."""
    part = aliased(tables.Area)
    has_parts = exists().where(
        part.parent_code == tables.Area.code, part.boundary.is_not(None), part.level != "zone"
    )
    query = select(tables.Area.code).where(
        tables.Area.boundary.is_not(None), tables.Area.level != "zone", ~has_parts
    )
    return _read_listed(session, query, with_geometry=with_geometry)


def get_area(
    session: Session, code: str, *, field: str = "area", with_geometry: bool = False
) -> ListedArea:
    """Return one area; raise AreaNotFoundError naming `field` where there is none."""
    query = select(tables.Area.code).where(tables.Area.code == code)
    found = _read_listed(session, query, with_geometry=with_geometry)
    if not found:
        raise AreaNotFoundError(field=field, value=code)
    return found[0]


def _invalid(field: str, problem_zh: str, problem_en: str) -> InvalidInputError:
    return InvalidInputError(field=field, problem_zh=problem_zh, problem_en=problem_en)


def _check_boundary(area: AreaRow) -> None:
    if area.level not in LEVELS:
        raise _invalid("level", f"没有“{area.level}”这一级", f"there is no level “{area.level}”")
    if area.boundary is None:
        return
    field = f"boundary ({area.code} {area.name})"
    if area.boundary.is_empty:
        raise _invalid(field, "边界是空的", "the boundary is empty")
    west, south, east, north = area.boundary.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise _invalid(field, "经纬度超出范围", "longitude or latitude is out of range")
    if not area.boundary.is_valid:
        reason = shapely.is_valid_reason(area.boundary)
        raise _invalid(field, f"边界无效：{reason}", f"the boundary is not valid: {reason}")


def _check_parents(areas: dict[str, AreaRow]) -> None:
    for area in areas.values():
        if area.parent_code is not None and area.parent_code not in areas:
            raise AreaNotFoundError(field=f"parent_code ({area.code})", value=area.parent_code)


def _leaves(areas: Iterable[AreaRow]) -> list[AreaRow]:
    bounded = [area for area in areas if area.boundary is not None and area.level != "zone"]
    divided = {area.parent_code for area in bounded}
    return [area for area in bounded if area.code not in divided]


def _check_coverage(leaves: Sequence[AreaRow]) -> None:
    boundaries = [area.boundary for area in leaves]
    if shapely.coverage_is_valid(boundaries):
        return
    edges = shapely.coverage_invalid_edges(boundaries)
    wrong = "、".join(
        f"{area.code} {area.name}"
        for area, edge in zip(leaves, edges, strict=True)
        if not edge.is_empty
    )
    raise _invalid(
        "boundary",
        f"区域互相重叠或边界不相接：{wrong}",
        f"areas overlap, or their borders do not match: {wrong}",
    )


def _write_areas(session: Session, areas: Sequence[AreaRow]) -> None:
    rows = [
        values_of(area)
        | {"boundary": None if area.boundary is None else from_shape(area.boundary, srid=4326)}
        for area in areas
    ]
    upsert(session, tables.Area, ["code"], rows)


def _replace_cells(
    session: Session,
    stored: dict[str, AreaRow],
    leaves: Sequence[AreaRow],
    progress: Callable[[str], None],
) -> bool:
    """Store the cells of new and changed leaves, and forget those of areas that are none now."""
    codes = {area.code for area in leaves}
    held = set(session.scalars(select(tables.CellArea.area_code).distinct()))
    covered = [
        area
        for area in leaves
        if area.code not in held or stored[area.code].boundary != area.boundary
    ]
    stale = held - codes | {area.code for area in covered} & held
    if stale:
        session.execute(delete(tables.Demand).where(tables.Demand.area_code.in_(stale)))
        session.execute(delete(tables.CellArea).where(tables.CellArea.area_code.in_(stale)))
    for area in covered:
        if area.boundary is None:  # leaves have one
            continue
        found = cells.cover(area.boundary, RESOLUTION)
        progress(f"{area.name}：{len(found.cells)} 个网格 / H3 cells")
        copy_columns(
            session,
            tables.CellArea.__tablename__,
            {
                "cell": found.cells.tolist(),
                "area_code": [area.code] * len(found.cells),
                "share": found.shares.tolist(),
            },
        )
    if covered or stale:
        session.execute(text("ANALYZE cell_area"))
    return bool(covered or stale)


def stored_areas(session: Session) -> list[AreaRow]:
    """Return all areas with their boundaries, by code."""
    found = list_areas(session, with_geometry=True)
    names = [field.name for field in fields(AreaRow)]
    return [AreaRow(**{name: getattr(area, name) for name in names}) for area in found]


def _read_listed(session: Session, codes: Select[str], *, with_geometry: bool) -> list[ListedArea]:
    area = tables.Area
    query = select(
        area.code,
        area.name,
        area.level,
        area.source_code,
        area.name_en,
        area.parent_code,
        area.counts_as_town,
        area.boundary.is_not(None).label("has_boundary"),
    ).where(area.code.in_(codes))
    if with_geometry:
        query = query.add_columns(func.ST_AsBinary(area.boundary).label("boundary"))
    return [_listed(row) for row in session.execute(query.order_by(area.code)).mappings()]


def _listed(row: Any) -> ListedArea:
    values = dict(row)
    wkb = values.pop("boundary", None)
    boundary = None if wkb is None else shapely.from_wkb(bytes(wkb))
    if boundary is not None and not isinstance(boundary, MultiPolygon):
        raise TypeError(f"areas.boundary holds a {boundary.geom_type}")
    return ListedArea(**values, boundary=boundary)


def _mend(
    session: Session,
    table: type[tables.Table],
    row_type: type[Any],
    keys: Sequence[str],
    rows: Sequence[Any],
) -> bool:
    """Write the rows that differ from stored ones; return whether any did."""
    columns = [getattr(table, field.name) for field in fields(row_type)]
    stored = {row_type(*values) for values in session.execute(select(*columns))}
    changed = [row for row in rows if row not in stored]
    upsert(session, table, keys, [values_of(row) for row in changed])
    if changed:
        next_version(session)
    return bool(changed)


def populations(session: Session) -> dict[str, dict[date, int]]:
    """Return the residents of each area by day."""
    found: dict[str, dict[date, int]] = {}
    rows = select(tables.Population).order_by(
        tables.Population.area_code, tables.Population.on_date
    )
    for row in session.scalars(rows):
        found.setdefault(row.area_code, {})[row.on_date] = row.residents
    return found


def populations_of_others(session: Session, sources: Iterable[str]) -> set[tuple[str, date]]:
    """Return area and day of the residents that come from none of these sources."""
    row = tables.Population
    found = select(row.area_code, row.on_date).where(row.source_code.not_in(list(sources)))
    return {(each.area_code, each.on_date) for each in session.execute(found)}


def every_source(session: Session) -> list[SourceRow]:
    """List all sources by code, for those who may see every station."""
    return _sources(session, true())


def list_sources(session: Session) -> list[SourceRow]:
    """List the sources by code, but for those of which nothing is to be seen.

    A house whose rooms are all its staff's would otherwise be named by its source.
    """
    station, source = tables.Station, tables.Source
    of_source = select(station.code).where(station.source_code == source.code)
    hidden = and_(of_source.exists(), ~of_source.where(station.is_public.is_(true())).exists())
    of_areas = select(tables.Area.code).where(tables.Area.source_code == source.code).exists()
    return _sources(session, or_(~hidden, of_areas))


def _sources(session: Session, condition: ColumnElement[bool]) -> list[SourceRow]:
    names = [field.name for field in fields(SourceRow)]
    rows = session.scalars(select(tables.Source).where(condition).order_by(tables.Source.code))
    return [SourceRow(**{name: getattr(row, name) for name in names}) for row in rows]
