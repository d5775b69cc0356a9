"""Events: services at a place for a time. Values and reads; `event_writes.py` changes them.

Past events leave by themselves: every public list asks for what has not ended yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    any_,
    cast,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased, defer
from sqlalchemy.types import DateTime, Text

from geo.coordinates import BoundingBox, Datum, LonLat
from stations import accounts
from stations.accounts import Account
from stations.errors import EventNotFoundError
from stations.knn import box_around
from stations.station import Access, AreaName, GivenPosition, Status
from stations.tables import Area, Station
from stations.tables import Event as Row


class EventState(StrEnum):
    """Where an event is in its time."""

    UPCOMING = "upcoming"
    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Venue:
    """The station at which an event takes place."""

    code: str
    name: str
    address: str | None
    is_temporarily_closed: bool


@dataclass(frozen=True)
class Event:
    """One event as the register has it. `station` or `given` is None, and never both."""

    code: str
    kind: str
    title: str
    title_en: str | None
    station: Venue | None
    given: GivenPosition | None  # the point as somebody gave it
    point: LonLat | None  # WGS-84; None at a station that has no position yet
    area: AreaName | None
    town_code: str | None
    address: str | None  # its own; that of the station is in `station`
    starts_at: datetime
    ends_at: datetime
    capacity: int | None  # None: not known, or no limit
    access: Access
    how_to_join: str | None
    organiser: str | None
    phone: str | None
    notes: str | None
    is_cancelled: bool
    is_public: bool  # but for the time: its access and its station allow it
    source: str
    version: int
    updated_at: datetime

    def state(self, at: datetime) -> EventState:
        """Return where it is in its time at an instant; it has ended at `ends_at`."""
        if self.is_cancelled:
            return EventState.CANCELLED
        if self.ends_at <= at:
            return EventState.ENDED
        return EventState.RUNNING if self.starts_at <= at else EventState.UPCOMING


@dataclass(frozen=True)
class Wanted:
    """Which events a caller asks for: those that take place at some time in [since, until)."""

    since: datetime
    until: datetime | None = None
    kinds: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    station_code: str | None = None
    box: BoundingBox | None = None


@dataclass(frozen=True)
class EventPage:
    """One event more than asked for where there are more; how many match, and what is left out."""

    events: list[Event]
    matched: int
    left_out: dict[str, int]


@dataclass(frozen=True)
class NearbyEvent:
    """An event, and how far it is from a point in ellipsoid metres."""

    event: Event
    distance_m: int


IS_PUBLIC: ColumnElement[bool] = and_(
    Row.access != Access.STAFF_ONLY.value,
    or_(Row.station_code.is_(None), Station.is_public.is_(true())),
)
"""What everybody may see, past or not. It reads the station too, so it needs `_events()`'s join."""

_IS_SCHEDULED: ColumnElement[bool] = Row.status == "scheduled"


def may_edit(account: Account | None) -> ColumnElement[bool]:
    """Return the condition on events that keeps those which this person may edit.

    An administrator edits all; a manager those at stations that the manager may edit, and those at
    points in the areas of the scope; everybody else none.
    """
    if account is None or account.role not in {"administrator", "manager"}:
        return false()
    stations = select(Station.code).where(accounts.may_edit(account))
    at_station = Row.station_code.in_(stations)
    if account.role == "administrator":
        return or_(Row.station_code.is_(None), at_station)
    areas = accounts.areas_in_scope(account)
    return or_(at_station, Row.area_code.in_(areas), Row.town_code.in_(areas))


def get(session: Session, code: str, visible: ColumnElement[bool]) -> Event:
    """Read one event among those that `visible` allows; EventNotFoundError otherwise."""
    row = session.execute(_events().where(Row.code == code, visible)).one_or_none()
    if row is None:
        raise EventNotFoundError(code=code)
    return _event(row)


def is_among(session: Session, code: str, condition: ColumnElement[bool]) -> bool:
    """Whether an event is among those that a condition keeps."""
    found = _events().where(Row.code == code, condition).with_only_columns(Row.code)
    return session.execute(found).one_or_none() is not None


def page(
    session: Session,
    wanted: Wanted,
    at: datetime,
    *,
    after: tuple[datetime, str] | None,
    limit: int,
) -> EventPage:
    """List public events that have not ended at `at`, by their beginning and code.

    What is left out is counted once, in this order: ended, cancelled, access not known.
    """
    asked = [IS_PUBLIC, *_conditions(wanted)]
    going_on = and_(Row.ends_at > at, _IS_SCHEDULED)
    may_come = Row.access.in_(wanted.access) if wanted.access else true()
    not_known = and_(Row.access == Access.UNKNOWN.value, ~may_come)
    counts = session.execute(
        _events()
        .where(*asked)
        .with_only_columns(
            func.count().filter(going_on, may_come),
            func.count().filter(Row.ends_at <= at),
            func.count().filter(Row.ends_at > at, ~_IS_SCHEDULED),
            func.count().filter(going_on, not_known),
        )
    ).one()
    left_out = dict(zip(("ended", "cancelled", "access_unknown"), counts[1:], strict=True))
    return EventPage(
        events=_page(session, [*asked, going_on, may_come], after, limit),
        matched=counts[0],
        left_out={reason: count for reason, count in left_out.items() if count},
    )


def editable_page(
    session: Session,
    account: Account,
    wanted: Wanted,
    *,
    after: tuple[datetime, str] | None,
    limit: int,
) -> EventPage:
    """List the events that this person may edit: past, cancelled and staff-only ones too."""
    conditions = [may_edit(account), *_conditions(wanted)]
    if wanted.access:
        conditions.append(Row.access.in_(wanted.access))
    counted = _events().where(*conditions).with_only_columns(func.count())
    matched = session.execute(counted).scalar_one()
    return EventPage(_page(session, conditions, after, limit), matched, {})


