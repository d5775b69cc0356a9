"""Streets out of an OpenStreetMap file (pbf, XML, bz2), as arrays that need no object per node.

The file is read twice: its ways with a `highway` first, then the nodes of those ways alone, so that
memory follows the streets and not the file. Nothing is taken from a file that cannot be read to its
end. Positions are WGS-84 in units of 1e-7 degrees, as the file has them.
"""

from array import array
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

from geo.profiles import Profile
from geo.street_rules import STREET_PROFILES, StreetUse, blocks, street_use

OSM_ENDINGS = (".osm.pbf", ".pbf", ".osm", ".osm.bz2", ".osm.gz")
TOLD_EVERY = 250_000
TIMESTAMP_KEYS = ("osmosis_replication_timestamp", "timestamp")

IntArray = NDArray[np.int64]
Int32Array = NDArray[np.int32]
ByteArray = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]
Progress = Callable[[str], None]


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
    outside: BoolArray | None = None


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
    if not path.name.lower().endswith(OSM_ENDINGS):
        raise StreetFileError(
            "应为 .osm.pbf、.osm 或 .osm.bz2 文件", "an .osm.pbf, .osm or .osm.bz2 file is needed"
        )
    try:
        found = _read(path, progress)
    # pyosmium has no error of its own for a broken file: what a parser throws comes as these
    except (RuntimeError, OSError, ValueError, OverflowError, osmium.InvalidLocationError) as error:
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
    refs, starts = array("q"), array("q", [0])
    uses: list[StreetUse] = []
    dropped: Counter[str] = Counter()
    ways = osmium.FileProcessor(str(path), WAY)
    ways.with_filter(osmium.filter.KeyFilter("highway", "route"))
    for way in _told(ways, progress):
        tags = dict(way.tags)
        if "highway" not in tags and tags.get("route") != "ferry":
            continue
        use = street_use(tags)
        if use.reason is not None:
            dropped[use.reason] += 1
            continue
        refs.extend([node.ref for node in way.nodes])
        starts.append(len(refs))
        uses.append(use)
    header = ways.header
    stamps = (header.get(key, "") for key in TIMESTAMP_KEYS)

    wanted, places = np.unique(np.array(refs, dtype=np.int64), return_inverse=True)
    progress(f"正在读取 {len(wanted)} 个节点 / Reading {len(wanted)} nodes")
    lon_e7, lat_e7, is_there, blocked = _read_nodes(path, wanted, progress)
    places = places.astype(np.int64)
    places[~is_there[places]] = -1
    return OsmStreets(
        lon_e7=lon_e7,
        lat_e7=lat_e7,
        blocked=blocked,
        refs=places,
        way_start=np.array(starts, dtype=np.int64),
        use={
            profile: np.array([use.of(profile) for use in uses], dtype=np.uint8)
            for profile in STREET_PROFILES
        },
        dropped=dict(sorted(dropped.items())),
        osm_timestamp=next(filter(None, stamps), None),
    )


def _read_nodes(
    path: Path, wanted: IntArray, progress: Progress
) -> tuple[Int32Array, Int32Array, BoolArray, dict[Profile, BoolArray]]:
    """Read the positions of the wanted nodes, sorted numbers, and what stands on them."""
    lon_e7 = np.zeros(len(wanted), dtype=np.int32)
    lat_e7 = np.zeros(len(wanted), dtype=np.int32)
    is_there = np.zeros(len(wanted), dtype=np.bool_)
    blocked = {profile: np.zeros(len(wanted), dtype=np.bool_) for profile in STREET_PROFILES}
    place_of = {int(number): place for place, number in enumerate(wanted)}
    nodes = osmium.FileProcessor(str(path), NODE)
    # osmium's own set knows no negative numbers, which editors give to what is not uploaded yet
    if len(wanted) and wanted[0] >= 0:
        tracker = osmium.IdTracker()
        for number in place_of:
            tracker.add_node(number)
        nodes.with_filter(tracker.id_filter())
    for node in _told(nodes, progress):
        place = place_of.get(node.id)
        if place is None or not node.location.valid():
            continue
        lon_e7[place], lat_e7[place] = node.location.x, node.location.y
        is_there[place] = True
        if node.tags:
            tags = dict(node.tags)
            for profile in STREET_PROFILES:
                blocked[profile][place] = blocks(tags, profile)
    return lon_e7, lat_e7, is_there, blocked


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
    return replace(streets, outside=~(inside[one] | inside[other]))
