"""A grid of longitudes and latitudes by which streets are numbered: a ball is then a few slices.

Things are sorted by the cell that they lie in, row by row from south to north, and within a row
from west to east. What lies within a distance of a point is then one slice for each row of cells.
Longitudes are counted from the network's own central meridian, in units of 1e-7 degrees, so that
nothing in a network crosses the 180th.
"""

from dataclasses import dataclass
from math import cos, radians, sqrt
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from geo.coordinates import (
    WGS84_ECCENTRICITY_SQUARED,
    WGS84_RADIUS_M,
    FloatArray,
    earth_centred,
)

IntArray = NDArray[np.int64]
Int32Array = NDArray[np.int32]
Number = TypeVar("Number", int, float, IntArray, FloatArray)
Measure = TypeVar("Measure", float, FloatArray)

HALF_TURN_E7 = 1_800_000_000
QUARTER_TURN_E7 = 900_000_000
ROW_STRIDE = 1_000_000  # more than there are columns in a row
NODE_CELL_E7 = 20_000
PIECE_CELL_E7 = 10_000

# Metres in one unit of 1e-7 degrees, never more than there are: a degree of latitude has 110,574 m
# at the equator and more elsewhere, one of longitude at least 111,319 m times the cosine.
LEAST_LAT_M = 110_500e-7
LEAST_LON_M = 111_300e-7
LEAST_COSINE = 1e-6

MEASURED_AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class CellRanges:
    """The slices of cells that cover a ball: one a row, from `first` to `last`, both included.

    Shape (points, rows). `rows` are the rows' numbers; where a row is not needed `first` > `last`.
    """

    rows: IntArray
    first: IntArray
    last: IntArray


