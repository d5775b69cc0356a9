"""Water between people and the street: read from the map, and not walked over."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import LineString

from geo.coordinates import FloatArray, LonLat
from geo.network import StreetNetwork
from geo.profiles import Profile
from geo.street_grid import unit_metres
from geo.street_reading import read_osm_streets
from geo.water import Water
from geo.water_reading import NO_LINES, NO_WATER, OUTLINE, RIVER_LINE, WaterLines, kind_of
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


@pytest.mark.parametrize("line_m", [30, 65, 100])
def test_a_rivers_line_inside_its_outline_says_nothing_more(tmp_path: Path, line_m: int) -> None:
    corners = [at(-FAR_M, 20), at(FAR_M, 20), at(FAR_M, 110), at(-FAR_M, 110)]
    nodes = {**BANKS, **dict(enumerate(corners, start=11))}
    nodes |= {21: at(-FAR_M, line_m), 22: at(FAR_M, line_m)}
    ways: list[Way] = [*TWO_STREETS, ([11, 12, 13, 14, 11], LAKE), ([21, 22], RIVER)]
    network = town(tmp_path, nodes, ways)
    places = [at(0, metres) for metres in (15, 50, 80, 115)]
    assert [north_of(network, place) for place in places] == [[0], [0], [120], [120]]


@pytest.mark.parametrize("shared", [True, False])
def test_a_path_on_the_far_embankment_is_across_the_water(tmp_path: Path, *, shared: bool) -> None:
    """Its points are often those of the shore, so that it seems to lie in the water."""
    corners = [at(-FAR_M, 80), at(FAR_M, 80), at(FAR_M, 120), at(-FAR_M, 120)]
    nodes = {1: BANKS[1], 2: BANKS[2], **dict(enumerate(corners, start=11))}
    nodes |= {5: at(-FAR_M, 122), 6: at(FAR_M, 122), 7: at(-FAR_M, 0), 8: at(FAR_M, 0)}
    north, south = ([14, 13], [11, 12]) if shared else ([5, 6], [7, 8])
    ways: list[Way] = [([1, 2], STREET), (north, STREET), ([11, 12, 13, 14, 11], LAKE)]
    network = town(tmp_path, nodes, ways)
    assert north_of(network, at(0, 70)) == [0]
    assert north_of(network, at(0, 90)) == [120 if shared else 122]  # in the water
    network = town(tmp_path, nodes, [*ways, (south, STREET)])
    assert north_of(network, at(0, 70)) == [80 if shared else 0]


@pytest.mark.parametrize(
    "tags", [{"natural": "coastline"}, {"natural": "coastline", "waterway": "riverbank"}]
)
def test_a_shore_that_is_drawn_twice_is_one(tmp_path: Path, tags: dict[str, str]) -> None:
    corners = [at(-FAR_M, 20), at(FAR_M, 20), at(FAR_M, 300), at(-FAR_M, 300)]
    nodes = {1: BANKS[1], 2: BANKS[2], 3: at(-FAR_M, 320), 4: at(FAR_M, 320)}
    nodes |= dict(enumerate(corners, start=11))
    ways: list[Way] = [*TWO_STREETS, ([11, 12, 13, 14, 11], LAKE), ([12, 11], tags)]
    network = town(tmp_path, nodes, ways)
    assert north_of(network, at(0, 30)) == [0]
    assert network.about["water_km"] == pytest.approx((4 * FAR_M + 2 * 280) / 1000, rel=1e-2)


@pytest.mark.parametrize("by_relations", [True, False])
def test_where_two_waters_meet_there_is_no_shore(tmp_path: Path, *, by_relations: bool) -> None:
    """A river is often drawn in parts, each with an outline of its own."""
    corners = [at(-FAR_M, 20), at(30, 20), at(FAR_M, 20)]
    corners += [at(FAR_M, 200), at(30, 200), at(-FAR_M, 200)]
    nodes = {1: BANKS[1], 2: BANKS[2], 3: at(-FAR_M, 220), 4: at(FAR_M, 220), 5: at(35, 110)}
    nodes |= {6: at(35, 100), **dict(enumerate(corners, start=11))}
    pier: Way = ([5, 6], {"highway": "footway"})
    water = {"type": "multipolygon", "natural": "water"}
    if by_relations:
        ways: list[Way] = [([12, 11, 16, 15], {}), ([12, 15], {}), ([15, 14, 13, 12], {})]
        relations: list[Way] = [([4, 5], water), ([5, 6], water)]
    else:
        ways = [([11, 12, 15, 16, 11], LAKE), ([12, 13, 14, 15, 12], LAKE)]
        relations = []
    network = town(tmp_path, nodes, [*TWO_STREETS, pier, *ways], relations=relations)
    assert network.about["water_km"] == pytest.approx((4 * FAR_M + 2 * 180) / 1000, rel=1e-2)
    found = network.snap(*at(20, 105), WALK)  # the pier is on the other part of the river
    assert found.off_m[0] < 20


def test_round_a_small_lake_the_street_is_reached_beside_it(tmp_path: Path) -> None:
    corners = [at(-10, 20), at(10, 20), at(10, 48), at(-10, 48)]
    nodes = {1: BANKS[1], 2: BANKS[2], **dict(enumerate(corners, start=11))}
    network = town(tmp_path, nodes, [([1, 2], STREET), ([11, 12, 13, 14, 11], LAKE)])
    for place in (network.snap_person(at(0, 60), WALK), network.snap(*at(0, 60), WALK)):
        assert place.off_m[0] == pytest.approx(78, abs=5)  # past the corner, 50 m aside


def compound(metres: int) -> tuple[dict[int, LonLat], list[Way]]:
    """A way of 600 m, whose gate nobody mapped, so far north of the street."""
    nodes = {1: at(-FAR_M, 0), 2: at(FAR_M, 0), 5: at(-300, metres), 6: at(300, metres)}
    return nodes, [([1, 2], STREET), ([5, 6], STREET)]


LAKE_CORNERS = {11: at(-FAR_M, 20), 12: at(FAR_M, 20), 13: at(FAR_M, 60), 14: at(-FAR_M, 60)}
UNEVEN = {1: at(-FAR_M, -60), 2: at(FAR_M, -60), 3: at(-FAR_M, 70), 4: at(FAR_M, 70)}
"""A lake of 40 m whose northern street is much nearer to its shore than the southern one."""

RING = [11, 12, 13, 14, 11]


@pytest.mark.parametrize("ring", [RING, RING[::-1]])
@pytest.mark.parametrize(
    ("metres", "street_m"), [(15, -60), (20, -60), (20.5, -60), (22, -60), (58, 70), (60, 70)]
)
def test_whoever_seems_to_be_in_the_water_wades_to_the_nearer_bank(
    tmp_path: Path, ring: list[int], metres: float, street_m: int
) -> None:
    """Phones are off by metres, and stations stand on quays: not the nearest street counts."""
    network = town(tmp_path, UNEVEN | LAKE_CORNERS, [*TWO_STREETS, (ring, LAKE)])
    assert north_of(network, at(0, metres)) == [street_m]


def test_neighbours_off_the_streets_are_apart_where_one_seems_to_be_in_the_water(
    tmp_path: Path,
) -> None:
    network = town(tmp_path, UNEVEN | LAKE_CORNERS, [*TWO_STREETS, (RING, LAKE)])
    for one_m, other_m in ((10, 70), (21, 70), (10, 59), (70, 21)):
        other = np.array([at(0, other_m)])
        assert network.is_across_water(at(0, one_m), *other.T).tolist() == [True]
    near = np.array([at(10, 24)])
    assert network.is_across_water(at(0, 18), *near.T).tolist() == [False]


WATER = {"type": "multipolygon", "natural": "water"}


@pytest.mark.parametrize(
    ("ways", "relations"),
    [
        ([(RING, LAKE), (RING, {"waterway": "riverbank"})], []),
        ([(RING, LAKE), (RING[::-1], LAKE)], []),
        ([(RING, {})], [([3], WATER), ([3], {**WATER, "waterway": "riverbank"})]),
        ([(RING, LAKE)], [([3], WATER), ([3], WATER)]),
        ([(RING, LAKE), (RING, {})], [([4], WATER)]),
    ],
)
def test_a_lake_that_is_drawn_twice_stays(
    tmp_path: Path, ways: list[Way], relations: list[Way]
) -> None:
    nodes = UNEVEN | LAKE_CORNERS
    network = town(tmp_path, nodes, [*TWO_STREETS, *ways], relations=relations)
    assert network.about["water_km"] == pytest.approx((4 * FAR_M + 80) / 1000, rel=1e-2)
    assert north_of(network, at(0, 10)) == [-60]


@pytest.mark.parametrize(
    "tags", [LAKE, {**LAKE, "amenity": "fountain"}, {**LAKE, "leisure": "swimming_pool"}]
)
def test_a_basin_of_a_park_is_walked_round_and_hides_no_canal(
    tmp_path: Path, tags: dict[str, str]
) -> None:
    basin = {11: at(-10, 10), 12: at(10, 10), 13: at(10, 25), 14: at(-10, 25)}
    canal = {21: at(-FAR_M, 40), 22: at(FAR_M, 40)}
    ways: list[Way] = [*TWO_STREETS, (RING, tags), ([21, 22], {"waterway": "canal"})]
    network = town(tmp_path, UNEVEN | basin | canal, ways)
    for metres in (5, 20, 30):
        assert north_of(network, at(0, metres)) == [-60]
        assert network.snap(*at(0, metres), WALK).off_m[0] == pytest.approx(60 + metres, abs=1)


def test_a_river_drawn_as_a_line_bars_where_one_of_its_banks_is_missing(tmp_path: Path) -> None:
    nodes = UNEVEN | {11: at(-FAR_M, 20), 12: at(FAR_M, 20), 21: at(-FAR_M, 40), 22: at(FAR_M, 40)}
    ways: list[Way] = [*TWO_STREETS, ([11, 12], {}), ([21, 22], RIVER)]
    network = town(tmp_path, nodes, ways, relations=[([3, 77], WATER)])
    assert north_of(network, at(0, 10)) == [-60]


def test_a_quay_drawn_a_little_into_the_water_is_on_the_far_bank(tmp_path: Path) -> None:
    quay = UNEVEN | {3: at(-FAR_M, 58), 4: at(FAR_M, 58)}
    network = town(tmp_path, quay | LAKE_CORNERS, [*TWO_STREETS, (RING, LAKE)])
    assert north_of(network, at(0, 10)) == [-60]


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
    ("tags", "kind"),
    [
        ({"waterway": "river"}, RIVER_LINE),
        ({"waterway": "canal", "bridge": "no"}, RIVER_LINE),
        ({"waterway": "river", "area": "yes"}, OUTLINE),
        ({"waterway": "riverbank"}, OUTLINE),
        ({"natural": "water"}, OUTLINE),
        ({"natural": "water", "water": "lake"}, OUTLINE),
        ({"natural": "coastline"}, OUTLINE),
        ({"waterway": "dock"}, OUTLINE),
        ({"landuse": "reservoir"}, OUTLINE),
        ({"natural": "water", "water": "pond"}, NO_WATER),
        ({"natural": "water", "water": "lake; pond"}, NO_WATER),
        ({"natural": "water", "water": "swimming_pool"}, NO_WATER),
        ({"natural": "water", "leisure": "swimming_pool"}, NO_WATER),
        ({"natural": "water", "amenity": "fountain"}, NO_WATER),
        ({"waterway": "stream"}, NO_WATER),
        ({"waterway": "ditch"}, NO_WATER),
        ({"waterway": "canal", "tunnel": "culvert"}, NO_WATER),
        ({"waterway": "river", "covered": "yes"}, NO_WATER),
        ({"waterway": "canal", "bridge": "aqueduct"}, NO_WATER),
        ({"natural": "water", "location": "underground"}, NO_WATER),
        ({"natural": "wood"}, NO_WATER),
        ({}, NO_WATER),
    ],
)
def test_what_counts_as_water(tags: dict[str, str], kind: int) -> None:
    assert kind_of(tags) == kind


def test_outlines_in_relations_are_read_once_each_and_in_parts(tmp_path: Path) -> None:
    """A river's banks often have no tags of their own, and half of them lie in another file."""
    nodes = {**BANKS, 11: at(-FAR_M, 40), 12: at(FAR_M, 40), 13: at(FAR_M, 80), 14: at(-FAR_M, 80)}
    ways: list[Way] = [*TWO_STREETS, ([11, 12], {}), ([13, 14], LAKE), ([11, 99, 14], {})]
    water = {"type": "multipolygon", "natural": "water"}
    file = tmp_path / "town.osm"
    for relations, lines in (
        ([([3, 4, 5, 77], water)], 2),  # nobody knows where node 99 is, nor way 77
        ([([3], water), ([4], water)], 2),
        ([([3], water), ([3, 4], water)], 1),  # water on both sides
        ([([3], {**water, "type": "waterway"})], 1),
        ([([3], {"type": "multipolygon", "natural": "wood"})], 1),
    ):
        file.write_text(osm_xml(nodes, ways, relations=relations), encoding="utf-8")
        streets = read_osm_streets(file)
        assert len(streets.water.kind) == lines
        assert set(streets.water.kind.tolist()) == {OUTLINE}
    network = town(tmp_path, nodes, ways, relations=[([3, 4, 5, 77], water)])
    assert network.about["water_km"] == pytest.approx(4 * FAR_M / 1000, rel=1e-2)
    assert north_of(network, at(0, 30)) == [0]
    assert north_of(network, at(0, 90)) == [120]


