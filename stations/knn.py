"""Nearest by PostGIS: what answers while the directory loads, and what it is compared with."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    Select,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import Double

from geo.coordinates import FloatArray, LonLat
from geo.network import Snaps, StreetNetwork
from geo.profiles import Profile
from stations import calendar, search
from stations.filters import Filters, kind_walks
from stations.hours import schedule_of
from stations.hours_state import shut_times
from stations.nearest import Frontier, Question
from stations.station import Station, Status
from stations.station_rows import station_of, stations_query
from stations.tables import Station as Row
from stations.ways import (
    NO_PARKING,
    PARKED,
    PARKING_UNKNOWN,
    TRUCK_PARKING,
    Candidate,
    Ways,
    ways_from,
)

METRES_PER_DEGREE_MIN = 110_500.0
"""Less than a degree of latitude anywhere on the ellipsoid, so that bounds err on the safe side."""

REFINED = 20

PLANAR_SAFETY = 0.99
"""Room for the curvature of the ellipsoid over the 20 km that nearest looks at most."""


@dataclass(frozen=True)
class Walked:
    """Public stations round a point, nearest first, and how far none can be missing."""

    found: list[tuple[Station, int]]  # with ellipsoid metres, by (metres, code)
    certain_m: float  # every matching station nearer than this is in `found`


class RegisterSource:
    """The stations round a point, from PostGIS; `held` of a candidate is the `Station`."""

    def __init__(
        self, session: Session, question: Question, network: StreetNetwork | None = None
    ) -> None:
        self._network = network
        self.calendar = calendar.current(session)
        self._session = session
        self._question = question

    def first(self, count: int) -> Frontier:
        """Return at least `count` of the wanted stations within reach, or all there are."""
        asked = self._question
        walked = knn(self._session, asked.origin, asked.within_m, asked.filters, count)
        found = [
            Candidate(
                distance_m=metres,
                key=station.code,
                schedule=None if station.hours is None else schedule_of(station.hours),
                shut=shut_times(station.closures),
                is_closed=station.status is Status.TEMPORARILY_CLOSED,
                held=station,
                parking=_parking(station) if asked.profile is Profile.TRUCK else PARKED,
            )
            for station, metres in walked.found
        ]
        beyond = walked.certain_m > asked.within_m
        return Frontier(found, math.inf if beyond else walked.certain_m)

    def counts(self) -> tuple[int, dict[str, int]]:
        """Count the wanted within reach, and those left out for a fact that is not known."""
        asked = self._question
        return count_within(self._session, asked.origin, asked.within_m, asked.filters)

    def nearest_anywhere_m(self) -> int | None:
        """Return metres to the nearest wanted station, however far; None where there is none."""
        return nearest_anywhere_m(self._session, self._question.origin, self._question.filters)

    def code_of(self, held: Station) -> str:
        """Return the code of a station that it found."""
        return held.code

    def ways(self) -> Ways:
        """Return how people get from the origin to these stations."""
        asked = self._question
        return ways_from(asked.origin, asked.profile, asked.within_m, self._network, self)

    def arrivals(self, network: StreetNetwork, held: Sequence[Station]) -> tuple[Snaps, Snaps]:
        """Return where stations meet the streets."""
        return network.snap_stations(*self.positions(held), self._question.profile)

    def positions(self, held: Sequence[Station]) -> tuple[FloatArray, FloatArray]:
        """Return where stations are."""
        points = [each.point for each in held if each.point is not None]
        return np.array([each.lon for each in points]), np.array([each.lat for each in points])


def _parking(station: Station) -> int:
    if TRUCK_PARKING in station.services_yes:
        return PARKED
    return NO_PARKING if TRUCK_PARKING in station.services_no else PARKING_UNKNOWN


def knn(session: Session, origin: LonLat, within_m: int, filters: Filters, k: int) -> Walked:
    """Find about `k` public stations nearest to `origin` (WGS-84), at most `within_m` away.

    PostGIS walks its GiST index in planar degrees, which orders wrongly; the candidates are then
    measured on the ellipsoid. `Walked.certain_m` says up to where that is proved complete: what
    the walk left out lies beyond its last candidate in degrees, and so beyond that in metres.
    """
    rows = session.execute(knn_statement(origin, within_m, filters, k)).all()
    certain_m = math.inf
    if len(rows) >= k:
        certain_m = _certain_m(origin, within_m, sorted(row.degrees for row in rows)[k - 1])
    found = [(station_of(row), round(row.distance_m)) for row in rows]
    found = [(station, metres) for station, metres in found if metres <= within_m]
    found.sort(key=lambda pair: (pair[1], pair[0].code))
    return Walked(found=found, certain_m=certain_m)


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
        stations_query()
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
    return search.count(session, near, filters)


def nearest_anywhere_m(session: Session, origin: LonLat, filters: Filters) -> int | None:
    """Metres to the nearest matching public station however far; None if there is none.

    The nearest of those that are first in planar degrees: at most a few per cent too far.
    """
    here = _point(origin)
    first = (
        select(func.ST_Distance(Row.position, _geography(here)).label("distance_m"))
        .where(Row.is_public, *filters.conditions())
        .order_by(Row.geom.op("<->", return_type=Double())(here))
        .limit(REFINED)
        .subquery()
    )
    nearest = session.scalars(select(func.min(first.c.distance_m))).one()
    return None if nearest is None else round(nearest)


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
