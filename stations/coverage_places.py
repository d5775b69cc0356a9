"""Which stations count: nominally all active ones, at an instant the open ones; and how recent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from geo.coverage import UNLIMITED
from geo.reach import BoolArray, IntArray, metres_per_minute
from stations import tables
from stations.area_tree import AreaTree
from stations.calendar import Calendar, shipped
from stations.coverage_ground import Ground
from stations.coverage_question import EFFECTIVE_WITHIN_DAYS, CoverageQuestion
from stations.hours import HoursTable, schedule_of
from stations.station import Closure, Status
from stations.station_rows import closure_of


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
    name: str = ""
    checked_on: date | None = None  # when somebody last looked at any of its facts, until then
    closures: tuple[Closure, ...] = ()


@dataclass(frozen=True, eq=False)
class Standing:
    """The active stations in ascending order of code, and which of them count; masks (stations,).

    `left_out` names the reason for each other station of these kinds that somebody may look for.
    """

    places: tuple[Place, ...]
    counted: BoolArray
    would_count: BoolArray  # counted, or would be if it stood on a street
    unknown: BoolArray  # hours not known at the instant; nobody nominally
    effective: BoolArray  # counted, and checked not long ago
    left_out: list[tuple[str, Place]] = field(default_factory=list)

    @property
    def capacity(self) -> IntArray:
        """Outdoor workers whom each serves in a day, or UNLIMITED."""
        known = (place.capacity_per_day for place in self.places)
        return np.array([UNLIMITED if n is None else n for n in known], dtype=np.int64)

    def of(self, mask: BoolArray) -> list[Place]:
        """Return the places of a mask."""
        return [self.places[k] for k in np.flatnonzero(mask).tolist()]


def standing(
    places: Sequence[Place],
    question: CoverageQuestion,
    days: Calendar | None = None,
    routable: BoolArray | None = None,
) -> Standing:
    """Tell which public stations count, by hours, calendar and closures.

    `routable`, in the order of `active_of(places)`, is False where a station is on no street.
    """
    active = active_of(places)
    reached = np.ones(len(active), dtype=np.bool_) if routable is None else routable
    left_out = [
        (place.status, place) for place in places if place.status == Status.TEMPORARILY_CLOSED
    ]
    left_out += [("not_routable", active[k]) for k in np.flatnonzero(~reached).tolist()]
    is_open = np.ones(len(active), dtype=np.bool_)
    unknown = np.zeros(len(active), dtype=np.bool_)
    if question.at is not None:
        is_open, unknown = doors(active, [question.at], days or shipped())
        is_open, unknown = is_open[:, 0], unknown[:, 0]
        closed = ~is_open & ~unknown & reached
        left_out += [("closed_then", active[k]) for k in np.flatnonzero(closed).tolist()]
        hidden = np.flatnonzero(unknown & reached)
        left_out += [("hours_unknown", active[k]) for k in hidden.tolist()]
    counted = is_open & reached
    recent = np.array([_is_recent(place, question.on) for place in active], dtype=np.bool_)
    return Standing(active, counted, is_open, unknown & reached, counted & recent, left_out)


def active_of(places: Sequence[Place]) -> tuple[Place, ...]:
    """Return the stations that are not closed for a time, in ascending order of code."""
    active = (place for place in places if place.status == Status.ACTIVE)
    return tuple(sorted(active, key=lambda place: place.code))


def doors(
    places: Sequence[Place], moments: Sequence[datetime], days: Calendar
) -> tuple[BoolArray, BoolArray]:
    """Return whether each place is known to be open, and whether it is unknown, at each moment.

    Both of shape (places, moments).
    """
    texts = sorted({place.hours for place in places if place.hours is not None})
    number: dict[str | None, int] = {None: 0, **{text: k for k, text in enumerate(texts, start=1)}}
    table = HoursTable.of(
        np.array([number[place.hours] for place in places], dtype=np.int64),
        [None, *(schedule_of(text) for text in texts)],
        days,
        {k: place.closures for k, place in enumerate(places) if place.closures},
    )
    shape = (len(places), len(moments))
    is_open, unknown = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    for column, moment in enumerate(moments):
        states = table.states(moment)
        is_open[:, column], unknown[:, column] = states.is_open(), states.is_unknown()
    return is_open, unknown


def places_near(
    session: Session, question: CoverageQuestion, ground: Ground, tree: AreaTree, root: str
) -> list[Place]:
    """Load public stations of the kinds: all of the root's, and others as far as they may reach.

    Staff-only and withheld rooms are not public, so no figure here can give them away.
    """
    row = tables.Station
    kinds = list(question.kinds)
    within_m = question.minutes * metres_per_minute(question.speed_kmh, question.detour_factor)
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
        row.name,
        row.checked,
        row.closures,
    ).where(
        row.is_public,
        or_(row.kind.in_(kinds), row.also_kinds.op("&&")(kinds)),
        or_(nearby, row.area_code.in_(tree.inner(root))),
    )
    return [
        replace(
            Place(*values),
            checked_on=_last_check(checked, question.on),
            closures=tuple(closure_of(each) for each in closures),
        )
        for *values, checked, closures in session.execute(query.order_by(row.code))
    ]


def _last_check(checked: Mapping[str, str], on: date | None) -> date | None:
    """Return when a station was last looked at, until a day: later ones did nothing for it then."""
    days = map(date.fromisoformat, checked.values())
    return max((day for day in days if on is None or day <= on), default=None)


def _is_recent(place: Place, on: date | None) -> bool:
    if on is None or place.checked_on is None:
        return False
    return on - place.checked_on <= timedelta(days=EFFECTIVE_WITHIN_DAYS)
