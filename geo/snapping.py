"""Snapping: from a position to the nearest point on a street.

The nearest point is sought in space, on the chord of each straight piece of street, so that a way
from a position to the street, along it and off again is never shorter than the straight line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import cos, hypot, radians, sin, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.coordinates import WGS84_ECCENTRICITY_SQUARED, WGS84_RADIUS_M, FloatArray, LonLat
from geo.profiles import Profile
from geo.street_graph import LARGE, SCRAP, SMALL, StreetGraph
from geo.street_grid import (
    PIECE_CELL_E7,
    cells_within,
    positions_m,
    slices_within,
    turned_e7,
    unit_metres,
)
from geo.street_rules import FAR_SNAP_WITHIN_M, SNAP_WITHIN_M, metres_per_minute

IntArray = NDArray[np.int64]

PARTS = (LARGE, SMALL, SCRAP)
PIECE_REACH_M = 51.0
"""No point of a piece is further from its middle: pieces are at most 100 m long."""

PAIRS_AT_ONCE = 200_000  # what they need then fits into the caches
SLACK_M = 0.2  # on a plane that touches the earth distances are right to centimetres
TIE_M = 1e-6


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


def snap(
    graph: StreetGraph,
    network_id: str,
    central_meridian_e7: int,
    lon: ArrayLike,
    lat: ArrayLike,
    within_m: float | None = None,
    *,
    by_arrays: bool = False,
) -> Snaps:
    """Find the nearest point on an edge for positions in WGS-84 degrees, shape (n,), all finite.

    Within `within_m`, or else `SNAP_WITHIN_M` of the profile. A street of a large part of the
    network goes before one of a small island, and that before a scrap of a way; of two equally
    near, to a micrometre, the edge with the lower number is taken. One position alone is found in a
    tenth of a millisecond, and may differ in the last bits from itself among others, unless
    `by_arrays`.
    """
    lon_deg = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    lat_deg = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    lon_e7, lat_e7 = turned_e7(lon_deg * 1e7, central_meridian_e7), lat_deg * 1e7
    cap_m = SNAP_WITHIN_M[graph.profile] if within_m is None else within_m
    if len(lon_e7) == 1 and not by_arrays:
        here = float(lon_e7[0]), float(lat_e7[0])
        found = next(_nearest_of_each(graph, *here, cap_m), _Found.nowhere(1))
    else:
        found, _small = _snap_many(graph, lon_e7, lat_e7, cap_m)
    return found.as_snaps(graph, network_id, central_meridian_e7)


def snap_stations(
    graph: StreetGraph, network_id: str, central_meridian_e7: int, lon: ArrayLike, lat: ArrayLike
) -> tuple[Snaps, Snaps]:
    """Find where stations meet the streets, each of shape (n,), for positions as `snap` takes them.

    What `snap` finds but for scraps, or else the nearest street within `FAR_SNAP_WITHIN_M`; and the
    nearest of the small islands of the network where it is nearer than a large street. The same in
    any company.
    """
    lon_e7 = turned_e7(np.atleast_1d(np.asarray(lon)) * 1e7, central_meridian_e7)
    lat_e7 = np.atleast_1d(np.asarray(lat)) * 1e7
    found, small = _snap_many(graph, lon_e7, lat_e7, SNAP_WITHIN_M[graph.profile])
    small.forget(~(small.off_m < found.off_m))
    is_lost = found.edge < 0
    is_lost[~is_lost] = graph.edge_part[found.edge[~is_lost]] == SCRAP
    lost = np.flatnonzero(is_lost)
    if len(lost):
        afar, _small = _snap_many(graph, lon_e7[lost], lat_e7[lost], FAR_SNAP_WITHIN_M)
        for column, values in zip(found, afar, strict=True):
            column[lost] = values
    return (
        found.as_snaps(graph, network_id, central_meridian_e7),
        small.as_snaps(graph, network_id, central_meridian_e7),
    )


def snap_person(graph: StreetGraph, network_id: str, central_meridian_e7: int, at: LonLat) -> Snaps:
    """Find where somebody may get onto the streets, shape (n,) with n from 0 to 2.

    Where `snap_stations` puts a station: on the street that `snap` finds but for scraps, or else
    the nearest within `FAR_SNAP_WITHIN_M`; and on a small island where it is nearer than a large
    street. Not on one that is farther, or from an island on a street beyond the cap: water may lie
    between.
    """
    here = float(turned_e7(at.lon * 1e7, central_meridian_e7)), at.lat * 1e7
    places = list(islice(_nearest_of_each(graph, *here, SNAP_WITHIN_M[graph.profile]), 2))
    if not places or graph.edge_part[places[0].edge[0]] == SCRAP:
        places = list(islice(_nearest_of_each(graph, *here, FAR_SNAP_WITHIN_M), 1))
    elif len(places) > 1 and not _is_nearer_island(graph, places[1], places[0]):
        places.pop()
    columns = (np.concatenate(each) for each in zip(_Found.nowhere(0), *places, strict=True))
    return _Found(*columns).as_snaps(graph, network_id, central_meridian_e7)


def _is_nearer_island(graph: StreetGraph, one: "_Found", other: "_Found") -> bool:
    return bool(graph.edge_part[one.edge[0]] == SMALL and one.off_m[0] < other.off_m[0])


class _Found(NamedTuple):
    """The columns of Snaps while they are filled; degrees still in the graph's units."""

    edge: IntArray
    along_m: FloatArray
    off_m: FloatArray
    lon: FloatArray
    lat: FloatArray

    @classmethod
    def nowhere(cls, count: int) -> "_Found":
        return cls(np.full(count, -1, dtype=np.int64), *np.full((4, count), np.nan))

    def as_snaps(self, graph: StreetGraph, network_id: str, central_meridian_e7: int) -> Snaps:
        lon = turned_e7(self.lon, -central_meridian_e7) * 1e-7
        return Snaps(
            network_id, graph.profile, self.edge, self.along_m, self.off_m, lon, self.lat * 1e-7
        )

    def forget(self, rows: NDArray[np.bool_]) -> None:
        self.edge[rows] = -1
        for column in self[1:]:
            column[rows] = np.nan

    def part(self, rows: slice) -> "_Found":
        return _Found(
            self.edge[rows], self.along_m[rows], self.off_m[rows], self.lon[rows], self.lat[rows]
        )


