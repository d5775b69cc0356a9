"""Writes to events: row, version, history and register version in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, cast, literal, select
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.types import BigInteger

from stations import accounts, code_counters, events, history, placing, search
from stations.accounts import Account
from stations.errors import (
    EventNotFoundError,
    InvalidInputError,
    OutsideServedAreaError,
    StaleVersionError,
)
from stations.plain_text import require_plain, tidied
from stations.register import next_version
from stations.settings import load_settings
from stations.station import GivenPosition
from stations.tables import Event, EventHistory, Source, Station
from stations.taxonomy import EVENT_LETTERS, taxonomy

TEXT_MAX_LENGTH = {
    "title": 200,
    "title_en": 200,
    "address": 1_000,
    "how_to_join": 1_000,
    "organiser": 200,
    "phone": 50,
    "notes": 1_000,
}
SEVERAL_LINES_FIELDS = ("address", "how_to_join", "notes")
TERM_FIELDS = {"kind": "event_kind", "access": "access", "status": "event_status"}
NEEDED = ("kind", "title", "starts_at", "ends_at")
LONGEST = timedelta(days=366)

ENTERED_SOURCE = "entered"
"""The source of events at points of their own that name none; at a station it is the station's."""


@dataclass(frozen=True)
class EventRow:
    """What a seed says of one event at a station. `source_key` tells it from the source's others.

    `station_key` is what the same source calls the station.
    """

    source_key: str
    station_key: str
    kind: str
    title: str
    title_en: str | None
    starts_at: datetime
    ends_at: datetime
    access: str
    capacity: int | None = None
    how_to_join: str | None = None
    organiser: str | None = None
    notes: str | None = None
    status: str = "scheduled"


def create(session: Session, values: Mapping[str, Any], account: Account, at: datetime) -> str:
    """Add an event where this person may; return its code.

    `values` holds the columns' new values, `station` a station's code or `position` a
    GivenPosition, and perhaps `source`. Raises InvalidInputError, UnknownTermError or
    OutsideServedAreaError naming the field.
    """
    for field in NEEDED:
        if values.get(field) is None:
            raise _problem(field, "缺少这一项", "this is missing")
    row = Event(status="scheduled", access="unknown", version=1, updated_at=at, created_at=at)
    given = dict(values)
    source = given.pop("source", None)
    _apply(session, row, given, account)
    row.source_code = _source(session, row, source)
    row.code = _next_codes(session, 1)[0]
    row.register_version = next_version(session)
    session.add(row)
    session.flush()
    _require_reach(session, row.code, account)
    record(session, [row.code], "created", row.register_version, account.id)
    return row.code


def update(
    session: Session,
    code: str,
    expected_version: int | None,
    values: Mapping[str, Any],
    account: Account,
    at: datetime,
) -> None:
    """Change an event that this person may edit and that nobody changed since it was read.

    `values` as for `create`, only the fields that change; `expected_version` None asks for any.
    Raises EventNotFoundError for a stranger's event too, StaleVersionError with the current
    version, and the errors of `create`. A change that changes nothing writes nothing.
    """
    row = _locked(session, code, events.may_edit(account))
    if expected_version is not None and row.version != expected_version:
        raise StaleVersionError(field="If-Match", current_version=row.version)
    was_cancelled = row.status == "cancelled"
    _apply(session, row, values, account)
    if not session.is_modified(row):
        return
    row.version += 1
    row.register_version = next_version(session)
    row.updated_at = at
    session.flush()
    _require_reach(session, code, account)
    cancelled = row.status == "cancelled" and not was_cancelled
    action: Literal["updated", "cancelled"] = "cancelled" if cancelled else "updated"
    record(session, [code], action, row.register_version, account.id)


def add_new(session: Session, source_code: str, rows: Sequence[EventRow]) -> int:
    """Add the events of a source that are not there yet, at its stations; return how many.

    What is there stays as it is, whoever changed it. Events at stations that are not there are
    passed over.
    """
    known = set(session.scalars(select(Event.source_key).where(Event.source_code == source_code)))
    keys = {row.station_key for row in rows}
    placed = select(Station.source_key, Station.code).where(
        Station.source_code == source_code, Station.source_key.in_(keys), search.EVERY_ONE
    )
    held = session.execute(placed.with_for_update(key_share=True, read=True))
    stations = {found.source_key: found.code for found in held}
    new = [row for row in rows if row.source_key not in known and row.station_key in stations]
    if not new:
        return 0
    codes = _next_codes(session, len(new))
    version = next_version(session)
    session.execute(
        plain_insert(Event),
        [
            {
                "code": code,
                "station_code": stations[row.station_key],
                "source_code": source_code,
                "register_version": version,
                **{name: value for name, value in vars(row).items() if name != "station_key"},
            }
            for code, row in zip(codes, new, strict=True)
        ],
    )
    record(session, codes, "created", version, None)
    return len(new)


