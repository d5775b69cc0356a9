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

from geo.osm_nodes import Nodes, WayNodes
from geo.street_grid import unit_metres

Int32Array = NDArray[np.int32]
IntArray = NDArray[np.int64]
ByteArray = NDArray[np.uint8]
Bounds = tuple[float, float, float, float]

WATER_KEYS = ("natural", "waterway", "landuse")
NO_WATER, OUTLINE, RIVER_LINE = range(3)
"""What a line is: the outline of water, or a river or canal that is drawn as a line."""

COAST = 255
"""In the place of how many waters an outline belongs to."""

WITHIN, ROUND = 1, 2
"""Where the water of a ring is: within an outer one, round an inner one. Bits."""

LEFT, RIGHT = 1, 2
"""On which side of a line it is, if that is known. Bits."""

NO_ROLES: Counter[int] = Counter()

RIVERS = frozenset({"river", "canal", "tidal_channel"})
OUTLINES = frozenset(
    {
        ("natural", "water"),
        ("natural", "coastline"),
        ("waterway", "riverbank"),
        ("waterway", "dock"),
        ("landuse", "reservoir"),
    }
)
WALKED_ROUND = frozenset(
    {
        "pond",
        "fountain",
        "reflecting_pool",
        "swimming_pool",
        "wastewater",
        "stream_pool",
        "ditch",
        "stream",
    }
)
WALKED_ROUND_M2 = 500.0
"""A water of its own that is no larger is walked round as well, whatever it is called."""

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
        self._kinds, self._areas, self._sides = array("B"), array("B"), array("B")

    def take_way(self, way: Any, tags: Mapping[str, str]) -> None:
        """Keep a way if it is water."""
        roles = self._members.pop(way.id, NO_ROLES)
        own = kind_of(tags)
        kind = own or (OUTLINE if roles.total() else NO_WATER)
        if kind and not way.deleted:
            is_coast = tags.get("natural") == "coastline"
            if own == OUTLINE and not roles[WITHIN]:
                roles = roles + Counter({WITHIN: 1})
            self._keep(way, kind, roles, is_coast=is_coast)

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
        wet, is_small = self._rings(nodes)
        shores = _is_shore(place[there], ~is_first, kind, areas, wet[way_of])
        is_first[1:] |= ~shores | is_small[way_of][1:]
        is_alone = is_first & np.append(is_first[1:], True)
        there, kind, is_first = there[~is_alone], kind[~is_alone], is_first[~is_alone]
        begin = np.flatnonzero(is_first)
        return WaterLines(
            nodes.lon_e7[place[there]].astype(np.int32),
            nodes.lat_e7[place[there]].astype(np.int32),
            np.append(begin, len(there)),
            kind[begin],
        )

    def _rings(self, nodes: Nodes) -> tuple[ByteArray, NDArray[np.bool_]]:
        """Return on which sides of each way there is water, and which ways are walked round.

        The side is known of whole rings, by the way they turn. Small rings that share no node with
        another outline are walked round.
        """
        start, kind = self._nodes.start, np.array(self._kinds, dtype=np.uint8)
        place, sides = nodes.place, np.array(self._sides, dtype=np.uint8)
        uses = np.bincount(place, minlength=len(nodes.number))
        wet, is_small = np.zeros(len(kind), np.uint8), np.zeros(len(kind), np.bool_)
        for way in np.flatnonzero((kind == OUTLINE) & (sides > 0)).tolist():
            ring = place[start[way] : start[way + 1]]
            if len(ring) < 4 or ring[0] != ring[-1] or not nodes.is_there[ring].all():
                continue
            area_m2 = _area_m2(nodes.lon_e7[ring], nodes.lat_e7[ring])
            is_turned = area_m2 < 0
            wet[way] = _swapped(sides[way]) if is_turned else sides[way]
            is_alone = uses[ring].sum() == len(ring) + 2  # its first node is its last one, too
            is_small[way] = abs(area_m2) <= WALKED_ROUND_M2 and is_alone and sides[way] == WITHIN
        return wet, is_small

    def _untagged(self) -> Iterable[Any]:
        ways: Any = osmium.FileProcessor(str(self._path), NODE | WAY)
        ways.with_locations("sparse_mem_array")
        ways.with_filter(osmium.filter.EntityFilter(WAY))
        if min(self._members) >= 0:  # osmium's filter knows no negative numbers
            ways.with_filter(osmium.filter.IdFilter(self._members))
        found: Iterable[Any] = ways
        return found

    def _keep(self, way: Any, kind: int, roles: Counter[int], *, is_coast: bool = False) -> None:
        self._nodes.take(way)
        self._kinds.append(kind)
        self._areas.append(COAST if is_coast else min(max(roles.total(), 1), COAST - 1))
        self._sides.append(sum(side for side in (WITHIN, ROUND) if roles[side]))


