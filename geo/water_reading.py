"""Water out of an OpenStreetMap file: rivers and canals as lines, and the outlines of all water.

Only what nobody steps over. Streams, ditches and ponds are left out, and so is what runs under the
ground. Outlines need not be whole: a file often holds a part of a river only.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium.osm import NODE, RELATION, WAY

from geo.osm_nodes import WayNodes

Int32Array = NDArray[np.int32]
IntArray = NDArray[np.int64]
ByteArray = NDArray[np.uint8]
Bounds = tuple[float, float, float, float]

WATER_KEYS = ("natural", "waterway")
NO_WATER, OUTLINE, RIVER_LINE = range(3)
"""What a line is: the outline of water, or a river or canal that is drawn as a line."""

COAST = 255
"""In the place of how many waters an outline belongs to."""

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
    kind: ByteArray  # (lines,), OUTLINE or RIVER_LINE

    def near(self, bounds: Bounds) -> "WaterLines":
        """Return the lines that may come into a box (WGS-84 degrees), or close to it."""
        if not len(self.kind):
            return self
        west, south, east, north = bounds
        lon, lat = self.lon_e7 / 1e7, self.lat_e7 / 1e7
        lon = (lon - (west + east) / 2 + 180) % 360 - 180  # from the middle of the box
        reach = (east - west) / 2 + ROOM_DEGREES
        # each point with the next one of its line: a long piece may run through without a point
        following = np.minimum(np.arange(len(lon)) + 1, len(lon) - 1)
        following[self.start[1:] - 1] = self.start[1:] - 1
        ends = np.stack((np.arange(len(lon)), following))
        inside = (lon[ends].min(axis=0) <= reach) & (lon[ends].max(axis=0) >= -reach)
        inside &= lat[ends].min(axis=0) <= north + ROOM_DEGREES
        inside &= lat[ends].max(axis=0) >= south - ROOM_DEGREES
        kept = np.logical_or.reduceat(inside, self.start[:-1])
        sizes = np.diff(self.start)
        points = np.repeat(kept, sizes)
        start = np.append(0, np.cumsum(sizes[kept]))
        return WaterLines(self.lon_e7[points], self.lat_e7[points], start, self.kind[kept])


NO_LINES = WaterLines(
    np.empty(0, np.int32), np.empty(0, np.int32), np.zeros(1, np.int64), np.empty(0, np.uint8)
)


class RawWater:
    """What is kept of a file while it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._members = _members(path)
        self._nodes = WayNodes()
        self._kinds, self._areas = array("B"), array("B")

    def take_way(self, way: Any, tags: Mapping[str, str]) -> None:
        """Keep a way if it is water."""
        areas = self._members.pop(way.id, 0)
        kind = kind_of(tags) or (OUTLINE if areas else NO_WATER)
        if kind and not way.deleted:
            is_coast = tags.get("natural") == "coastline"
            self._keep(way, kind, COAST if is_coast else max(areas, 1))

    def lines(self) -> WaterLines:
        """Return all of it, with the members of outlines that have no tags of their own.

        A line ends where the file lacks a node, and another begins behind it.
        """
        if self._members:
            for way in self._untagged():
                if way.id in self._members and not way.deleted:
                    self._keep(way, OUTLINE, self._members[way.id])
        nodes = self._nodes.placed(self._path)
        place = nodes.place
        there = np.flatnonzero(nodes.is_there[place])
        way_of = np.repeat(np.arange(len(self._kinds)), np.diff(self._nodes.start))[there]
        is_first = np.ones(len(there), dtype=np.bool_)
        is_first[1:] = (np.diff(there) > 1) | (np.diff(way_of) > 0)
        kind = np.array(self._kinds, dtype=np.uint8)[way_of]
        areas = np.array(self._areas, dtype=np.int64)[way_of]
        is_first[1:] |= ~_is_shore(place[there], ~is_first, kind, areas)
        is_alone = is_first & np.append(is_first[1:], True)
        there, kind, is_first = there[~is_alone], kind[~is_alone], is_first[~is_alone]
        begin = np.flatnonzero(is_first)
        return WaterLines(
            nodes.lon_e7[place[there]].astype(np.int32),
            nodes.lat_e7[place[there]].astype(np.int32),
            np.append(begin, len(there)),
            kind[begin],
        )

    def _untagged(self) -> Iterable[Any]:
        ways: Any = osmium.FileProcessor(str(self._path), NODE | WAY)
        ways.with_locations("sparse_mem_array")
        ways.with_filter(osmium.filter.EntityFilter(WAY))
        if min(self._members) >= 0:  # osmium's filter knows no negative numbers
            ways.with_filter(osmium.filter.IdFilter(self._members))
        found: Iterable[Any] = ways
        return found

    def _keep(self, way: Any, kind: int, areas: int) -> None:
        self._nodes.take(way)
        self._kinds.append(kind)
        self._areas.append(min(areas, COAST))


def _is_shore(
    place: IntArray, goes_on: NDArray[np.bool_], kind: ByteArray, areas: IntArray
) -> NDArray[np.bool_]:
    """Tell which pieces, between each point and the next, are shores, shape (points - 1,).

    Of an outline that is drawn several times one is enough. Where two waters meet there is none:
    both sides are wet, unless it is a coast.
    """
    one, other = place[:-1], place[1:]
    kept = np.ones(len(one), dtype=np.bool_)
    outline = np.flatnonzero(goes_on[1:] & (kind[:-1] == OUTLINE))
    key = np.minimum(one, other)[outline] * (int(place.max(initial=0)) + 1)
    key += np.maximum(one, other)[outline]
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    areas = areas[outline]
    is_coast = np.bincount(group, areas == COAST) > 0
    is_edge = np.bincount(group, np.where(areas == COAST, 0, areas)) % 2 == 1
    kept[outline] = False
    kept[outline[first[is_coast | is_edge]]] = True
    return kept


def kind_of(tags: Mapping[str, str]) -> int:
    """Return what a way with these tags is: NO_WATER, OUTLINE or RIVER_LINE."""
    if any(tags.get(key, "no") != "no" for key in ("tunnel", "covered", "bridge")):
        return NO_WATER
    if tags.get("location") == "underground" or tags.get("water") in WALKED_ROUND:
        return NO_WATER
    if any(tags.get(key) == value for key, value in OUTLINES):
        return OUTLINE
    if tags.get("waterway") in RIVERS:
        return OUTLINE if tags.get("area") == "yes" else RIVER_LINE
    return NO_WATER


def _members(path: Path) -> Counter[int]:
    """Count for how many relations that are water each of their ways is an outline."""
    relations: Any = osmium.FileProcessor(str(path), RELATION)
    relations.with_filter(osmium.filter.KeyFilter(*WATER_KEYS))
    found: Counter[int] = Counter()
    for relation in relations:
        tags = dict(relation.tags)
        if tags.get("type") == "multipolygon" and not relation.deleted and kind_of(tags):
            found.update({member.ref for member in relation.members if member.type == "w"})
    return found
