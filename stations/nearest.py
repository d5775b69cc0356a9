"""The courier's question: which stations are near, and will they be open when I arrive."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from geo.profiles import Profile, straight_line_minutes
from stations import calendar, search
from stations.calendar import Calendar
from stations.filters import Filters
from stations.hours import open_state
from stations.station import NearbyStation, OpenState, OpenStateName, Station, Status

CLOSING_WARNING_MINUTES = 10
WARNED_COST_MINUTES = 1.0
FIRST_LOOK = 40
WIDEN_BY = 8

CLOSED = OpenState(OpenStateName.CLOSED, is_open=False, closes_in_minutes=None, next_change=None)


@dataclass(frozen=True)
class Question:
    """What a courier asks. `origin` is WGS-84; `at` is aware."""

    origin: LonLat
    at: datetime
    within_m: int
    limit: int
    filters: Filters = field(default_factory=Filters)
    profile: Profile = Profile.WALK
    open: Literal["any", "now", "on_arrival"] = "any"
    sort: Literal["minutes", "distance"] = "minutes"


@dataclass(frozen=True)
class Answer:
    """The stations, and what was left out and why."""

    stations: list[NearbyStation]
    matched: int | None  # None: with `open`, only as many as needed were examined
    examined: int
    left_out: dict[str, int]
    nearest_m: int | None  # only when nothing was found: how far the nearest match is


def answer(session: Session, question: Question) -> Answer:
    """Answer from PostGIS, exactly: by (minutes or metres, metres, code), on the ellipsoid.

    The search widens until what it has not seen can no longer change the answer.
    """
    days = calendar.current(session)
    k = max(FIRST_LOOK, 2 * question.limit)
    while True:
        frontier = search.knn(session, question.origin, question.within_m, question.filters, k)
        nearby = [_nearby(station, metres, question, days) for station, metres in frontier.found]
        kept = [each for each in nearby if _is_wanted(each, question)]
        kept.sort(key=lambda each: _rank(each, question))
        if _is_settled(kept, frontier.certain_m, question):
            break
        k *= WIDEN_BY
    matched, left_out = search.count_within(
        session, question.origin, question.within_m, question.filters
    )
    if len(kept) < len(nearby):
        left_out["closed"] = len(nearby) - len(kept)
    return Answer(
        stations=kept[: question.limit],
        matched=matched if question.open == "any" else None,
        examined=len(nearby),
        left_out=left_out,
        nearest_m=None
        if kept
        else search.nearest_anywhere_m(session, question.origin, question.filters),
    )


def _nearby(
    station: Station, distance_m: int, question: Question, days: Calendar | None = None
) -> NearbyStation:
    minutes = straight_line_minutes(distance_m, question.profile)
    arrival = question.at + timedelta(minutes=minutes)
    judged_at = question.at if question.open == "now" else arrival
    if station.status is Status.TEMPORARILY_CLOSED:
        return NearbyStation(station, distance_m, minutes, CLOSED, False, ("temporarily_closed",))
    state = _judged(station, judged_at, days)
    then = state if judged_at is arrival else _judged(station, arrival, days)
    closing = then.closes_in_minutes
    warned = closing is not None and closing < CLOSING_WARNING_MINUTES
    return NearbyStation(
        station, distance_m, minutes, state, then.is_open, ("closing_soon",) if warned else ()
    )


def _judged(station: Station, at: datetime, days: Calendar | None) -> OpenState:
    return open_state(station.hours, at, calendar=days, closures=station.closures)


def _is_wanted(each: NearbyStation, question: Question) -> bool:
    """Known-closed doors are dropped; unknown ones are kept, and come last."""
    return question.open == "any" or each.open.is_open is not False


def _rank(each: NearbyStation, question: Question) -> tuple[bool, float, bool, int, str]:
    """Order the answer.

    A warned station goes below unwarned ones of less than one minute more.
    """
    last = question.open != "any" and each.open.is_open is None
    if question.sort == "distance":
        return last, 0.0, False, each.distance_m, each.station.code
    cost = each.minutes + (WARNED_COST_MINUTES if each.warnings else 0.0)
    return last, cost, not each.warnings, each.distance_m, each.station.code


def _is_settled(kept: list[NearbyStation], certain_m: float, question: Question) -> bool:
    """Whether no unseen station can come before the last one of the answer.

    An unseen station is at least `certain_m` away, so at least that many minutes, too.
    """
    if certain_m > question.within_m:
        return True
    if len(kept) < question.limit:
        return False
    last, cost, _, metres, _ = _rank(kept[question.limit - 1], question)
    if last:
        return False
    if question.sort == "distance":
        return metres < certain_m
    return cost < straight_line_minutes(certain_m, question.profile)