def _area_m2(lon_e7: IntArray, lat_e7: IntArray) -> float:
    """Return the area of a ring; negative if it turns as the hands of a clock do."""
    lon_m, lat_m = unit_metres(lat_e7[:1].astype(np.float64))
    x, y = (lon_e7 - lon_e7[0]) * lon_m, (lat_e7 - lat_e7[0]) * lat_m
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)


def _swapped(sides: Any) -> Any:
    return (sides & 1) << 1 | sides >> 1


def _is_shore(
    place: IntArray,
    goes_on: NDArray[np.bool_],
    kind: ByteArray,
    areas: IntArray,
    wet: ByteArray,
) -> NDArray[np.bool_]:
    """Tell which pieces, between each point and the next, are shores, shape (points - 1,).

    Of an outline that is drawn several times one is enough. Where two waters meet there is none:
    both sides are wet, unless it is a coast. `wet` says which sides of a point's line are, 0 where
    that is not known: several of those are taken for waters that meet.
    """
    one, other = place[:-1], place[1:]
    kept = np.ones(len(one), dtype=np.bool_)
    outline = np.flatnonzero(goes_on[1:] & (kind[:-1] == OUTLINE))
    key = np.minimum(one, other)[outline] * (int(place.max(initial=0)) + 1)
    key += np.maximum(one, other)[outline]
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    areas, wet = areas[outline], wet[outline]
    wet = np.where((one < other)[outline], wet, _swapped(wet))  # as seen from the lower number
    is_wet = [np.bincount(group, wet & side) > 0 for side in (LEFT, RIGHT)]
    is_coast = np.bincount(group, areas == COAST) > 0
    unknown = np.bincount(group, np.where((areas == COAST) | (wet > 0), 0, areas))
    is_edge = ((unknown + (is_wet[0] | is_wet[1])) % 2 == 1) & ~(is_wet[0] & is_wet[1])
    kept[outline] = False
    kept[outline[first[is_coast | is_edge]]] = True
    return kept


def kind_of(tags: Mapping[str, str]) -> int:
    """Return what a way with these tags is: NO_WATER, OUTLINE or RIVER_LINE."""
    if any(tags.get(key, "no") != "no" for key in ("tunnel", "covered", "bridge")):
        return NO_WATER
    waters = {each.strip() for each in tags.get("water", "").split(";")}
    if tags.get("location") == "underground" or waters & WALKED_ROUND:
        return NO_WATER
    if tags.get("leisure") == "swimming_pool" or tags.get("amenity") == "fountain":
        return NO_WATER
    if any(tags.get(key) == value for key, value in OUTLINES):
        return OUTLINE
    if tags.get("waterway") in RIVERS:
        return OUTLINE if tags.get("area") == "yes" else RIVER_LINE
    return NO_WATER


def _members(path: Path) -> dict[int, Counter[int]]:
    """Count for how many relations that are water each of their ways is an outer or inner ring."""
    relations: Any = osmium.FileProcessor(str(path), RELATION)
    relations.with_filter(osmium.filter.KeyFilter(*WATER_KEYS))
    found: dict[int, Counter[int]] = {}
    for relation in relations:
        tags = dict(relation.tags)
        if tags.get("type") == "multipolygon" and not relation.deleted and kind_of(tags):
            roles = {each.ref: each.role for each in relation.members if each.type == "w"}
            for way, role in roles.items():
                side = ROUND if role == "inner" else WITHIN
                found.setdefault(way, Counter())[side] += 1
    return found