def _nearest_of_each(
    graph: StreetGraph, lon_e7: float, lat_e7: float, within_m: float
) -> Iterator[_Found]:
    """Do what `_snap_many` does for one position, in plain numbers where few are left.

    Gives the nearest of the large parts of the network, and then that of the small ones and of the
    scraps, where there is one.
    """
    _, starts, ends = slices_within(
        graph.piece_cell, lon_e7, lat_e7, within_m + PIECE_REACH_M, PIECE_CELL_E7
    )
    spans = [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
    if not spans:
        return
    point = np.concatenate([graph.piece_point[start:end] for start, end in spans])
    edge = np.concatenate([graph.piece_edge[start:end] for start, end in spans])
    flat_m = _flat_distances_m(graph, point, lon_e7, lat_e7, *unit_metres(lat_e7))
    part = graph.edge_part[edge]
    for kind in PARTS:
        of_kind = np.where(part == kind, flat_m, np.inf)
        bound_m = min(of_kind.min(), within_m) + SLACK_M
        measured = sorted(
            (round(off_m / TIE_M), int(edge[place]), int(point[place]), off_m, share)
            for place in np.flatnonzero(of_kind <= bound_m).tolist()
            for off_m, share in [_off_and_share(graph, int(point[place]), lon_e7, lat_e7)]
            if off_m <= within_m
        )
        if measured:
            _, on_edge, at, off_m, share = measured[0]
            columns = (graph.point_along, graph.point_lon, graph.point_lat)
            along_m, lon, lat = (
                float(each[at]) + share * (float(each[at + 1]) - float(each[at]))
                for each in columns
            )
            yield _Found(
                np.array([on_edge]), *(np.array([each]) for each in (along_m, off_m, lon, lat))
            )


def _off_and_share(
    graph: StreetGraph, point: int, lon_e7: float, lat_e7: float
) -> tuple[float, float]:
    """Return metres in space from a position to a piece, and how far along it that is."""
    one = _position_m(int(graph.point_lon[point]), int(graph.point_lat[point]))
    other = _position_m(int(graph.point_lon[point + 1]), int(graph.point_lat[point + 1]))
    seen = _position_m(lon_e7, lat_e7)
    run = [b - a for a, b in zip(one, other, strict=True)]
    away = [b - a for a, b in zip(one, seen, strict=True)]
    length2 = sum(each * each for each in run)
    share = sum(a * b for a, b in zip(away, run, strict=True)) / (length2 or 1.0)
    share = min(max(share, 0.0), 1.0)
    return hypot(*(a - share * b for a, b in zip(away, run, strict=True))), share


def _position_m(lon_e7: float, lat_e7: float) -> tuple[float, float, float]:
    """Return one earth-centred position, as `earth_centred` does for many."""
    lon, lat = radians(lon_e7 * 1e-7), radians(lat_e7 * 1e-7)
    normal_m = WGS84_RADIUS_M / sqrt(1 - WGS84_ECCENTRICITY_SQUARED * sin(lat) ** 2)
    out_m = normal_m * cos(lat)
    up_m = normal_m * (1 - WGS84_ECCENTRICITY_SQUARED) * sin(lat)
    return out_m * cos(lon), out_m * sin(lon), up_m


def _snap_many(
    graph: StreetGraph, lon_e7: FloatArray, lat_e7: FloatArray, within_m: float
) -> tuple[_Found, _Found]:
    """Return the nearest, on large parts of the network first, and the nearest on small ones."""
    count = len(lon_e7)
    found, small = _Found.nowhere(count), _Found.nowhere(count)
    cells = cells_within(lon_e7, lat_e7, within_m + PIECE_REACH_M, PIECE_CELL_E7)
    first = np.searchsorted(graph.piece_cell, cells.first.ravel(), side="left")
    last = np.searchsorted(graph.piece_cell, cells.last.ravel(), side="right")
    sizes = np.maximum(last - first, 0)
    rows = cells.rows.shape[1]
    pairs = sizes.reshape(count, rows).sum(axis=1)
    begin = 0
    ends = np.cumsum(pairs)
    while begin < count:
        done = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, done + PAIRS_AT_ONCE, side="right")))
        if ends[end - 1] > done:
            of_rows = slice(begin * rows, end * rows)
            _snap_block(
                graph,
                found.part(slice(begin, end)),
                small.part(slice(begin, end)),
                lon_e7[begin:end],
                lat_e7[begin:end],
                _ranges(first[of_rows], sizes[of_rows]),
                pairs[begin:end],
                within_m,
            )
        begin = end
    return found, small


