"""How long people take: by streets where a network is built, else in a straight line."""

import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from geo.coordinates import FloatArray, LonLat
from geo.network import SNAP_WITHIN_M, Route, Snaps, StreetNetwork, WaysFrom, least_minutes
from geo.profiles import MINUTES_PER_M, Profile, straight_line_minutes
from stations.hours_rules import Schedule
from stations.hours_state import Shut

Method = Literal["streets", "straight_line"]

LONGEST_TIMES = 3.0
"""Ways that take more than this many times the minutes of the radius are not looked for."""

LEAST_LONGEST_MINUTES = 20.0
"""So long are ways looked for at least: within 100 metres of somebody may be 16 minutes away."""

FIRST_TIMES = 1.2
ROUNDED_M = 0.5


PARKED, PARKING_UNKNOWN, NO_PARKING = 0, 1, 2
TRUCK_PARKING = "truck_parking"
"""The service without which a driver cannot stop."""


class Candidate(NamedTuple):
    """A station that may be the answer, as its source found it.

    Ordered by whole ellipsoid metres in a straight line, and then by code: `key` orders as codes
    do. `held` is what the source has of the station.
    """

    distance_m: int
    key: Any
    schedule: Schedule | None  # None: its hours are not known
    shut: tuple[Shut, ...]  # one-off closures
    is_closed: bool  # for the time being
    held: Any
    parking: int = PARKED  # for trucks; nobody else asks


class Way(NamedTuple):
    """The way to one station. `minutes` inf: none is found."""

    minutes: float
    method: Method
    street_m: int | None = None


class Ways(Protocol):
    """The ways from one origin, by one profile."""

    def first_limit(self, nearest: Sequence[Candidate], wanted: int) -> float:
        """Return minutes up to which ways to the nearest are looked for at first."""

    def to(self, candidates: Sequence[Candidate], limit_minutes: float) -> Sequence[float]:
        """Return minutes to each; inf where the way is longer than the limit, or there is none."""

    def known_until(self, limit_minutes: float) -> float:
        """Return up to which minutes `to` is complete; inf where it looks no farther."""

    def least_minutes(self, distance_m: float) -> float:
        """Return minutes that nobody undercuts to a place this far in a straight line."""

    def ways(self, candidates: Sequence[Candidate], minutes: Sequence[float]) -> list[Way]:
        """Return the ways to the stations of the answer, of which `to` gave the minutes."""


