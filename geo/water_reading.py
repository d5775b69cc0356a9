"""Water out of an OpenStreetMap file: rivers and canals as lines, and the outlines of all water.

Only what nobody steps over. Streams, ditches and ponds are left out, and so is what runs under the
ground. Outlines need not be whole: a file often holds a part of a river only.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium.osm import NODE, RELATION, WAY

Int32Array = NDArray[np.int32]
IntArray = NDArray[np.int64]
ByteArray = NDArray[np.uint8]
Bounds = tuple[float, float, float, float]

WATER_KEYS = ("natural", "waterway")
NO_SHORE, OUTLINE, RIVER_LINE = 0, 1, 2
"""How many shores a leg across a line crosses."""

RIVERS = frozenset({"river", "canal", "tidal_channel"})
OUTLINES = frozenset({("natural", "water"), ("natural", "coastline"), ("waterway", "riverbank")})
WALKED_ROUND = frozenset(
    {"pond", "fountain", "reflecting_pool", "wastewater", "stream_pool", "ditch", "stream"}
)
ROOM_DEGREES = 0.02  # two kilometres: no leg is longer than half of one


@dataclass(frozen=True, eq=False)
class WaterLines:
    """Lines of water: points, shape (points,), in 1e-7 degrees; line n begins at `start[n]`."""

    lon_e7: Int32Array
    lat_e7: Int32Array
    start: IntArray  # (lines + 1,)
    shores: ByteArray  # (lines,)

    def near(self, bounds: Bounds) -> "WaterLines":
        """Return the lines with a point in a box (WGS-84 degrees) or close to it."""
        if not len(self.shores):
            return self
        west, south, east, north = bounds
        lon, lat = self.lon_e7 / 1e7, self.lat_e7 / 1e7
        inside = (west - ROOM_DEGREES <= lon) & (lon <= east + ROOM_DEGREES)
        inside &= (south - ROOM_DEGREES <= lat) & (lat <= north + ROOM_DEGREES)
        kept = np.logical_or.reduceat(inside, self.start[:-1])
        sizes = np.diff(self.start)
        points = np.repeat(kept, sizes)
        start = np.append(0, np.cumsum(sizes[kept]))
        return WaterLines(self.lon_e7[points], self.lat_e7[points], start, self.shores[kept])


NO_WATER = WaterLines(
    np.empty(0, np.int32), np.empty(0, np.int32), np.zeros(1, np.int64), np.empty(0, np.uint8)
)


class RawWater:
    """What is kept of a file while it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._members = _members(path)
        self._lon_e7, self._lat_e7 = array("i"), array("i")
        self._start = array("q", [0])
        self._shores = array("B")

    def take_way(self, way: Any, tags: Mapping[str, str]) -> None:
        """Keep a way if it is water."""
        is_member = way.id in self._members
        self._members.discard(way.id)
        shores = shores_of(tags) or (OUTLINE if is_member else NO_SHORE)
        if shores and not way.deleted:
            self._keep(way, shores)

    def lines(self) -> WaterLines:
        """Return all of it, with the members of outlines that have no tags of their own."""
        if self._members:
            ways: Any = osmium.FileProcessor(str(self._path), NODE | WAY)
            ways.with_locations("sparse_mem_array")
            ways.with_filter(osmium.filter.EntityFilter(WAY))
            ways.with_filter(osmium.filter.IdFilter(self._members))
            for way in ways:
                if not way.deleted:
                    self._keep(way, OUTLINE)
        return WaterLines(
            np.array(self._lon_e7, dtype=np.int32),
            np.array(self._lat_e7, dtype=np.int32),
            np.array(self._start, dtype=np.int64),
            np.array(self._shores, dtype=np.uint8),
        )

    def _keep(self, way: Any, shores: int) -> None:
        for node in way.nodes:
            if node.location.valid():
                self._lon_e7.append(node.x)
                self._lat_e7.append(node.y)
            else:  # the file lacks it: the line goes on behind it
                self._end_line(shores)
        self._end_line(shores)

    def _end_line(self, shores: int) -> None:
        if len(self._lon_e7) > self._start[-1]:
            self._start.append(len(self._lon_e7))
            self._shores.append(shores)


def shores_of(tags: Mapping[str, str]) -> int:
    """Return how many shores lie on a way with these tags: NO_SHORE, OUTLINE or RIVER_LINE."""
    if any(tags.get(key, "no") != "no" for key in ("tunnel", "covered", "bridge")):
        return NO_SHORE
    if tags.get("location") == "underground" or tags.get("water") in WALKED_ROUND:
        return NO_SHORE
    if any(tags.get(key) == value for key, value in OUTLINES):
        return OUTLINE
    if tags.get("waterway") in RIVERS:
        return OUTLINE if tags.get("area") == "yes" else RIVER_LINE
    return NO_SHORE


def _members(path: Path) -> set[int]:
    """Return the ways that are outlines of water for a relation that they belong to."""
    relations: Any = osmium.FileProcessor(str(path), RELATION)
    relations.with_filter(osmium.filter.KeyFilter(*WATER_KEYS))
    found: set[int] = set()
    for relation in relations:
        tags = dict(relation.tags)
        if tags.get("type") == "multipolygon" and not relation.deleted and shores_of(tags):
            found.update(member.ref for member in relation.members if member.type == "w")
    return found
