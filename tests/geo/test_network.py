"""Minutes by street in towns made by code: banks, one-way streets, steps, gates, islands, lines."""

import math
import pickle
from pathlib import Path

import numpy as np
import pyproj
import pytest

from geo.coordinates import LonLat
from geo.network import Snaps, StreetNetwork, least_minutes, reach_m
from geo.profiles import Profile
from geo.street_grid import chords_m
from geo.street_reading import read_osm_streets
from tests.geo.towns import at, network_of, osm_xml, town, two_banks

WALK, EBIKE = Profile.WALK, Profile.EBIKE
GEOD = pyproj.Geod(ellps="WGS84")
STREET = {"highway": "residential"}
WALK_M = 5000 / 60  # metres in a minute
RIDE_M = 15_000 / 60


def snapped(network: StreetNetwork, profile: Profile, *points: LonLat) -> Snaps:
    return network.snap([p.lon for p in points], [p.lat for p in points], profile)


def minutes(
    network: StreetNetwork, profile: Profile, start: LonLat, *ends: LonLat, limit: float = 60.0
) -> list[float]:
    found = network.minutes_between(
        snapped(network, profile, start), snapped(network, profile, *ends), profile, limit
    )
    return [float(each) for each in found]


@pytest.mark.parametrize("profile", [WALK, EBIKE])
def test_the_own_bank_is_nearer_by_minutes(tmp_path: Path, profile: Profile) -> None:
    network = two_banks(tmp_path)
    person = at(0, 15)  # on the southern bank
    here, over_there = at(900, 5), at(0, 235)
    assert GEOD.inv(*person, *over_there)[2] < GEOD.inv(*person, *here)[2] / 3
    near, far = minutes(network, profile, person, here, over_there)
    speed = WALK_M if profile is WALK else RIDE_M
    assert near == pytest.approx(900 / speed + 20 / WALK_M, rel=2e-3)
    assert far == pytest.approx((1500 + 240 + 1500) / speed + 20 / WALK_M, rel=2e-3)


def test_nobody_is_snapped_across_the_water(tmp_path: Path) -> None:
    network = two_banks(tmp_path)
    lon, lat = zip(*(at(east, north) for east in (-500, 0, 700) for north in (5, 90)), strict=True)
    for profile in (WALK, EBIKE):
        south = network.snap(lon, lat, profile)
        assert np.all(south.lat < at(0, 100).lat)
    # in the middle of the river no street is within a walker's hundred metres
    assert not snapped(network, WALK, at(0, 120)).is_near.any()
    assert snapped(network, EBIKE, at(0, 119)).lat[0] == pytest.approx(at(0, 0).lat, abs=1e-6)


def test_e_bikes_keep_to_one_way_streets_and_walkers_do_not(tmp_path: Path) -> None:
    nodes = {1: at(0, 0), 2: at(500, 0), 3: at(500, 500), 4: at(0, 500)}
    network = town(
        tmp_path,
        nodes,
        [([1, 2], {**STREET, "oneway": "yes"}), ([2, 3, 4, 1], STREET)],
    )
    west, east = at(100, 0), at(400, 0)
    assert minutes(network, EBIKE, west, east) == pytest.approx([300 / RIDE_M], rel=2e-3)
    assert minutes(network, EBIKE, east, west) == pytest.approx([1700 / RIDE_M], rel=2e-3)
    there, back = minutes(network, WALK, west, east), minutes(network, WALK, east, west)
    assert there == pytest.approx(back)
    assert there == pytest.approx([300 / WALK_M], rel=2e-3)
    # and the line goes round by the same way
    route = network.route(
        east, snapped(network, EBIKE, east), west, snapped(network, EBIKE, west), EBIKE, 60
    )
    assert route is not None
    assert route.street_m == pytest.approx(1700, rel=2e-3)
    assert max(point.lat for point in route.line) == pytest.approx(at(0, 500).lat, abs=1e-6)