def test_what_is_not_uploaded_yet_is_read_like_the_rest(tmp_path: Path) -> None:
    """An editor's file has negative numbers, for nodes as for members of relations."""
    nodes = {**BANKS, -11: at(-FAR_M, 90), -12: at(FAR_M, 90)}
    assert north_of(town(tmp_path, nodes, [*TWO_STREETS, ([-11, -12], RIVER)]), at(0, 70)) == [0]
    ways: list[Way] = [*TWO_STREETS, ([-11, -12], {})]
    water = {"type": "multipolygon", "natural": "water"}
    for members in ([3, -5], [3, -5, 77]):
        file = tmp_path / "town.osm"
        file.write_text(osm_xml(nodes, ways, relations=[(members, water)]), encoding="utf-8")
        assert read_osm_streets(file).water.kind.tolist() == [OUTLINE]


def test_an_area_keeps_a_river_that_has_no_point_near_it(tmp_path: Path) -> None:
    nodes = {**BANKS, 5: at(0, 0), 11: at(-20_000, 90), 12: at(30_000, 90)}
    file = tmp_path / "town.osm"
    ways: list[Way] = [([1, 5, 2], STREET), ([11, 12], RIVER)]
    file.write_text(osm_xml(nodes, ways), encoding="utf-8")
    area = shapely.box(*at(-50, -50), *at(50, 50))
    assert read_osm_streets(file, boundary=area).water.kind.tolist() == [RIVER_LINE]
    lon_e7 = np.array([1_799_990_000, -1_799_990_000], dtype=np.int32)
    lat_e7 = np.array([100, 200], dtype=np.int32)
    start, kind = np.array([0, 2]), np.array([RIVER_LINE], dtype=np.uint8)
    over_180 = WaterLines(lon_e7, lat_e7, start, kind)
    assert [len(over_180.near((west, -1, west + 1, 1)).kind) for west in (179, -180, 0)] == [
        1,
        1,
        0,
    ]


