"""The nearest points on streets, of each part of the network by itself.

They are sought in space, on the chord of each straight piece of street, so that a way from a
position to the street, along it and off again is never shorter than the straight line. What is near
on a plane is then measured in space. Positions are in the graph's own units of 1e-7 degrees.
"""

from math import cos, hypot, radians, sin, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.coordinates import WGS84_ECCENTRICITY_SQUARED, WGS84_RADIUS_M, FloatArray
from geo.polylines import PIECE_REACH_M
from geo.street_graph import LARGE, SCRAP, SMALL, StreetGraph
from geo.street_grid import (
    PIECE_CELL_E7,
    cells_within,
    positions_m,
    ranges,
    slices_within,
    unit_metres,
)
from geo.water import Water

IntArray = NDArray[np.int64]

PARTS = (LARGE, SMALL, SCRAP)
PAIRS_AT_ONCE = 200_000  # what they need then fits into the caches
SLACK_M = 0.2  # on a plane that touches the earth distances are right to centimetres
TIE_M = 1e-6
SHARES = np.linspace(0.0, 1.0, 11)  # of a piece, which is at most 100 m long
LEGS_AT_ONCE = 256


class Found(NamedTuple):
    """Points on streets, shape (n,) each; degrees in the graph's units. No edge (-1): nan."""

    edge: IntArray
    along_m: FloatArray
    off_m: FloatArray
    lon: FloatArray
    lat: FloatArray

    @classmethod
    def nowhere(cls, count: int) -> "Found":
        """Return so many that are on no street."""
        return cls(np.full(count, -1, dtype=np.int64), *np.full((4, count), np.nan))

    @classmethod
    def on(
        cls,
        graph: StreetGraph,
        point: IntArray,
        share: FloatArray,
        *,
        edge: IntArray,
        off_m: FloatArray,
    ) -> "Found":
        """Return what lies at shares of pieces, which are named by the points they begin at."""
        along_m, lon, lat = (
            column[point] + share * (column[point + 1].astype(np.float64) - column[point])
            for column in (graph.point_along, graph.point_lon, graph.point_lat)
        )
        return cls(edge, along_m, off_m, lon, lat)

    def taken(self, rows: NDArray[np.integer] | NDArray[np.bool_] | slice) -> "Found":
        """Return some of them."""
        return Found(self.edge[rows], *(column[rows] for column in self[1:]))

    def put(self, rows: NDArray[np.integer] | NDArray[np.bool_], others: "Found") -> None:
        """Put others into some places."""
        for column, values in zip(self, others, strict=True):
            column[rows] = values


