"""How many kilometres walkers may use, beside pyrosm's reading of the same extract."""

import warnings
from pathlib import Path

import osmium
import pyproj
import pytest

from geo.profiles import Profile
from geo.street_building import build_streets
from geo.street_reading import read_osm_streets
from geo.street_rules import Use, street_use

GEOD = pyproj.Geod(ellps="WGS84")


def test_walkable_kilometres_are_those_of_pyrosm(shared_data: Path) -> None:
    """Within 5 % (3.8 % more in Monaco), and every way that only one of the two has is explained.

    - We take the outlines of squares (`area=yes`), 4.7 km of 146: people cross squares, and their
      edge is the least that leads over them. pyrosm takes no areas. Without them 0.5 % more.
    - We keep carriageways whose pavement is drawn beside them (`sidewalk=separate`), 0.7 km: where
      the pavement lacks its links they are the only way. pyrosm leaves them out.
    - pyrosm takes lifts drawn as ways (`highway=elevator`), 0.06 km; we have no minutes for them.
    """
    file = shared_data / "networks" / "monaco.osm.pbf"
    theirs = pyrosm_metres(file)
    ours, tags = our_metres(file)
    built = build_streets(read_osm_streets(file)).graphs[Profile.WALK].edge_m.sum()
    assert built == pytest.approx(sum(ours.values()), rel=1e-4)
    assert built == pytest.approx(sum(theirs.values()), rel=0.05)
    for way in ours.keys() & theirs.keys():
        assert ours[way] == pytest.approx(theirs[way], abs=0.01)
    separate = {"sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right"}
    for way in ours.keys() - theirs.keys():
        drawn_beside = any(tags[way].get(key) == "separate" for key in separate)
        assert tags[way].get("area") == "yes" or drawn_beside, tags[way]
    for way in theirs.keys() - ours.keys():
        assert tags[way]["highway"] == "elevator"
    no_squares = sum(metres for way, metres in ours.items() if tags[way].get("area") != "yes")
    assert no_squares == pytest.approx(sum(theirs.values()), rel=0.01)


def pyrosm_metres(file: Path) -> dict[int, float]:
    """Metres by way of pyrosm's network for walkers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own and pandas'
        import pyrosm  # type: ignore[import-untyped]  # noqa: PLC0415 - warns when imported

        network = pyrosm.OSM(str(file)).get_network("walking")
        return {
            int(way): float(GEOD.geometry_length(line))
            for way, line in zip(network["id"], network.geometry, strict=True)
        }


def our_metres(file: Path) -> tuple[dict[int, float], dict[int, dict[str, str]]]:
    """Metres by way of those that walkers may use, read apart from the network; tags of all."""
    metres, tags = {}, {}
    ways = osmium.FileProcessor(str(file)).with_locations()
    for way in ways.with_filter(osmium.filter.KeyFilter("highway", "route")):
        if not isinstance(way, osmium.osm.Way):
            continue
        tags[way.id] = dict(way.tags)
        if street_use(tags[way.id]).walk & Use.BOTH:
            points = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
            lon, lat = zip(*points, strict=True)
            metres[way.id] = float(GEOD.line_length(lon, lat))
    return metres, tags