def test_who_stands_at_the_beginning_of_a_one_way_street_may_leave_it(tmp_path: Path) -> None:
    nodes = {1: at(0, 0), 2: at(300, 0), 3: at(-300, 0), 4: at(300, 300), 5: at(0, 300)}
    network = town(
        tmp_path,
        nodes,
        [([1, 2], {**STREET, "oneway": "yes"}), ([1, 3], STREET), ([2, 4, 5, 1], STREET)],
    )
    corner = at(0, 0)
    assert minutes(network, EBIKE, corner, at(-200, 0)) == pytest.approx([200 / RIDE_M], rel=2e-3)
    assert minutes(network, EBIKE, at(-200, 0), corner) == pytest.approx([200 / RIDE_M], rel=2e-3)


def test_steps_take_twice_the_minutes_and_bikes_go_round(tmp_path: Path) -> None:
    nodes = {1: at(0, 0), 2: at(100, 0), 3: at(200, 0), 4: at(200, 400), 5: at(0, 400)}
    ways = [([1, 2], STREET), ([2, 3], {"highway": "steps"}), ([3, 4, 5, 1], STREET)]
    network = town(tmp_path, nodes, ways)
    bottom, top = at(50, 0), at(200, 50)
    assert minutes(network, WALK, bottom, top) == pytest.approx([300 / WALK_M], rel=2e-3)
    ebike = minutes(network, EBIKE, bottom, top)
    assert ebike == pytest.approx([(50 + 400 + 200 + 350) / RIDE_M], rel=2e-3)
    route = network.route(
        bottom, snapped(network, WALK, bottom), top, snapped(network, WALK, top), WALK, 60
    )
    assert route is not None
    assert route.street_m == pytest.approx(200, rel=2e-3)


def test_a_private_gate_stops_and_an_open_one_does_not(tmp_path: Path) -> None:
    nodes = {1: at(0, 0), 2: at(200, 0), 3: at(400, 0)}
    for tags, expected in (
        ({"barrier": "gate"}, 300 / WALK_M),
        ({"barrier": "gate", "access": "private"}, math.inf),
    ):
        network = town(tmp_path, nodes, [([1, 2, 3], STREET)], {2: tags})
        assert minutes(network, WALK, at(50, 0), at(350, 0)) == pytest.approx([expected], rel=2e-3)
        assert minutes(network, WALK, at(50, 0), at(150, 0)) == pytest.approx(
            [100 / WALK_M], rel=2e-3
        )


def test_of_two_streets_between_the_same_crossings_the_shorter_counts(tmp_path: Path) -> None:
    nodes = {1: at(0, 0), 2: at(300, 0), 3: at(150, 400), 4: at(-100, 0), 5: at(400, 0)}
    ways = [([4, 1], STREET), ([2, 5], STREET), ([1, 3, 2], STREET), ([1, 2], STREET)]
    network = town(tmp_path, nodes, ways)
    found = minutes(network, WALK, at(-50, 0), at(350, 0))
    assert found == pytest.approx([400 / WALK_M], rel=2e-3)


def test_a_small_island_never_shadows_the_street_beside_it(tmp_path: Path) -> None:
    """A courtyard's footway without a mapped gate; beyond the cap it is an island of its own."""
    nodes = {1: at(-4000, 0), 2: at(4000, 0), 11: at(0, 40), 12: at(100, 40)}
    nodes |= {21: at(0, 500), 22: at(200, 500)}
    ways = [([1, 2], STREET), ([11, 12], {"highway": "footway"}), ([21, 22], STREET)]
    network = town(tmp_path, nodes, ways)
    in_the_yard = snapped(network, WALK, at(50, 39))
    assert in_the_yard.off_m[0] == pytest.approx(39, abs=0.3)
    assert minutes(network, WALK, at(50, 39), at(1050, 0)) == pytest.approx(
        [1039 / WALK_M], rel=2e-3
    )
    assert minutes(network, WALK, at(20, 490), at(180, 510)) == pytest.approx(
        [180 / WALK_M], rel=2e-3
    )
    assert minutes(network, WALK, at(20, 490), at(1050, 0)) == [math.inf]


