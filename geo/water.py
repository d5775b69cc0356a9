"""Rivers and shores: whether water lies between a place and a point on a street.

A leg that crosses two shores, or a river that is drawn as a line alone, cannot be walked. One shore
is crossed by whoever is in the water, where a phone often puts people who stand on the bank: they
wade out to the nearer bank, not to the other one. A path on an embankment often has its points from
the shore, or nearly so: the shore it lies on counts with those before.
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

ON_SHORE_M = 3.0
"""A street no farther from a shore lies on it: quays are drawn so far into the water."""

WADED_TIMES = 2.0
"""At most so many times the way to the nearest shore is waded, and ON_SHORE_M: banks are aslant."""

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
        waded_m = np.zeros(len(found))
        for begin in range(0, len(found) if len(self) else 0, LEGS_AT_ONCE):
            part = slice(begin, begin + LEGS_AT_ONCE)
            crossed = self._crossed_by(legs.taken(part))
            found[part], waded_m[part] = crossed.bars, crossed.waded_share * 2 * legs.half_m[part]
        for leg in np.flatnonzero(~found & (waded_m > ON_SHORE_M)).tolist():
            found[leg] = self._is_nearer_bank(lon_e7[leg], lat_e7[leg], waded_m[leg])
        return found

    def bars(self, lon_e7: float, lat_e7: float, end_lon: float, end_lat: float) -> bool:
        """Tell for one leg what `is_between` tells for many."""
        leg = _Legs.to_streets(lon_e7, lat_e7, end_lon, end_lat)
        piece = self._within(*leg.middle, float(leg.half_m))
        crossed = self._crossed(piece, leg).of(np.zeros(len(piece), dtype=np.int64), 1)
        waded_m = float(crossed.waded_share[0] * 2 * leg.half_m)
        if crossed.bars[0] or waded_m <= ON_SHORE_M:
            return bool(crossed.bars[0])
        return self._is_nearer_bank(lon_e7, lat_e7, waded_m)

    def _is_nearer_bank(self, lon_e7: float, lat_e7: float, waded_m: float) -> bool:
        """Tell for somebody in the water whether a shore is much nearer than the one waded to."""
        within_m = (waded_m - ON_SHORE_M) / WADED_TIMES
        piece = self._within(lon_e7, lat_e7, within_m)
        piece = piece[self.kind[piece] == OUTLINE]
        lon_m, lat_m = unit_metres(np.asarray(lat_e7))
        x, y = (self.lon[piece] - lon_e7) * lon_m, (self.lat[piece] - lat_e7) * lat_m
        run_x = (self.end_lon[piece] - self.lon[piece]) * lon_m
        run_y = (self.end_lat[piece] - self.lat[piece]) * lat_m
        length = np.maximum(run_x * run_x + run_y * run_y, np.finfo(np.float64).tiny)
        share = np.clip(-(x * run_x + y * run_y) / length, 0, 1)
        return bool((np.hypot(x + share * run_x, y + share * run_y) < within_m).any())

    def _within(self, lon_e7: float, lat_e7: float, within_m: float) -> IntArray:
        """Return the pieces that may come within metres of a point, and some more."""
        _, starts, ends = slices_within(
            self.cell, lon_e7, lat_e7, within_m + PIECE_REACH_M, PIECE_CELL_E7
        )
        return np.concatenate([np.arange(*each) for each in zip(starts, ends, strict=True)])

    def _crossed_by(self, legs: "_Legs") -> "_Crossed":
        within_m = float(np.max(legs.half_m)) + PIECE_REACH_M
        cells = cells_within(*legs.middle, within_m, PIECE_CELL_E7)
        first = np.searchsorted(self.cell, cells.first.ravel(), side="left")
        last = np.searchsorted(self.cell, cells.last.ravel(), side="right")
        sizes = np.maximum(last - first, 0)
        count = len(cells.rows)
        leg = np.repeat(np.arange(count), sizes.reshape(cells.rows.shape).sum(axis=1))
        crossed = self._crossed(ranges(first, sizes), legs.taken(leg))
        return crossed.of(leg, count)

    def _crossed(self, piece: IntArray, legs: "_Legs") -> "_Crossings":
        """Tell what legs cross of pieces.

        On the map, which at this size is as good as a plane. A point on the line through a leg or a
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
        share = -from_here / np.where(run == 0, np.inf, run)
        return _Crossings(before & is_outline, upto & is_outline, before & ~is_outline, share)


class _Crossed(NamedTuple):
    """What is known of legs, shape (legs,), by what they cross.

    `waded_share` is the share of a leg up to the only shore that it crosses; else 0.
    """

    bars: BoolArray
    waded_share: FloatArray


class _Crossings(NamedTuple):
    """What legs cross of pieces, shape (pieces,) each, and at which share of the leg."""

    before: BoolArray  # outlines before the street
    upto: BoolArray  # and on it
    lines: BoolArray  # rivers drawn as lines, before the street
    share: FloatArray

    def of(self, leg: IntArray, count: int) -> _Crossed:
        """Sum up by the leg that each piece was compared with.

        A line says nothing more where a shore is crossed behind it: that is its river's.
        """
        last = np.full((2, count), -1.0)
        for row, crossed in zip(last, (self.upto, self.lines), strict=True):
            np.maximum.at(row, leg[crossed], self.share[crossed])
        before, upto = (np.bincount(leg, each, count) for each in (self.before, self.upto))
        bars = (before >= 1) & (upto >= 2) | (last[1] > last[0])
        return _Crossed(bars, np.where(before == 1, last[0], 0.0))


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
