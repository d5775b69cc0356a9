"""Rivers and shores: whether water lies between a place and a point on a street.

A leg that crosses two shores, or a river that is drawn as a line alone, cannot be walked. One shore
is crossed by whoever is in the water, where a phone often puts people who stand on the bank. A path
on an embankment often has its points from the shore: the shore it lies on counts with those before.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.coordinates import FloatArray
from geo.polylines import PIECE_REACH_M, Polylines
from geo.street_grid import (
    PIECE_CELL_E7,
    cells_within,
    chords_m,
    ranges,
    slices_within,
    turned_e7,
    unit_metres,
)
from geo.water_reading import OUTLINE, WaterLines

IntArray = NDArray[np.int64]
Int32Array = NDArray[np.int32]
ByteArray = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]

ON_SHORE_M = 0.5
"""A street no farther from a shore lies on it."""

LEGS_AT_ONCE = 20_000

WATER_ARRAYS: dict[str, np.dtype[Any]] = {
    "cell": np.dtype("<i8"),
    "lon": np.dtype("<i4"),
    "lat": np.dtype("<i4"),
    "end_lon": np.dtype("<i4"),
    "end_lat": np.dtype("<i4"),
    "kind": np.dtype("u1"),
}
"""Names and types of the arrays, in the order of the file."""


@dataclass(frozen=True, eq=False)
class Water:
    """Straight pieces of shores and rivers, at most 100 m long; arrays of shape (pieces,).

    In 1e-7 degrees, longitudes counted from the central meridian.
    """

    cell: IntArray  # ascending: pieces are sorted by the cell of their middle
    lon: Int32Array
    lat: Int32Array
    end_lon: Int32Array
    end_lat: Int32Array
    kind: ByteArray  # OUTLINE or RIVER_LINE

    @classmethod
    def of(cls, lines: WaterLines, central_meridian_e7: int) -> "Water":
        """Cut lines into pieces and sort these."""
        lon_e7 = turned_e7(lines.lon_e7.astype(np.int64), central_meridian_e7)
        drawn = Polylines(lon_e7, lines.lat_e7.astype(np.int64), lines.start).divided()
        point, cell = drawn.pieces_by_cell()
        arrays: dict[str, NDArray[Any]] = {
            "cell": cell,
            "lon": drawn.lon_e7[point],
            "lat": drawn.lat_e7[point],
            "end_lon": drawn.lon_e7[point + 1],
            "end_lat": drawn.lat_e7[point + 1],
            "kind": lines.kind[drawn.line_of(point)],
        }
        return cls(**{n: np.ascontiguousarray(arrays[n], t) for n, t in WATER_ARRAYS.items()})

    def __len__(self) -> int:
        """Return how many pieces there are: none where the extract tells nothing of water."""
        return len(self.cell)

    @property
    def km(self) -> float:
        """How many kilometres of shores and rivers there are."""
        ends = (self.lon, self.lat, self.end_lon, self.end_lat)
        metres = chords_m(*(each.astype(np.int64) for each in ends)).sum()
        return round(float(metres) / 1000, 1)

    def is_between(
        self, lon_e7: FloatArray, lat_e7: FloatArray, end_lon: FloatArray, end_lat: FloatArray
    ) -> BoolArray:
        """Tell for legs of some hundred metres whether water bars them, shape (legs,)."""
        found = np.zeros(len(lon_e7), dtype=np.bool_)
        legs = _Legs.to_streets(lon_e7, lat_e7, end_lon, end_lat)
        for begin in range(0, len(found) if len(self) else 0, LEGS_AT_ONCE):
            part = slice(begin, begin + LEGS_AT_ONCE)
            found[part] = self._bars(legs.taken(part))
        return found

    def bars(self, lon_e7: float, lat_e7: float, end_lon: float, end_lat: float) -> bool:
        """Tell for one leg what `is_between` tells for many."""
        leg = _Legs.to_streets(lon_e7, lat_e7, end_lon, end_lat)
        _, starts, ends = slices_within(
            self.cell, *leg.middle, float(leg.half_m) + PIECE_REACH_M, PIECE_CELL_E7
        )
        counted = np.zeros(3)
        for start, end in zip(starts, ends, strict=True):
            if start < end:
                counted += self._crossed(slice(start, end), leg).sum(axis=1)
        return bool(_is_barred(*counted))

    def _bars(self, legs: "_Legs") -> BoolArray:
        within_m = float(np.max(legs.half_m)) + PIECE_REACH_M
        cells = cells_within(*legs.middle, within_m, PIECE_CELL_E7)
        first = np.searchsorted(self.cell, cells.first.ravel(), side="left")
        last = np.searchsorted(self.cell, cells.last.ravel(), side="right")
        sizes = np.maximum(last - first, 0)
        count = len(cells.rows)
        leg = np.repeat(np.arange(count), sizes.reshape(cells.rows.shape).sum(axis=1))
        crossed = self._crossed(ranges(first, sizes), legs.taken(leg))
        return np.asarray(_is_barred(*(np.bincount(leg, each, count) for each in crossed)))

    def _crossed(self, piece: IntArray | slice, legs: "_Legs") -> BoolArray:
        """Tell what legs cross of pieces, shape (3, pieces).

        Outlines before the street; outlines before it or on it; rivers drawn as lines before it. On
        the map, which at this size is as good as a plane. A point on the line through a leg or a
        piece counts to one side of it, so that a leg through the corner of two pieces crosses one
        of them.
        """
        # measured from the leg's beginning: no digit is lost
        lon_e7, lat_e7, run_x, run_y, _half_m, on_shore = legs
        x, y = self.lon[piece] - lon_e7, self.lat[piece] - lat_e7
        end_x, end_y = self.end_lon[piece] - lon_e7, self.end_lat[piece] - lat_e7
        is_parted = (run_x * y - run_y * x > 0) != (run_x * end_y - run_y * end_x > 0)
        along_x, along_y = end_x - x, end_y - y
        from_here = along_y * x - along_x * y
        run = along_x * run_y - along_y * run_x
        before, upto = (
            is_parted & ((from_here > 0) != (from_here + share * run > 0))
            for share in (1 - on_shore, 1 + on_shore)
        )
        is_outline = self.kind[piece] == OUTLINE
        return np.stack((before & is_outline, upto & is_outline, before & ~is_outline))


def _is_barred(before: Any, upto: Any, lines: Any) -> Any:
    """Tell from what is crossed whether legs are barred.

    A line inside the outline of its river says nothing more than that.
    """
    return ((before >= 1) & (upto >= 2)) | ((before == 0) & (lines >= 1))


class _Legs(NamedTuple):
    """One leg or many: where they begin, and how far they run, in units of 1e-7 degrees.

    `on_shore` is the share of a leg by which a street may be off the shore that it lies on.
    """

    lon_e7: FloatArray | float
    lat_e7: FloatArray | float
    run_lon: FloatArray | float
    run_lat: FloatArray | float
    half_m: FloatArray
    on_shore: FloatArray

    @classmethod
    def to_streets(
        cls,
        lon_e7: FloatArray | float,
        lat_e7: FloatArray | float,
        end_lon: FloatArray | float,
        end_lat: FloatArray | float,
    ) -> "_Legs":
        run_lon, run_lat = end_lon - lon_e7, end_lat - lat_e7
        lon_m, lat_m = unit_metres(np.asarray(lat_e7))
        metres = np.hypot(run_lon * lon_m, run_lat * lat_m)
        on_shore = ON_SHORE_M / np.maximum(metres, ON_SHORE_M)
        return cls(lon_e7, lat_e7, run_lon, run_lat, np.asarray(metres / 2), on_shore)

    @property
    def middle(self) -> tuple[Any, Any]:
        return self.lon_e7 + self.run_lon / 2, self.lat_e7 + self.run_lat / 2

    def taken(self, rows: IntArray | slice) -> "_Legs":
        return _Legs(*(np.asarray(each)[rows] for each in self))
