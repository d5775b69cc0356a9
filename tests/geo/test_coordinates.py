import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coord_convert.transform import bd2wgs, gcj2wgs, wgs2bd, wgs2gcj
from hypothesis import assume, given, settings
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

# the browser's conversion is held to the same file: web/shared/gcj02.test.ts
VECTORS = json.loads((Path(__file__).parent / "datum_vectors.json").read_text(encoding="utf-8"))

WGS84_ELLIPSOID = Geod(ellps="WGS84")

china_lon = st.floats(73.6, 134.8)
china_lat = st.floats(18.2, 53.6)
ningbo_lon = st.floats(120.85, 122.3)
ningbo_lat = st.floats(28.8, 30.4)
shifted = st.sampled_from([Datum.GCJ02, Datum.BD09])
any_datum = st.sampled_from(list(Datum))


def metres(one: LonLat, other: LonLat) -> float:
    return float(WGS84_ELLIPSOID.inv(one.lon, one.lat, other.lon, other.lat)[2])


@pytest.mark.parametrize("case", VECTORS["published"], ids=lambda case: case["source"])
def test_published_points(case: dict[str, Any]) -> None:
    found = convert(LonLat(*case["given"]), Datum(case["source"]), Datum(case["target"]))
    assert metres(found, LonLat(*case["expected"])) < case["within_m"]


@pytest.mark.parametrize("source", list(Datum))
@pytest.mark.parametrize("target", list(Datum))
@pytest.mark.parametrize("case", VECTORS["points"], ids=lambda case: case["place"])
def test_golden_points(case: dict[str, Any], source: Datum, target: Datum) -> None:
    there = convert(LonLat(*case[source]), source, target)
    assert metres(there, LonLat(*case[target])) < 0.00001


def test_the_golden_points_are_those_of_the_oracle() -> None:
    for case in VECTORS["points"]:
        assert case["gcj02"] == pytest.approx(wgs2gcj(*case["wgs84"]), abs=1e-12)
        assert case["bd09"] == pytest.approx(wgs2bd(*case["wgs84"]), abs=1e-12)


@settings(max_examples=500)
@given(china_lon, china_lat)
def test_shifts_are_those_of_the_oracle(lon: float, lat: float) -> None:
    """Its inverses stop early: at a ten-thousandth of a second of arc, and BD-09's closed form."""
    point = LonLat(lon, lat)
    for datum, forward, back, within_m in (
        (Datum.GCJ02, wgs2gcj, gcj2wgs, 0.02),
        (Datum.BD09, wgs2bd, bd2wgs, 0.3),
    ):
        there = convert(point, Datum.WGS84, datum)
        assert there == pytest.approx(forward(lon, lat), abs=1e-11)
        assert metres(convert(point, datum, Datum.WGS84), LonLat(*back(lon, lat))) < within_m


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


@pytest.mark.parametrize("case", VECTORS["unshifted"], ids=lambda case: case["place"])
@pytest.mark.parametrize("source", list(Datum))
@pytest.mark.parametrize("target", list(Datum))
def test_outside_china_nothing_is_shifted(
    case: dict[str, Any], source: Datum, target: Datum
) -> None:
    assert convert(LonLat(*case["point"]), source, target) == LonLat(*case["point"])


@given(st.floats(-180, 180), st.floats(-90, 90), any_datum, any_datum)
def test_outside_the_box_nothing_is_shifted(
    lon: float, lat: float, source: Datum, target: Datum
) -> None:
    point = LonLat(lon, lat)
    assume(not SHIFTED_BOX.contains(point))
    assert convert(point, source, target) == point
    found_lon, found_lat = convert_arrays([lon], [lat], source, target)
    assert (found_lon[0], found_lat[0]) == point


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
