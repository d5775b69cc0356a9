"""Positions of nodes that osmium keeps none of."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium.osm import NODE

IntArray = NDArray[np.int64]


def find_negative(path: Path, numbers: IntArray, lon_e7: IntArray, lat_e7: IntArray) -> None:
    """Fill in nodes with negative numbers, which editors give to what is not uploaded yet.

    `numbers` are distinct. Osmium keeps no positions of these; the files are small.
    """
    place_of = {int(number): place for place, number in enumerate(numbers) if number < 0}
    if not place_of:
        return
    nodes: Iterable[Any] = osmium.FileProcessor(str(path), NODE)
    for node in nodes:
        place = place_of.get(node.id)
        if place is not None and node.location.valid():
            lon_e7[place], lat_e7[place] = node.location.x, node.location.y
