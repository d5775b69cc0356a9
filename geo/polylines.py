"""Lines on the map as plain arrays: divided into short pieces, and sorted by where these lie.

Points of all lines in a row, shape (points,), in units of 1e-7 degrees; line `n` has those from
`start[n]` to `start[n + 1]`. A piece is named by the point that it begins at.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.street_grid import PIECE_CELL_E7, cell_keys, chords_m

IntArray = NDArray[np.int64]

PIECE_MAX_M = 100.0
"""Longer straight pieces are divided, so that a piece lies in the cells round its middle, and so
that the line between two of its points on the map is the line through space, to a millimetre."""

PIECE_REACH_M = 51.0
"""No point of a piece is further from its middle."""


class Polylines(NamedTuple):
    """Points of lines, and where each line begins."""

    lon_e7: IntArray
    lat_e7: IntArray
    start: IntArray  # (lines + 1,)

    def divided(self) -> "Polylines":
        """Return the same lines with points added where a piece would be longer than 100 m."""
        lon, lat = self.lon_e7, self.lat_e7
        begin = self.pieces()
        parts = np.ones(len(lon), dtype=np.int64)
        lengths = chords_m(lon[begin], lat[begin], lon[begin + 1], lat[begin + 1])
        parts[begin] = np.maximum(1, np.ceil(lengths / PIECE_MAX_M).astype(np.int64))

        # every point brings itself and what divides the piece behind it
        place = np.append(0, np.cumsum(parts))
        source = np.repeat(np.arange(len(lon)), parts)
        share = (np.arange(place[-1]) - place[source]) / parts[source]
        following = np.minimum(source + 1, len(lon) - 1)
        return Polylines(
            lon[source] + np.rint((lon[following] - lon[source]) * share).astype(np.int64),
            lat[source] + np.rint((lat[following] - lat[source]) * share).astype(np.int64),
            place[self.start],
        )

    def pieces(self) -> IntArray:
        """Return the pieces: all points but the last of each line, ascending."""
        is_last = np.zeros(len(self.lon_e7), dtype=np.bool_)
        is_last[self.start[1:] - 1] = True
        return np.flatnonzero(~is_last)

    def line_of(self, point: IntArray) -> IntArray:
        """Return the line that each point is on."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))[point]

    def pieces_by_cell(self) -> tuple[IntArray, IntArray]:
        """Return the pieces in the order of the cells that their middles lie in, and the cells."""
        point = self.pieces()
        middle_lon = (self.lon_e7[point] + self.lon_e7[point + 1]) // 2
        middle_lat = (self.lat_e7[point] + self.lat_e7[point + 1]) // 2
        cell = cell_keys(middle_lon, middle_lat, PIECE_CELL_E7)
        order = np.lexsort((point, cell))
        return point[order], cell[order]
