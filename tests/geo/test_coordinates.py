import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from geo.coordinates import (
    SHIFTED_BOX,
    BoundingBox,
    Datum,
    LonLat,
    convert,
    convert_arrays,
    earth_centred,
)

WGS84_ELLIPSOID = Geod(ellps="WGS84")

china_lon = st.floats(73.6, 134.8)
china_lat = st.floats(18.2, 53.6)
ningbo_lon = st.floats(120.85, 122.3)
ningbo_lat = st.floats(28.8, 30.4)
shifted = st.sampled_from([Datum.GCJ02, Datum.BD09])
any_datum = st.sampled_from(list(Datum))


def metres(one: LonLat, other: LonLat) -> float:
    return float(WGS84_ELLIPSOID.inv(one.lon, one.lat, other.lon, other.lat)[2])


@pytest.mark.parametrize(
    ("given_point", "source", "target", "expected", "within_m"),
    [
        # Published from an inverse that stopped one round early: its own forward shift misses
        # (123, 45) by 16 mm, ours by less than a nanometre.
        (
            LonLat(123.0, 45.0),
            Datum.GCJ02,
            Datum.WGS84,
            LonLat(122.99395597, 44.99804071),
            0.02,
        ),
        # The forward shifts are closed forms; these are coord-convert's answers.
        (
            LonLat(122.99395597, 44.99804071),
            Datum.WGS84,
            Datum.GCJ02,
            LonLat(123.00000016075208, 45.000000092064795),
            0.0001,
        ),
        (
            LonLat(116.403988, 39.914266),
            Datum.WGS84,
            Datum.BD09,
            LonLat(116.41661560068297, 39.92196580126834),
            0.0001,
        ),
    ],
)
def test_golden_points(
    given_point: LonLat, source: Datum, target: Datum, expected: LonLat, within_m: float
) -> None:
    assert metres(convert(given_point, source, target), expected) < within_m


@settings(max_examples=300)
@given(china_lon, china_lat, shifted)
def test_there_and_back_is_within_a_millimetre(lon: float, lat: float, datum: Datum) -> None:
    point = LonLat(lon, lat)
    assert metres(convert(convert(point, Datum.WGS84, datum), datum, Datum.WGS84), point) < 0.001


@settings(max_examples=300)
@given(china_lon, china_lat, any_datum, any_datum)
def test_back_and_there_is_within_a_millimetre(
    lon: float, lat: float, one: Datum, other: Datum
) -> None:
    point = LonLat(lon, lat)
    assert metres(convert(convert(point, one, other), other, one), point) < 0.001


@given(ningbo_lon, ningbo_lat)
def test_the_shift_in_ningbo_is_as_large_as_measured(lon: float, lat: float) -> None:
    point = LonLat(lon, lat)
    gcj02 = convert(point, Datum.WGS84, Datum.GCJ02)
    bd09 = convert(point, Datum.WGS84, Datum.BD09)
    assert 470 < metres(point, gcj02) < 540
    assert 1055 < metres(point, bd09) < 1155
    assert gcj02.lon > lon
    assert gcj02.lat < lat


@pytest.mark.parametrize(
    "point",
    [
        LonLat(-0.1276, 51.5072),
        LonLat(139.69, 35.69),
        LonLat(-74.0, 40.7),
        LonLat(151.2, -33.87),
        LonLat(72.0, 30.0),
        LonLat(121.0, 55.9),
        LonLat(180.0, -90.0),
    ],
)
@pytest.mark.parametrize("source", list(Datum))
@pytest.mark.parametrize("target", list(Datum))
def test_outside_china_nothing_is_shifted(point: LonLat, source: Datum, target: Datum) -> None:
    assert convert(point, source, target) == point


@given(china_lon, china_lat, any_datum)
def test_the_same_datum_changes_nothing(lon: float, lat: float, datum: Datum) -> None:
    assert convert(LonLat(lon, lat), datum, datum) == LonLat(lon, lat)


@given(
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=30),
    any_datum,
    any_datum,
)
def test_arrays_convert_as_each_point_does(
    points: list[tuple[float, float]], source: Datum, target: Datum
) -> None:
    lon, lat = np.array(points).T
    found_lon, found_lat = convert_arrays(lon, lat, source, target)
    expected = [convert(LonLat(*point), source, target) for point in points]
    assert found_lon == pytest.approx([point.lon for point in expected], abs=1e-12)
    assert found_lat == pytest.approx([point.lat for point in expected], abs=1e-12)


def test_arrays_that_were_given_are_left_alone() -> None:
    lon, lat = np.array([121.5]), np.array([29.9])
    same_lon, _ = convert_arrays(lon, lat, Datum.WGS84, Datum.WGS84)
    same_lon[0] = 0
    convert_arrays(lon, lat, Datum.GCJ02, Datum.WGS84)
    assert (lon[0], lat[0]) == (121.5, 29.9)


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_earth_centred_equals_proj(lon: float, lat: float) -> None:
    geocentric = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    expected = geocentric.transform(lon, lat, 0.0)
    assert earth_centred(lon, lat)[0] == pytest.approx(expected, abs=0.001)


@given(ningbo_lon, ningbo_lat, st.floats(0, 360), st.floats(1, 54_000))
def test_chords_are_as_long_as_geodesics(
    lon: float, lat: float, azimuth: float, distance_m: float
) -> None:
    other_lon, other_lat, _ = WGS84_ELLIPSOID.fwd(lon, lat, azimuth, distance_m)
    one, other = earth_centred([lon, other_lon], [lat, other_lat])
    chord_m = math.dist(one, other)
    assert chord_m == pytest.approx(distance_m, rel=3.2e-6, abs=1e-6)


def test_a_box_holds_its_edges() -> None:
    box = BoundingBox(west=121.0, south=29.0, east=122.0, north=30.0)
    assert box.contains(LonLat(121.0, 30.0))
    assert not box.contains(LonLat(120.999, 29.5))
    assert not box.contains(LonLat(121.5, 30.001))
    assert SHIFTED_BOX.contains(LonLat(121.5, 29.9))
