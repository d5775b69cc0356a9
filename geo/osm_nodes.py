"""The nodes of ways out of an OpenStreetMap file, as arrays that need no object per node."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium.osm import NODE

from geo.street_grid import HALF_TURN_E7, QUARTER_TURN_E7

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Nodes:
    """Distinct nodes in the order of their numbers, shape (nodes,), in units of 1e-7 degrees.

    `is_there` where the file tells a position; `place`, shape (refs,), is the node of each place in
    the ways.
    """

    number: IntArray
    lon_e7: IntArray
    lat_e7: IntArray
    is_there: BoolArray
    place: IntArray


class WayNodes:
    """Collects the nodes of ways while a file is read; way n has those from `start[n]` on."""

    def __init__(self) -> None:
        self._refs, self._start = array("q"), array("q", [0])
        self._lon_e7, self._lat_e7 = array("i"), array("i")

    def take(self, way: Any) -> None:
        """Keep the nodes of one more way, whose positions osmium knows but for negative numbers."""
        nodes = way.nodes
        self._refs.extend([node.ref for node in nodes])
        self._lon_e7.extend([node.x for node in nodes])
        self._lat_e7.extend([node.y for node in nodes])
        self._start.append(len(self._refs))

    @property
    def start(self) -> IntArray:
        """Where each way begins, shape (ways + 1,)."""
        return np.array(self._start, dtype=np.int64)

    def placed(self, path: Path) -> Nodes:
        """Return the distinct nodes, with those that only the file itself can tell of."""
        refs = np.array(self._refs, dtype=np.int64)
        number, first, place = np.unique(refs, return_index=True, return_inverse=True)
        lon_e7 = np.array(self._lon_e7, dtype=np.int64)[first]
        lat_e7 = np.array(self._lat_e7, dtype=np.int64)[first]
        _find_negative(path, number, lon_e7, lat_e7)
        is_there = (np.abs(lon_e7) <= HALF_TURN_E7) & (np.abs(lat_e7) <= QUARTER_TURN_E7)
        return Nodes(number, lon_e7, lat_e7, is_there, place.astype(np.int64))


def _find_negative(path: Path, numbers: IntArray, lon_e7: IntArray, lat_e7: IntArray) -> None:
    """Fill in nodes with negative numbers, which editors give to what is not uploaded yet.

    Osmium keeps no positions of these; the files are small.
    """
    place_of = {int(number): place for place, number in enumerate(numbers) if number < 0}
    if not place_of:
        return
    nodes: Iterable[Any] = osmium.FileProcessor(str(path), NODE)
    for node in nodes:
        place = place_of.get(node.id)
        if place is not None and node.location.valid():
            lon_e7[place], lat_e7[place] = node.location.x, node.location.y
