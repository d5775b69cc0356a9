"""Reads of the register: in a box or a cell, one, some, all, and my own."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, ColumnExpressionArgument, func, or_, select, true
from sqlalchemy.orm import Session

from geo import cells
from geo.coordinates import BoundingBox
from stations.errors import StationNotFoundError
from stations.filters import Filters
from stations.station import Station
from stations.station_rows import station_of, stations_query
from stations.tables import Station as Row

IS_PUBLIC: ColumnElement[bool] = Row.is_public.is_(true())
"""What everybody may see."""

EVERY_ONE: ColumnElement[bool] = Row.withdrawn.is_(False)
"""All that the register has, public or not, but for additions that were taken back."""


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
    matched, left_out = count(session, conditions, filters)
    wanted = [*conditions, *filters.conditions()]
    return _read_page(session, wanted, after_code, limit), matched, left_out


def get(session: Session, code: str, visible: ColumnElement[bool]) -> Station:
    """Read one station among those that `visible` allows; StationNotFoundError otherwise."""
    row = session.execute(stations_query().where(Row.code == code, visible)).one_or_none()
    if row is None:
        raise StationNotFoundError(code=code)
    return station_of(row)


def all_in_box(session: Session, box: BoundingBox) -> list[Station]:
    """List all public stations in a WGS-84 box, ordered by code."""
    envelope = func.ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4326)
    query = (
        stations_query().where(Row.is_public, Row.geom.bool_op("&&")(envelope)).order_by(Row.code)
    )
    return [station_of(row) for row in session.execute(query)]


def some(session: Session, codes: Sequence[str], visible: ColumnElement[bool]) -> list[Station]:
    """Read those of the stations that `visible` allows, ordered by code."""
    query = stations_query().where(Row.code.in_(codes), visible).order_by(Row.code)
    return [station_of(row) for row in session.execute(query)]


def walk(
    session: Session, conditions: Sequence[ColumnElement[bool]], at_a_time: int = 1_000
) -> Iterator[list[Station]]:
    """Read all stations that the conditions keep, ordered by code, some at a time."""
    after_code = ""
    while True:
        query = stations_query().where(*conditions, Row.code > after_code).order_by(Row.code)
        found = [station_of(row) for row in session.execute(query.limit(at_a_time))]
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


def count(
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
    page = stations_query().where(*conditions).order_by(Row.code).limit(limit + 1)
    if after_code is not None:
        page = page.where(Row.code > after_code)
    return [station_of(row) for row in session.execute(page)]
