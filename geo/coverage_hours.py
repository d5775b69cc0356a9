"""Coverage by the hour: who is in reach of an open station at each of many moments.

One reach answers for a whole day: a moment masks columns. Moments at which the same doors are open
are counted once.
"""

from collections.abc import Iterable

import numpy as np
from scipy.sparse import csr_array

from geo.coverage import Demand
from geo.reach import BoolArray, IntArray, Reach

CELLS_AT_ONCE = 50_000


def in_reach_by_moment(
    reaches: Iterable[Reach], demand: Demand, is_open: BoolArray, area_count: int
) -> tuple[IntArray, IntArray]:
    """Residents and outdoor workers in reach of an open station, each of shape (areas, moments).

    `is_open` is of shape (stations, moments); the reaches are those that `geo.coverage.cover`
    takes. Workers are counted whether they would find a place or not.
    """
    masks, moment_mask = np.unique(is_open, axis=1, return_inverse=True)
    people = np.stack((demand.residents, demand.workers)).astype(np.float64)
    sums = np.zeros((2, area_count, masks.shape[1]))
    first = 0
    for reach in reaches:
        for begin in range(0, reach.cell_count, CELLS_AT_ONCE):
            end = min(begin + CELLS_AT_ONCE, reach.cell_count)
            part = reach.minutes[begin:end]
            ones = np.ones(len(part.data), dtype=np.int32)
            in_reach = csr_array((ones, part.indices, part.indptr), shape=part.shape)
            reached = (in_reach @ masks.astype(np.int32)) > 0
            rows = np.arange(*np.searchsorted(demand.cell_of_row, [first + begin, first + end]))
            of_rows = reached[demand.cell_of_row[rows] - first - begin]
            for which in range(2):
                for mask in range(masks.shape[1]):
                    sums[which, :, mask] += np.bincount(
                        demand.area[rows],
                        weights=people[which, rows] * of_rows[:, mask],
                        minlength=area_count,
                    )
        first += reach.cell_count
    residents, workers = sums.astype(np.int64)[:, :, np.ravel(moment_mask)]
    return residents, workers
