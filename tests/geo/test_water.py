"""Water between people and the street: read from the map, and not walked over."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import LineString

from geo.coordinates import LonLat
from geo.network import StreetNetwork
from geo.profiles import Profile
from geo.street_grid import unit_metres
from geo.street_reading import read_osm_streets
from geo.water import Water
from geo.water_reading import NO_SHORE, NO_WATER, OUTLINE, RIVER_LINE, WaterLines, shores_of
from tests.geo.towns import Way, at, network_of, osm_xml, town

WALK = Profile.WALK
STREET = {"highway": "residential"}
RIVER = {"waterway": "river"}
LAKE = {"natural": "water"}
FAR_M = 4000
"""Streets of the mainland go so far both ways: they are a large part of the network."""

BANKS = {
    1: at(-FAR_M, 0),
    2: at(FAR_M, 0),
    3: at(-FAR_M, 120),
    4: at(FAR_M, 120),
}
TWO_STREETS: list[Way] = [([1, 2], STREET), ([3, 4], STREET)]


def north_of(network: StreetNetwork, place: LonLat) -> list[float]:
    """How far north of the town's corner somebody gets onto the streets, in metres."""
    places = network.snap_person(place, WALK)
    found, small = network.snap_stations([place.lon], [place.lat], WALK)
    both = [snaps.lat[snaps.is_near] for snaps in (found, small)]
    np.testing.assert_allclose(np.concatenate(both), places.lat, rtol=0, atol=1e-9)
    return [round((lat - at(0, 0).lat) * 110_850) for lat in places.lat.tolist()]


@pytest.mark.parametrize("tags", [RIVER, {"waterway": "canal"}])
def test_the_own_banks_street_goes_before_a_nearer_one_across_the_river(
    tmp_path: Path, tags: dict[str, str]
) -> None:
    here = at(0, 70)  # 70 m from the southern street, 50 m from the northern
    river = {**BANKS, 11: at(-FAR_M, 90), 12: at(FAR_M, 90)}
    assert north_of(town(tmp_path, BANKS, TWO_STREETS), here) == [120]
    assert north_of(town(tmp_path, river, [*TWO_STREETS, ([11, 12], tags)]), here) == [0]
    network = town(tmp_path, river, [*TWO_STREETS, ([11, 12], tags)])
    assert round((network.snap(*here, WALK).lat[0] - at(0, 0).lat) * 110_850) == 0
    rows = network.rows([here.lon] * 2, [here.lat] * 2, WALK).snaps
    assert (rows.lat < at(0, 1).lat).all()


def test_whoever_is_in_a_broad_river_is_on_the_nearer_bank(tmp_path: Path) -> None:
    corners = [at(-FAR_M, 20), at(FAR_M, 20), at(FAR_M, 110), at(-FAR_M, 110)]
    nodes = {**BANKS, **dict(enumerate(corners, start=11))}
    ways: list[Way] = [*TWO_STREETS, ([11, 12, 13, 14, 11], LAKE)]
    network = town(tmp_path, nodes, ways)
    assert [north_of(network, at(0, metres)) for metres in (15, 40, 80, 115)] == [
        [0],
        [0],
        [120],
        [120],
    ]


def compound(metres: int) -> tuple[dict[int, LonLat], list[Way]]:
    """A way of 600 m, whose gate nobody mapped, so far north of the street."""
    nodes = {1: at(-FAR_M, 0), 2: at(FAR_M, 0), 5: at(-300, metres), 6: at(300, metres)}
    return nodes, [([1, 2], STREET), ([5, 6], STREET)]


