"""Snapping: from a position to the nearest point on a street.

The nearest point is sought in space, on the chord of each straight piece of street, so that a way
from a position to the street, along it and off again is never shorter than the straight line.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.coordinates import FloatArray
from geo.profiles import Profile
from geo.street_graph import StreetGraph
from geo.street_grid import (
    LEAST_COSINE,
    PIECE_CELL_E7,
    cells_within,
    positions_m,
    turned_e7,
)
from geo.street_rules import SNAP_WITHIN_M, metres_per_minute

IntArray = NDArray[np.int64]

PIECE_REACH_M = 51.0
"""No point of a piece is further from its middle: pieces are at most 100 m long."""

PAIRS_AT_ONCE = 2_000_000
LAT_M = 111_195e-7  # of the mean sphere; pairs this close to the best are measured in space
SLACK_M = 2.0


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

    @property
    def is_near(self) -> NDArray[np.bool_]:
        """Which positions have a street within the cap."""
        return self.edge >= 0

    @property
    def leg_minutes(self) -> FloatArray:
        """Minutes between each position and the street: they are walked, whatever the profile."""
        return self.off_m / metres_per_minute(Profile.WALK)


def snap(
    graph: StreetGraph, network_id: str, central_meridian_e7: int, lon: ArrayLike, lat: ArrayLike
) -> Snaps:
    """Find the nearest point on an edge for positions in WGS-84 degrees, shape (n,).

    Within `SNAP_WITHIN_M` of the profile. A street of a large piece of the network goes before one
    of a small island; of two equally near the edge with the lower number is taken.
    """
    lon_deg = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    lat_deg = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    count = len(lon_deg)
    found = Snaps(
        network_id,
        graph.profile,
        np.full(count, -1, dtype=np.int64),
        np.full(count, np.nan),
        np.full(count, np.nan),
        np.full(count, np.nan),
        np.full(count, np.nan),
    )
    lon_e7 = turned_e7(lon_deg * 1e7, central_meridian_e7)
    lat_e7 = lat_deg * 1e7
    within_m = SNAP_WITHIN_M[graph.profile]
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
                found,
                central_meridian_e7,
                lon_e7[begin:end],
                lat_e7[begin:end],
                _ranges(first[of_rows], sizes[of_rows]),
                pairs[begin:end],
                begin,
            )
        begin = end
    return found


def _ranges(first: IntArray, sizes: IntArray) -> IntArray:
    """Return `first[i]`, `first[i] + 1`, and so on, `sizes[i]` of them, for all i in a row."""
    before = np.cumsum(sizes) - sizes
    return np.asarray(np.arange(int(sizes.sum())) + np.repeat(first - before, sizes))


def _snap_block(
    graph: StreetGraph,
    found: Snaps,
    central_meridian_e7: int,
    lon_e7: FloatArray,
    lat_e7: FloatArray,
    piece: IntArray,
    pairs: IntArray,
    offset: int,
) -> None:
    """Measure pairs of positions and pieces, `pairs[i]` of position i, and keep the nearest."""
    within_m = SNAP_WITHIN_M[graph.profile]
    position = np.repeat(np.arange(len(pairs)), pairs)
    flat_m = _flat_distances_m(graph, piece, lon_e7, lat_e7, position)
    is_main = graph.edge_main[graph.piece_edge[piece]]

    # Flat distances are right to millimetres in a city; what is near the best is measured in space.
    some = np.flatnonzero(pairs)
    starts = np.append(0, np.cumsum(pairs[some]))[:-1]
    best = np.full((2, len(pairs)), np.inf)
    best[0, some] = np.minimum.reduceat(np.where(is_main, flat_m, np.inf), starts)
    best[1, some] = np.minimum.reduceat(np.where(is_main, np.inf, flat_m), starts)
    bound = np.minimum(best, within_m) + SLACK_M
    kept = np.flatnonzero(flat_m <= bound[np.where(is_main, 0, 1), position])
    if not len(kept):
        return
    position, piece, is_main = position[kept], piece[kept], is_main[kept]

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
    order = np.lexsort((point, edge, off_m, ~is_main, position))
    order = order[off_m[order] <= within_m]
    chosen = np.unique(position[order], return_index=True)[1]
    take = order[chosen]
    to = position[take] + offset
    share, point = share[take], point[take]
    along = graph.point_along
    found.edge[to] = edge[take]
    found.along_m[to] = along[point] + share * (along[point + 1] - along[point])
    found.off_m[to] = off_m[take]
    lon_out = one_lon[take] + share * (other_lon[take].astype(np.float64) - one_lon[take])
    found.lon[to] = turned_e7(lon_out, -central_meridian_e7) * 1e-7
    found.lat[to] = (one_lat[take] + share * (other_lat[take] - one_lat[take])) * 1e-7


def _flat_distances_m(
    graph: StreetGraph, piece: IntArray, lon_e7: FloatArray, lat_e7: FloatArray, position: IntArray
) -> FloatArray:
    """Return metres from positions to pieces on a plane that touches the earth at the position."""
    point = graph.piece_point[piece]
    lon_m = LAT_M * np.maximum(np.cos(np.radians(lat_e7 * 1e-7)), LEAST_COSINE)
    lon, lat, lon_m = lon_e7[position], lat_e7[position], lon_m[position]
    x = (graph.point_lon[point] - lon) * lon_m
    y = (graph.point_lat[point] - lat) * LAT_M
    run_x = (graph.point_lon[point + 1] - lon) * lon_m - x
    run_y = (graph.point_lat[point + 1] - lat) * LAT_M - y
    length2 = run_x * run_x + run_y * run_y
    share = -(x * run_x + y * run_y) / np.where(length2 > 0, length2, 1.0)
    np.clip(share, 0.0, 1.0, out=share)
    x += share * run_x
    y += share * run_y
    return np.asarray(np.sqrt(x * x + y * y))