def test_an_area_keeps_the_water_near_it(tmp_path: Path) -> None:
    nodes = {**BANKS, 11: at(0, 90), 12: at(100, 90), 13: at(60_000, 90), 14: at(60_100, 90)}
    nodes[5] = at(0, 0)
    ways: list[Way] = [([1, 5, 2], STREET), ([11, 12], RIVER), ([13, 14], LAKE)]
    file = tmp_path / "town.osm"
    file.write_text(osm_xml(nodes, ways), encoding="utf-8")
    whole = read_osm_streets(file).water
    assert whole.kind.tolist() == [RIVER_LINE, OUTLINE]
    area = shapely.box(*at(-50, -50), *at(50, 50))
    clipped = read_osm_streets(file, boundary=area)
    assert clipped.water.kind.tolist() == [RIVER_LINE]
    network = network_of(clipped, tmp_path / "town.network")
    again = StreetNetwork.open(tmp_path / "town.network")
    for name in ("cell", "lon", "lat", "end_lon", "end_lat", "kind"):
        assert np.array_equal(getattr(network.water, name), getattr(again.water, name))
    far = shapely.box(*at(-20_000, -20_000), *at(-10_000, -10_000))
    assert whole.near(far.bounds).kind.tolist() == []


def is_barred_by_shapely(
    here: FloatArray,
    way: FloatArray,
    outlines: list[LineString],
    rivers: list[LineString],
    scale: FloatArray,
) -> bool:
    """Two shores, a river behind the last shore, or a bank much nearer than the one waded to."""
    length_m = float(np.hypot(*(way * scale)))
    shore = min(1.0, 3.0 / length_m)

    def shares(lines: list[LineString], far: float) -> list[float]:
        leg = LineString([here, here + way * far])
        met = shapely.get_coordinates(shapely.intersection(lines, leg))
        return sorted(((met - here) @ way / (way @ way)).tolist())

    before, upto = shares(outlines, 1 - shore), shares(outlines, 1 + shore)
    if (before and len(upto) >= 2) or max(shares(rivers, 1 - shore), default=-1) > max(
        upto, default=-1
    ):
        return True
    waded_m = upto[-1] * length_m if before else 0.0
    scaled = shapely.transform(outlines, lambda corners: (corners - here) * scale)
    nearest_m = float(shapely.distance(scaled, shapely.Point(0, 0)).min())
    return waded_m > 3 and nearest_m < (waded_m - 3) / 2


