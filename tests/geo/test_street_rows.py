"""Reach along streets: known answers, a river, one-way streets, and a plain search of all."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.coordinates import FloatArray, LonLat
from geo.network import ROW_SNAP_WITHIN_M, STREET_PROFILES, StreetNetwork
from geo.profiles import Profile
from geo.reach import Reach, add_stations, by_streets, nearest_minutes, straight_line
from geo.street_reading import read_osm_streets
from tests.geo.street_oracle import Streets, beside_streets
from tests.geo.test_network_properties import networks, towns
from tests.geo.towns import at, network_of, town, two_banks

WALK, EBIKE = Profile.WALK, Profile.EBIKE
STREET = {"highway": "residential"}
WALK_M = 5000 / 60  # metres in a minute
RIDE_M = 15_000 / 60


def columns(points: list[LonLat]) -> tuple[list[float], list[float]]:
    return [point.lon for point in points], [point.lat for point in points]


def reach(
    network: StreetNetwork,
    rows: list[LonLat],
    stations: list[LonLat],
    *,
    profile: Profile = WALK,
    limit: float = 15,
) -> Reach:
    placed = network.rows(*columns(rows), profile)
    snaps = network.stations(*columns(stations), profile)
    found = by_streets(network, placed, snaps, limit_minutes=limit)
    assert np.array_equal(nearest_minutes(found), network.nearest(placed, snaps, limit))
    return found


def dense(reach: Reach) -> FloatArray:
    table = np.full((reach.cell_count, reach.station_count), np.inf)
    table[reach.pair_cells, reach.minutes.indices] = reach.minutes.data
    return table


def lattice(folder: Path, side: int = 12, block_m: float = 200) -> StreetNetwork:
    """Streets every `block_m`, north and east."""
    nodes = {
        row * side + column + 1: at(column * block_m, row * block_m)
        for row in range(side)
        for column in range(side)
    }
    east = [[row * side + column + 1 for column in range(side)] for row in range(side)]
    north = [[row * side + column + 1 for row in range(side)] for column in range(side)]
    return town(folder, nodes, [(refs, STREET) for refs in (*east, *north)])


def test_minutes_on_a_lattice_are_those_of_its_blocks(tmp_path: Path) -> None:
    network = lattice(tmp_path)
    spots = [(0, 0), (400, 0), (400, 600), (250, 800), (1000, 230), (2200, 2200)]
    stations = [(400, 0), (1200, 1000)]
    found = dense(
        reach(network, [at(*spot) for spot in spots], [at(*place) for place in stations], limit=60)
    )
    for row, (east, north) in enumerate(spots):
        for column, (to_east, to_north) in enumerate(stations):
            metres = abs(east - to_east) + abs(north - to_north)
            # a spot between two crossings is on one street, and must leave it at an end
            assert found[row, column] == pytest.approx(metres / WALK_M, rel=3e-3, abs=1e-6), (
                row,
                column,
            )


def test_legs_to_and_from_the_street_are_walked_and_count(tmp_path: Path) -> None:
    network = lattice(tmp_path)
    for profile, metres in ((WALK, WALK_M), (EBIKE, RIDE_M)):
        found = dense(reach(network, [at(100, 60)], [at(700, 40)], profile=profile, limit=60))
        assert found[0, 0] == pytest.approx(600 / metres + 100 / WALK_M, rel=3e-3)


def test_fifteen_minutes_are_1250_metres_of_street(tmp_path: Path) -> None:
    network = lattice(tmp_path)
    rows = [at(1249 - 600, 600), at(1253 - 600, 600)]
    assert np.isfinite(dense(reach(network, rows, [at(0, 0)])))[:, 0].tolist() == [True, False]


def test_the_far_bank_is_not_reached(tmp_path: Path) -> None:
    """200 m of water, the bridge 1.5 km off: a straight line says near, the streets say far."""
    network = two_banks(tmp_path)
    south = [at(east, -10) for east in (-900, -300, 0, 300, 900)]
    north = [at(east, 250) for east in (-900, -300, 0, 300, 900)]
    station = [at(0, 10)]
    found = reach(network, south + north, station)
    assert np.isfinite(nearest_minutes(found)).tolist() == [True] * 5 + [False] * 5
    straight = straight_line(
        *columns(south + north), *columns(station), limit_minutes=15, speed_kmh=5
    )
    assert np.isfinite(nearest_minutes(straight)).all()
    by_the_bridge = reach(network, north[2:3], station, limit=60)
    metres = 1500 + 240 + 1500
    assert nearest_minutes(by_the_bridge)[0] == pytest.approx(metres / WALK_M + 20 / WALK_M, 3e-3)


def test_people_go_to_the_station_and_not_back(tmp_path: Path) -> None:
    """An e-bike in a one-way ring: 100 m with the traffic, and all the way round against it."""
    nodes = {1: at(0, 0), 2: at(600, 0), 3: at(600, 400), 4: at(0, 400)}
    network = town(tmp_path, nodes, [([1, 2, 3, 4, 1], {**STREET, "oneway": "yes"})])
    before, behind = at(200, 0), at(400, 0)
    found = dense(reach(network, [before, behind], [at(300, 0)], profile=EBIKE, limit=60))
    assert found[:, 0].tolist() == pytest.approx([100 / RIDE_M, 1900 / RIDE_M], rel=3e-3)
    on_foot = dense(reach(network, [before, behind], [at(300, 0)], limit=60))
    assert on_foot[:, 0].tolist() == pytest.approx([100 / WALK_M] * 2, rel=3e-3)


def test_rows_snap_within_200_metres_and_stations_within_100(tmp_path: Path) -> None:
    nodes = {1: at(0, 0), 2: at(6000, 0)}
    network = town(tmp_path, nodes, [([1, 2], STREET)])
    rows = [at(3000, 150), at(3000, 199), at(3000, 201), at(3000, -50)]
    found = reach(network, rows, [at(3000, 99), at(3000, 101)])
    assert found.routable is not None
    assert found.routable.tolist() == [True, True, False, True]
    assert np.isfinite(dense(found)).tolist() == [[True, False]] * 2 + [[False] * 2, [True, False]]
    assert dense(found)[0, 0] == pytest.approx((150 + 99) / WALK_M, rel=3e-3)


def test_an_edge_longer_than_the_search_reaches_its_own_rows(tmp_path: Path) -> None:
    nodes = {1: at(0, 0), 2: at(9000, 0), 3: at(9000, 3000)}
    network = town(tmp_path, nodes, [([1, 2], STREET), ([2, 3], STREET)])
    found = dense(reach(network, [at(4100, 0), at(9000, 500)], [at(4000, 0), at(8800, 0)]))
    assert found[0, 0] == pytest.approx(100 / WALK_M, rel=3e-3)
    assert found[1, 1] == pytest.approx(700 / WALK_M, rel=3e-3)
    assert np.isinf(found[0, 1])


def test_without_stations_or_rows_there_is_nothing(tmp_path: Path) -> None:
    network = lattice(tmp_path, side=3)
    assert reach(network, [at(0, 0)], []).minutes.shape == (1, 0)
    assert reach(network, [], [at(0, 0)]).minutes.shape == (0, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("towns")


quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(made=towns(), limit=st.sampled_from([1.0, 4.0, 15.0]))
def test_reach_is_that_of_a_plain_search(
    folder: Path, made: tuple[str, list[LonLat]], limit: float
) -> None:
    rows, stations = made[1], made[1][::-1][:3]
    for network, profile in networks(made[0], folder):
        plain = Streets(network, profile)
        row_spots = [plain.spot(*place, within_m=ROW_SNAP_WITHIN_M) for place in rows]
        station_spots = [plain.spot(*place) for place in stations]
        placed = network.rows(*columns(rows), profile)
        snaps = network.stations(*columns(stations), profile)
        chosen = zip((*row_spots, *station_spots), (*placed.snaps.edge, *snaps.edge), strict=True)
        if any(spot is not None and plain.edges[spot.piece] != edge for spot, edge in chosen):
            continue  # of streets equally near either may be taken
        found = reach(network, rows, stations, profile=profile, limit=limit)
        expected = np.array([plain.minutes(spot, station_spots) for spot in row_spots])
        clear = np.abs(expected - limit) > 1e-6
        kept = np.where(expected <= limit, expected, np.inf)
        np.testing.assert_allclose(dense(found)[clear], kept[clear], rtol=0, atol=1e-6)
        assert found.routable is not None
        assert found.routable.tolist() == [spot is not None for spot in row_spots]


@quick
@given(made=towns())
def test_one_more_column_is_that_of_a_full_recount_and_a_longer_limit_only_adds(
    folder: Path, made: tuple[str, list[LonLat]]
) -> None:
    for network, profile in networks(made[0], folder):
        full = reach(network, made[1], made[1], profile=profile)
        first = reach(network, made[1], made[1][:-1], profile=profile)
        last = reach(network, made[1], made[1][-1:], profile=profile)
        assert np.array_equal(dense(add_stations(first, last)), dense(full))
        longer = dense(reach(network, made[1], made[1], profile=profile, limit=25))
        assert np.array_equal(np.where(longer <= 15, longer, np.inf), dense(full))


@pytest.mark.parametrize("profile", STREET_PROFILES)
def test_reach_on_real_streets_is_that_of_a_plain_search(
    shared_data: Path, tmp_path: Path, profile: Profile
) -> None:
    streets = read_osm_streets(shared_data / "networks" / "monaco.osm.pbf")
    network = network_of(streets, tmp_path / "streets.network")
    plain = Streets(network, profile)
    lon, lat = beside_streets(network, profile, 45, seed=12)
    rows, stations = (
        network.rows(lon[:25], lat[:25], profile),
        network.stations(lon[25:], lat[25:], profile),
    )
    found = by_streets(network, rows, stations, limit_minutes=8)
    assert np.array_equal(nearest_minutes(found), network.nearest(rows, stations, 8))
    spots = [plain.spot(x, y) for x, y in zip(lon[25:], lat[25:], strict=True)]
    for row in range(25):
        spot = plain.spot(lon[row], lat[row], ROW_SNAP_WITHIN_M)
        expected = np.array(plain.minutes(spot, spots))
        kept = np.where(expected <= 8, expected, np.inf)
        np.testing.assert_allclose(dense(found)[row], kept, rtol=0, atol=1e-6)
    assert len(found.minutes.data) > 10
