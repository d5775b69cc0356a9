"""Small towns made by code: OpenStreetMap files for tests, and the networks built of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from geo.coordinates import LonLat
from geo.network import StreetNetwork
from geo.street_building import build_streets
from geo.street_file import chunks_of
from geo.street_reading import OsmStreets, read_osm_streets

Way = tuple[Sequence[int], Mapping[str, str]]

LON_M = 1 / 96_500.0  # degrees of longitude in a metre at 30 degrees north, and of latitude
LAT_M = 1 / 110_850.0
CORNER = LonLat(121.55, 30.0)


def at(east_m: float, north_m: float) -> LonLat:
    """The point so many metres east and north of the town's corner."""
    return LonLat(CORNER.lon + east_m * LON_M, CORNER.lat + north_m * LAT_M)


def osm_xml(
    nodes: Mapping[int, LonLat],
    ways: Sequence[Way],
    node_tags: Mapping[int, Mapping[str, str]] | None = None,
    relations: Sequence[Way] = (),
) -> str:
    """An .osm file; ways are numbered from 1, and relations are of ways."""
    tags_of = node_tags or {}
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", '<osm version="0.6">']
    for number, point in nodes.items():
        lines.append(
            f'<node id="{number}" version="1" lat="{point.lat:.7f}" lon="{point.lon:.7f}">'
        )
        lines += _tags(tags_of.get(number, {}))
        lines.append("</node>")
    for number, (refs, tags) in enumerate(ways, start=1):
        lines.append(f'<way id="{number}" version="1">')
        lines += [f'<nd ref="{ref}"/>' for ref in refs]
        lines += _tags(tags)
        lines.append("</way>")
    for number, (members, tags) in enumerate(relations, start=1):
        lines.append(f'<relation id="{number}" version="1">')
        lines += [f'<member type="way" ref="{way}" role="outer"/>' for way in members]
        lines += _tags(tags)
        lines.append("</relation>")
    return "\n".join([*lines, "</osm>"])


def _tags(tags: Mapping[str, str]) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]


def network_of(streets: OsmStreets, path: Path) -> StreetNetwork:
    """The network of streets, through its file."""
    built = build_streets(streets)
    path.write_bytes(b"".join(chunks_of(built)))
    return StreetNetwork.open(path)


def town(
    folder: Path,
    nodes: Mapping[int, LonLat],
    ways: Sequence[Way],
    node_tags: Mapping[int, Mapping[str, str]] | None = None,
    relations: Sequence[Way] = (),
) -> StreetNetwork:
    """The network of a town, through an .osm file."""
    file = folder / "town.osm"
    file.write_text(osm_xml(nodes, ways, node_tags, relations), encoding="utf-8")
    return network_of(read_osm_streets(file), folder / "town.network")


def two_banks(folder: Path) -> StreetNetwork:
    """Two streets, each 20 m from a river 200 m wide, and a bridge 1.5 km to the east."""
    nodes = {
        number: at(east_m, north_m)
        for number, (east_m, north_m) in enumerate(
            [
                (-3000, 0),
                (0, 0),
                (1500, 0),
                (3000, 0),
                (-3000, 240),
                (0, 240),
                (1500, 240),
                (3000, 240),
            ],
            start=1,
        )
    }
    street = {"highway": "residential"}
    return town(
        folder,
        nodes,
        [([1, 2, 3, 4], street), ([5, 6, 7, 8], street), ([3, 7], {**street, "bridge": "yes"})],
    )
