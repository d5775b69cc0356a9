"""The courier's question: which stations are near, and will they be open when I arrive.

The same reckoning answers from the directory and from PostGIS: both are a `Source` that names the
stations round a point, nearest in a straight line first. Who is reached first by street may be
farther in a straight line; so the reckoning looks on until nothing unseen can change the answer.
"""

import math
from bisect import insort
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from geo.coordinates import LonLat
from geo.profiles import Profile
from stations.calendar import Calendar
from stations.filters import Filters
from stations.hours_state import MINUTE_US, microseconds, open_at, state_at
from stations.station import CLOSED, OpenState
from stations.ways import PARKED, Candidate, Way, Ways

CLOSING_WARNING_MINUTES = 10
WARNED_COST_MINUTES = 1.0
SOON_MINUTES = 30
FIRST_LOOK = 8
FIRST_LOOK_TIMES = 4
WIDEN_BY = 4


class Question(NamedTuple):
    """What a courier asks. `origin` is WGS-84; `at` is aware."""

    origin: LonLat
    at: datetime
    within_m: int
    limit: int
    filters: Filters = Filters()
    profile: Profile = Profile.WALK
    open: Literal["any", "now", "on_arrival"] = "any"
    sort: Literal["minutes", "distance"] = "minutes"


class Frontier(NamedTuple):
    """The wanted stations round a point, nearest first, and how far none can be missing."""

    found: Sequence[Candidate]
    certain_m: float  # every wanted one nearer than this is in `found`; inf: all are


class Source(Protocol):
    """Where the stations round a point are looked up, for one question."""

    calendar: Calendar

    def first(self, count: int) -> Frontier:
        """Return at least `count` of the wanted stations within reach, or all there are."""

    def counts(self) -> tuple[int, dict[str, int]]:
        """Count the wanted within reach, and those left out for a fact that is not known."""

    def nearest_anywhere_m(self) -> int | None:
        """Return metres to the nearest wanted station, however far; None where there is none.

        Asked where none is within reach.
        """

    def code_of(self, held: Any) -> str:
        """Return the code of a station that it found."""

    def ways(self) -> Ways:
        """Return how people get from the origin to these stations."""


class Nearby(NamedTuple):
    """A station as seen from a person. `held` is what the source has of it.

    `minutes` None: the streets lead there not at all, or only by a very long way.
    """

    held: Any
    distance_m: int  # on the ellipsoid, in a straight line
    way: Way
    open: OpenState
    on_arrival: bool | None  # None: not known
    warnings: tuple[str, ...]

    @property
    def minutes(self) -> float | None:
        """Minutes on the way."""
        return None if math.isinf(self.way.minutes) else self.way.minutes


class Answer(NamedTuple):
    """The stations, and what was left out and why."""

    stations: list[Nearby]
    matched: int | None  # None: with `open`, only as many as needed were examined
    examined: int
    left_out: dict[str, int]
    nearest_m: int | None  # only when nothing was found or left out: how far the nearest match is


class Rank(NamedTuple):
    """What the answer is ordered by."""

    is_last: bool  # with `open`: it is not known whether they are
    parking: int  # trucks stop where they can park, before where that is not known
    cost: float  # minutes, and one more where there is a warning; none where metres decide
    is_unwarned: bool
    distance_m: int
    key: Any


def answer(source: Source, question: Question) -> Answer:
    """Answer exactly: by (minutes or metres, metres, code), as far as the source and streets go.

    The search widens until what it has not seen can no longer change the answer.
    """
    count = max(FIRST_LOOK, FIRST_LOOK_TIMES * question.limit)
    ways = source.ways()
    at_us = microseconds(question.at)
    frontier = source.first(count)
    within_minutes = ways.first_limit(frontier.found, question.limit)
    while True:
        found = ways.to(frontier.found, within_minutes)
        ranked, closed = _ranked(frontier.found, found, question, source.calendar, at_us)
        certain_minutes = ways.least_minutes(frontier.certain_m)
        known_minutes = ways.known_until(within_minutes)
        unseen_minutes = min(certain_minutes, known_minutes)
        if _is_settled(ranked, question, frontier.certain_m, unseen_minutes):
            break
        if known_minutes <= certain_minutes:
            within_minutes *= 2
        else:
            count *= WIDEN_BY
            frontier = source.first(count)
    best = ranked[: question.limit]
    matched, left_out = source.counts()
    passed_by = _passed_by(best, closed, question)
    if passed_by:
        left_out["closed"] = passed_by
    ways_there = ways.ways([each.candidate for each in best], [each.minutes for each in best])
    stations = [
        _nearby(each, way, question, source.calendar, at_us)
        for each, way in zip(best, ways_there, strict=True)
    ]
    return Answer(
        stations=stations,
        matched=matched if question.open == "any" else None,
        examined=len(stations) + passed_by,
        left_out=left_out,
        nearest_m=None if stations or left_out else source.nearest_anywhere_m(),
    )


class _Seen(NamedTuple):
    """A candidate in its place, before all is told of it that an answer tells."""

    rank: Rank
    candidate: Candidate
    minutes: float  # inf: no way is found


