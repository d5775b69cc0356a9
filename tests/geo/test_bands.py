"""Points in bands: all within a radius, as looking at each of them finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.bands import BAND_DEGREES, Bands
from geo.coordinates import MEAN_RADIUS_M, LonLat, earth_centred, earth_centred_point

LONGITUDES = st.one_of(
    st.floats(-180, 180),
    st.sampled_from([-180.0, 180.0, 0.0, -179.9999999, 179.9999999]),
)
LATITUDES = st.one_of(
    st.floats(-90, 90),
    st.sampled_from([-90.0, 90.0, 0.0, 89.95, -89.95]),
    st.integers(-2_999, 2_999).map(lambda band: band * BAND_DEGREES),  # on a band's edge
)
PLACES = st.builds(LonLat, LONGITUDES, LATITUDES)
CHORDS_M = st.one_of(
    st.sampled_from([0.0, 1.0, 3_000.5, 20_000.5, 2 * MEAN_RADIUS_M + 30_000]),
    st.floats(0, 1.3e7),
)


def check(origin: LonLat, points: list[LonLat], chord_m: float) -> int:
    lon = np.array([each.lon for each in points])
    lat = np.array([each.lat for each in points])
    xyz = earth_centred(lon, lat)
    rows, chords_m = Bands.of(lon, lat, xyz).within(origin, chord_m)
    gap = xyz - earth_centred_point(origin)
    squared = (gap * gap).sum(axis=1)
    # to the rounding of a sum of three squares in whatever order
    surely = np.flatnonzero(squared < chord_m**2 * (1 - 1e-12))
    perhaps = np.flatnonzero(squared <= chord_m**2 * (1 + 1e-12))
    found = np.sort(rows)
    assert len(np.unique(found)) == len(found)
    assert np.isin(surely, found).all()
    assert np.isin(found, perhaps).all()
    np.testing.assert_allclose(chords_m, np.sqrt(squared[rows]), rtol=1e-12)
    return len(found)


@given(PLACES, st.lists(PLACES, max_size=30), CHORDS_M)
def test_anywhere_on_earth(origin: LonLat, points: list[LonLat], chord_m: float) -> None:
    check(origin, [origin, *points], chord_m)


@given(
    PLACES,
    st.lists(st.tuples(st.floats(0, 360), st.floats(0.9, 1.1)), min_size=1, max_size=30),
    st.sampled_from([200.0, 3_000.5, 20_000.5, 900_000.0]),
)
def test_round_the_edge_of_a_circle(
    origin: LonLat, around: list[tuple[float, float]], chord_m: float
) -> None:
    """Points just inside and just outside, also where the circle crosses a pole or 180 degrees."""
    points = []
    for degrees, share in around:
        north = np.cos(np.radians(degrees)) * share * chord_m / 111_000
        lat = float(np.clip(origin.lat + north, -90, 90))
        wide = 111_000 * max(np.cos(np.radians(lat)), 1e-3)
        lon = origin.lon + float(np.sin(np.radians(degrees))) * share * chord_m / wide
        points.append(LonLat((lon + 180) % 360 - 180, lat))
    check(origin, points, chord_m)


@pytest.mark.parametrize(
    "origin", [LonLat(121.55, 29.87), LonLat(179.999, -17.0), LonLat(-180.0, 66.0)]
)
def test_a_crowd(origin: LonLat) -> None:
    chance = np.random.default_rng(3)
    lon = (origin.lon + chance.normal(0, 0.05, 20_000) + 180) % 360 - 180
    lat = origin.lat + chance.normal(0, 0.05, 20_000)
    points = [LonLat(*each) for each in zip(lon.tolist(), lat.tolist(), strict=True)]
    assert 100 < check(origin, points, 3_000.5) < 10_000


def test_nobody() -> None:
    none = np.empty(0)
    rows, chords_m = Bands.of(none, none, np.empty((0, 3))).within(LonLat(121.5, 29.9), 3_000)
    assert (len(rows), len(chords_m)) == (0, 0)