def _ranges(first: IntArray, sizes: IntArray) -> IntArray:
    """Return `first[i]`, `first[i] + 1`, and so on, `sizes[i]` of them, for all i in a row."""
    before = np.cumsum(sizes) - sizes
    return np.asarray(np.arange(int(sizes.sum())) + np.repeat(first - before, sizes))


def _snap_block(
    graph: StreetGraph,
    found: _Found,
    small: _Found,
    lon_e7: FloatArray,
    lat_e7: FloatArray,
    piece: IntArray,
    pairs: IntArray,
    within_m: float,
) -> None:
    """Measure pairs of positions and pieces, `pairs[i]` of position i, and keep the nearest."""
    position = np.repeat(np.arange(len(pairs)), pairs)
    lon_m, lat_m = unit_metres(lat_e7)
    flat_m = _flat_distances_m(
        graph,
        graph.piece_point[piece],
        lon_e7[position],
        lat_e7[position],
        lon_m[position],
        lat_m[position],
    )
    part = graph.edge_part[graph.piece_edge[piece]]

    # What is near the best is measured in space.
    some = np.flatnonzero(pairs)
    starts = np.append(0, np.cumsum(pairs[some]))[:-1]
    best = np.full((len(PARTS), len(pairs)), np.inf)
    for kind in PARTS:
        best[kind, some] = np.minimum.reduceat(np.where(part == kind, flat_m, np.inf), starts)
    bound = np.minimum(best, within_m) + SLACK_M
    kept = np.flatnonzero(flat_m <= bound[part, position])
    if not len(kept):
        return
    position, piece, part = position[kept], piece[kept], part[kept]

    point = graph.piece_point[piece]
    one_lon, one_lat = graph.point_lon[point], graph.point_lat[point]
    other_lon, other_lat = graph.point_lon[point + 1], graph.point_lat[point + 1]
    one = positions_m(one_lon, one_lat)
    run = positions_m(other_lon, other_lat) - one
    seen = positions_m(lon_e7[position], lat_e7[position]) - one
    length2 = np.einsum("ij,ij->i", run, run)
    share = np.einsum("ij,ij->i", seen, run) / np.where(length2 > 0, length2, 1.0)
    share = np.clip(share, 0.0, 1.0)
    off_m = np.linalg.norm(seen - share[:, np.newaxis] * run, axis=1)

    edge = graph.piece_edge[piece].astype(np.int64)
    order = np.lexsort((point, edge, np.rint(off_m / TIE_M), part, position))
    order = order[off_m[order] <= within_m]
    for into, of_kind in ((found, order), (small, order[part[order] == SMALL])):
        take = of_kind[np.unique(position[of_kind], return_index=True)[1]]
        to, at, share_there = position[take], point[take], share[take]
        into.edge[to], into.off_m[to] = edge[take], off_m[take]
        for column, values in (
            (into.along_m, graph.point_along),
            (into.lon, graph.point_lon),
            (into.lat, graph.point_lat),
        ):
            column[to] = values[at] + share_there * (values[at + 1] - values[at])


def _flat_distances_m(
    graph: StreetGraph,
    point: NDArray[np.integer],
    lon_e7: FloatArray | float,
    lat_e7: FloatArray | float,
    lon_m: FloatArray | float,
    lat_m: FloatArray | float,
) -> FloatArray:
    """Return metres from positions to pieces on a plane that touches the earth at the position.

    A piece is named by the point it begins at; `lon_m` and `lat_m` are the metres of a unit there.
    """
    x = (graph.point_lon[point] - lon_e7) * lon_m
    y = (graph.point_lat[point] - lat_e7) * lat_m
    run_x = (graph.point_lon[point + 1] - lon_e7) * lon_m - x
    run_y = (graph.point_lat[point + 1] - lat_e7) * lat_m - y
    length2 = run_x * run_x + run_y * run_y
    share = -(x * run_x + y * run_y) / np.where(length2 > 0, length2, 1.0)
    share = np.minimum(np.maximum(share, 0.0), 1.0)
    x += share * run_x
    y += share * run_y
    return np.asarray(np.sqrt(x * x + y * y))
