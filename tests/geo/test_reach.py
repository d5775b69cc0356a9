"""Reach against brute force on the ellipsoid, and the surgery on its columns."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy.sparse import csr_array

from geo.coordinates import FloatArray
from geo.profiles import TRAVEL, Profile
from geo.reach import (
    Reach,
    add_stations,
    beside,
    columns_of,
    drop_stations,
    in_blocks,
    mask_stations,
    nearest_minutes,
    of_columns,
    pick_stations,
    reach_counts,
    rows_of,
    straight_line,
    straight_line_blocks,
)

ELLIPSOID = Geod(ellps="WGS84")
WALK_KMH = TRAVEL[Profile.WALK].speed_kmh

points = st.tuples(st.floats(121.4, 121.6), st.floats(29.8, 29.95))


def _columns(listed: list[tuple[float, float]]) -> FloatArray:
    return np.array(listed, dtype=np.float64).reshape(-1, 2).T


def _street_minutes(
    cells: FloatArray, stations: FloatArray, speed_kmh: float = WALK_KMH
) -> FloatArray:
    shape = (cells.shape[1], stations.shape[1])
    lon, lat = np.repeat(cells, shape[1], axis=1)
    to_lon, to_lat = np.tile(stations, shape[0])
    metres = ELLIPSOID.inv(lon, lat, to_lon, to_lat)[2]
    return np.asarray(metres, dtype=np.float64).reshape(shape) * 1.25 / (speed_kmh * 1000 / 60)


def _dense(reach: Reach) -> FloatArray:
    """Minutes with inf where nothing is stored; scipy's own dense form would say 0 there."""
    dense = np.full((reach.cell_count, reach.station_count), np.inf)
    dense[reach.pair_cells, reach.minutes.indices] = reach.minutes.data
    return dense


def _reach(rows: list[list[float]], limit_minutes: float = 15) -> Reach:
    dense = np.array(rows, dtype=np.float64)
    stored = np.isfinite(dense)
    indptr = np.concatenate(([0], np.cumsum(stored.sum(axis=1))))
    minutes = csr_array((dense[stored], np.nonzero(stored)[1], indptr), shape=dense.shape)
    return Reach(minutes, limit_minutes)


INF = float("inf")
SMALL = [[0.0, 5.0, INF], [INF, INF, INF], [INF, 7.0, 3.0]]


@settings(deadline=None)
@given(
    cells=st.lists(points, max_size=12),
    stations=st.lists(points, max_size=8),
    limit_minutes=st.integers(1, 60),
)
def test_a_straight_line_is_the_ellipsoids_distance_times_the_detour(
    cells: list[tuple[float, float]], stations: list[tuple[float, float]], limit_minutes: int
) -> None:
    found = straight_line(
        *_columns(cells), *_columns(stations), limit_minutes=limit_minutes, speed_kmh=WALK_KMH
    )
    expected = _street_minutes(_columns(cells), _columns(stations))
    clear = np.abs(expected - limit_minutes) > 1e-4  # half a centimetre on foot
    dense = _dense(found)
    assert np.array_equal(np.isfinite(dense)[clear], (expected <= limit_minutes)[clear])
    both = np.isfinite(dense)
    assert np.allclose(dense[both], expected[both], rtol=0, atol=1e-4)
    assert found.minutes.data.max(initial=0) <= limit_minutes


def test_the_error_of_the_chord_at_a_trucks_hour_is_as_stated() -> None:
    cells, stations = _columns([(121.5, 29.8)]), _columns([(121.5 + 0.33, 29.8)])
    found = straight_line(*cells, *stations, limit_minutes=60, speed_kmh=40)
    error_minutes = _street_minutes(cells, stations, 40)[0, 0] - _dense(found)[0, 0]
    metres_per_minute = 40 * 1000 / 60 / 1.25
    assert 0 < error_minutes * metres_per_minute < 0.035


def test_fifteen_minutes_on_foot_are_a_thousand_metres() -> None:
    lon, lat, _ = ELLIPSOID.fwd([121.5] * 2, [29.8] * 2, [70.0] * 2, [999.99, 1000.01])
    found = straight_line([121.5], [29.8], lon, lat, limit_minutes=15, speed_kmh=WALK_KMH)
    assert reach_counts(found).tolist() == [1]
    assert found.minutes.indices.tolist() == [0]


def test_no_distance_is_reached_in_no_minutes() -> None:
    found = straight_line(
        [121.5, 121.9], [29.8, 29.8], [121.5], [29.8], limit_minutes=15, speed_kmh=WALK_KMH
    )
    assert nearest_minutes(found).tolist() == [0.0, INF]
    assert reach_counts(found).tolist() == [1, 0]