def test_from_a_yard_both_its_own_ways_and_the_street_outside_count(tmp_path: Path) -> None:
    """40 m behind the street, in a compound whose gate nobody mapped."""
    nodes = {1: at(-4000, 0), 2: at(4000, 0), 11: at(0, 40), 12: at(300, 40)}
    network = town(tmp_path, nodes, [([1, 2], STREET), ([11, 12], STREET)])
    person, neighbour, outside = at(10, 36), at(90, 36), at(1010, 0)
    places = network.snap_person(person, WALK)
    assert network.is_small(places).tolist() == [False, True]
    assert places.off_m == pytest.approx([36, 4], abs=0.3)
    _street, inner = network.snap_stations([neighbour.lon], [neighbour.lat], WALK)
    outer = snapped(network, WALK, outside)
    ways = network.search_from(places, WALK, 60)
    for there, point, metres in ((inner, neighbour, 88), (outer, outside, 36 + 1000)):
        assert ways.minutes_to(there) == pytest.approx([metres / WALK_M], rel=2e-3)
        assert ways.street_m_to(there) == pytest.approx([metres], rel=2e-3)
        route = network.route(person, places, point, there, WALK, 60)
        assert route is not None
        assert route.street_m == pytest.approx(metres, rel=2e-3)
        assert (route.line[0], route.line[-1]) == (person, point)


@pytest.mark.parametrize(("profile", "wide_m"), [(WALK, 95), (EBIKE, 190)])
def test_nobody_steps_over_water_onto_an_islet(
    tmp_path: Path, profile: Profile, wide_m: int
) -> None:
    """The islet's ways are within the cap, and the own bank is nearer; and the other way round."""
    nodes = {1: at(-4000, 0), 2: at(4000, 0), 11: at(0, wide_m), 12: at(2000, wide_m)}
    network = town(tmp_path, nodes, [([1, 2], STREET), ([11, 12], STREET)])
    bank, islet = at(50, 2), at(100, wide_m + 20)
    assert network.is_small(network.snap_person(bank, profile)).tolist() == [False]
    assert network.is_small(network.snap_person(islet, profile)).tolist() == [True]
    for here, there in ((bank, islet), (islet, bank)):
        arrivals = network.snap_stations([there.lon], [there.lat], profile)
        ways = network.search_from(network.snap_person(here, profile), profile, 500)
        assert [ways.minutes_to(each).tolist() for each in arrivals] == [[math.inf]] * 2


def test_a_scrap_of_a_way_shadows_no_island(tmp_path: Path) -> None:
    """A pier of 20 m lies nearer than the ways of the compound, and leads nowhere."""
    nodes = {1: at(-4000, 0), 2: at(4000, 0), 11: at(0, 400), 12: at(900, 400)}
    nodes |= {21: at(100, 406), 22: at(120, 406)}
    network = town(tmp_path, nodes, [([1, 2], STREET), ([11, 12], STREET), ([21, 22], STREET)])
    person, neighbour = at(110, 408), at(300, 404)
    places = network.snap_person(person, WALK)
    assert places.off_m == pytest.approx([8], abs=0.1)
    for here, there in ((person, neighbour), (neighbour, person)):
        arrivals, _island = network.snap_stations([there.lon], [there.lat], WALK)
        ways = network.search_from(network.snap_person(here, WALK), WALK, 60)
        assert ways.minutes_to(arrivals) == pytest.approx([202 / WALK_M], rel=2e-3)


def test_where_a_profile_has_no_street_nobody_is_on_one(tmp_path: Path) -> None:
    """Steps alone: nothing for e-bikes."""
    network = town(tmp_path, {1: at(0, 0), 2: at(50, 0)}, [([1, 2], {"highway": "steps"})])
    assert len(network.snap_person(at(0, 0), EBIKE)) == 0
    for snaps in network.snap_stations([at(0, 0).lon], [at(0, 0).lat], EBIKE):
        assert not snaps.is_near.any()


def test_a_scrap_of_a_way_takes_nobody_off_the_street_afar(tmp_path: Path) -> None:
    """As if it were not there: a park's bench, 120 m from the street, has a path of 40 m."""
    nodes = {1: at(-4000, 0), 2: at(4000, 0), 21: at(100, 120), 22: at(140, 120)}
    network = town(tmp_path, nodes, [([1, 2], STREET), ([21, 22], STREET)])
    bench = at(120, 125)
    assert network.snap_person(bench, WALK).off_m == pytest.approx([125], rel=2e-3)
    street, island = network.snap_stations([bench.lon], [bench.lat], WALK)
    assert street.off_m == pytest.approx([125], rel=2e-3)
    assert not island.is_near[0]


