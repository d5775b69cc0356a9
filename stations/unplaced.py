"""Stations that wait for a position: which they are, and what a geocoder makes of their addresses.

A geocoder's answer is a guess. It is kept as given, with its datum, marked unverified, and told
wherever the station is shown, until a person sets the position. An answer outside the served area,
or in another district than the station's, is dropped and reported.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Engine, and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from stations import history, placing, search_index
from stations.database import read_session, write_session
from stations.errors import GeocoderError
from stations.geocoding import Geocoder
from stations.import_log import waiting_for_position
from stations.register import next_version
from stations.station import Access, GivenPosition, Status
from stations.tables import Area, Station

AT_A_TIME = 25

IS_ASKABLE: ColumnElement[bool] = and_(
    Station.position.is_(None),
    Station.withdrawn.is_(False),
    Station.address.is_not(None),
    Station.status != Status.CLOSED.value,
)
MAY_BE_STAFF_ONLY: ColumnElement[bool] = or_(
    Station.access == Access.STAFF_ONLY.value,
    and_(Station.access == Access.UNKNOWN.value, Station.withheld_when_unknown),
)

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Waiting:
    """A station without a position. `district` is the one that it is known to be in."""

    code: str
    version: int
    address: str
    area_code: str | None
    district: str | None


@dataclass
class GeocodingReport:
    """What became of those that were asked about. `dropped` says of which, and why.

    `waiting` counts all that have no position yet, asked about or not; `held_back` those among them
    whose addresses stay here, since they are their staff's or may be.
    """

    asked: int = 0
    placed: int = 0
    not_found: int = 0
    dropped: list[tuple[str, str]] = field(default_factory=list)
    held_back: int = 0
    waiting: int = 0
    stopped: GeocoderError | None = None  # the provider refused; what was placed stays


DROPPED = {
    "outside_served_area": ("结果在服务区域之外", "the answer is outside the served area"),
    "other_district": ("结果在另一个区（县、市）", "the answer is in another district"),
    "changed_meanwhile": ("有人刚刚改过", "somebody changed it meanwhile"),
}


def waiting(
    session: Session, limit: int | None = None, *, codes: Sequence[str] | None = None
) -> list[Waiting]:
    """Return stations that have an address and no position, by code; among `codes` where given.

    Not those that are closed, nor staff-only ones, nor those that may be, as a nursing room whose
    access nobody knows yet: their addresses are nobody else's business.
    """
    town, area = aliased(Area), aliased(Area)
    query = (
        select(
            Station.code,
            Station.version,
            Station.address,
            func.coalesce(Station.area_code, town.parent_code).label("area_code"),
            area.name.label("district"),
        )
        .outerjoin(town, town.code == Station.town_code)
        .outerjoin(area, area.code == func.coalesce(Station.area_code, town.parent_code))
        .where(IS_ASKABLE, ~MAY_BE_STAFF_ONLY)
        .order_by(Station.code)
        .limit(limit)
    )
    if codes is not None:
        query = query.where(Station.code.in_(codes))
    return [Waiting(**row) for row in session.execute(query).mappings()]


def _held_back(session: Session) -> int:
    query = select(func.count()).where(IS_ASKABLE, MAY_BE_STAFF_ONLY)
    return session.scalars(query.select_from(Station)).one()


def geocode(
    engine: Engine,
    geocoder: Geocoder,
    *,
    root_area: str,
    limit: int | None = None,
    progress: Progress = lambda _line: None,
) -> GeocodingReport:
    """Ask about every station that waits, some at a time; each batch is a transaction of its own.

    Before each batch it looks again whose addresses may leave: asking many takes hours. No
    connection is held while the provider is asked. Where it refuses, what was placed so far
    stays, and the report says why it ended.
    """
    with read_session(engine) as session:
        todo = waiting(session, limit)
        city = session.scalar(select(Area.name).where(Area.code == root_area)) or ""
    report = GeocodingReport()
    for start in range(0, len(todo), AT_A_TIME):
        found: list[tuple[Waiting, GivenPosition]] = []
        with read_session(engine) as session:
            batch = waiting(session, codes=[each.code for each in todo[start : start + AT_A_TIME]])
        for each in batch:
            try:
                position = geocoder.find(whole_address(each, city), city)
            except GeocoderError as error:
                report.stopped = error
                break
            report.asked += 1
            if position is None:
                report.not_found += 1
            else:
                found.append((each, position))
        if found:
            with write_session(engine) as session:
                _place(session, found, report)
        progress(f"{report.asked}/{len(todo)}")
        if report.stopped is not None:
            break
    with read_session(engine) as session:
        report.held_back = _held_back(session)
        report.waiting = waiting_for_position(session)
    return report


def whole_address(station: Waiting, city: str) -> str:
    """Return the address with the city and the district before it, where they are not in it."""
    parts = [part for part in (city, station.district) if part and part not in station.address]
    return "".join((*parts, " ".join(station.address.split())))


def format_report(report: GeocodingReport, lang: str) -> str:
    """Return the report as text; the last six lines are the totals."""
    lines = [
        f"{code}: {DROPPED[reason][1 if lang == 'en' else 0]} [{reason}]"
        for code, reason in report.dropped
    ]
    lines += [
        f"asked: {report.asked}",
        f"placed: {report.placed}",
        f"not found: {report.not_found}",
        f"dropped: {len(report.dropped)}",
        f"held back: {report.held_back}",
        f"waiting: {report.waiting}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _place(
    session: Session, found: Sequence[tuple[Waiting, GivenPosition]], report: GeocodingReport
) -> None:
    """Write the answers that can be right, as one register version."""
    unchanged = set(_locked(session, [each for each, _position in found]))
    placed = placing.place(session, [position for _each, position in found])
    areas = select(Area.code, Area.parent_code).where(
        Area.code.in_([at.area_code for at in placed])
    )
    parents = {row.code: row.parent_code for row in session.execute(areas)}
    good: list[tuple[str, dict[str, object]]] = []
    for (each, _position), at in zip(found, placed, strict=True):
        if each.code not in unchanged:
            report.dropped.append((each.code, "changed_meanwhile"))
        elif at.area_code is None:
            report.dropped.append((each.code, "outside_served_area"))
        elif each.area_code not in (None, at.area_code, parents[at.area_code]):
            report.dropped.append((each.code, "other_district"))
        else:
            good.append((each.code, at.columns))
    if not good:
        return
    version = next_version(session)
    for code, columns in good:
        session.execute(
            update(Station)
            .where(Station.code == code)
            .values(
                **columns,
                position_verified=False,
                version=Station.version + 1,
                register_version=version,
                updated_at=func.now(),
            )
        )
    codes = [code for code, _columns in good]
    history.record(session, codes, action="updated", register_version=version, account_id=None)
    search_index.refresh(session, codes)
    report.placed += len(good)


def _locked(session: Session, stations: Sequence[Waiting]) -> Iterator[str]:
    """Lock the rows, in the order of codes; yield those that are as they were when asked about."""
    versions = {each.code: each.version for each in stations}
    query = (
        select(Station.code, Station.version)
        .where(Station.code.in_(list(versions)))
        .order_by(Station.code)
        .with_for_update(of=Station)
    )
    for row in session.execute(query):
        if row.version == versions[row.code]:
            yield row.code