@settings(deadline=None)
@given(
    cells=st.lists(points, max_size=30),
    stations=st.lists(points, max_size=8),
    pairs_per_block=st.integers(1, 40),
)
def test_blocks_are_the_whole_cut_in_rows(
    cells: list[tuple[float, float]], stations: list[tuple[float, float]], pairs_per_block: int
) -> None:
    where = (*_columns(cells), *_columns(stations))
    whole = straight_line(*where, limit_minutes=40, speed_kmh=WALK_KMH)
    blocks = list(
        straight_line_blocks(
            *where, limit_minutes=40, speed_kmh=WALK_KMH, pairs_per_block=pairs_per_block
        )
    )
    assert np.array_equal(np.vstack([_dense(block) for block in blocks]), _dense(whole))


@pytest.mark.parametrize("pairs", [1, 2, 3, 100])
def test_a_reach_is_cut_into_blocks_of_rows(pairs: int) -> None:
    reach = _reach([*SMALL, *SMALL])
    blocks = in_blocks(reach, pairs_per_block=pairs)
    assert np.array_equal(np.vstack([_dense(block) for block in blocks]), _dense(reach))
    assert (len(blocks) == 1) == (pairs == 100)


@pytest.mark.parametrize(("pairs", "other_pairs"), [(1, 100), (100, 1), (2, 3)])
def test_stations_are_put_beside_others_whatever_the_blocks(pairs: int, other_pairs: int) -> None:
    one, other = _reach([*SMALL, *SMALL]), _reach([*SMALL[::-1], *SMALL])
    found = beside(
        in_blocks(one, pairs_per_block=pairs), in_blocks(other, pairs_per_block=other_pairs)
    )
    assert np.array_equal(
        np.vstack([_dense(block) for block in found]), np.hstack([_dense(one), _dense(other)])
    )
    with pytest.raises(ValueError, match="same cells"):
        beside([_reach(SMALL)], [other])


@settings(deadline=None)
@given(
    cells=st.lists(points, min_size=1, max_size=12),
    stations=st.lists(points, max_size=8),
    random=st.randoms(use_true_random=False),
)
def test_the_order_of_stations_changes_only_the_columns(
    cells: list[tuple[float, float]], stations: list[tuple[float, float]], random: Random
) -> None:
    order = list(range(len(stations)))
    random.shuffle(order)
    shuffled = [stations[k] for k in order]
    one, other = (
        straight_line(*_columns(cells), *_columns(listed), limit_minutes=40, speed_kmh=WALK_KMH)
        for listed in (stations, shuffled)
    )
    assert np.array_equal(_dense(one)[:, order], _dense(other))


def test_minima_and_counts_of_rows() -> None:
    reach = _reach(SMALL)
    assert nearest_minutes(reach).tolist() == [0.0, INF, 3.0]
    assert reach_counts(reach).tolist() == [2, 0, 2]


def test_dropping_a_station_moves_later_columns_up() -> None:
    assert _dense(drop_stations(_reach(SMALL), [1])).tolist() == [
        [0.0, INF],
        [INF, INF],
        [INF, 3.0],
    ]


def test_stations_are_picked_in_the_order_asked_for() -> None:
    picked = pick_stations(_reach(SMALL), [2, 0, 2])
    assert _dense(picked).tolist() == [[INF, 0.0, INF], [INF, INF, INF], [3.0, INF, 3.0]]
    assert pick_stations(_reach(SMALL), []).station_count == 0


def test_columns_taken_apart_are_put_together_again() -> None:
    reach = _reach(SMALL)
    columns = columns_of(reach)
    assert [column.rows.tolist() for column in columns] == [[0], [0, 2], [2]]
    again = of_columns(columns, reach.cell_count, reach.limit_minutes)
    assert _dense(again).tolist() == SMALL
    none = of_columns([], 3, 15)
    assert (none.cell_count, none.station_count) == (3, 0)


def test_masking_keeps_the_columns_in_place() -> None:
    masked = mask_stations(_reach(SMALL), np.array([True, False, True]))
    assert _dense(masked).tolist() == [[0.0, INF, INF], [INF, INF, INF], [INF, INF, 3.0]]


def test_an_added_station_comes_behind_and_keeps_its_zero_minutes() -> None:
    added = add_stations(_reach(SMALL), _reach([[INF], [0.0], [1.0]]))
    assert _dense(added).tolist() == [
        [0.0, 5.0, INF, INF],
        [INF, INF, INF, 0.0],
        [INF, 7.0, 3.0, 1.0],
    ]
    assert nearest_minutes(added).tolist() == [0.0, 0.0, 1.0]


def test_reaches_of_different_limits_are_not_mixed() -> None:
    with pytest.raises(ValueError, match="same limit"):
        add_stations(_reach(SMALL), _reach([[INF], [0.0], [1.0]], limit_minutes=10))


def test_a_row_may_be_taken_twice() -> None:
    taken = rows_of(_reach(SMALL), [2, 0, 0])
    assert _dense(taken).tolist() == [SMALL[2], SMALL[0], SMALL[0]]