def test_whoever_is_beside_no_street_has_the_nearest_large_one_afar(tmp_path: Path) -> None:
    nodes = {1: at(-4000, 0), 2: at(4000, 0), 11: at(0, 600), 12: at(300, 600)}
    network = town(tmp_path, nodes, [([1, 2], STREET), ([11, 12], STREET)])
    for north_m, off_m, is_small in ((590, 10, True), (900, 300, True), (450, 450, False)):
        places = network.snap_person(at(50, north_m), WALK)
        assert places.off_m == pytest.approx([off_m], rel=2e-3)
        assert network.is_small(places).tolist() == [is_small]
    nowhere = network.snap_person(at(50, 1200), WALK)
    assert len(nowhere) == 0
    target = snapped(network, WALK, at(50, 0))
    assert network.search_from(nowhere, WALK, 60).minutes_to(target).tolist() == [math.inf]
    assert network.route(at(50, 1200), nowhere, at(50, 0), target, WALK, 60) is None


def test_a_town_on_an_island_is_not_snapped_to_the_mainland(tmp_path: Path) -> None:
    nodes = {1: at(-4000, 0), 2: at(4000, 0), 11: at(-4000, 90), 12: at(4000, 90)}
    network = town(tmp_path, nodes, [([1, 2], STREET), ([11, 12], STREET)])
    assert snapped(network, WALK, at(0, 60)).off_m[0] == pytest.approx(30, abs=0.3)
    assert minutes(network, WALK, at(0, 60), at(500, 80), at(0, 5)) == pytest.approx(
        [(30 + 500 + 10) / WALK_M, math.inf], rel=2e-3
    )


def test_far_from_every_street_there_are_no_minutes(tmp_path: Path) -> None:
    network = two_banks(tmp_path)
    at_sea = at(0, -30_000)
    off = snapped(network, WALK, at_sea, at(0, 0))
    assert off.edge[0] == -1
    assert np.isnan(off.off_m[0])
    assert minutes(network, WALK, at_sea, at(0, 0)) == [math.inf]
    assert minutes(network, WALK, at(0, 0), at_sea, at(0, 10)) == [
        math.inf,
        pytest.approx(10 / WALK_M, rel=2e-3),
    ]
    assert network.route(at_sea, off[0], at(0, 0), off[1], WALK, 60) is None


def test_the_route_runs_from_the_person_to_the_station(tmp_path: Path) -> None:
    network = two_banks(tmp_path)
    person, station = at(-200, 30), at(100, 210)
    snaps = snapped(network, WALK, person, station)
    route = network.route(person, snaps[0], station, snaps[1], WALK, 90)
    assert route is not None
    assert route.line[0] == person
    assert route.line[-1] == station
    along_m = GEOD.line_length([p.lon for p in route.line], [p.lat for p in route.line])
    assert route.street_m == pytest.approx(along_m, rel=1e-6)
    assert route.legs_m == pytest.approx(60, abs=0.5)
    assert route.minutes == pytest.approx(route.street_m / WALK_M)
    assert [route.minutes] == minutes(network, WALK, person, station, limit=90)
    assert network.route(person, snaps[0], station, snaps[1], WALK, route.minutes - 1e-6) is None


def test_a_route_along_one_street_and_on_one_spot(tmp_path: Path) -> None:
    network = two_banks(tmp_path)
    one, other = at(-200, 0), at(-900, 10)
    snaps = snapped(network, WALK, one, other)
    route = network.route(other, snaps[1], one, snaps[0], WALK, 90)
    assert route is not None
    assert route.street_m == pytest.approx(710, rel=2e-3)
    lons = [point.lon for point in route.line]
    assert np.diff(lons).min() > -1e-8
    still = network.route(one, snaps[0], one, snaps[0], WALK, 90)
    assert still is not None
    assert still.minutes == pytest.approx(0, abs=1e-6)
    assert still.line[0] == still.line[-1] == one