def _ranked(
    candidates: Sequence[Candidate],
    found: Sequence[float],
    question: Question,
    calendar: Calendar,
    at_us: int,
) -> tuple[list[_Seen], list[Rank]]:
    """Return the wanted in order, and the ranks of those that are known to be closed.

    Doors are looked at one after another, the first reached first, until those that are left
    cannot be among the answer: a warning costs a minute and saves none.
    """
    by_metres = question.sort == "distance"
    places = range(len(candidates))
    order = places if by_metres else sorted(places, key=found.__getitem__)
    ranked: list[_Seen] = []
    closed: list[Rank] = []
    sure: list[float] = []
    for place in order:
        candidate, minutes = candidates[place], found[place]
        least = candidate.distance_m if by_metres else minutes
        if len(sure) >= question.limit and least > sure[question.limit - 1]:
            break
        is_open, is_warned = _door(candidate, minutes, question, calendar, at_us)
        rank = _rank(candidate, minutes, question, is_open, is_warned)
        if question.open != "any" and is_open is False:
            closed.append(rank)
            continue
        ranked.append(_Seen(rank, candidate, minutes))
        if not rank.is_last and rank.parking == PARKED:
            insort(sure, rank.distance_m if by_metres else rank.cost)
    ranked.sort()  # no two ranks are equal: each has a key of its own
    return ranked, closed


def _door(
    candidate: Candidate, minutes: float, question: Question, calendar: Calendar, at_us: int
) -> tuple[bool | None, bool]:
    """Tell whether a door is open when that is asked of, and whether there is a warning."""
    if candidate.is_closed:
        return False, True
    if math.isinf(minutes):
        return open_at(candidate.schedule, calendar, candidate.shut, at_us)[0], True
    there_us = at_us + round(minutes * MINUTE_US)
    is_open, closes_in = open_at(candidate.schedule, calendar, candidate.shut, there_us)
    is_warned = _is_closing(closes_in)
    if question.open == "now":
        is_open = open_at(candidate.schedule, calendar, candidate.shut, at_us)[0]
    return is_open, is_warned


def _is_closing(closes_in_minutes: int | None) -> bool:
    return closes_in_minutes is not None and closes_in_minutes < CLOSING_WARNING_MINUTES


def _nearby(seen: _Seen, way: Way, question: Question, calendar: Calendar, at_us: int) -> Nearby:
    """Tell all of a station of the answer."""
    _rank, candidate, minutes = seen
    if candidate.is_closed:
        lost = ("no_way_found",) if math.isinf(minutes) else ()
        warnings: tuple[str, ...] = ("temporarily_closed", *lost)
        return Nearby(candidate.held, candidate.distance_m, way, CLOSED, False, warnings)
    there_us = None if math.isinf(minutes) else at_us + round(minutes * MINUTE_US)
    now_us = at_us if question.open == "now" or there_us is None else there_us
    state = state_at(candidate.schedule, calendar, candidate.shut, now_us, SOON_MINUTES)
    if there_us is None:
        warnings = ("no_way_found",)
        return Nearby(candidate.held, candidate.distance_m, way, state, None, warnings)
    then = state
    if now_us != there_us:
        then = state_at(candidate.schedule, calendar, candidate.shut, there_us, SOON_MINUTES)
    return Nearby(
        candidate.held,
        candidate.distance_m,
        way,
        state,
        then.is_open,
        ("closing_soon",) if _is_closing(then.closes_in_minutes) else (),
    )


def _rank(
    candidate: Candidate, minutes: float, question: Question, is_open: bool | None, is_warned: bool
) -> Rank:
    """Order the answer.

    A warned station goes below unwarned ones of less than one minute more; whither no way leads is
    last, whatever its door does. Where metres decide, nothing else does.
    """
    last = question.open != "any" and is_open is None
    if question.sort == "distance":
        return Rank(last, PARKED, 0.0, False, candidate.distance_m, candidate.key)
    cost = minutes + (WARNED_COST_MINUTES if is_warned else 0.0)
    return Rank(last, candidate.parking, cost, not is_warned, candidate.distance_m, candidate.key)


def _is_settled(
    ranked: Sequence[_Seen],
    question: Question,
    unseen_m: float,
    unseen_minutes: float,
) -> bool:
    """Whether no unseen station can come before the last one of the answer.

    An unseen station is at least `unseen_m` away, and at least `unseen_minutes`; the arrival at one
    that was seen is known only where its minutes are.
    """
    if math.isinf(unseen_minutes):
        return True
    if len(ranked) < question.limit:
        return False
    last = ranked[question.limit - 1].rank
    if last.is_last or last.parking != PARKED:
        return False
    if question.sort == "distance":
        arrived = not any(math.isinf(each.minutes) for each in ranked[: question.limit])
        return arrived and last.distance_m < unseen_m
    return last.cost < unseen_minutes


def _passed_by(best: Sequence[_Seen], closed: Sequence[Rank], question: Question) -> int:
    """Count the closed doors that come before the last station of a full answer, or all."""
    if len(best) < question.limit:
        return len(closed)
    last = best[-1].rank
    return sum(each[1:] < last[1:] for each in closed)
