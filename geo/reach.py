"""Reach: minutes between demand cells and stations, one sparse matrix for every planning question.

Nearest is a row minimum, backup a row count, what-if adds or drops a column, the time of day masks
columns. Nothing else computes coverage.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csc_array, csr_array, hstack, vstack
from scipy.spatial import cKDTree

from geo.coordinates import FloatArray, earth_centred
from geo.network import Column, Snaps, StreetNetwork, StreetRows
from geo.profiles import DETOUR_FACTOR

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

PAIRS_PER_BLOCK = 1_000_000


@dataclass(frozen=True, eq=False)
class Reach:
    """Minutes from cells to stations, kept where they are at most `limit_minutes`.

    `minutes` has shape (cells, stations). What is stored is reached, a stored 0.0 too: scipy keeps
    explicit zeros as long as nobody calls `eliminate_zeros` or goes through a dense matrix.
    `routable`, shape (cells,), is False where a cell has no way to the streets; None: all have.
    """

    minutes: csr_array[np.float64]
    limit_minutes: float
    routable: BoolArray | None = None

    @property
    def cell_count(self) -> int:
        """How many cells the rows stand for."""
        return int(self.minutes.shape[0])

    @property
    def station_count(self) -> int:
        """How many stations the columns stand for."""
        return int(self.minutes.shape[1])

    @property
    def pair_cells(self) -> IntArray:
        """The row of each stored pair, shape (pairs,), in the order of `minutes.data`."""
        return np.repeat(np.arange(self.cell_count, dtype=np.int64), reach_counts(self))


def metres_per_minute(speed_kmh: float, detour_factor: float = DETOUR_FACTOR) -> float:
    """Metres in a straight line that take one minute by street."""
    return speed_kmh * 1000 / 60 / detour_factor


def straight_line(
    cell_lon: ArrayLike,
    cell_lat: ArrayLike,
    station_lon: ArrayLike,
    station_lat: ArrayLike,
    *,
    limit_minutes: float,
    speed_kmh: float,
    detour_factor: float = DETOUR_FACTOR,
) -> Reach:
    """Reach without a street network: the straight line times a detour factor.

    Centres of cells, shape (cells,), and positions of stations, shape (stations,), in WGS-84
    degrees. The line is the chord of the ellipsoid: shorter than the geodesic by 4 mm at 15 km and
    35 mm at 32 km (a truck's hour). Reads no water: two banks of a river count as near.
    """
    minutes = _minutes_within(
        cell_tree(cell_lon, cell_lat),
        earth_centred(station_lon, station_lat),
        limit_minutes,
        metres_per_minute(speed_kmh, detour_factor),
    )
    return Reach(minutes, limit_minutes)


def straight_line_blocks(
    cell_lon: ArrayLike,
    cell_lat: ArrayLike,
    station_lon: ArrayLike,
    station_lat: ArrayLike,
    *,
    limit_minutes: float,
    speed_kmh: float,
    detour_factor: float = DETOUR_FACTOR,
    pairs_per_block: int = PAIRS_PER_BLOCK,
    tree: cKDTree | None = None,
) -> Iterator[Reach]:
    """Yield what `straight_line` returns in blocks of consecutive cells, so that memory is bounded.

    A truck reaches tens of millions of pairs in an hour, 36 bytes each while they are found. Who
    asks about the same cells again gives their `cell_tree`, which takes longer than one station.
    """
    stations = earth_centred(station_lon, station_lat)
    tree = cell_tree(cell_lon, cell_lat) if tree is None else tree
    cells: FloatArray = tree.data
    per_minute_m = metres_per_minute(speed_kmh, detour_factor)
    pairs = _count_within(tree, stations, limit_minutes * per_minute_m)
    size = max(1, len(cells) * pairs_per_block // max(pairs, pairs_per_block))
    for start in range(0, max(len(cells), 1), size):
        block = tree if size >= len(cells) else cKDTree(cells[start : start + size])
        yield Reach(_minutes_within(block, stations, limit_minutes, per_minute_m), limit_minutes)


def pairs_within(
    tree: cKDTree, station_lon: ArrayLike, station_lat: ArrayLike, within_m: float
) -> int:
    """Count pairs of cells, by their `cell_tree`, and stations that are so near in a straight line.

    Stations are of shape (stations,), WGS-84 degrees. What their columns hold takes memory, so who
    lets others choose stations and minutes counts first.
    """
    return _count_within(tree, earth_centred(station_lon, station_lat), within_m)


def cell_tree(cell_lon: ArrayLike, cell_lat: ArrayLike) -> cKDTree:
    """Return the k-d tree of cells' centres, shape (cells,), WGS-84 degrees."""
    return cKDTree(earth_centred(cell_lon, cell_lat).reshape(-1, 3))


def by_streets(
    network: StreetNetwork, rows: StreetRows, stations: Snaps, *, limit_minutes: float
) -> Reach:
    """Reach along streets, from rows of demand to snapped stations, one-way streets heeded.

    Rows and stations are snaps of this network and of one profile. A station on no street is a
    column without rows, and a row on no street is not `routable`. One bounded search a station.
    """
    columns = [
        network.column(rows, stations[place], limit_minutes) for place in range(len(stations))
    ]
    return of_columns(columns, len(rows), limit_minutes, rows.routable)


def of_columns(
    columns: Iterable[Column],
    cell_count: int,
    limit_minutes: float,
    routable: BoolArray | None = None,
) -> Reach:
    """Put columns side by side."""
    listed = list(columns)
    sizes = [len(column.rows) for column in listed]
    rows = np.concatenate([np.empty(0, dtype=np.int64), *(column.rows for column in listed)])
    minutes = np.concatenate([np.empty(0), *(column.minutes for column in listed)])
    shape = (cell_count, len(listed))
    ends = np.cumsum([0, *sizes])
    # by rows the same pairs: each of them is there once, so that nothing is summed
    found = csr_array(csc_array((minutes, rows, ends), shape=shape))
    return Reach(found, limit_minutes, routable)


def columns_of(reach: Reach) -> list[Column]:
    """Take the columns apart again."""
    by_column = csc_array(reach.minutes)
    by_column.sort_indices()
    return [
        Column(by_column.indices[begin:end].astype(np.int64), by_column.data[begin:end])
        for begin, end in pairwise(by_column.indptr.tolist())
    ]


def in_blocks(reach: Reach, *, pairs_per_block: int = PAIRS_PER_BLOCK) -> list[Reach]:
    """Cut a reach into blocks of consecutive cells of about so many pairs."""
    count = max(1, -(-len(reach.minutes.data) // pairs_per_block))
    size = max(1, -(-reach.cell_count // count))
    if count == 1:
        return [reach]
    return [
        rows_of(reach, np.arange(start, min(start + size, reach.cell_count)))
        for start in range(0, reach.cell_count, size)
    ]


def nearest_minutes(reach: Reach) -> FloatArray:
    """Minutes from each cell to its nearest station, in the order of the cells.

    Shape (cells,); `inf` where no station is within `reach.limit_minutes`.
    """
    nearest = np.full(reach.cell_count, np.inf)
    reached = reach_counts(reach) > 0
    if reached.any():
        starts = reach.minutes.indptr[:-1][reached]
        nearest[reached] = np.minimum.reduceat(reach.minutes.data, starts)
    return nearest


def reach_counts(reach: Reach) -> IntArray:
    """How many stations reach each cell, shape (cells,)."""
    return np.diff(reach.minutes.indptr).astype(np.int64)


def rows_of(reach: Reach, rows: ArrayLike) -> Reach:
    """Reach of the given rows, in that order; a row may be asked for more than once."""
    index = np.asarray(rows, dtype=np.int64)
    routable = None if reach.routable is None else reach.routable[index]
    return Reach(csr_array(reach.minutes[index, :]), reach.limit_minutes, routable)


def add_stations(reach: Reach, further: Reach) -> Reach:
    """Reach with further stations' columns behind its own; both have the same cells and limit."""
    if (reach.cell_count, reach.limit_minutes) != (further.cell_count, further.limit_minutes):
        raise ValueError("both reaches must have the same cells and the same limit")
    minutes = csr_array(hstack([reach.minutes, further.minutes], format="csr"))
    return Reach(minutes, reach.limit_minutes, reach.routable)


def beside(blocks: Sequence[Reach], further: Sequence[Reach]) -> list[Reach]:
    """Put further stations behind those of some blocks; both are blocks of the same cells.

    The blocks of the first stay as they are, wherever those of the second begin and end.
    """
    whole = csr_array(vstack([block.minutes for block in further], format="csr"))
    found, start = [], 0
    for block in blocks:
        rows = csr_array(whole[start : start + block.cell_count])
        found.append(add_stations(block, Reach(rows, further[0].limit_minutes)))
        start += block.cell_count
    if start != whole.shape[0]:
        raise ValueError("both must have the same cells")
    return found


def pick_stations(reach: Reach, columns: ArrayLike) -> Reach:
    """Reach of the given stations, in that order; one may be asked for more than once."""
    minutes = csr_array(reach.minutes[:, np.asarray(columns, dtype=np.int64)])
    minutes.sort_indices()
    return Reach(minutes, reach.limit_minutes, reach.routable)


def drop_stations(reach: Reach, columns: ArrayLike) -> Reach:
    """Reach without the given columns; later columns move up."""
    kept = np.ones(reach.station_count, dtype=np.bool_)
    kept[np.asarray(columns, dtype=np.int64)] = False
    return pick_stations(reach, np.flatnonzero(kept))


def mask_stations(reach: Reach, counts: BoolArray) -> Reach:
    """Reach in which only stations with `counts`, shape (stations,), reach anybody.

    Columns stay where they are, so that several moments of a day can be compared.
    """
    kept = counts[reach.minutes.indices]
    kept_before = np.concatenate(([0], np.cumsum(kept)))
    minutes = csr_array(
        (
            reach.minutes.data[kept],
            reach.minutes.indices[kept],
            kept_before[reach.minutes.indptr],
        ),
        shape=reach.minutes.shape,
    )
    return Reach(minutes, reach.limit_minutes, reach.routable)


def _count_within(cells: cKDTree, stations: FloatArray, within_m: float) -> int:
    if not cells.n or not len(stations):
        return 0
    return int(cells.count_neighbors(cKDTree(stations), within_m))


def _minutes_within(
    cells: cKDTree, stations: FloatArray, limit_minutes: float, per_minute_m: float
) -> csr_array[np.float64]:
    shape = (cells.n, len(stations))
    if not all(shape):
        return csr_array(shape, dtype=np.float64)
    # A millimetre more, so that only the minutes decide at the limit, and not the tree's rounding.
    within_m = limit_minutes * per_minute_m + 0.001
    pairs = cells.sparse_distance_matrix(cKDTree(stations), within_m, output_type="ndarray")
    minutes = pairs["v"] / per_minute_m
    kept = minutes <= limit_minutes
    found = csr_array(coo_array((minutes[kept], (pairs["i"][kept], pairs["j"][kept])), shape=shape))
    found.sort_indices()
    return found
