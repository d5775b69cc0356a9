"""What each station means to coverage: whom it reaches, who has no other, how far streets go.

A station whose closing would leave people without any is a single point of failure. The ratio of a
pedestrian shed (Porta and Renne 2005, after Schlossberg's ped-shed) holds the ground that streets
reach against the circle that a straight line would.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from geo.coordinates import FloatArray, earth_centred
from geo.coverage import Demand, RowCoverage
from geo.reach import IntArray, Reach


@dataclass(frozen=True, eq=False)
class StationReach:
    """How much each station reaches; arrays of shape (stations,)."""

    cells: IntArray
    residents: IntArray
    workers: IntArray


@dataclass(frozen=True, eq=False)
class Sole:
    """People who have one station alone, by area and station: ascending pairs, shape (pairs,)."""

    area: IntArray
    station: IntArray
    residents: IntArray
    workers: IntArray


def station_reach(reaches: Iterable[Reach], demand: Demand, station_count: int) -> StationReach:
    """Add up the cells in reach of each station, and the people in them.

    The reaches are those that `geo.coverage.cover` takes.
    """
    people = [
        np.bincount(demand.cell_of_row, weights=each, minlength=len(demand.cells))
        for each in (demand.residents, demand.workers)
    ]
    sums = np.zeros((3, station_count))
    first = 0
    for reach in reaches:
        station, cell = reach.minutes.indices, reach.pair_cells + first
        sums[0] += np.bincount(station, minlength=station_count)
        for row, of_cell in enumerate(people, start=1):
            sums[row] += np.bincount(station, weights=of_cell[cell], minlength=station_count)
        first += reach.cell_count
    cells, residents, workers = sums.astype(np.int64)
    return StationReach(cells, residents, workers)


def circle_cells(
    cell_lon: ArrayLike,
    cell_lat: ArrayLike,
    station_lon: ArrayLike,
    station_lat: ArrayLike,
    within_m: float,
) -> IntArray:
    """Count the cells whose centre is so near to each station, shape (stations,).

    WGS-84 degrees; metres in a straight line, those of the chord.
    """
    cells, stations = earth_centred(cell_lon, cell_lat), earth_centred(station_lon, station_lat)
    if not len(cells) or not len(stations):
        return np.zeros(len(stations), dtype=np.int64)
    counts = cKDTree(cells).query_ball_point(stations, within_m, return_length=True)
    return np.asarray(counts, dtype=np.int64)


def shed_ratios(reached: IntArray, circle: IntArray) -> FloatArray:
    """Share of the circle's cells that the streets reach, shape (stations,); nan of no cells.

    Above 1 where streets go straight and a cell is reached from the point on the street nearest to
    its centre, which may be in the circle when the centre is not.
    """
    found: FloatArray = np.full(len(circle), np.nan)
    np.divide(reached, circle, out=found, where=circle > 0)
    return found


def sole(rows: RowCoverage, demand: Demand, station_count: int) -> Sole:
    """Add up by area and station those who have that station alone: they would be uncovered.

    Exact for one closing: who is reached by others as well still has one.
    """
    alone = np.flatnonzero(rows.only_station >= 0)
    key = demand.area[alone] * station_count + rows.only_station[alone]
    keys, pair_of = np.unique(key, return_inverse=True)
    residents, workers = (
        np.bincount(pair_of, weights=people[alone], minlength=len(keys)).astype(np.int64)
        for people in (demand.residents, demand.workers)
    )
    area, station = np.divmod(keys, max(station_count, 1))
    return Sole(area, station, residents, workers)