def test_legs_are_told_as_by_shapely_one_by_one_or_together() -> None:
    random = np.random.default_rng(5)
    sizes = random.integers(1, 9, 400)
    start = np.append(0, np.cumsum(sizes))
    walk = random.normal(0, 4000, (2, start[-1])).cumsum(axis=1) % 300_000  # some 3 km
    lon_e7 = (walk[0] + 1_215_000_000).astype(np.int32)
    lat_e7 = (walk[1] + 299_000_000).astype(np.int32)
    kind = random.choice([OUTLINE, RIVER_LINE], len(sizes), p=[0.8, 0.2]).astype(np.uint8)
    water = Water.of(WaterLines(lon_e7, lat_e7, start, kind), 1_210_000_000)
    lines = [
        LineString(np.stack((lon_e7[a:b] - 1_210_000_000.0, lat_e7[a:b]), 1))
        for a, b in zip(start[:-1].tolist(), start[1:].tolist(), strict=True)
        if b - a > 1
    ]
    is_outline = kind[sizes > 1] == OUTLINE
    begin = random.uniform(0, 300_000, (2, 2000)) + np.array([[5_000_000], [299_000_000]])
    end = begin + random.normal(0, 20_000, (2, 2000)) * random.choice([0.02, 0.3, 1], 2000)
    outlines = [line for line, yes in zip(lines, is_outline, strict=True) if yes]
    rivers = [line for line, yes in zip(lines, is_outline, strict=True) if not yes]
    metres = np.stack(unit_metres(begin[1])).T
    expected = [
        is_barred_by_shapely(here, way, outlines, rivers, scale)
        for here, way, scale in zip(begin.T, (end - begin).T, metres, strict=True)
    ]
    assert 0.1 < np.mean(expected) < 0.9
    assert water.is_between(*begin, *end).tolist() == expected
    one_by_one = [water.bars(*map(float, leg)) for leg in np.concatenate((begin, end)).T]
    assert one_by_one == expected
    dry = Water.of(NO_LINES, 0)
    assert len(dry) == 0
    assert not dry.is_between(*begin, *end).any()
