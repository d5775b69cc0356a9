"""What holds of all towns: symmetry, the triangle, limits, the straight line, plain searches."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyproj
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.coordinates import LonLat
from geo.network import STREET_PROFILES, StreetNetwork, least_minutes, reach_m
from geo.profiles import Profile
from geo.street_building import build_streets
from geo.street_grid import (
    NODE_CELL_E7,
    PIECE_CELL_E7,
    cell_keys,
    cells_within,
    slices_within,
)
from geo.street_reading import read_osm_streets
from tests.geo.street_oracle import Streets
from tests.geo.towns import at, osm_xml

GEOD = pyproj.Geod(ellps="WGS84")
TAGS = st.sampled_from(
    [
        {"highway": "residential"},
        {"highway": "residential"},
        {"highway": "residential", "oneway": "yes"},
        {"highway": "residential", "oneway": "-1"},
        {"highway": "footway", "bicycle": "yes"},
        {"highway": "steps"},
        {"highway": "cycleway"},
    ]
)
WATER = st.sampled_from(
    [{"waterway": "river"}, {"natural": "water"}, {"natural": "water", "water": "pond"}]
)
places = st.tuples(st.integers(0, 1400), st.integers(0, 1400))


@st.composite
def towns(draw: st.DrawFn, *, oneway: bool = True) -> tuple[str, list[LonLat]]:
    """An .osm file of a few crooked streets, and some positions in it."""
    corners = draw(st.lists(places, min_size=2, max_size=14))
    nodes = {number: at(*corner) for number, corner in enumerate(corners, start=1)}
    refs = st.lists(st.integers(1, len(corners) + 1), min_size=1, max_size=6)  # one is missing
    tags = TAGS if oneway else st.just({"highway": "residential"})
    ways = draw(st.lists(st.tuples(refs, tags), min_size=1, max_size=10))
    ways += draw(st.lists(st.tuples(refs, WATER), max_size=3))
    gates = {
        number: {"barrier": "gate", "access": "private"}
        for number in draw(st.sets(st.sampled_from(sorted(nodes)), max_size=2))
    }
    spots = draw(st.lists(places, min_size=3, max_size=6))
    return osm_xml(nodes, ways, gates if oneway else None), [at(*spot) for spot in spots]


def network_in_memory(xml: str, folder: Path) -> StreetNetwork | None:
    """The network of an .osm file; None where it has no street."""
    file = folder / "town.osm"
    file.write_text(xml, encoding="utf-8")
    try:
        built = build_streets(read_osm_streets(file))
    except Exception as error:
        if "no street" not in str(error):
            raise
        return None
    return StreetNetwork("town", built.central_meridian_e7, built.about, built.graphs, built.water)


def networks(xml: str, folder: Path) -> Iterator[tuple[StreetNetwork, Profile]]:
    """The network of an .osm file for each profile; none where it has no street."""
    network = network_in_memory(xml, folder)
    return ((network, profile) for profile in STREET_PROFILES if network is not None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("towns")


quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(towns())
def test_minutes_are_those_of_a_plain_search(folder: Path, made: tuple[str, list[LonLat]]) -> None:
    lon, lat = zip(*made[1], strict=True)
    for network, profile in networks(made[0], folder):
        plain = Streets(network, profile)
        spots = [plain.spot(*place) for place in made[1]]
        snaps = network.snap(lon, lat, profile)
        for n, spot in enumerate(spots):
            assert (spot is None) == (snaps.edge[n] < 0)
            if spot is not None:
                assert snaps.off_m[n] == pytest.approx(spot.off_m, abs=1e-6)
        if any(
            spot is not None and plain.edges[spot.piece] != snaps.edge[n]
            for n, spot in enumerate(spots)
        ):
            continue  # of streets equally near either may be taken
        for origin in range(len(spots)):
            found = network.minutes_between(snaps[origin], snaps, profile, 500)
            expected = plain.minutes(spots[origin], spots)
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@quick
@given(towns(oneway=False))
def test_walkers_take_as_long_there_as_back(folder: Path, made: tuple[str, list[LonLat]]) -> None:
    network = network_in_memory(made[0], folder)
    if network is None:
        return
    table = _table(network, made[1], Profile.WALK)
    np.testing.assert_allclose(table, table.T, rtol=1e-12, atol=1e-9)


@quick
@given(towns(), st.floats(0, 40), st.floats(0, 40))
def test_triangles_limits_and_the_straight_line(
    folder: Path, made: tuple[str, list[LonLat]], limit: float, more: float
) -> None:
    for network, profile in networks(made[0], folder):
        table = _table(network, made[1], profile)
        for via in range(len(table)):
            assert np.all(table <= table[:, via : via + 1] + table[via : via + 1, :] + 1e-9)
        some = _table(network, made[1], profile, limit)
        np.testing.assert_array_equal(some, np.where(some <= limit, table, np.inf))
        assert np.all(_table(network, made[1], profile, limit + more) <= some)
        for one, here in enumerate(made[1]):
            for other, there in enumerate(made[1]):
                apart_m = GEOD.inv(*here, *there)[2]
                assert table[one, other] >= least_minutes(apart_m, profile)
                if np.isfinite(table[one, other]):
                    assert apart_m <= reach_m(float(table[one, other]), profile)


@quick
@given(towns())
def test_metres_of_many_ways_are_those_of_each_line(
    folder: Path, made: tuple[str, list[LonLat]]
) -> None:
    lon, lat = zip(*made[1], strict=True)
    for network, profile in networks(made[0], folder):
        snaps = network.snap(lon, lat, profile)
        for origin, here in enumerate(made[1]):
            ways = network.search_from(snaps[origin], profile, 500)
            found = np.flatnonzero(np.isfinite(ways.minutes_to(snaps)))
            if not len(found):
                continue
            routes = network.routes(here, snaps[origin], made[1], snaps, profile, 500)
            lines_m = [route.street_m for route in routes if route is not None]
            assert len(lines_m) == len(found)
            np.testing.assert_allclose(
                ways.street_m_to(snaps[found]), lines_m, rtol=1e-9, atol=1e-6
            )


@quick
@given(towns())
def test_people_take_the_better_of_the_places_where_they_get_onto_the_streets(
    folder: Path, made: tuple[str, list[LonLat]]
) -> None:
    lon, lat = zip(*made[1], strict=True)
    for network, profile in networks(made[0], folder):
        plain = Streets(network, profile)
        afar, small = network.snap_stations(lon, lat, profile)
        for n, here in enumerate(made[1]):
            expected_off_m = [spot.off_m for spot in plain.places(*here)]
            off_m = [each.off_m[n] for each in (afar, small) if each.edge[n] >= 0]
            np.testing.assert_allclose(off_m, expected_off_m, rtol=0, atol=1e-6)
            places = network.snap_person(here, profile)
            np.testing.assert_allclose(places.off_m, expected_off_m, rtol=0, atol=1e-6)
            ways = network.search_from(places, profile, 500)
            for there in (afar, small):
                found = ways.minutes_to(there)
                one_by_one = [
                    network.minutes_between(places[m], there, profile, 500)
                    for m in range(len(places))
                ]
                expected = np.min([np.full(len(found), np.inf), *one_by_one], axis=0)
                np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-9)
                reached = np.flatnonzero(np.isfinite(found))
                if not len(reached):
                    continue
                routes = network.routes(here, places, made[1], there, profile, 500)
                lines_m = [route.street_m for route in routes if route is not None]
                np.testing.assert_allclose(
                    ways.street_m_to(there[reached]), lines_m, rtol=1e-9, atol=1e-6
                )


@given(st.floats(-180, 180), st.floats(-80, 80), st.floats(0, 360), st.floats(0.01, 300_000))
def test_the_bound_is_below_the_chord(
    lon: float, lat: float, azimuth: float, metres: float
) -> None:
    """So it is below every way: one by pieces in space is no shorter than the chord of its ends."""
    other_lon, other_lat, _ = GEOD.fwd(lon, lat, azimuth, metres)
    chord = float(np.linalg.norm(_space(lon, lat) - _space(other_lon, other_lat)))
    assert least_minutes(metres, Profile.WALK) <= chord / (5000 / 60)
    assert least_minutes(metres, Profile.WALK) >= metres / (5000 / 60) * 0.9998 - 1e-5


@given(
    st.floats(-170, 170),
    st.floats(-86, 86),
    st.sampled_from([151.0, 251.0, 1250.0, 3750.0, 40_000.0]),
    st.sampled_from([NODE_CELL_E7, PIECE_CELL_E7]),
    st.integers(0, 2**32),
)
def test_cells_cover_the_whole_ball(
    lon: float, lat: float, within_m: float, cell_e7: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    azimuth, metres = random.uniform(0, 360, 40), within_m * np.sqrt(random.uniform(0.5, 1, 40))
    lons, lats, _ = GEOD.fwd(np.full(40, lon), np.full(40, lat), azimuth, metres)
    keys = cell_keys(
        np.rint(lons * 1e7).astype(np.int64), np.rint(lats * 1e7).astype(np.int64), cell_e7
    )
    one = np.array([lon * 1e7]), np.array([lat * 1e7])
    cells = cells_within(*one, within_m, cell_e7)
    for key in keys.tolist():
        assert np.any((cells.first[0] <= key) & (key <= cells.last[0]))
    # one point's slices are the same as those of many
    ordered = np.sort(keys)
    lowest, starts, ends = slices_within(ordered, lon * 1e7, lat * 1e7, within_m, cell_e7)
    assert lowest == cells.rows[0, 0]
    assert starts == np.searchsorted(ordered, cells.first[0]).tolist()
    expected = np.maximum(starts, np.searchsorted(ordered, cells.last[0], side="right"))
    assert ends == expected.tolist()
    assert sum(ends) - sum(starts) == 40


def _table(
    network: StreetNetwork, points: list[LonLat], profile: Profile, limit: float = 500.0
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    snaps = network.snap([p.lon for p in points], [p.lat for p in points], profile)
    return np.array(
        [network.minutes_between(snaps[n], snaps, profile, limit) for n in range(len(points))]
    )


def _space(lon: float, lat: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return Streets.place(lon, lat)