def test_what_ends_beyond_the_limit_is_infinite(tmp_path: Path) -> None:
    network = two_banks(tmp_path)
    [exact] = minutes(network, WALK, at(0, 10), at(800, 20), limit=60)
    assert minutes(network, WALK, at(0, 10), at(800, 20), limit=exact) == [exact]
    assert minutes(network, WALK, at(0, 10), at(800, 20), limit=exact - 1e-9) == [math.inf]
    assert minutes(network, WALK, at(0, 10), at(800, 20), limit=0) == [math.inf]
    assert minutes(network, WALK, at(0, 10), at(800, 20), limit=math.inf) == [exact]


def test_snaps_can_be_indexed_kept_and_sent(tmp_path: Path) -> None:
    network = two_banks(tmp_path)
    snaps = snapped(network, WALK, at(0, 10), at(500, 20), at(0, 5000))
    assert len(snaps) == 3
    assert snaps[1].off_m.tolist() == [snaps.off_m[1]]
    assert snaps[snaps.is_near].edge.tolist() == snaps.edge[:2].tolist()
    assert snaps[1:].along_m.shape == (2,)
    again = pickle.loads(pickle.dumps(snaps))  # noqa: S301 - our own bytes
    assert again.edge.tolist() == snaps.edge.tolist()
    assert again.network_id == network.id
    bikes = snapped(network, EBIKE, at(0, 10))
    with pytest.raises(ValueError, match="another network or profile"):
        network.minutes_between(bikes, snaps, WALK, 15)
    with pytest.raises(ValueError, match="no street network"):
        network.snap(121.5, 30.0, Profile.TRUCK)


def test_lengths_are_those_of_the_ellipsoid() -> None:
    generator = np.random.default_rng(3)
    lon, lat = generator.uniform(-180, 180, 500), generator.uniform(-85, 85, 500)
    azimuth, length = generator.uniform(0, 360, 500), generator.uniform(1, 1000, 500)
    other_lon, other_lat, _ = GEOD.fwd(lon, lat, azimuth, length)
    e7 = [np.rint(each * 1e7).astype(np.int64) for each in (lon, lat, other_lon, other_lat)]
    found = chords_m(*e7)
    expected = np.array(GEOD.inv(e7[0] / 1e7, e7[1] / 1e7, e7[2] / 1e7, e7[3] / 1e7)[2])
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_the_bound_and_the_reach_are_inverses() -> None:
    for metres in (0.0, 1.0, 1250.0, 30_000.0, 2_000_000.0):
        for profile in (WALK, EBIKE):
            least = least_minutes(metres, profile)
            assert reach_m(least, profile) == pytest.approx(metres, rel=1e-6, abs=0.01)
    assert least_minutes(1250, WALK) == pytest.approx(15, rel=1e-6)


def test_across_the_180th_meridian(tmp_path: Path) -> None:
    nodes = {1: LonLat(179.995, -16.5), 2: LonLat(-179.995, -16.5), 3: LonLat(-179.995, -16.49)}
    network = town(tmp_path, nodes, [([1, 2, 3], STREET)])
    west, east = LonLat(179.996, -16.5), LonLat(-179.996, -16.5)
    metres = GEOD.inv(*west, *east)[2]
    assert minutes(network, WALK, west, east) == pytest.approx([metres / WALK_M], rel=1e-4)
    snaps = snapped(network, WALK, west, east)
    assert snaps.lon.tolist() == pytest.approx([179.996, -179.996], abs=1e-6)
    route = network.route(west, snaps[0], east, snaps[1], WALK, 60)
    assert route is not None
    assert all(-180 <= point.lon < 180 for point in route.line)


def test_the_same_streets_give_the_same_bytes(tmp_path: Path) -> None:
    nodes = {1: at(0, 0), 2: at(500, 0), -3: at(500, 500)}
    file = tmp_path / "town.osm"
    file.write_text(osm_xml(nodes, [([1, 2, -3], STREET)]), encoding="utf-8")
    one = network_of(read_osm_streets(file), tmp_path / "one")
    other = network_of(read_osm_streets(file), tmp_path / "other")
    assert one.id == other.id
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert "OpenStreetMap" in one.attribution
    assert "ODbL" in one.attribution
    assert one.osm_timestamp is None