def near(
    session: Session, origin: LonLat, within_m: int, wanted: Wanted, limit: int
) -> tuple[list[NearbyEvent], int]:
    """Find the public, scheduled events round a point (WGS-84), by (metres, beginning, code).

    Returns at most `limit`, and how many there are within `within_m`.
    """
    here = func.geography(func.ST_SetSRID(func.ST_MakePoint(origin.lon, origin.lat), 4326))
    place = func.geography(func.coalesce(Row.geom, Station.geom))
    metres = func.round(func.ST_Distance(place, here)).label("metres")
    found = (
        _events()
        .add_columns(metres)
        .where(IS_PUBLIC, _IS_SCHEDULED, *_conditions(wanted))
        .where(Row.code.in_(_codes_within(box_around(origin, within_m), wanted)))
        .where(metres <= within_m)
    )
    counted = select(func.count()).select_from(found.with_only_columns(Row.code).subquery())
    matched = session.execute(counted).scalar_one()
    if not matched:
        return [], 0
    nearest_first = found.order_by(metres, Row.starts_at, Row.code).limit(limit)
    rows = session.execute(nearest_first).all()
    return [NearbyEvent(_event(row), int(row.metres)) for row in rows], matched


def at_stations(session: Session, codes: Sequence[str], wanted: Wanted) -> dict[str, list[Event]]:
    """Return the public, scheduled events of each of these stations, by their beginning."""
    found = (
        _events()
        .where(IS_PUBLIC, _IS_SCHEDULED, *_conditions(wanted), _is_at(codes))
        .order_by(Row.starts_at, Row.code)
    )
    by_station: dict[str, list[Event]] = {}
    for row in session.execute(found):
        event = _event(row)
        if event.station is not None:
            by_station.setdefault(event.station.code, []).append(event)
    return by_station


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = _in_time(wanted)
    if wanted.kinds:
        conditions.append(Row.kind.in_(wanted.kinds))
    if wanted.station_code is not None:
        conditions.append(Row.station_code == wanted.station_code)
    if wanted.box is not None:
        west, south, east, north = (
            *(wanted.box.west, wanted.box.south),
            *(wanted.box.east, wanted.box.north),
        )
        envelope = func.ST_MakeEnvelope(west, south, east, north, 4326)
        conditions.append(Row.code.in_(_codes_within(envelope, wanted)))
    return conditions


def _in_time(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Row.ends_at > wanted.since]
    if wanted.until is not None:
        conditions.append(Row.starts_at < wanted.until)
    return conditions


def _codes_within(envelope: ColumnElement[Any], wanted: Wanted) -> Select[Any]:
    """Select the events in a box: at points of their own, and at public stations.

    The times are said here too, so that PostgreSQL may begin with the few events of a time or with
    the few places of a box, whichever are fewer.
    """
    points = select(Row.code).where(Row.geom.bool_op("&&")(envelope), *_in_time(wanted))
    at_stations = (
        select(Row.code)
        .join(Station, Station.code == Row.station_code)
        .where(Station.is_public, Station.geom.bool_op("&&")(envelope), *_in_time(wanted))
    )
    return select(union_all(points, at_stations).subquery().c.code)


def _is_at(codes: Sequence[str]) -> ColumnElement[bool]:
    return Row.station_code == any_(cast(list(codes), ARRAY(Text)))


def _page(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Event]:
    query = _events().where(*conditions).order_by(Row.starts_at, Row.code).limit(limit + 1)
    if after is not None:
        starts_at, code = after
        passed = tuple_(cast(starts_at, DateTime(timezone=True)), cast(code, Text))
        query = query.where(tuple_(Row.starts_at, Row.code) > passed)
    return [_event(row) for row in session.execute(query)]


def _events() -> Select[Any]:
    """Select what an `Event` holds, with its station and area, where it has them."""
    area = aliased(Area)
    place = func.coalesce(Row.geom, Station.geom)
    return (
        select(
            Row,
            Station.name.label("station_name"),
            Station.address.label("station_address"),
            Station.status.label("station_status"),
            area.code.label("in_area"),
            area.name.label("area_name"),
            func.ST_X(place).label("lon"),
            func.ST_Y(place).label("lat"),
            IS_PUBLIC.label("public"),
        )
        .select_from(Row)
        .outerjoin(Station, Station.code == Row.station_code)
        .outerjoin(area, area.code == func.coalesce(Row.area_code, Station.area_code))
        .options(defer(Row.position), defer(Row.geom))
        .execution_options(populate_existing=True)
    )


def _event(row: Any) -> Event:
    found: Row = row[0]
    station = given = None
    if found.station_code is not None:
        closed = row.station_status == Status.TEMPORARILY_CLOSED.value
        station = Venue(found.station_code, row.station_name, row.station_address, closed)
    elif found.given_lon is not None and found.given_lat is not None and found.given_datum:
        point = LonLat(found.given_lon, found.given_lat)
        given = GivenPosition(point, Datum(found.given_datum))
    return Event(
        code=found.code,
        kind=found.kind,
        title=found.title,
        title_en=found.title_en,
        station=station,
        given=given,
        point=None if row.lon is None else LonLat(row.lon, row.lat),
        area=None if row.in_area is None else AreaName(row.in_area, row.area_name),
        town_code=found.town_code,
        address=found.address,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        capacity=found.capacity,
        access=Access(found.access),
        how_to_join=found.how_to_join,
        organiser=found.organiser,
        phone=found.phone,
        notes=found.notes,
        is_cancelled=found.status == "cancelled",
        is_public=row.public,
        source=found.source_code,
        version=found.version,
        updated_at=found.updated_at,
    )
