"""Snapping: where people, stations and rows of demand get onto the streets.

To the nearest street, but to those of a large part of the network before those of a small island,
and to none across water as long as there is another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.coordinates import FloatArray
from geo.profiles import Profile
from geo.street_graph import LARGE, SCRAP, SMALL, StreetGraph
from geo.street_points import PARTS, Around, Found, nearest_by_part
from geo.street_rules import FAR_SNAP_WITHIN_M, SNAP_WITHIN_M, metres_per_minute
from geo.water import Water

IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Snaps:
    """Where positions meet the streets of one profile; arrays of shape (n,).

    `edge` is -1 where no street is within the cap; the rest then is nan. `along_m` is how far from
    the beginning of the edge, `off_m` how far the position is from the street, both in metres.
    `lon` and `lat` (WGS-84 degrees) are the point on the street. Snaps belong to one network and
    one profile: another network numbers its edges otherwise.
    """

    network_id: str
    profile: Profile
    edge: IntArray
    along_m: FloatArray
    off_m: FloatArray
    lon: FloatArray
    lat: FloatArray

    def __len__(self) -> int:
        return len(self.edge)

    def __getitem__(self, rows: slice | ArrayLike) -> "Snaps":
        """Return some of them, by a slice, a mask, or places; one place gives one snap."""
        if not isinstance(rows, slice):
            rows = np.atleast_1d(np.asarray(rows))
        return Snaps(
            self.network_id,
            self.profile,
            self.edge[rows],
            self.along_m[rows],
            self.off_m[rows],
            self.lon[rows],
            self.lat[rows],
        )

    def replaced(self, rows: IntArray, by: "Snaps") -> "Snaps":
        """Return the same with others in some places."""
        columns = []
        for name in ("edge", "along_m", "off_m", "lon", "lat"):
            column = getattr(self, name).copy()
            column[rows] = getattr(by, name)
            columns.append(column)
        return Snaps(self.network_id, self.profile, *columns)

    @property
    def is_near(self) -> NDArray[np.bool_]:
        """Which positions have a street within the cap."""
        return self.edge >= 0

    @property
    def leg_minutes(self) -> FloatArray:
        """Minutes between each position and the street: they are walked, whatever the profile."""
        return self.off_m / metres_per_minute(Profile.WALK)


class Choice(NamedTuple):
    """Which street may be taken: of which part, how far off, and across water or not."""

    part: int
    is_far: bool = False
    is_across: bool = False


NEAREST = tuple(Choice(part, is_across=across) for across in (False, True) for part in PARTS)
"""For rows of demand, and whatever only asks for the nearest street."""

REACHED = (
    Choice(LARGE),
    Choice(SMALL),
    *(Choice(part, is_far=True) for part in PARTS),
)
"""For people and stations where the extract tells nothing of water: nobody goes on from a small
island to a street beyond the cap, for water may lie between."""

REACHED_BY_LAND = (
    Choice(LARGE),
    Choice(LARGE, is_far=True),
    Choice(SMALL),
    Choice(SMALL, is_far=True),
    Choice(LARGE, is_across=True),
    Choice(SMALL, is_across=True),
    Choice(SCRAP, is_far=True),
    *(Choice(part, is_far=True, is_across=True) for part in PARTS),
)
"""Where it does: out of a compound whose gate nobody mapped to the street outside, not to the other
bank."""


class _Streets(NamedTuple):
    """What is snapped to; `within_m` of near choices (False) and of far ones (True)."""

    graph: StreetGraph
    water: Water
    within_m: dict[bool, float]


class Snapper:
    """Snaps to the streets of one profile; `within_m` is the cap, 500 m that of far choices.

    Of two streets equally near, to a micrometre, the edge with the lower number is taken.
    """

    def __init__(self, graph: StreetGraph, water: Water, within_m: float | None = None) -> None:
        near_m = SNAP_WITHIN_M[graph.profile] if within_m is None else within_m
        self._streets = _Streets(graph, water, {False: near_m, True: FAR_SNAP_WITHIN_M})

    def nearest(self, lon_e7: FloatArray, lat_e7: FloatArray) -> Found:
        """Return the nearest streets of positions, shape (n,)."""
        return _Many(self._streets, lon_e7, lat_e7).chosen(NEAREST)

    def nearest_of_one(self, lon_e7: float, lat_e7: float) -> Found:
        """Do the same for one position, in a tenth of the time; the last bits may differ."""
        return _One(self._streets, lon_e7, lat_e7).chosen(NEAREST) or Found.nowhere(1)

    def stations(self, lon_e7: FloatArray, lat_e7: FloatArray) -> tuple[Found, Found]:
        """Return where stations meet the streets, and the small islands nearer to them than that.

        Shape (n,) each, the same in any company.
        """
        many = _Many(self._streets, lon_e7, lat_e7)
        found, small = many.chosen(self._choices), many.of(Choice(SMALL), np.arange(len(lon_e7)))
        farther = np.flatnonzero(~(small.off_m < found.off_m))
        small.put(farther, Found.nowhere(len(farther)))
        return found, small

    def person(self, lon_e7: float, lat_e7: float) -> Found:
        """Return where somebody may get onto the streets, shape (n,) with n from 0 to 2.

        Where `stations` puts a station.
        """
        one = _One(self._streets, lon_e7, lat_e7)
        found = one.chosen(self._choices)
        if found is None:
            return Found.nowhere(0)
        small = one.of(Choice(SMALL))
        if small is None or not small.off_m[0] < found.off_m[0]:
            return found
        return Found(*(np.concatenate(each) for each in zip(found, small, strict=True)))

    @property
    def _choices(self) -> Sequence[Choice]:
        return REACHED_BY_LAND if len(self._streets.water) else REACHED


class _One:
    """The choices that one position has."""

    def __init__(self, streets: _Streets, lon_e7: float, lat_e7: float) -> None:
        self._graph, self._water, self._within_m = streets
        self._here = lon_e7, lat_e7
        self._around: dict[bool, Around] = {}

    def chosen(self, choices: Sequence[Choice]) -> Found | None:
        """Return the first of some choices that there is."""
        return next(filter(None, map(self.of, choices)), None)

    def of(self, choice: Choice) -> Found | None:
        """Return the nearest street of a choice."""
        around = self._around.get(choice.is_far)
        if around is None:
            around = Around(self._graph, *self._here, self._within_m[choice.is_far])
            self._around[choice.is_far] = around
        if choice.is_across or not len(self._water):
            return around.nearest(choice.part)
        return around.nearest_dry(choice.part, self._water)


class _Many:
    """The choices that many positions have."""

    def __init__(self, streets: _Streets, lon_e7: FloatArray, lat_e7: FloatArray) -> None:
        self._graph, self._water, self._within_m = streets
        self._lon_e7, self._lat_e7 = lon_e7, lat_e7
        self._looked: dict[bool, tuple[IntArray, list[Found]]] = {}

    def chosen(self, choices: Sequence[Choice]) -> Found:
        """Return for each the first of some choices that there is, shape (n,)."""
        found = Found.nowhere(len(self._lon_e7))
        left = np.arange(len(self._lon_e7))
        for choice in choices:
            if not len(left):
                break
            there = self.of(choice, left)
            is_there = there.edge >= 0
            found.put(left[is_there], there.taken(is_there))
            left = left[~is_there]
        return found

    def of(self, choice: Choice, rows: IntArray) -> Found:
        """Return the nearest street of a choice for some rows, which only become fewer."""
        looked = self._looked.get(choice.is_far)
        if looked is None:
            lon_e7, lat_e7 = self._lon_e7[rows], self._lat_e7[rows]
            within_m = self._within_m[choice.is_far]
            looked = rows, nearest_by_part(self._graph, lon_e7, lat_e7, within_m)
            self._looked[choice.is_far] = looked
        there = looked[1][choice.part].taken(np.searchsorted(looked[0], rows))
        if len(self._water) and not choice.is_across:
            self._keep_dry(there, choice, rows)
        return there

    def _keep_dry(self, there: Found, choice: Choice, rows: IntArray) -> None:
        """Put the nearest street on this side in the place of those across water."""
        lon_e7, lat_e7 = self._lon_e7[rows], self._lat_e7[rows]
        near = np.flatnonzero(there.edge >= 0)
        ends = there.taken(near)
        is_wet = self._water.is_between(lon_e7[near], lat_e7[near], ends.lon, ends.lat)
        for row in near[is_wet].tolist():
            here = float(lon_e7[row]), float(lat_e7[row])
            around = Around(self._graph, *here, self._within_m[choice.is_far])
            dry = around.nearest_dry(choice.part, self._water) or Found.nowhere(1)
            there.put(np.array([row]), dry)
