"""Files that name places: OpenStreetMap extracts (pbf, XML, bz2), and GeoJSON points.

Positions are WGS-84. Nothing is taken from a file that cannot be read to its end.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import osmium
from osmium.osm import NODE, RELATION, WAY

from geo.coordinates import LonLat
from stations.errors import FileRefusedError
from stations.place_kinds import KIND_OF_TAG, PLACE_KINDS, kind_of_tags
from stations.plain_text import is_plain, tidied

OSM_ENDINGS = (".osm.pbf", ".pbf", ".osm", ".osm.bz2", ".osm.gz")
JSON_ENDINGS = (".geojson", ".json")
NAME_MAX = 200
TOLD_EVERY = 100_000

ALIAS_TAGS = ("name:zh", "alt_name", "old_name", "short_name", "official_name", "loc_name")
NAMED = "name"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class NamedPlace:
    """A place as a file names it. `key` is the file's own, such as `n123`; WGS-84."""

    key: str
    name: str
    kind: str
    point: LonLat
    name_en: str | None = None
    aliases: tuple[str, ...] = ()
    address: str | None = None


def read_places(path: Path, progress: Progress = lambda _line: None) -> list[NamedPlace]:
    """Read the places that a file names, by key; FileRefusedError where it cannot be read."""
    name = path.name.lower()
    if not path.is_file():
        raise _refused("没有这个文件", "there is no such file")
    if name.endswith(OSM_ENDINGS):
        found = _read_osm(path, progress)
    elif name.endswith(JSON_ENDINGS):
        found = list(_read_geojson(path))
    else:
        raise _refused(
            "应为 .osm.pbf、.osm、.osm.bz2 或 .geojson 文件",
            "an .osm.pbf, .osm, .osm.bz2 or .geojson file is needed",
        )
    if not found:
        raise _refused("文件里没有有名字的地点", "the file names no place")
    return sorted(found, key=lambda place: place.key)


def _refused(problem_zh: str, problem_en: str) -> FileRefusedError:
    return FileRefusedError(field="FILE", problem_zh=problem_zh, problem_en=problem_en)


def _read_osm(path: Path, progress: Progress) -> list[NamedPlace]:
    try:
        return list(_named_objects(path, progress))
    except (RuntimeError, OSError, osmium.InvalidLocationError) as error:
        raise _refused(
            f"不是完整的 OpenStreetMap 文件（{error}）",
            f"this is not a whole OpenStreetMap file ({error})",
        ) from error


def _named_objects(path: Path, progress: Progress) -> Iterator[NamedPlace]:
    """Yield named nodes, the centres of named ways, and those of the members of relations."""
    progress("正在读取关系 / Reading relations")
    relations = dict(_named_relations(path))
    wanted = {member for _, members in relations.values() for member in members}
    boxes: dict[str, _Box] = {}
    progress("正在读取点和线 / Reading nodes and ways")
    objects = osmium.FileProcessor(str(path), NODE | WAY).with_locations()
    named_nodes = osmium.filter.KeyFilter(NAMED)
    named_nodes.enable_for(NODE)
    for number, each in enumerate(objects.with_filter(named_nodes), start=1):
        if number % TOLD_EVERY == 0:
            progress(f"{number}")
        box = _Box.of(each)
        if box is None:
            continue
        key = f"{each.type_str()}{each.id}"
        if key in wanted:
            boxes[key] = box
        tags = dict(each.tags)
        if NAMED in tags and (place := _place_of(key, tags, box.centre())) is not None:
            yield place
    for key, (tags, members) in relations.items():
        known = [boxes[member] for member in members if member in boxes]
        if known:
            place = _place_of(key, tags, _Box.round_all(known).centre())
            if place is not None:
                yield place


def _named_relations(path: Path) -> Iterator[tuple[str, tuple[dict[str, str], list[str]]]]:
    """Yield key, tags and the keys of the members of relations that name a place of ours."""
    relations: Any = osmium.FileProcessor(str(path), RELATION)
    for each in relations.with_filter(osmium.filter.KeyFilter(NAMED)):
        tags = dict(each.tags)
        if kind_of_tags(tags) is not None:
            members = [f"{member.type}{member.ref}" for member in each.members]
            yield f"r{each.id}", (tags, members)


