"""Points in bands of latitude: all of them round a place, in a few slices of memory.

A k-d tree visits leaf after leaf for all points within a radius. Sorted by band and, in a band, by
longitude, they lie in one slice a band: a few slices hold every point that can be near enough, and
one comparison leaves those that are.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.coordinates import (
    LEAST_MERIDIAN_RADIUS_M,
    WGS84_RADIUS_M,
    FloatArray,
    LonLat,
    earth_centred_point,
)

BAND_DEGREES = 0.03
"""About 3.3 km; measured at a radius of 3 km: from 0.02 to 0.05 makes no difference."""

PER_BAND = 512.0
"""The keys of a band: more than there are degrees of longitude."""

ROUNDING_DEGREES = 1e-9
POLE = 89.9
"""So near a pole every longitude is near."""

NEARLY_ALL = 179.0
"""So many degrees to either side are all the way round."""


@dataclass(frozen=True, eq=False)
class Bands:
    """Points in the order of their keys: `key` and `row` of shape (points,), `xyz` of (points, 3).

    A key is the band's number times `PER_BAND` and degrees of longitude from -180 on; `row` is the
    place of the point among those given, `xyz` are its earth-centred metres.
    """

    key: FloatArray
    row: NDArray[np.int64]
    xyz: FloatArray

    @classmethod
    def of(cls, lon: FloatArray, lat: FloatArray, xyz: FloatArray) -> "Bands":
        """Sort points in WGS-84 degrees, with their earth-centred metres."""
        key = np.floor((lat + 90.0) / BAND_DEGREES) * PER_BAND + (lon + 180.0)
        row = np.argsort(key)
        return cls(key[row], row, xyz[row])

    def within(self, origin: LonLat, chord_m: float) -> tuple[NDArray[np.int64], FloatArray]:
        """Return the rows at most `chord_m` through the earth from a WGS-84 point, unordered.

        With the metres of each one's chord.
        """
        ends = self.key.searchsorted(_stretches(origin, chord_m)).tolist()
        slices = [slice(ends[place], ends[place + 1]) for place in range(0, len(ends), 2)]
        gap = np.concatenate([self.xyz[each] for each in slices])
        gap -= earth_centred_point(origin)
        squared = np.vecdot(gap, gap)
        is_near = squared <= chord_m * chord_m
        rows = np.concatenate([self.row[each] for each in slices])
        return rows[is_near], np.sqrt(squared[is_near])


def _stretches(origin: LonLat, chord_m: float) -> list[float]:
    """Return the least and the greatest key of each stretch that points so near can lie in.

    Along a curve whose radius is never below R, an arc is at most that of R over the same chord;
    the meridian's is never below `LEAST_MERIDIAN_RADIUS_M`. And two points are farther apart than
    they would be on the smaller of their parallels, whose radius is above cos(latitude) times the
    earth's.
    """
    lon, lat = origin
    high = _arc_degrees(chord_m, LEAST_MERIDIAN_RADIUS_M)
    south, north = max(lat - high, -90.0), min(lat + high, 90.0)
    bands = range(
        math.floor((south + 90.0) / BAND_DEGREES), math.floor((north + 90.0) / BAND_DEGREES) + 1
    )
    widest = max(-south, north)
    wide = 180.0
    if widest < POLE:
        wide = _arc_degrees(chord_m, WGS84_RADIUS_M * math.cos(math.radians(widest)))
    west, east = lon + 180.0 - wide, lon + 180.0 + wide
    if wide > NEARLY_ALL:
        spans = [(0.0, 360.0)]
    else:
        spans = [(max(west, 0.0), min(east, 360.0))]
        if west < 0.0:  # over the line of 180 degrees, to the one side or to the other
            spans.append((west + 360.0, 360.0))
        if east > 360.0:
            spans.append((0.0, east - 360.0))
    return [
        band * PER_BAND + end
        for band in bands
        for first, last in spans
        for end in (first - ROUNDING_DEGREES, last + ROUNDING_DEGREES)
    ]


def _arc_degrees(chord_m: float, radius_m: float) -> float:
    """Return degrees of the arc over a chord, and a little more than it rounds to; 180 at most."""
    half = chord_m / (2.0 * radius_m)
    return 180.0 if half >= 1.0 else math.degrees(2.0 * math.asin(half)) + ROUNDING_DEGREES
