"""Off a line and along it, against the ellipsoid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo.coordinates import LonLat, earth_centred
from geo.lines import Line

GEOD = Geod(ellps="WGS84")
NEAR = st.tuples(st.floats(121.4, 121.7), st.floats(29.7, 30.0)).map(lambda pair: LonLat(*pair))


def measured(line: Line, point: LonLat) -> tuple[float, float]:
    off_m, along_m = line.measured(earth_centred(point.lon, point.lat))
    return float(off_m[0]), float(along_m[0])


@given(st.lists(NEAR, min_size=1, max_size=5), NEAR)
def test_the_nearest_point_equals_trying_many(points: list[LonLat], place: LonLat) -> None:
    """The line is sampled each metre or so; the nearest sample is no nearer, and hardly farther."""
    line = Line.through(points)
    off_m, along_m = measured(line, place)
    steps = np.linspace(0, len(points) - 1, 2_000)
    numbers = np.arange(len(points))
    lon = np.interp(steps, numbers, [point.lon for point in points])
    lat = np.interp(steps, numbers, [point.lat for point in points])
    here = np.full(len(lon), place.lon), np.full(len(lon), place.lat)
    metres = GEOD.inv(*here, lon, lat)[2]
    spacing = max((line.length_m / 1_999) * max(len(points) - 1, 1), 0.01)
    assert off_m <= metres.min() + 0.1
    assert off_m >= metres.min() - spacing - 0.1
    assert 0 <= along_m <= line.length_m + 1e-6


@given(NEAR, NEAR)
def test_the_length_is_the_ellipsoids(one: LonLat, other: LonLat) -> None:
    """A map's straight line is longer than the geodesic by very little at 40 km."""
    geodesic_m = GEOD.inv(*one, *other)[2]
    assert Line.through([one, other]).length_m == pytest.approx(geodesic_m, rel=1e-5, abs=0.01)


def test_places_come_in_the_order_of_the_line() -> None:
    line = Line.through([LonLat(121.5, 29.8), LonLat(121.6, 29.8), LonLat(121.6, 29.9)])
    off_m, along_m = measured(line, LonLat(121.55, 29.8))
    assert off_m < 1
    assert along_m == pytest.approx(GEOD.inv(121.5, 29.8, 121.55, 29.8)[2], abs=1)
    off_m, along_m = measured(line, LonLat(121.61, 29.85))
    assert off_m == pytest.approx(GEOD.inv(121.6, 29.85, 121.61, 29.85)[2], abs=1)
    assert measured(line, LonLat(121.4, 29.8))[1] == 0


def test_the_short_way_over_the_date_line() -> None:
    """The same line a hundred and eighty degrees farther west, where nothing jumps."""
    fiji = [LonLat(179.98, -17.0), LonLat(-179.99, -17.01), LonLat(-179.97, -17.0)]
    turned = [LonLat(each.lon - 180 if each.lon > 0 else each.lon + 180, each.lat) for each in fiji]
    found, expected = Line.through(fiji), Line.through(turned)
    assert found.length_m == pytest.approx(expected.length_m, abs=1e-3)
    assert found.length_m < 6_000


@given(st.lists(NEAR, min_size=1, max_size=8), st.lists(NEAR, min_size=1, max_size=8))
def test_the_parts_of_a_line_say_what_the_whole_says(
    points: list[LonLat], places: list[LonLat]
) -> None:
    line = Line.through(points)
    xyz = earth_centred([each.lon for each in places], [each.lat for each in places])
    parts = list(line.parts(1_500.0))
    assert sum(len(part.starts_m) for part in parts) == len(line.starts_m)
    off_m = np.min([part.measured(xyz)[0] for part in parts], axis=0)
    assert off_m == pytest.approx(line.measured(xyz)[0], abs=1e-6)
    for part in parts:
        middle_m, radius_m = part.ball()
        for ends_m in (part.starts_m, part.ends_m):
            assert (np.linalg.norm(ends_m - middle_m, axis=1) <= radius_m + 1e-6).all()


def test_a_line_to_and_fro_has_few_parts() -> None:
    corners = [LonLat(121.5, 29.8), LonLat(121.502, 29.8)] * 500
    assert len(list(Line.through(corners).parts(5_000.0))) <= 8
