"""StreetNetwork: minutes by real streets, on foot and by e-bike, and the ways on the map.

All positions are WGS-84 degrees, longitude first. Minutes hold everything: from the position to the
street, along it, and from the street to the other position; the legs off the street are walked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, sin
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo import street_file
from geo.coordinates import (
    LEAST_MERIDIAN_RADIUS_M,
    FloatArray,
    LonLat,
)
from geo.profiles import Profile
from geo.snapping import Snapper, Snaps
from geo.street_graph import LARGE, StreetGraph
from geo.street_grid import turned_e7
from geo.street_points import Found
from geo.street_reading import StreetFileError
from geo.street_routes import Route, route_of, street_m_of
from geo.street_rows import ROW_SNAP_WITHIN_M, Column, StreetRows, column_of, nearest_of
from geo.street_rules import SNAP_WITHIN_M, STREET_PROFILES, metres_per_minute
from geo.street_search import Search, minutes_at, search
from geo.water import Water

__all__ = [
    "ROW_SNAP_WITHIN_M",
    "SNAP_WITHIN_M",
    "STREET_PROFILES",
    "Column",
    "NetworkFileError",
    "Route",
    "Snaps",
    "StreetNetwork",
    "StreetRows",
    "least_minutes",
]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
NetworkFileError = StreetFileError

ROUNDING_M = 1e-4


def least_minutes(distance_m: float, profile: Profile) -> float:
    """Minutes that a way by street takes at the very least, for ellipsoid metres apart.

    `minutes >= least_minutes(distance)` for every pair of positions, legs off the street included:
    no way is shorter than the chord through the earth, nothing is faster than the profile's speed,
    and by Schur's theorem the chord of a geodesic is no shorter than that of an equally long arc of
    the tightest circle on the ellipsoid. Pass metres that were not rounded up.
    """
    half_turn_m = np.pi * LEAST_MERIDIAN_RADIUS_M
    arc = min(max(distance_m, 0.0), half_turn_m) / (2 * LEAST_MERIDIAN_RADIUS_M)
    chord_m = 2 * LEAST_MERIDIAN_RADIUS_M * sin(arc)
    return max(chord_m - ROUNDING_M, 0.0) / metres_per_minute(profile)


def reach_m(minutes: float, profile: Profile) -> float:
    """Ellipsoid metres within which everything lies that streets reach in so many minutes.

    The inverse of `least_minutes`: what is further takes longer.
    """
    chord_m = max(minutes, 0.0) * metres_per_minute(profile) + ROUNDING_M
    if chord_m >= 2 * LEAST_MERIDIAN_RADIUS_M:
        return float("inf")
    return 2 * LEAST_MERIDIAN_RADIUS_M * asin(chord_m / (2 * LEAST_MERIDIAN_RADIUS_M))


@dataclass(frozen=True, eq=False)
class WaysFrom:
    """The best ways from one position, as far as its search went."""

    found: Search | None  # None: no street is near, or the leg to it takes longer than all
    limit_minutes: float

    def minutes_to(self, targets: Snaps) -> FloatArray:
        """Minutes to snapped positions, shape (n,); inf beyond the limit."""
        minutes = np.full(len(targets), np.inf)
        near = np.flatnonzero(targets.is_near)
        if self.found is not None and len(near):
            there = targets if len(near) == len(targets) else targets[near]
            minutes[near] = minutes_at(self.found, there)
        minutes[minutes > self.limit_minutes] = np.inf
        return minutes

    def street_m_to(self, targets: Snaps) -> FloatArray:
        """Metres of the best ways to positions within the limit, shape (n,), legs included.

        Steps take more minutes than their metres, so that these do not follow from the minutes.
        """
        if self.found is None:
            raise ValueError("nothing was found from here")
        return street_m_of(self.found, targets)


@dataclass(frozen=True, eq=False)
class StreetNetwork:
    """The streets of an extract. `id` names the content; `about` holds its facts."""

    id: str
    central_meridian_e7: int
    about: dict[str, Any]
    graphs: dict[Profile, StreetGraph]
    water: Water

    @classmethod
    def open(cls, path: Path) -> "StreetNetwork":
        """Map the file of a network into memory.

        Raises NetworkFileError, with a sentence, if it is missing, damaged or of another format.
        """
        found = street_file.open_file(path)
        return cls(found.id, found.central_meridian_e7, found.about, found.graphs, found.water)

    @property
    def attribution(self) -> str:
        """The credit line that goes with every answer made from these streets."""
        return str(self.about["attribution"])

    @property
    def osm_timestamp(self) -> str | None:
        """Of when the map data is, as the extract says; None where it says nothing."""
        stamp = self.about["osm_timestamp"]
        return None if stamp is None else str(stamp)

    def snap(self, lon: ArrayLike, lat: ArrayLike, profile: Profile) -> Snaps:
        """Find the nearest point on a street for positions, shape (n,), in WGS-84 degrees.

        Within 100 m on foot and 200 m by e-bike, else `edge` is -1. A street of a large part of the
        network goes before one of a small island, and that before a scrap of a way; any of them
        across water is taken only where there is no other.
        """
        snapper, lon_e7, lat_e7 = Snapper(self._graph(profile), self.water), *self._e7(lon, lat)
        if len(lon_e7) == 1:
            return self._snaps(profile, snapper.nearest_of_one(float(lon_e7[0]), float(lat_e7[0])))
        return self._snaps(profile, snapper.nearest(lon_e7, lat_e7))

    def snap_stations(
        self, lon: ArrayLike, lat: ArrayLike, profile: Profile
    ) -> tuple[Snaps, Snaps]:
        """Find where stations meet the streets for people's ways to them, shape (n,) each.

        The nearest large street on their side of the water, within the cap or else 500 m; where
        there is none, what is near. And the nearest small island on their side, where it is nearer
        than that: it only leads to others on the same island. Where the extract tells nothing of
        water, no large street beyond the cap is taken before an island within.
        """
        snapper = Snapper(self._graph(profile), self.water)
        found, small = snapper.stations(*self._e7(lon, lat))
        return self._snaps(profile, found), self._snaps(profile, small)

    def snap_person(self, at: LonLat, profile: Profile) -> Snaps:
        """Find where somebody may get onto the streets, shape (n,), n from 0 to 2.

        Where `snap_stations` puts a station. Whoever stands beside a way of a compound whose gate
        nobody mapped reaches the neighbours by its ways, and all others from the street outside.
        Searches and ways from here take the better of the two.
        """
        snapper, (lon_e7, lat_e7) = Snapper(self._graph(profile), self.water), self._e7(*at)
        return self._snaps(profile, snapper.person(float(lon_e7[0]), float(lat_e7[0])))

    def is_across_water(self, origin: LonLat, lon: FloatArray, lat: FloatArray) -> BoolArray:
        """Tell to which positions the straight line from another leads over water, shape (n,).

        Whichever of the two is a little way in the water: the same both ways.
        """
        lon_e7, lat_e7 = self._e7(lon, lat)
        here_lon, here_lat = (np.full(len(lon_e7), each[0]) for each in self._e7(*origin))
        there = self.water.is_between(here_lon, here_lat, lon_e7, lat_e7)
        return there | self.water.is_between(lon_e7, lat_e7, here_lon, here_lat)

    def is_small(self, snaps: Snaps) -> NDArray[np.bool_]:
        """Which snaps, all with an edge, are not on a large part of the network."""
        small: NDArray[np.bool_] = self._graph(snaps.profile, snaps).edge_part[snaps.edge] != LARGE
        return small

    def rows(self, lon: ArrayLike, lat: ArrayLike, profile: Profile) -> StreetRows:
        """Put rows of demand on streets: centres of cells, shape (rows,), in WGS-84 degrees.

        Each to the nearest point on a street within 200 m, small islands of the network last; a row
        further off is not routable.
        """
        graph = self._graph(profile)
        found = Snapper(graph, self.water, ROW_SNAP_WITHIN_M).nearest(*self._e7(lon, lat))
        return StreetRows.of(graph, self._snaps(profile, found))

    def stations(self, lon: ArrayLike, lat: ArrayLike, profile: Profile) -> Snaps:
        """Snap stations whose columns are to be compared: `snap`, the same in any company."""
        found = Snapper(self._graph(profile), self.water).nearest(*self._e7(lon, lat))
        return self._snaps(profile, found)

    def column(self, rows: StreetRows, station: Snaps, limit_minutes: float) -> Column:
        """Return the rows from which one snapped station is reached, and their minutes to it."""
        graph = self._graph(rows.snaps.profile, rows.snaps, station)
        return column_of(graph, rows, self._centre_e7(station), station, limit_minutes)

    def nearest(self, rows: StreetRows, stations: Snaps, limit_minutes: float) -> FloatArray:
        """Minutes from each row to its nearest station, shape (rows,), inf beyond the limit.

        One search from all stations at once: the minimum of their columns, to the last bit.
        """
        graph = self._graph(rows.snaps.profile, rows.snaps, stations)
        return nearest_of(graph, rows, stations[stations.is_near], limit_minutes)

    def minutes_between(
        self, origin: Snaps, targets: Snaps, profile: Profile, limit_minutes: float
    ) -> FloatArray:
        """Minutes from one person to snapped positions, shape (n,); inf beyond the limit.

        Directed: an e-bike keeps to one-way streets. Raises ValueError for snaps of another network
        or profile.
        """
        graph = self._graph(profile, origin, targets)
        found = self._search(graph, origin, limit_minutes, with_ways=False)
        return WaysFrom(found, limit_minutes).minutes_to(targets)

    def search_from(self, origin: Snaps, profile: Profile, limit_minutes: float) -> "WaysFrom":
        """Search from one person once, for minutes and metres to any snapped positions."""
        graph = self._graph(profile, origin)
        return WaysFrom(self._search(graph, origin, limit_minutes, with_ways=True), limit_minutes)

    def route(
        self,
        origin_point: LonLat,
        origin: Snaps,
        target_point: LonLat,
        target: Snaps,
        profile: Profile,
        limit_minutes: float,
    ) -> Route | None:
        """Return the best way from one position to another; None beyond the limit."""
        return self.routes(origin_point, origin, [target_point], target, profile, limit_minutes)[0]

    def routes(
        self,
        origin_point: LonLat,
        origin: Snaps,
        target_points: Sequence[LonLat],
        targets: Snaps,
        profile: Profile,
        limit_minutes: float,
    ) -> list[Route | None]:
        """Return the best ways from one person to several, by one search; None beyond the limit.

        The points are the positions that the snaps were made from: the lines begin and end there.
        """
        graph = self._graph(profile, origin, targets)
        searched = self._search(graph, origin, limit_minutes, with_ways=True)
        found: list[Route | None] = []
        for place, point in enumerate(target_points):
            target = targets[place]
            if searched is None or not target.is_near[0]:
                found.append(None)
                continue
            minutes = float(minutes_at(searched, target)[0])
            within = minutes <= limit_minutes
            meridian_e7 = self.central_meridian_e7
            found.append(
                route_of(searched, meridian_e7, minutes, origin_point, point, target)
                if within
                else None
            )
        return found

    def _e7(self, lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return WGS-84 degrees in the graphs' own units, shape (n,)."""
        lon_deg, lat_deg = (np.atleast_1d(np.asarray(each, np.float64)) for each in (lon, lat))
        return turned_e7(lon_deg * 1e7, self.central_meridian_e7), lat_deg * 1e7

    def _snaps(self, profile: Profile, found: Found) -> Snaps:
        lon = turned_e7(found.lon, -self.central_meridian_e7) * 1e-7
        edge, along_m, off_m = found[:3]
        return Snaps(self.id, profile, edge, along_m, off_m, lon, found.lat * 1e-7)

    def _search(
        self, graph: StreetGraph, origin: Snaps, limit_minutes: float, *, with_ways: bool
    ) -> Search | None:
        if not len(origin):
            return None
        return search(graph, self._centre_e7(origin), origin, limit_minutes, with_ways=with_ways)

    def _graph(self, profile: Profile, *snaps: Snaps) -> StreetGraph:
        if profile not in self.graphs:
            raise ValueError(f"there is no street network for {profile}")
        for each in snaps:
            if each.network_id != self.id or each.profile != profile:
                raise ValueError("these snaps belong to another network or profile")
        return self.graphs[profile]

    def _centre_e7(self, origin: Snaps) -> tuple[float, float]:
        lon_e7 = turned_e7(origin.lon[0] * 1e7, self.central_meridian_e7)
        return float(lon_e7), float(origin.lat[0] * 1e7)
