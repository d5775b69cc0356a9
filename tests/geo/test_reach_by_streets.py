"""Reach along streets: lattices with known answers, a river, and surgery on columns."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.coordinates import FloatArray, LonLat
from geo.network import StreetNetwork
from geo.profiles import TRAVEL, Profile
from geo.reach import (
    Reach,
    add_stations,
    by_streets,
    drop_stations,
    nearest_minutes,
    straight_line,
)
from tests.geo.towns import at, town, two_banks

SIDE, SPACING_M = 9, 150
M_PER_MINUTE = TRAVEL[Profile.WALK].speed_kmh * 1000 / 60
CLOSE = 0.01  # the town's metres are those of one latitude

corners = st.tuples(st.integers(0, SIDE - 1), st.integers(0, SIDE - 1))
INF = float("inf")


@pytest.fixture(scope="module")
def lattice(tmp_path_factory: pytest.TempPathFactory) -> StreetNetwork:
    """Nine streets each way, 150 m apart."""
    nodes = {
        1 + x + SIDE * y: at(x * SPACING_M, y * SPACING_M) for x in range(SIDE) for y in range(SIDE)
    }
    street = {"highway": "residential"}
    rows = [([1 + x + SIDE * y for x in range(SIDE)], street) for y in range(SIDE)]
    columns = [([1 + x + SIDE * y for y in range(SIDE)], street) for x in range(SIDE)]
    return town(tmp_path_factory.mktemp("lattice"), nodes, [*rows, *columns])


def _lon_lat(points: list[LonLat]) -> tuple[FloatArray, FloatArray]:
    lon, lat = np.array(points, dtype=np.float64).reshape(-1, 2).T
    return lon, lat


def reach(
    network: StreetNetwork, cells: list[LonLat], stations: list[LonLat], limit_minutes: float
) -> Reach:
    rows = network.rows(*_lon_lat(cells), Profile.WALK)
    snaps = network.stations(*_lon_lat(stations), Profile.WALK)
    return by_streets(network, rows, snaps, limit_minutes=limit_minutes)


def dense(found: Reach) -> FloatArray:
    filled = np.full((found.cell_count, found.station_count), np.inf)
    filled[found.pair_cells, found.minutes.indices] = found.minutes.data
    return filled


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(corners, min_size=1, max_size=10),
    stations=st.lists(corners, max_size=5),
    blocks=st.integers(1, 9),
)
def test_minutes_on_a_lattice_are_those_of_its_blocks(
    lattice: StreetNetwork,
    cells: list[tuple[int, int]],
    stations: list[tuple[int, int]],
    blocks: int,
) -> None:
    """A walk takes as many blocks as the corners differ, east and north."""
    limit_minutes = (blocks + 0.5) * SPACING_M / M_PER_MINUTE
    found = dense(
        reach(
            lattice,
            [at(x * SPACING_M, y * SPACING_M) for x, y in cells],
            [at(x * SPACING_M, y * SPACING_M) for x, y in stations],
            limit_minutes,
        )
    )
    for row, (x, y) in enumerate(cells):
        for column, (east, north) in enumerate(stations):
            walked = abs(x - east) + abs(y - north)
            if walked > blocks:
                assert found[row, column] == INF
            else:
                expected = walked * SPACING_M / M_PER_MINUTE
                assert found[row, column] == pytest.approx(expected, rel=CLOSE, abs=0.01)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    cells=st.lists(corners, min_size=1, max_size=10),
    stations=st.lists(corners, min_size=1, max_size=5),
    further=st.lists(corners, min_size=1, max_size=3),
)
def test_columns_added_and_dropped_are_those_of_a_full_count(
    lattice: StreetNetwork,
    cells: list[tuple[int, int]],
    stations: list[tuple[int, int]],
    further: list[tuple[int, int]],
) -> None:
    people, there, more = (
        [at(x * SPACING_M, y * SPACING_M) for x, y in listed]
        for listed in (cells, stations, further)
    )
    both = reach(lattice, people, there + more, 8)
    added = add_stations(reach(lattice, people, there, 8), reach(lattice, people, more, 8))
    assert np.array_equal(dense(added), dense(both))
    dropped = drop_stations(both, range(len(there)))
    assert np.array_equal(dense(dropped), dense(reach(lattice, people, more, 8)))
    rows = lattice.rows(*_lon_lat(people), Profile.WALK)
    snaps = lattice.stations(*_lon_lat(there + more), Profile.WALK)
    assert np.array_equal(nearest_minutes(both), lattice.nearest(rows, snaps, 8))


def test_the_far_bank_is_uncovered(tmp_path: Path) -> None:
    """240 m apart as the crow flies, and a bridge 1.5 km away: more than half an hour on foot."""
    network = two_banks(tmp_path)
    near, far, station = at(200, 0), at(0, 240), at(0, 0)
    by_street = nearest_minutes(reach(network, [near, far], [station], 15))
    assert by_street[0] == pytest.approx(200 / M_PER_MINUTE, rel=CLOSE)
    assert by_street[1] == INF
    crow = straight_line(
        *_lon_lat([near, far]), *_lon_lat([station]), limit_minutes=15, speed_kmh=5.0
    )
    assert np.isfinite(nearest_minutes(crow)).all()
    longer = nearest_minutes(reach(network, [far], [station], 60))
    assert longer[0] == pytest.approx(3240 / M_PER_MINUTE, rel=CLOSE)


def test_a_row_off_all_streets_is_not_routable_and_a_station_there_reaches_nobody(
    lattice: StreetNetwork,
) -> None:
    found = reach(lattice, [at(0, 0), at(5000, 5000)], [at(0, 0), at(5000, 5000)], 60)
    assert found.routable is not None
    assert found.routable.tolist() == [True, False]
    assert dense(found).tolist() == [[pytest.approx(0, abs=0.01), INF], [INF, INF]]