def test_out_of_a_compound_people_walk_to_the_street_unless_water_is_between(
    tmp_path: Path,
) -> None:
    nodes, ways = compound(300)
    here = at(0, 310)
    # nobody knows of water: what lies between may be some
    assert north_of(town(tmp_path, nodes, ways), here) == [300]
    elsewhere = {**nodes, 11: at(-FAR_M, 900), 12: at(FAR_M, 900)}
    network = town(tmp_path, elsewhere, [*ways, ([11, 12], RIVER)])
    assert north_of(network, here) == [0, 300]
    places = network.snap_person(here, WALK)
    there, small = network.snap_stations([at(900, 5).lon], [at(900, 5).lat], WALK)
    assert not small.is_near[0]
    minutes = network.minutes_between(places, there, WALK, 60)
    assert minutes[0] == pytest.approx((310 + 900 + 5) / (5000 / 60), rel=2e-3)
    between = {**nodes, 11: at(-FAR_M, 150), 12: at(FAR_M, 150)}
    assert north_of(town(tmp_path, between, [*ways, ([11, 12], RIVER)]), here) == [300]


def test_a_small_island_near_the_mainland_keeps_to_itself(tmp_path: Path) -> None:
    nodes, ways = compound(90)
    here = at(0, 95)  # both are within the cap
    assert north_of(town(tmp_path, nodes, ways), here) == [0, 90]
    shore = {**nodes, 11: at(-FAR_M, 50), 12: at(FAR_M, 50)}
    assert north_of(town(tmp_path, shore, [*ways, ([11, 12], RIVER)]), here) == [90]


def test_where_all_is_across_water_the_nearest_is_taken_as_ever(tmp_path: Path) -> None:
    nodes = {1: at(-FAR_M, 0), 2: at(FAR_M, 0), 11: at(-FAR_M, 30), 12: at(FAR_M, 30)}
    network = town(tmp_path, nodes, [([1, 2], STREET), ([11, 12], RIVER)])
    assert [north_of(network, at(0, metres)) for metres in (60, 400)] == [[0], [0]]
    assert north_of(network, at(0, 600)) == []


@pytest.mark.parametrize(
    ("tags", "shores"),
    [
        ({"waterway": "river"}, RIVER_LINE),
        ({"waterway": "canal", "bridge": "no"}, RIVER_LINE),
        ({"waterway": "river", "area": "yes"}, OUTLINE),
        ({"waterway": "riverbank"}, OUTLINE),
        ({"natural": "water"}, OUTLINE),
        ({"natural": "water", "water": "lake"}, OUTLINE),
        ({"natural": "coastline"}, OUTLINE),
        ({"natural": "water", "water": "pond"}, NO_SHORE),
        ({"waterway": "stream"}, NO_SHORE),
        ({"waterway": "ditch"}, NO_SHORE),
        ({"waterway": "canal", "tunnel": "culvert"}, NO_SHORE),
        ({"waterway": "river", "covered": "yes"}, NO_SHORE),
        ({"waterway": "canal", "bridge": "aqueduct"}, NO_SHORE),
        ({"natural": "water", "location": "underground"}, NO_SHORE),
        ({"natural": "wood"}, NO_SHORE),
        ({}, NO_SHORE),
    ],
)
def test_what_counts_as_water(tags: dict[str, str], shores: int) -> None:
    assert shores_of(tags) == shores


def test_outlines_in_relations_are_read_once_each_and_in_parts(tmp_path: Path) -> None:
    """A river's banks often have no tags of their own, and half of them lie in another file."""
    nodes = {**BANKS, 11: at(-FAR_M, 40), 12: at(FAR_M, 40), 13: at(FAR_M, 80), 14: at(-FAR_M, 80)}
    ways: list[Way] = [*TWO_STREETS, ([11, 12], {}), ([13, 14], LAKE), ([11, 99, 14], {})]
    water = {"type": "multipolygon", "natural": "water"}
    file = tmp_path / "town.osm"
    for relations, lines in (
        ([([3, 4, 5, 77], water)], 4),  # the gap of node 99 parts a line, and 77 is not there
        ([([3], water), ([3, 4], water)], 2),
        ([([3], {**water, "type": "waterway"})], 1),
        ([([3], {"type": "multipolygon", "natural": "wood"})], 1),
    ):
        file.write_text(osm_xml(nodes, ways, relations=relations), encoding="utf-8")
        streets = read_osm_streets(file)
        assert len(streets.water.shores) == lines
        assert set(streets.water.shores.tolist()) == {OUTLINE}
    network = town(tmp_path, nodes, ways, relations=[([3, 4, 5, 77], water)])
    assert network.about["water_km"] == pytest.approx(4 * FAR_M / 1000, rel=1e-2)
    assert north_of(network, at(0, 30)) == [0]
    assert north_of(network, at(0, 90)) == [120]