def central_meridian_e7(lon_e7: Int32Array) -> int:
    """Return the meridian that a network is counted from: opposite the widest gap in it."""
    degrees = np.unique((lon_e7.astype(np.int64) + HALF_TURN_E7) // 10_000_000 % 360)
    if not len(degrees):
        return 0
    gaps = np.diff(np.append(degrees, degrees[0] + 360))
    widest = int(np.argmax(gaps))
    opposite = int(degrees[widest]) + (1 + int(gaps[widest])) / 2
    return turned_e7(round(opposite * 10_000_000), 0)


def turned_e7(lon_e7: Number, by_e7: int) -> Number:
    """Return longitudes less another one, from -180 to 180 degrees, in units of 1e-7 degrees."""
    turned: Number = (lon_e7 - by_e7 + HALF_TURN_E7) % (2 * HALF_TURN_E7) - HALF_TURN_E7
    return turned


def cell_keys(lon_e7: IntArray, lat_e7: IntArray, cell_e7: int) -> IntArray:
    """Return the key of the cell of each point: row, then column."""
    row = (lat_e7.astype(np.int64) + QUARTER_TURN_E7) // cell_e7
    return row * ROW_STRIDE + (lon_e7.astype(np.int64) + HALF_TURN_E7) // cell_e7


def cells_within(
    lon_e7: FloatArray, lat_e7: FloatArray, within_m: float, cell_e7: int
) -> CellRanges:
    """Return the cells that cover everything within a distance of each point.

    Points of shape (points,), turned to the central meridian. They cover more than the ball, never
    less: on the sphere the half chord of a distance squared is that of the difference in latitude
    plus that of the longitudes times both cosines, the smaller of which is taken here; two metres a
    kilometre are added for the ellipsoid.
    """
    radius_m = within_m * 1.002 + 1.0
    reach = radius_m / LEAST_LAT_M
    lowest = ((lat_e7 - reach + QUARTER_TURN_E7) // cell_e7).astype(np.int64)
    rows = lowest[:, np.newaxis] + np.arange(int(2 * reach // cell_e7) + 2)
    south = rows * float(cell_e7) - QUARTER_TURN_E7
    lat = lat_e7[:, np.newaxis]
    apart_m = np.maximum(np.maximum(south - lat, lat - south - cell_e7), 0.0) * LEAST_LAT_M
    half_m = np.sqrt(np.maximum(radius_m**2 - apart_m**2, 0.0))
    steepest = np.radians(np.minimum(np.abs(lat_e7) + reach, QUARTER_TURN_E7) * 1e-7)
    lon_m = LEAST_LON_M * np.maximum(np.cos(steepest), LEAST_COSINE)[:, np.newaxis]
    half = half_m / lon_m
    lon = lon_e7[:, np.newaxis] + HALF_TURN_E7
    last_column = 2 * HALF_TURN_E7 // cell_e7
    first = np.clip((lon - half) // cell_e7, 0, last_column).astype(np.int64)
    last = np.clip((lon + half) // cell_e7, 0, last_column).astype(np.int64)
    last[apart_m > radius_m] = -1
    return CellRanges(rows, rows * ROW_STRIDE + first, rows * ROW_STRIDE + last)


def slices_within(
    keys: IntArray, lon_e7: float, lat_e7: float, within_m: float, cell_e7: int
) -> tuple[int, list[int], list[int]]:
    """Return what `cells_within` does for one point, as slices of the sorted keys of cells.

    The lowest row, and for it and those above it where the slice begins and ends. In plain numbers,
    which for one point are quicker than arrays.
    """
    radius_m = within_m * 1.002 + 1.0
    reach = radius_m / LEAST_LAT_M
    lowest = int((lat_e7 - reach + QUARTER_TURN_E7) // cell_e7)
    steepest = radians(min(abs(lat_e7) + reach, QUARTER_TURN_E7) * 1e-7)
    lon_m = LEAST_LON_M * max(cos(steepest), LEAST_COSINE)
    lon = lon_e7 + HALF_TURN_E7
    last_column = 2 * HALF_TURN_E7 // cell_e7
    first, last = [], []
    for row in range(lowest, lowest + int(2 * reach // cell_e7) + 2):
        south = row * cell_e7 - QUARTER_TURN_E7
        apart_m = max(south - lat_e7, lat_e7 - south - cell_e7, 0.0) * LEAST_LAT_M
        half = sqrt(max(radius_m * radius_m - apart_m * apart_m, 0.0)) / lon_m
        begin, end = int((lon - half) // cell_e7), int((lon + half) // cell_e7)
        first.append(row * ROW_STRIDE + min(max(begin, 0), last_column))
        is_needed = apart_m <= radius_m
        last.append(row * ROW_STRIDE + (min(max(end, 0), last_column) if is_needed else -1))
    starts = np.searchsorted(keys, first, side="left").tolist()
    ends = np.searchsorted(keys, last, side="right").tolist()
    return lowest, starts, [max(pair) for pair in zip(starts, ends, strict=True)]


def ranges(first: IntArray, sizes: IntArray) -> IntArray:
    """Return `first[i]`, `first[i] + 1`, and so on, `sizes[i]` of them, for all i in a row."""
    before = np.cumsum(sizes) - sizes
    return np.asarray(np.arange(int(sizes.sum())) + np.repeat(first - before, sizes))


def unit_metres(lat_e7: Measure) -> tuple[Measure, Measure]:
    """Return the metres in 1e-7 degrees of longitude and of latitude on the ellipsoid there."""
    lat = np.radians(lat_e7 * 1e-7)
    root = np.sqrt(1 - WGS84_ECCENTRICITY_SQUARED * np.sin(lat) ** 2)
    radian_m = WGS84_RADIUS_M / root * np.pi / 180e7
    return (
        radian_m * np.maximum(np.cos(lat), LEAST_COSINE),
        radian_m * (1 - WGS84_ECCENTRICITY_SQUARED) / root**2,
    )


def positions_m(lon_e7: NDArray[np.number], lat_e7: NDArray[np.number]) -> FloatArray:
    """Return earth-centred metres, shape (n, 3); turning longitudes changes no distance."""
    return earth_centred(lon_e7 * 1e-7, lat_e7 * 1e-7)


def chords_m(
    lon_e7: IntArray, lat_e7: IntArray, other_lon_e7: IntArray, other_lat_e7: IntArray
) -> FloatArray:
    """Return the metres of the straight lines between pairs of points, shape (n,).

    Through the earth, and so shorter than over the ellipsoid: by a billionth at 1 km. What follows
    is worth it: any way by pieces so measured is at least as long as the chord of its ends.
    """
    found = np.empty(len(lon_e7))
    for begin in range(0, len(lon_e7), MEASURED_AT_ONCE):
        part = slice(begin, begin + MEASURED_AT_ONCE)
        one = positions_m(lon_e7[part], lat_e7[part])
        other = positions_m(other_lon_e7[part], other_lat_e7[part])
        found[part] = np.linalg.norm(one - other, axis=1)
    return found