class StraightLine:
    """The straight line, times a detour: nothing is searched, so no limit counts."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def first_limit(self, _nearest: Sequence[Candidate], _wanted: int) -> float:
        """Return inf."""
        return math.inf

    def to(self, candidates: Sequence[Candidate], _limit_minutes: float) -> list[float]:
        """Return minutes to each."""
        minutes_per_m = MINUTES_PER_M[self._profile]
        return [each.distance_m * minutes_per_m for each in candidates]

    def known_until(self, _limit_minutes: float) -> float:
        """Return inf."""
        return math.inf

    def least_minutes(self, distance_m: float) -> float:
        """Return the minutes, which grow with the metres."""
        return straight_line_minutes(distance_m, self._profile)

    def ways(self, _candidates: Sequence[Candidate], minutes: Sequence[float]) -> list[Way]:
        """Return the ways, which are no streets."""
        return [Way(each, "straight_line") for each in minutes]


class Arrivals(Protocol):
    """Where stations are, and meet the streets; `held` is what their source has of each."""

    def arrivals(self, network: StreetNetwork, held: Sequence[Any]) -> tuple[Snaps, Snaps]:
        """Return what `StreetNetwork.snap_stations` gives for them."""

    def positions(self, held: Sequence[Any]) -> tuple[FloatArray, FloatArray]:
        """Return their WGS-84 longitudes and latitudes, shape (n,) each."""


class Streets:
    """The best way by streets, from an origin that has one near.

    From a small island of the network, stations beside that island are reached by its own ways too,
    however near a larger street they lie. Stations without a street within 500 m are reached in a
    straight line, times the detour, where no water is between. Ways longer than `longest_minutes`
    are not looked for: nobody walks them.
    """

    def __init__(
        self,
        network: StreetNetwork,
        profile: Profile,
        here: LonLat,
        origin: Snaps,
        within_m: int,
        source: Arrivals,
    ) -> None:
        self._network = network
        self._profile = profile
        self._here = here
        self._origin = origin
        self._origin_off_m = float(origin.off_m.min())
        self._from_small = bool(network.is_small(origin).any())
        self._longest_minutes = longest_minutes(within_m, profile)
        self._source = source
        self._searched: WaysFrom | None = None

    def first_limit(self, nearest: Sequence[Candidate], wanted: int) -> float:
        """Return what the last of the wanted takes if its street is somewhat longer than most."""
        if not nearest:
            return self._longest_minutes
        last = nearest[min(wanted, len(nearest)) - 1]
        return FIRST_TIMES * straight_line_minutes(last.distance_m, self._profile) + 1

    def to(self, candidates: Sequence[Candidate], limit_minutes: float) -> list[float]:
        """Return minutes to each; inf where the way is longer than the limit, or there is none."""
        limit = min(limit_minutes, self._longest_minutes)
        if self._searched is None or self._searched.limit_minutes != limit:
            self._searched = self._network.search_from(self._origin, self._profile, limit)
        _snaps, by_street, off_m = self._best(self._searched, candidates)
        found: list[float] = np.minimum(by_street, self._straight(candidates, off_m)).tolist()
        return found

    def known_until(self, limit_minutes: float) -> float:
        """Return the limit; inf past the longest way."""
        return math.inf if limit_minutes >= self._longest_minutes else limit_minutes

    def least_minutes(self, distance_m: float) -> float:
        """Return what a straight street of this length takes; metres may have been rounded up."""
        if math.isinf(distance_m):
            return math.inf
        return least_minutes(distance_m - ROUNDED_M, self._profile)

    def ways(self, candidates: Sequence[Candidate], minutes: Sequence[float]) -> list[Way]:
        """Return the ways to the stations of the answer, with their metres."""
        if self._searched is None:
            raise ValueError("minutes are asked for first")
        snaps, _minutes, off_m = self._best(self._searched, candidates)
        straight = self._straight(candidates, off_m)
        by_street = np.isinf(straight) | (minutes < straight)
        is_found = np.isfinite(minutes) & by_street
        street_m: list[int | None] = [None] * len(candidates)
        if is_found.any():
            metres = self._searched.street_m_to(snaps[is_found]).tolist()
            for place, there in zip(np.flatnonzero(is_found).tolist(), metres, strict=True):
                street_m[place] = round(there)
        return [
            Way(each, "streets" if is_street else "straight_line", there)
            for each, is_street, there in zip(minutes, by_street.tolist(), street_m, strict=True)
        ]

    def _best(
        self, searched: WaysFrom, candidates: Sequence[Candidate]
    ) -> tuple[Snaps, FloatArray, FloatArray]:
        """Return where the best way reaches each station, its minutes, and metres off any street.

        Those are inf where no street is near.
        """
        held = [each.held for each in candidates]
        snaps, small = self._source.arrivals(self._network, held)
        off_m = np.nan_to_num(np.fmin(snaps.off_m, small.off_m), nan=np.inf)
        minutes = searched.minutes_to(snaps)
        if self._from_small:
            by_small = searched.minutes_to(small)
            better = np.flatnonzero(by_small < minutes)
            if len(better):
                snaps = snaps.replaced(better, small[better])
                minutes[better] = by_small[better]
        return snaps, minutes, off_m

    def _straight(self, candidates: Sequence[Candidate], off_m: FloatArray) -> FloatArray:
        """Return minutes in a straight line to each; inf where people keep to the streets.

        They leave them where no street is, or where one of the two is on none and they are no
        farther apart than both from the streets: two neighbours in a park. Farther off, even a
        river may lie between; and not where the map has one.
        """
        cap_m, origin_off_m = SNAP_WITHIN_M[self._profile], self._origin_off_m
        straight = np.full(len(candidates), np.inf)
        apart_m = np.array([each.distance_m for each in candidates], dtype=np.float64)
        is_off = np.maximum(off_m, origin_off_m) > cap_m
        places = np.flatnonzero(is_off & (apart_m <= off_m + origin_off_m))
        if len(places):
            held = [candidates[place].held for place in places.tolist()]
            wet = self._network.is_across_water(self._here, *self._source.positions(held))
            for place in places[~wet].tolist():
                straight[place] = straight_line_minutes(float(apart_m[place]), self._profile)
        return straight


def longest_minutes(within_m: int, profile: Profile) -> float:
    """Return up to how many minutes ways to the stations of a radius are looked for."""
    return max(LONGEST_TIMES * straight_line_minutes(within_m, profile), LEAST_LONGEST_MINUTES)


def ways_from(
    origin: LonLat,
    profile: Profile,
    within_m: int,
    network: StreetNetwork | None,
    source: Arrivals,
) -> Ways:
    """Return the ways from a WGS-84 point: by streets where there are any within reach of it."""
    if network is None or profile not in network.graphs:
        return StraightLine(profile)
    places = network.snap_person(origin, profile)
    if not len(places):
        return StraightLine(profile)
    return Streets(network, profile, origin, places, within_m, source)


def route_between(
    origin: LonLat, target: LonLat, profile: Profile, network: StreetNetwork, limit_minutes: float
) -> Route | None:
    """Return the way by streets that `Streets` counts between two WGS-84 points.

    None where no street is near one of them, or none leads there within the limit.
    """
    here = network.snap_person(origin, profile)
    there, small = network.snap_stations([target.lon], [target.lat], profile)
    found = network.route(origin, here, target, there, profile, limit_minutes)
    if network.is_small(here).any():
        other = network.route(origin, here, target, small, profile, limit_minutes)
        if found is None or (other is not None and other.minutes < found.minutes):
            found = other
    return found