@dataclass(frozen=True)
class _Box:
    """What surrounds an object, and for a line also a point on it."""

    west: float
    south: float
    east: float
    north: float
    middle: LonLat | None = None

    @classmethod
    def of(cls, each: Any) -> "_Box | None":
        if each.is_node():
            point = LonLat(each.location.lon, each.location.lat)
            return cls(point.lon, point.lat, point.lon, point.lat)
        # an extract may have cut nodes off
        points = [(node.lon, node.lat) for node in each.nodes if node.location.valid()]
        if not points:
            return None
        lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
        middle = None if each.is_closed() else LonLat(*points[len(points) // 2])
        return cls(min(lons), min(lats), max(lons), max(lats), middle)

    @classmethod
    def round_all(cls, boxes: list["_Box"]) -> "_Box":
        return cls(
            min(box.west for box in boxes),
            min(box.south for box in boxes),
            max(box.east for box in boxes),
            max(box.north for box in boxes),
        )

    def centre(self) -> LonLat:
        if self.middle is not None:
            return self.middle
        return LonLat((self.west + self.east) / 2, (self.south + self.north) / 2)


def _place_of(key: str, tags: Mapping[str, str], point: LonLat) -> NamedPlace | None:
    kind = kind_of_tags(tags)
    if kind is None:
        return None
    street, number = tags.get("addr:street", ""), tags.get("addr:housenumber", "")
    others = [part for tag in ALIAS_TAGS for part in tags.get(tag, "").split(";")]
    return _tidied(
        NamedPlace(
            key=key,
            name=tags[NAMED],
            kind=kind,
            point=point,
            name_en=tags.get("name:en"),
            aliases=tuple(others),
            address=tags.get("addr:full") or f"{street}{number}" if street else None,
        )
    )


def _tidied(place: NamedPlace) -> NamedPlace | None:
    """Return a place without what nobody sees; None where no name is left."""
    name = _text(place.name)
    if name is None:
        return None
    aliases = dict.fromkeys(filter(None, map(_text, place.aliases)))
    aliases.pop(name, None)
    name_en = _text(place.name_en)
    return replace(
        place,
        name=name,
        name_en=None if name_en == name else name_en,
        aliases=tuple(alias for alias in aliases if alias != name_en),
        address=_text(place.address),
    )


def _text(text: str | None) -> str | None:
    if text is None or not is_plain(text):
        return None
    return tidied(text, one_line=True)[:NAME_MAX].strip() or None


def _read_geojson(path: Path) -> Iterator[NamedPlace]:
    """Yield the points of a FeatureCollection that have a `name`; `kind` is one of ours or OSM's.

    The datum is WGS-84, as GeoJSON is by its standard (RFC 7946).
    """
    try:
        whole = json.loads(path.read_text(encoding="utf-8-sig"))
        features = whole["features"]
        whole_is_list = whole["type"] == "FeatureCollection" and isinstance(features, list)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _refused(
            "不是 GeoJSON FeatureCollection（UTF-8）",
            "this is no GeoJSON FeatureCollection (UTF-8)",
        ) from error
    if not whole_is_list:
        raise _refused(
            "不是 GeoJSON FeatureCollection（UTF-8）",
            "this is no GeoJSON FeatureCollection (UTF-8)",
        )
    keys: set[str] = set()
    for number, feature in enumerate(features, start=1):
        place = _feature_place(number, feature)
        if place is None:
            continue
        if place.key in keys:
            raise _refused(
                f"第 {number} 个要素的 id 重复", f"the id of feature {number} is there twice"
            )
        keys.add(place.key)
        yield place


def _feature_place(number: int, feature: Any) -> NamedPlace | None:
    """Return what one feature names; None where it has no name or is no point."""
    if not isinstance(feature, dict):
        return None
    properties = feature.get("properties") or {}
    geometry = feature.get("geometry") or {}
    if not (isinstance(properties, dict) and isinstance(geometry, dict)):
        return None
    if geometry.get("type") != "Point" or not isinstance(properties.get("name"), str):
        return None
    point = _point(number, geometry.get("coordinates"))
    given_kind = properties.get("kind")
    return _tidied(
        NamedPlace(
            key=str(feature.get("id", f"{number:08}"))[:100],
            name=properties["name"],
            kind=_given_kind(given_kind if isinstance(given_kind, str) else ""),
            point=point,
            name_en=_string(properties.get("name_en")),
            aliases=tuple(_strings(properties.get("aliases"))),
            address=_string(properties.get("address")),
        )
    )


def _point(number: int, coordinates: Any) -> LonLat:
    if isinstance(coordinates, list) and len(coordinates) >= 2:
        lon, lat = coordinates[:2]
        numbers = all(type(each) in {int, float} for each in (lon, lat))
        if numbers and -180 <= lon <= 180 and -90 <= lat <= 90:
            return LonLat(float(lon), float(lat))
    raise _refused(
        f"第 {number} 个要素的坐标无效（经度 -180 到 180，纬度 -90 到 90）",
        f"the coordinates of feature {number} are not valid (longitude -180 to 180, "
        "latitude -90 to 90)",
    )


def _given_kind(kind: str) -> str:
    """Return one of our kinds, whether the file names it or one of OSM's values."""
    if kind in PLACE_KINDS:
        return kind
    found = (values.get(kind) for _, values in KIND_OF_TAG if kind != "*")
    return next(filter(None, found), "place")


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _strings(value: Any) -> Iterable[str]:
    return (each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