def test_an_area_keeps_the_water_near_it(tmp_path: Path) -> None:
    nodes = {**BANKS, 11: at(0, 90), 12: at(100, 90), 13: at(60_000, 90), 14: at(60_100, 90)}
    nodes[5] = at(0, 0)
    ways: list[Way] = [([1, 5, 2], STREET), ([11, 12], RIVER), ([13, 14], LAKE)]
    file = tmp_path / "town.osm"
    file.write_text(osm_xml(nodes, ways), encoding="utf-8")
    whole = read_osm_streets(file).water
    assert whole.shores.tolist() == [RIVER_LINE, OUTLINE]
    area = shapely.box(*at(-50, -50), *at(50, 50))
    clipped = read_osm_streets(file, boundary=area)
    assert clipped.water.shores.tolist() == [RIVER_LINE]
    network = network_of(clipped, tmp_path / "town.network")
    again = StreetNetwork.open(tmp_path / "town.network")
    for name in ("cell", "lon", "lat", "end_lon", "end_lat", "shores"):
        assert np.array_equal(getattr(network.water, name), getattr(again.water, name))
    far = shapely.box(*at(-20_000, -20_000), *at(-10_000, -10_000))
    assert whole.near(far.bounds).shores.tolist() == []


def test_legs_are_told_as_by_shapely_one_by_one_or_together() -> None:
    random = np.random.default_rng(5)
    sizes = random.integers(1, 9, 400)
    start = np.append(0, np.cumsum(sizes))
    walk = random.normal(0, 4000, (2, start[-1])).cumsum(axis=1) % 300_000  # some 3 km
    lon_e7 = (walk[0] + 1_215_000_000).astype(np.int32)
    lat_e7 = (walk[1] + 299_000_000).astype(np.int32)
    shores = random.integers(1, 3, len(sizes)).astype(np.uint8)
    water = Water.of(WaterLines(lon_e7, lat_e7, start, shores), 1_210_000_000)
    lines = [
        LineString(np.stack((lon_e7[a:b] - 1_210_000_000.0, lat_e7[a:b]), 1))
        for a, b in zip(start[:-1].tolist(), start[1:].tolist(), strict=True)
        if b - a > 1
    ]
    of_line = shores[sizes > 1]
    begin = random.uniform(0, 300_000, (2, 2000)) + np.array([[5_000_000], [299_000_000]])
    end = begin + random.normal(0, 20_000, (2, 2000)) * random.choice([0.02, 0.3, 1], 2000)
    expected = []
    lon_m, lat_m = unit_metres(begin[1])
    short = 0.5 / np.hypot((end - begin)[0] * lon_m, (end - begin)[1] * lat_m)
    looked_at = begin + np.maximum(0, 1 - short) * (end - begin)
    for leg in np.stack((begin, looked_at)).transpose(2, 0, 1):
        met = shapely.intersection(lines, LineString(leg))
        counts = np.array([len(shapely.get_coordinates(each)) for each in met])
        expected.append(int((counts * of_line).sum()) >= 2)
    assert 0.1 < np.mean(expected) < 0.9
    assert water.is_between(*begin, *end).tolist() == expected
    one_by_one = [water.bars(*map(float, leg)) for leg in np.concatenate((begin, end)).T]
    assert one_by_one == expected
    dry = Water.of(NO_WATER, 0)
    assert len(dry) == 0
    assert not dry.is_between(*begin, *end).any()
