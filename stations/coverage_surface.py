"""Computing coverage: demand and stations out of PostGIS, through geo, into a kept result.

Runs in the coverage process (stations/coverage_worker.py), never beside other requests: an
allocation over the city holds the interpreter for up to seconds.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, and_, func, or_, select
from sqlalchemy.orm import Session

from geo import cells
from geo.coordinates import BoundingBox, FloatArray
from geo.coverage import (
    UNLIMITED,
    CoverageReport,
    Demand,
    RowCoverage,
    by_area,
    cover,
    total,
)
from geo.profiles import DETOUR_FACTOR
from geo.reach import metres_per_minute, straight_line_blocks
from stations import calendar, coverage_results, tables
from stations.area_tree import AreaTree, read_tree
from stations.calendar import Calendar
from stations.coverage_question import CoverageQuestion, result_key
from stations.coverage_results import KeptResult, Surface
from stations.database import read_session, write_session
from stations.errors import NoDemandError
from stations.hours import open_state
from stations.register import current_version
from stations.station import DEMO_SOURCE, Closure, Status
from stations.station_rows import closure_of

METRES_PER_DEGREE = 110_000.0  # a little less than anywhere on a meridian


@dataclass(frozen=True, eq=False)
class Ground:
    """The demand of a root area and where its cells are; it changes a few times a year."""

    fingerprint: str
    leaf_codes: tuple[str, ...]
    demand: Demand  # area: index into leaf_codes
    lon: FloatArray  # of the distinct cells, WGS-84
    lat: FloatArray
    sources: frozenset[str]

    def box(self, within_m: float) -> BoundingBox:
        """Return a box in degrees that holds all points within reach of a cell, and some more."""
        lat = within_m / METRES_PER_DEGREE
        widest = min(max(abs(self.lat.min()), abs(self.lat.max())) + lat, 89.0)
        lon = lat / float(np.cos(np.radians(widest)))
        return BoundingBox(
            float(self.lon.min()) - lon,
            float(self.lat.min()) - lat,
            float(self.lon.max()) + lon,
            float(self.lat.max()) + lat,
        )


@dataclass(frozen=True)
class Place:
    """What coverage needs to know of a public station."""

    code: str
    area_code: str | None
    cell: int
    lon: float
    lat: float
    capacity_per_day: int | None
    status: str
    hours: str | None
    source_code: str
    closures: tuple[Closure, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """Stations that count, those that might if their hours were known, and why others do not."""

    counted: list[Place]
    hours_unknown: list[Place]
    left_out: list[tuple[str, Place]]  # reason, station


Grounds = dict[str, Ground]
"""The memory of a coverage process: the ground of each root area."""


def compute(engine: Engine, question: CoverageQuestion, grounds: Grounds) -> KeptResult:
    """Answer a checked question about a root area, and keep the answer for all processes.

    Raises NoDemandError, DatabaseUnavailableError.
    """
    with write_session(engine) as session:
        key = result_key(question, current_version(session))
        found = coverage_results.find_and_mark_used(session, key)
    if found is not None:
        return found
    with read_session(engine) as session:
        data_version = current_version(session)
        tree = read_tree(session)
        ground = _ground(session, tree, question.area, grounds)
        places = _places(session, question, ground, tree)
        days = calendar.current(session)
    report, surface = _answer(question, tree, ground, places, days)
    key = result_key(question, data_version)
    with write_session(engine) as session:
        return coverage_results.keep(session, key, data_version, report, surface.to_bytes())


def _answer(
    question: CoverageQuestion,
    tree: AreaTree,
    ground: Ground,
    places: Sequence[Place],
    days: Calendar,
) -> tuple[dict[str, Any], Surface]:
    chosen = choose(places, question, days)
    rows = _cover(question, ground, chosen.counted)
    leaves = dict(zip(ground.leaf_codes, _by_leaf(rows, ground), strict=True))
    if question.at is None:
        possible = None
    elif chosen.hours_unknown:
        widened = _cover(question, ground, [*chosen.counted, *chosen.hours_unknown])
        possible = dict(zip(ground.leaf_codes, _by_leaf(widened, ground), strict=True))
    else:
        possible = leaves
    figures = {
        code: _figures(
            _counts(tree, code, chosen),
            total(leaves[leaf] for leaf in tree.leaves(code)),
            None if possible is None else total(possible[leaf] for leaf in tree.leaves(code)),
        )
        for code in tree.inner(question.area)
    }
    sources = ground.sources | {place.source_code for place in chosen.counted}
    report = {"areas": figures, "sources": sorted(sources), "demo": DEMO_SOURCE in sources}
    return report, _surface(ground, rows, chosen.counted)


def choose(
    places: Sequence[Place], question: CoverageQuestion, days: Calendar | None = None
) -> Chosen:
    """Tell which public stations count: nominally all active ones, at an instant the open ones.

    Open by their hours, the calendar and one-off closures.
    """
    active = [place for place in places if place.status == Status.ACTIVE]
    left_out = [
        (place.status, place) for place in places if place.status == Status.TEMPORARILY_CLOSED
    ]
    if question.at is None:
        return Chosen(active, [], left_out)
    is_open = {
        place.code: open_state(
            place.hours, question.at, calendar=days, closures=place.closures
        ).is_open
        for place in active
    }
    unknown = [place for place in active if is_open[place.code] is None]
    left_out += [("closed_then", place) for place in active if is_open[place.code] is False]
    left_out += [("hours_unknown", place) for place in unknown]
    return Chosen([place for place in active if is_open[place.code]], unknown, left_out)


def _cover(question: CoverageQuestion, ground: Ground, places: Sequence[Place]) -> RowCoverage:
    ordered = sorted(places, key=lambda place: place.code)
    capacities = [
        UNLIMITED if place.capacity_per_day is None else place.capacity_per_day for place in ordered
    ]
    reaches = straight_line_blocks(
        ground.lon,
        ground.lat,
        [place.lon for place in ordered],
        [place.lat for place in ordered],
        limit_minutes=question.minutes,
        speed_kmh=question.speed_kmh,
        detour_factor=DETOUR_FACTOR,
    )
    return cover(reaches, ground.demand, np.array(capacities, dtype=np.int64))


def _by_leaf(rows: RowCoverage, ground: Ground) -> list[CoverageReport]:
    return by_area(rows, ground.demand, len(ground.leaf_codes))


def _counts(tree: AreaTree, code: str, chosen: Chosen) -> dict[str, Any]:
    left_out = Counter(
        reason for reason, place in chosen.left_out if tree.within(place.area_code, code)
    )
    counted = sum(tree.within(place.area_code, code) for place in chosen.counted)
    return {"counted": counted, "left_out": dict(sorted(left_out.items()))}


def _figures(
    stations: dict[str, Any], report: CoverageReport, possible: CoverageReport | None
) -> dict[str, Any]:
    return {
        "stations": stations,
        "demand": {"residents": asdict(report.residents), "workers": asdict(report.workers)},
        "backup": dict(zip(("0", "1", "2", "3+"), report.backup, strict=True)),
        "served_if_unknown_open": None
        if possible is None
        else {"residents": possible.residents.served, "workers": possible.workers.served},
    }


def _surface(ground: Ground, rows: RowCoverage, counted: Sequence[Place]) -> Surface:
    """Lay stations on the rows of their cell and area; one beyond all areas lies on none."""
    demand = ground.demand
    at = Counter((place.cell, place.area_code) for place in counted)
    stations = np.zeros(len(demand.cell), dtype=np.int32)
    rank = {code: k for k, code in enumerate(ground.leaf_codes)}
    for (cell, area_code), count in at.items():
        first, end = np.searchsorted(demand.cell, [cell, cell + 1])
        row = first + np.searchsorted(demand.area[first:end], rank.get(area_code or "", -1))
        if row < end and demand.area[row] == rank.get(area_code or "", -1):
            stations[row] = count
    return Surface(
        cell=demand.cell,
        leaf=demand.area.astype(np.int16),
        minutes=rows.minutes.astype(np.float32),
        residents=demand.residents.astype(np.int32),
        stations=stations,
        leaf_codes=np.array(ground.leaf_codes, dtype=np.str_),
    )


def _ground(session: Session, tree: AreaTree, root: str, grounds: Grounds) -> Ground:
    """Return the ground from memory, if the database still says the same; else load it."""
    leaves = tree.leaves(root)
    fingerprint = _fingerprint(session, leaves)
    known = grounds.get(root)
    if known is None or known.fingerprint != fingerprint or known.leaf_codes != tuple(leaves):
        known = _load_ground(session, leaves, fingerprint)
        grounds[root] = known
    return known


def _fingerprint(session: Session, leaves: Sequence[str]) -> str:
    """Hash all demand rows in the database, in any order: a tenth of the time of fetching them."""
    row, part = tables.Demand, tables.CellArea
    of_row = func.hash_record_extended(
        func.row(part.cell, part.area_code, row.residents, row.workers, row.source_code), 0
    )
    query = (
        select(func.count(), func.sum(of_row))
        .select_from(part)
        .outerjoin(row, and_(row.cell == part.cell, row.area_code == part.area_code))
        .where(part.area_code.in_(leaves))
    )
    count, hashed = session.execute(query).one()
    return f"{count} {hashed}"


def _load_ground(session: Session, leaves: Sequence[str], fingerprint: str) -> Ground:
    """Load every part of a cell in these areas, also where nobody lives: stations lie there too."""
    row, part = tables.Demand, tables.CellArea
    query = (
        select(part.cell, part.area_code, row.residents, row.workers)
        .outerjoin(row, and_(row.cell == part.cell, row.area_code == part.area_code))
        .where(part.area_code.in_(leaves))
    )
    rows = session.execute(query).all()
    if all(residents is None for _cell, _area, residents, _workers in rows):
        raise NoDemandError
    rank = {code: k for k, code in enumerate(leaves)}
    listed = [(cell, rank[code], people or 0, workers or 0) for cell, code, people, workers in rows]
    columns = np.array(listed, dtype=np.int64).T
    ordered: NDArray[np.int64] = columns[:, np.lexsort((columns[1], columns[0]))]
    demand = Demand(*ordered)
    lon, lat = cells.centres(demand.cells)
    sources = session.scalars(
        select(row.source_code).where(row.area_code.in_(leaves)).distinct()
    ).all()
    return Ground(fingerprint, tuple(leaves), demand, lon, lat, frozenset(sources))


def _places(
    session: Session, question: CoverageQuestion, ground: Ground, tree: AreaTree
) -> list[Place]:
    """Load public stations of the kinds: all of the root's, and others as far as they may reach.

    Staff-only and withheld rooms are not public, so no figure here can give them away.
    """
    row = tables.Station
    kinds = list(question.kinds)
    within_m = question.minutes * metres_per_minute(question.speed_kmh)
    nearby = row.geom.op("&&")(func.ST_MakeEnvelope(*ground.box(within_m), 4326))
    query = select(
        row.code,
        row.area_code,
        row.h3_9,
        func.ST_X(row.geom),
        func.ST_Y(row.geom),
        row.capacity_per_day,
        row.status,
        row.hours,
        row.source_code,
        row.closures,
    ).where(
        row.is_public,
        or_(row.kind.in_(kinds), row.also_kinds.op("&&")(kinds)),
        or_(nearby, row.area_code.in_(tree.inner(question.area))),
    )
    return [
        replace(Place(*values), closures=tuple(closure_of(each) for each in closures))
        for *values, closures in session.execute(query)
    ]