def _locked(session: Session, code: str, editable: ColumnElement[bool]) -> Event:
    """Lock the row before the register: everybody in this order, so that nobody deadlocks."""
    row = session.scalars(
        select(Event)
        .where(Event.code == code, editable)
        .with_for_update(of=Event)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise EventNotFoundError(code=code)
    return row


def _apply(session: Session, row: Event, values: Mapping[str, Any], account: Account) -> None:
    for field, value in values.items():
        if field not in {"station", "position", "town_code"}:
            setattr(row, field, _checked(field, value))
    _check_times(row, values)
    _take_place(session, row, values, account)
    if row.station_code is None and "town_code" in values:
        row.town_code = _checked_town(session, row, values["town_code"])


def _checked(field: str, value: Any) -> Any:
    if field in TEXT_MAX_LENGTH:
        return _checked_text(field, value)
    if field in TERM_FIELDS:
        if value is None:
            raise _problem(field, "缺少这一项", "this is missing")
        return taxonomy().require(TERM_FIELDS[field], value, field)
    if field in {"starts_at", "ends_at"}:
        return _checked_instant(field, value)
    if field == "capacity":
        return value
    raise _problem(field, "这一项不能修改", "this cannot be changed")


def _checked_text(field: str, value: str | None) -> str | None:
    text = None if value is None else tidied(value, one_line=field not in SEVERAL_LINES_FIELDS)
    if not text:
        if field == "title":
            raise _problem(field, "标题不能为空", "a title is needed")
        return None
    return require_plain(text, field, TEXT_MAX_LENGTH[field])


def _checked_instant(field: str, value: datetime | None) -> datetime:
    """Check an aware instant. Whole minutes: lists are true for the minute that they name."""
    if value is None:
        raise _problem(field, "缺少这一项", "this is missing")
    if value.second or value.microsecond:
        raise _problem(field, "应为整分钟", "a whole minute is needed")
    return value


def _check_times(row: Event, values: Mapping[str, Any]) -> None:
    if not values.keys() & {"starts_at", "ends_at"}:
        return
    if row.ends_at <= row.starts_at:
        raise _problem("ends_at", "结束时间要晚于开始时间", "the end must come after the beginning")
    if row.ends_at - row.starts_at > LONGEST:
        raise _problem("ends_at", "一个活动最长 366 天", "an event lasts at most 366 days")


def _take_place(session: Session, row: Event, values: Mapping[str, Any], account: Account) -> None:
    """Put an event at a station or at a point; to name the one takes the other away."""
    station, position = values.get("station"), values.get("position")
    if station is not None and position is not None:
        raise _problem(
            "position", "站点和位置只能填一个", "either a station or a position, not both"
        )
    if station is not None:
        if station != row.station_code:
            _require_station(session, station, account)
            row.station_code = station
            for column in ("position", "given_lon", "given_lat", "given_datum"):
                setattr(row, column, None)
            row.area_code = row.town_code = None
    elif position is not None:
        _take_point(session, row, position)
    left = row.station_code is None and row.given_lon is None
    taken = row.station_code is not None and "station" in values and station is None
    away = row.given_lon is not None and "position" in values and position is None
    if left or taken or away:
        raise _problem("station", "要填站点或位置", "a station or a position is needed")


def _require_station(session: Session, code: str, account: Account) -> None:
    """Hold the station until the transaction ends; its row comes before the register's."""
    mine = select(Station.code).where(Station.code == code, accounts.may_edit(account))
    if session.scalars(mine.with_for_update(key_share=True, read=True)).one_or_none() is None:
        raise _problem(
            "station",
            f"没有您能管理的站点 {code[:40]}",
            f"there is no station {code[:40]} that you may edit",
        )


def _take_point(session: Session, row: Event, given: GivenPosition) -> None:
    if (row.given_lon, row.given_lat, row.given_datum) == (*given.point, given.datum.value):
        return
    (placed,) = placing.place(session, [given])
    if placed.area_code is None:
        raise OutsideServedAreaError(field="position")
    if placed.area_code != row.area_code:  # the town was one of the district that it left
        row.town_code = None
    row.station_code = None
    for column, value in placed.columns.items():
        if column != "h3_9":
            setattr(row, column, value)


def _checked_town(session: Session, row: Event, value: str | None) -> str | None:
    if value is None:
        return None
    if placing.towns(session, {value}).get(value) != row.area_code:
        raise _problem(
            "town_code",
            f"活动所在的区（县、市）没有编号为“{value}”的镇街",
            f"there is no town “{value}” in the event's district",
        )
    return value


def _require_reach(session: Session, code: str, account: Account) -> None:
    if not events.is_among(session, code, events.may_edit(account)):
        raise placing.out_of_reach()


def _source(session: Session, row: Event, named: str | None) -> str:
    """Return the source of a new event: as named, or its station's, or entered by hand."""
    if named is not None:
        if session.get(Source, named) is None:
            raise _problem("source", f"没有来源“{named}”", f"there is no source “{named}”")
        return named
    if row.station_code is not None:
        of_station = select(Station.source_code).where(Station.code == row.station_code)
        return session.scalars(of_station).one()
    entered = insert(Source).values(
        code=ENTERED_SOURCE,
        name="本系统录入 / Entered here",
        licence="unspecified",
        attribution="",
    )
    session.execute(entered.on_conflict_do_nothing())
    return ENTERED_SOURCE


def _next_codes(session: Session, count: int) -> list[str]:
    """Return codes that were never given before, raising the counter."""
    prefix = f"{load_settings().code_prefix}-{EVENT_LETTERS}"
    last = code_counters.take(session, {}, {prefix: count})[prefix]
    return [f"{prefix}-{number:04d}" for number in range(last + 1, last + count + 1)]


def record(
    session: Session,
    codes: Sequence[str],
    action: Literal["created", "updated", "cancelled"],
    register_version: int,
    account_id: int | None,
) -> None:
    """Add the present state of these events to their history, in one statement."""
    present = select(
        Event.code,
        Event.version,
        literal(register_version, BigInteger),
        literal(action),
        cast(literal(account_id), BigInteger),
        history.values_now("events", Event.geom),
    ).where(Event.code.in_(codes))
    columns = ["event_code", "version", "register_version", "action", "changed_by", "values"]
    session.execute(plain_insert(EventHistory).from_select(columns, present))


def _problem(field: str, zh: str, en: str) -> InvalidInputError:
    return InvalidInputError(field=field, problem_zh=zh, problem_en=en)
