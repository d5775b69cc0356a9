"""Where sites may be when there are more places than can be looked at: the most promising ones."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from geo.coordinates import FloatArray
from geo.reach import IntArray

SQUARES_A_RADIUS = 8
LEAST_SQUARE_M = 150.0
DEGREE_M = 111_320.0


def people_around(lon: FloatArray, lat: FloatArray, people: IntArray, within_m: float) -> IntArray:
    """Return about how many people live within metres of each place, shape (places,).

    WGS-84 degrees, `people` of each place itself. Counted in squares of an eighth of the radius,
    which is enough to tell promising places from others.
    """
    if not len(people):
        return np.empty(0, dtype=np.int64)
    side_m = max(within_m / SQUARES_A_RADIUS, LEAST_SQUARE_M)
    east_m = (lon - lon.min()) * DEGREE_M * np.cos(np.radians(lat.mean()))
    column = (east_m // side_m).astype(np.int64)
    row = ((lat - lat.min()) * DEGREE_M // side_m).astype(np.int64)
    squares = np.zeros((int(row.max()) + 1, int(column.max()) + 1))
    np.add.at(squares, (row, column), people)
    reach = int(np.ceil(within_m / side_m))
    north, east = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    circle = (np.hypot(north, east) * side_m <= within_m).astype(np.float64)
    around = np.rint(fftconvolve(squares, circle, mode="full")).astype(np.int64)
    return np.asarray(around[row + reach, column + reach])


def most_promising(promise: IntArray, group: NDArray[np.int64], most: int) -> IntArray:
    """Return at most so many places, ascending: the best of each group, then the best of all.

    Shape (places,) both; of equals the first. Groups are a coarse grid: the best of all may crowd
    into one corner of a city, and a site is wanted in others too. With more groups than half of
    `most` the best groups alone are seen to.
    """
    order = np.lexsort((np.arange(len(promise)), -promise))
    _, first = np.unique(group[order], return_index=True)
    firsts = order[np.sort(first)][: most // 2]
    rest = order[~np.isin(order, firsts)][: most - len(firsts)]
    return np.sort(np.concatenate((firsts, rest)))
