"""Boundaries under three datums: a shifted one is told from one that was drawn anew."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, box

from geo.boundaries import as_multipolygon, better_datum, misfit, to_wgs84
from geo.coordinates import Datum, convert_arrays
from seeds.areas import read_districts


def moved(boundary: MultiPolygon, datum: Datum) -> MultiPolygon:
    """A WGS-84 boundary in another datum."""

    def converted(lon_lat: Any) -> Any:
        return np.column_stack(convert_arrays(lon_lat[:, 0], lon_lat[:, 1], Datum.WGS84, datum))

    found = shapely.transform(boundary, converted)
    assert isinstance(found, MultiPolygon)
    return found


@pytest.mark.parametrize("held", [Datum.GCJ02, Datum.BD09])
def test_one_district_is_enough_to_tell(held: Datum) -> None:
    for area in read_districts():
        assert area.boundary is not None
        best, _fits = better_datum([moved(area.boundary, held)], [area.boundary], Datum.WGS84)
        assert best is held, area.name


def test_districts_drawn_anew_keep_the_named_datum() -> None:
    """A boundary that was changed by a kilometre here and there is not one of another datum."""
    for area in read_districts():
        assert area.boundary is not None
        west, south, _east, _north = area.boundary.bounds
        cut = area.boundary.difference(box(west, south, west + 0.05, south + 0.2))
        best, _fits = better_datum([as_multipolygon(cut)], [area.boundary], Datum.WGS84)
        assert best is Datum.WGS84, area.name


@given(st.floats(121.0, 122.0), st.floats(28.9, 30.3), st.floats(0.02, 0.4))
def test_misfit_is_none_in_the_right_datum_and_more_in_a_wrong_one(
    lon: float, lat: float, size: float
) -> None:
    known = MultiPolygon([shapely.segmentize(box(lon, lat, lon + size, lat + size), 0.05)])
    for held in Datum:
        there = moved(known, held)
        assert misfit([there], [known], held) < 1e-6
        for other in Datum:
            if other is not held:
                assert misfit([there], [known], other) > 1e-3
        back = to_wgs84(there, held)
        assert shapely.hausdorff_distance(back, known) < 1e-8


def test_a_line_is_no_boundary() -> None:
    with pytest.raises(TypeError, match="LineString"):
        as_multipolygon(LineString([(0, 0), (1, 1)]))


def test_heights_are_left_out() -> None:
    flat = as_multipolygon(shapely.force_3d(box(0, 0, 1, 1), 5.0))
    assert not flat.has_z
