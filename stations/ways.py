"""How long people take: by streets where a network is built, else in a straight line."""

import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

from geo.profiles import Profile, straight_line_minutes
from stations.hours_rules import Schedule
from stations.hours_state import Shut

Method = Literal["streets", "straight_line"]


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


class Way(NamedTuple):
    """The way to one station. `minutes` inf: none is found."""

    minutes: float
    method: Method
    street_m: int | None = None


class Ways(Protocol):
    """The ways from one origin, by one profile."""

    def first_limit(self, within_m: int) -> float:
        """Return minutes up to which ways are looked for at first."""

    def to(self, candidates: Sequence[Candidate], limit_minutes: float) -> Sequence[Way]:
        """Return the way to each; inf where it is longer than the limit, or there is none."""

    def known_until(self, limit_minutes: float) -> float:
        """Return up to which minutes `to` is complete; inf where it looks no farther."""

    def least_minutes(self, distance_m: float) -> float:
        """Return minutes that nobody undercuts to a place this far in a straight line."""


class StraightLine:
    """The straight line, times a detour: nothing is searched, so no limit counts."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def first_limit(self, _within_m: int) -> float:
        """Return inf."""
        return math.inf

    def to(self, candidates: Sequence[Candidate], _limit_minutes: float) -> list[Way]:
        """Return the way to each."""
        return [
            Way(straight_line_minutes(each.distance_m, self._profile), "straight_line")
            for each in candidates
        ]

    def known_until(self, _limit_minutes: float) -> float:
        """Return inf."""
        return math.inf

    def least_minutes(self, distance_m: float) -> float:
        """Return the minutes, which grow with the metres."""
        return straight_line_minutes(distance_m, self._profile)