class Around:
    """The streets within a distance of one position, in plain numbers where few are left."""

    def __init__(self, graph: StreetGraph, lon_e7: float, lat_e7: float, within_m: float) -> None:
        self._graph, self._here, self._within_m = graph, (lon_e7, lat_e7), within_m
        _, starts, ends = slices_within(
            graph.piece_cell, lon_e7, lat_e7, within_m + PIECE_REACH_M, PIECE_CELL_E7
        )
        spans = [slice(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
        none = np.empty(0, dtype=np.int32)
        self._point = np.concatenate([none, *(graph.piece_point[span] for span in spans)])
        self._edge = np.concatenate([none, *(graph.piece_edge[span] for span in spans)])
        self._part = graph.edge_part[self._edge]
        self._flat_m = _flat_distances_m(graph, self._point, lon_e7, lat_e7, *unit_metres(lat_e7))

    def nearest(self, part: int) -> Found | None:
        """Return the nearest point on one part of the network; None where none is within."""
        of_part = np.where(self._part == part, self._flat_m, np.inf)
        bound_m = min(of_part.min(initial=np.inf), self._within_m) + SLACK_M
        measured = sorted(
            (round(off_m / TIE_M), int(self._edge[place]), int(self._point[place]), off_m, share)
            for place in np.flatnonzero(of_part <= bound_m).tolist()
            for off_m, share in [_off_and_share(self._graph, int(self._point[place]), *self._here)]
            if off_m <= self._within_m
        )
        if not measured:
            return None
        _, edge, at, off_m, share = measured[0]
        columns = (self._graph.point_along, self._graph.point_lon, self._graph.point_lat)
        along_m, lon, lat = (
            float(each[at]) + share * (float(each[at + 1]) - float(each[at])) for each in columns
        )
        return Found(np.array([edge]), *(np.array([each]) for each in (along_m, off_m, lon, lat)))

    def nearest_dry(self, part: int, water: Water) -> Found | None:
        """Return the nearest point on one part to which no water bars the way."""
        found = self.nearest(part)
        if found is None or not water.bars(*self._here, float(found.lon[0]), float(found.lat[0])):
            return found
        # many points of each piece: round a lake the street is dry at some, not at the nearest
        near = np.flatnonzero((self._part == part) & (self._flat_m <= self._within_m + SLACK_M))
        _off_m, foot = _measured(self._graph, self._point[near], *self._here)
        share = np.column_stack((foot, np.tile(SHARES, (len(near), 1)))).ravel()
        near = np.repeat(near, len(SHARES) + 1)
        point, edge = self._point[near], self._edge[near].astype(np.int64)
        off_m = _metres_to(self._graph, point, share, *self._here)
        there = Found.on(self._graph, point, share, edge=edge, off_m=off_m)
        order = np.lexsort((share, point, edge, np.rint(off_m / TIE_M)))
        order = order[off_m[order] <= self._within_m]
        for begin in range(0, len(order), LEGS_AT_ONCE):
            some = there.taken(order[begin : begin + LEGS_AT_ONCE])
            lon, lat = (np.full(len(some.edge), each) for each in self._here)
            is_dry = ~water.is_between(lon, lat, some.lon, some.lat)
            if is_dry.any():
                return some.taken(np.flatnonzero(is_dry)[:1])
        return None


def nearest_by_part(
    graph: StreetGraph, lon_e7: FloatArray, lat_e7: FloatArray, within_m: float
) -> list[Found]:
    """Return the nearest points for positions, shape (n,), on each of `PARTS` by itself."""
    count = len(lon_e7)
    found = [Found.nowhere(count) for _ in PARTS]
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
            of_rows, block = slice(begin * rows, end * rows), slice(begin, end)
            _measure_block(
                graph,
                [each.taken(block) for each in found],  # slices: what is put there is put here
                lon_e7[block],
                lat_e7[block],
                ranges(first[of_rows], sizes[of_rows]),
                pairs[block],
                within_m,
            )
        begin = end
    return found


def _measure_block(
    graph: StreetGraph,
    found: list[Found],
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
    point, edge = graph.piece_point[piece], graph.piece_edge[piece].astype(np.int64)
    off_m, share = _measured(graph, point, lon_e7[position], lat_e7[position])
    order = np.lexsort((point, edge, np.rint(off_m / TIE_M), part, position))
    order = order[off_m[order] <= within_m]
    for kind in PARTS:
        of_kind = order[part[order] == kind]
        take = of_kind[np.unique(position[of_kind], return_index=True)[1]]
        there = Found.on(graph, point[take], share[take], edge=edge[take], off_m=off_m[take])
        found[kind].put(position[take], there)


def _measured(
    graph: StreetGraph,
    point: NDArray[np.integer],
    lon_e7: FloatArray | float,
    lat_e7: FloatArray | float,
) -> tuple[FloatArray, FloatArray]:
    """Return metres in space from positions to pieces, and how far along these that is, (n,)."""
    one = positions_m(graph.point_lon[point], graph.point_lat[point])
    run = positions_m(graph.point_lon[point + 1], graph.point_lat[point + 1]) - one
    seen = positions_m(np.asarray(lon_e7), np.asarray(lat_e7)) - one
    length2 = np.einsum("ij,ij->i", run, run)
    share = np.einsum("ij,ij->i", seen, run) / np.where(length2 > 0, length2, 1.0)
    share = np.clip(share, 0.0, 1.0)
    return np.linalg.norm(seen - share[:, np.newaxis] * run, axis=1), share


def _metres_to(
    graph: StreetGraph, point: IntArray, share: FloatArray, lon_e7: float, lat_e7: float
) -> FloatArray:
    """Return metres in space from a position to points at shares of pieces, shape (n,)."""
    one = positions_m(graph.point_lon[point], graph.point_lat[point])
    run = positions_m(graph.point_lon[point + 1], graph.point_lat[point + 1]) - one
    off = one + share[:, np.newaxis] * run - np.array(_position_m(lon_e7, lat_e7))
    return np.asarray(np.linalg.norm(off, axis=1))


def _off_and_share(
    graph: StreetGraph, point: int, lon_e7: float, lat_e7: float
) -> tuple[float, float]:
    """Return for one piece what `_measured` returns for many."""
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
