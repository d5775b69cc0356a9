"""Streets out of an OpenStreetMap file (pbf, XML, bz2), as arrays that need no object per node.

The file is read once, nodes before ways, as OpenStreetMap files are sorted; others are refused.
Nothing is taken from one that cannot be read to its end. Positions are WGS-84 in units of 1e-7
degrees.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from osmium.osm import NODE, WAY
from shapely import MultiPolygon, Polygon

from geo.osm_nodes import WayNodes
from geo.profiles import Profile
from geo.street_rules import STREET_PROFILES, StreetUse, blocks, street_use
from geo.water_reading import WATER_KEYS, RawWater, WaterLines

OSM_ENDINGS = (".osm.pbf", ".pbf", ".osm", ".osm.bz2", ".osm.gz")
TOLD_EVERY = 100_000
TIMESTAMP_KEYS = ("osmosis_replication_timestamp", "timestamp")

IntArray = NDArray[np.int64]
Int32Array = NDArray[np.int32]
ByteArray = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]
Progress = Callable[[str], None]


BROKEN = (RuntimeError, OSError, ValueError, OverflowError, osmium.InvalidLocationError)


class StreetFileError(Exception):
    """A file of streets that cannot be used, with the reason in Chinese and English."""

    def __init__(self, problem_zh: str, problem_en: str) -> None:
        self.problem_zh, self.problem_en = problem_zh, problem_en
        super().__init__(problem_en)


@dataclass(frozen=True, eq=False)
class OsmStreets:
    """The ways of a file that walkers or e-bikes may use, and the nodes that these ways have.

    Nodes, shape (nodes,), in the order of their OSM numbers; `blocked` per profile where a gate or
    wall stops it. A way's nodes are `refs[way_start[w]:way_start[w + 1]]`, places in the nodes, -1
    where the file lacks the node. `outside`, shape (refs - 1,), marks the pieces between a node and
    the next one that a boundary leaves out. `dropped` counts ways left out by reason.
    """

    lon_e7: Int32Array
    lat_e7: Int32Array
    blocked: dict[Profile, BoolArray]
    refs: IntArray
    way_start: IntArray
    use: dict[Profile, ByteArray]
    dropped: dict[str, int]
    osm_timestamp: str | None
    water: WaterLines
    outside: BoolArray | None = None

    @property
    def missing_nodes(self) -> int:
        """How many places in ways name a node that the file lacks."""
        return int(np.count_nonzero(self.refs < 0))

    @property
    def outside_pieces(self) -> int:
        """How many straight pieces the boundary leaves out."""
        if self.outside is None:
            return 0
        return int(np.count_nonzero(pieces_of(replace(self, outside=None))[2] & self.outside))


def read_osm_streets(
    path: Path,
    *,
    boundary: MultiPolygon | Polygon | None = None,
    progress: Progress = lambda _line: None,
) -> OsmStreets:
    """Read the streets of an OpenStreetMap file.

    With `boundary` (WGS-84 degrees) what has neither end of a straight piece inside it is left out.
    Raises StreetFileError for a file that is missing, cut short, not OpenStreetMap, or without a
    street (in the boundary).
    """
    if not path.is_file():
        raise StreetFileError("没有这个文件", "there is no such file")
    if not path.name.endswith(OSM_ENDINGS):  # osmium too tells formats by lower case
        raise StreetFileError(
            "应为 .osm.pbf、.osm 或 .osm.bz2 文件", "an .osm.pbf, .osm or .osm.bz2 file is needed"
        )
    try:
        found = _read(path, progress)
    # pyosmium has no error of its own for a broken file: what a parser throws comes as these
    except BROKEN as error:
        raise StreetFileError(
            f"不是完整的 OpenStreetMap 文件（{_reason(error)}）",
            f"this is not a whole OpenStreetMap file ({_reason(error)})",
        ) from error
    if not _has_street(found):
        raise StreetFileError("文件里没有街道", "the file has no street")
    if boundary is not None:
        found = _clipped(found, boundary)
        if not _has_street(found):
            raise StreetFileError("这个区域里没有街道", "there is no street in the area")
    return found


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _read(path: Path, progress: Progress) -> OsmStreets:
    progress("正在读取街道 / Reading streets")
    raw = _RawWays()
    objects = osmium.FileProcessor(str(path), NODE | WAY)
    # 16 bytes for each node of the file; the default would take half a megabyte for each 65,536
    # numbers that any node lies in, which an extract of a country touches nearly all of
    objects.with_locations("sparse_mem_array")
    for entity, keys in ((WAY, ("highway", "route", *WATER_KEYS)), (NODE, ("barrier",))):
        some = osmium.filter.KeyFilter(*keys)
        some.enable_for(entity)
        objects.with_filter(some)
    header = objects.header
    if header.has_multiple_object_versions:
        raise StreetFileError(
            "文件里有各个历史版本；请用只含现状的文件",
            "the file holds past versions; one of the present state is needed",
        )
    water = RawWater(path)
    for each in _told(objects, progress):
        if each.is_way():
            tags = dict(each.tags)
            raw.take_way(each, tags)
            water.take_way(each, tags)
        elif not each.deleted:
            raw.take_barrier(each.id, dict(each.tags))
    stamps = (header.get(key, "") for key in TIMESTAMP_KEYS)

    nodes = raw.nodes.placed(path)
    is_there, places = nodes.is_there, nodes.place
    _refuse_unsorted(path, nodes.number[~is_there & (nodes.number > 0)])
    places[~is_there[places]] = -1
    return OsmStreets(
        lon_e7=np.where(is_there, nodes.lon_e7, 0).astype(np.int32),
        lat_e7=np.where(is_there, nodes.lat_e7, 0).astype(np.int32),
        blocked={
            profile: np.isin(nodes.number, np.array(sorted(numbers), dtype=np.int64))
            for profile, numbers in raw.blocked.items()
        },
        refs=places,
        way_start=raw.nodes.start,
        use={
            profile: np.array([use.of(profile) for use in raw.uses], dtype=np.uint8)
            for profile in STREET_PROFILES
        },
        dropped=dict(sorted(raw.dropped.items())),
        osm_timestamp=next(filter(None, stamps), None),
        water=water.lines(),
    )


class _RawWays:
    """What is kept of a file while it is read."""

    def __init__(self) -> None:
        self.nodes = WayNodes()
        self.uses: list[StreetUse] = []
        self.dropped: Counter[str] = Counter()
        self.blocked: dict[Profile, set[int]] = {profile: set() for profile in STREET_PROFILES}

    def take_way(self, way: Any, tags: dict[str, str]) -> None:
        """Keep a street; count what is left out."""
        if way.deleted:
            return
        if "highway" not in tags and tags.get("route") != "ferry":
            return
        use = street_use(tags)
        if use.reason is not None:
            self.dropped[use.reason] += 1
            return
        self.nodes.take(way)
        self.uses.append(use)

    def take_barrier(self, number: int, tags: dict[str, str]) -> None:
        """Keep whom a node stops."""
        for profile, numbers in self.blocked.items():
            if blocks(tags, profile):
                numbers.add(number)


def _refuse_unsorted(path: Path, missing: IntArray) -> None:
    """Raise StreetFileError where nodes that were not there before their ways come later."""
    if not len(missing):
        return
    nodes: Any = osmium.FileProcessor(str(path), NODE)
    nodes.with_filter(osmium.filter.IdFilter(missing.tolist()))
    if any(node.location.valid() for node in nodes):
        raise StreetFileError(
            "文件没有排好顺序：节点应在道路之前（可用 osmium sort 排序）",
            "the file is not sorted: nodes have to come before ways (osmium sort does it)",
        )


def _told(objects: Any, progress: Progress) -> Iterator[Any]:
    for number, each in enumerate(objects, start=1):
        if number % TOLD_EVERY == 0:
            progress(f"{number}")
        yield each


def _has_street(streets: OsmStreets) -> bool:
    return bool(np.any(pieces_of(streets)[2]))


def pieces_of(streets: OsmStreets) -> tuple[IntArray, IntArray, BoolArray]:
    """Return the two ends of each straight piece, and whether there is one.

    Shape (refs - 1,): nodes that follow each other in `refs`, of which those in two ways, those
    that the file lacks, those outside the boundary and those that repeat themselves make no piece.
    """
    sizes = np.diff(streets.way_start)
    way = np.repeat(np.arange(len(sizes)), sizes)
    one, other = streets.refs[:-1], streets.refs[1:]
    is_piece = (way[:-1] == way[1:]) & (one >= 0) & (other >= 0) & (one != other)
    if streets.outside is not None:
        is_piece &= ~streets.outside
    return one, other, is_piece


def _clipped(streets: OsmStreets, boundary: MultiPolygon | Polygon) -> OsmStreets:
    """Return the streets without the pieces that have no end in the boundary."""
    shapely.prepare(boundary)
    inside = shapely.intersects_xy(boundary, streets.lon_e7 / 1e7, streets.lat_e7 / 1e7)
    one, other, _ = pieces_of(streets)
    outside = ~(inside[one] | inside[other])
    return replace(streets, outside=outside, water=streets.water.near(boundary.bounds))
