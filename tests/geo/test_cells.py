import math

import h3.api.numpy_int as h3  # type: ignore[import-untyped]
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from geo import cells
from geo.cells import CellError
from geo.coordinates import LonLat

NINGBO = LonLat(121.55, 29.87)

longitudes = st.floats(121.0, 122.2)
latitudes = st.floats(28.8, 30.4)


@st.composite
def star_polygons(draw: st.DrawFn) -> Polygon:
    """A star-shaped polygon, jagged but valid, from some metres to some kilometres wide."""
    lon, lat = draw(longitudes), draw(latitudes)
    size = draw(st.sampled_from([0.0002, 0.002, 0.01, 0.04]))
    radii = draw(st.lists(st.floats(0.2, 1.0), min_size=3, max_size=24))
    angles = np.arange(len(radii)) * 2 * math.pi / len(radii)
    corners = [
        (lon + size * radius * math.cos(angle), lat + size * radius * math.sin(angle))
        for radius, angle in zip(radii, angles, strict=True)
    ]
    return Polygon(corners)


def cell_polygon(cell: int) -> Polygon:
    return Polygon(cells.boundary(cell))


def brute_force(polygon: BaseGeometry, res: int) -> dict[int, float]:
    """Every cell near the polygon's box, with its share by one intersection each."""
    west, south, east, north = polygon.bounds
    centre = h3.latlng_to_cell((south + north) / 2, (west + east) / 2, res)
    reach_m = 111_200 * math.hypot(north - south, east - west) / 2
    rings = math.ceil(reach_m / h3.average_hexagon_edge_length(res, unit="m")) + 2
    found = {}
    for cell in h3.grid_disk(centre, rings).tolist():
        hexagon = cell_polygon(cell)
        share = hexagon.intersection(polygon).area / hexagon.area
        if share >= 2 * cells.SHARE_STEP:
            found[cell] = share
    return found


def assert_covers_like_brute_force(polygon: BaseGeometry, res: int) -> None:
    found = cells.cover(polygon, res)
    expected = brute_force(polygon, res)
    shares = dict(zip(found.cells.tolist(), found.shares.tolist(), strict=True))
    missing = {cell: share for cell, share in expected.items() if cell not in shares}
    assert max(missing.values(), default=0.0) < 1e-8
    assert all(share == pytest.approx(expected.get(cell, 0.0), abs=1e-8)
               for cell, share in shares.items())  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(star_polygons())
def test_cover_equals_brute_force(polygon: Polygon) -> None:
    assert_covers_like_brute_force(polygon, 9)


@pytest.mark.parametrize("res", [7, 8, 9, 10])
def test_cover_at_each_resolution_of_a_polygon_with_a_hole(res: int) -> None:
    lon, lat = NINGBO
    outer = box(lon - 0.02, lat - 0.02, lon + 0.02, lat + 0.02)
    inner = box(lon - 0.011, lat - 0.004, lon + 0.003, lat + 0.012)
    assert_covers_like_brute_force(outer.difference(inner), res)


def test_cover_of_a_multipolygon_whose_parts_share_a_cell() -> None:
    hexagon = cell_polygon(cells.cell_of(NINGBO, 9))
    lon, lat = hexagon.centroid.x, hexagon.centroid.y
    west = box(lon - 0.01, lat - 0.001, lon - 0.0002, lat + 0.001)
    east = box(lon + 0.0002, lat - 0.001, lon + 0.01, lat + 0.001)
    both = MultiPolygon([west, east])
    assert_covers_like_brute_force(both, 9)
    found = cells.cover(both, 9)
    assert len(np.unique(found.cells)) == len(found.cells)


@settings(max_examples=40, deadline=None)
@given(star_polygons(), st.floats(0.1, 0.9), st.floats(0, math.pi))
def test_shares_of_a_partition_sum_to_the_whole(
    polygon: Polygon, offset: float, angle: float
) -> None:
    west, south, east, north = polygon.bounds
    middle = Point(west + offset * (east - west), south + offset * (north - south))
    far_lon, far_lat = math.cos(angle), math.sin(angle)
    half = Polygon(
        [
            (middle.x - far_lon, middle.y - far_lat),
            (middle.x + far_lon, middle.y + far_lat),
            (middle.x + far_lon - far_lat, middle.y + far_lat + far_lon),
            (middle.x - far_lon - far_lat, middle.y - far_lat + far_lon),
        ]
    )
    parts = [polygon.intersection(half), polygon.difference(half)]
    total: dict[int, float] = {}
    for part in parts:
        areal = MultiPolygon([one for one in shapely.get_parts(part) if isinstance(one, Polygon)])
        if areal.is_empty or not areal.is_valid:
            return  # the cut only touched it
        for cell, share in zip(*cells.cover(areal, 9), strict=True):
            total[cell] = total.get(cell, 0.0) + share
    whole = dict(zip(*cells.cover(polygon, 9), strict=True))
    assert all(total.get(cell, 0.0) == pytest.approx(whole[cell], abs=1e-8) for cell in whole)
    assert set(total) <= set(whole) or max(total[cell] for cell in set(total) - set(whole)) < 1e-8
    assert max(total.values(), default=0.0) <= 1.0


def test_shares_over_a_whole_neighbourhood_sum_to_exactly_one_or_less() -> None:
    lon, lat = NINGBO
    strips = [
        box(lon + 0.0007 * step, lat - 0.02, lon + 0.0007 * (step + 1), lat + 0.02)
        for step in range(40)
    ]
    total: dict[int, float] = {}
    for strip in strips:
        for cell, share in zip(*cells.cover(strip, 9), strict=True):
            total[cell] = total.get(cell, 0.0) + share
    inside = cells.cover(shapely.union_all(strips), 9)
    whole = inside.cells[inside.shares == 1.0].tolist()
    assert len(whole) > 50
    assert all(1 - 1e-7 < total[cell] <= 1.0 for cell in whole)
    assert max(total.values()) <= 1.0


def test_a_cell_wholly_inside_has_a_share_of_exactly_one() -> None:
    cell = cells.cell_of(NINGBO, 9)
    found = cells.cover(cell_polygon(cell).buffer(0.0001), 9)
    shares = dict(zip(found.cells.tolist(), found.shares.tolist(), strict=True))
    assert shares.pop(cell) == 1.0
    assert len(shares) == 6
    assert all(0 < share < 0.1 for share in shares.values())


def test_a_polygon_smaller_than_a_cell_takes_its_share() -> None:
    cell = cells.cell_of(NINGBO, 9)
    hexagon = cell_polygon(cell)
    tiny = hexagon.centroid.buffer(0.0002)
    found = cells.cover(tiny, 9)
    assert found.cells.tolist() == [cell]
    assert found.shares[0] == pytest.approx(tiny.area / hexagon.area, abs=1e-8)


def test_nothing_is_covered_by_nothing() -> None:
    found = cells.cover(Polygon(), 9)
    assert found.cells.dtype == np.int64
    assert found.cells.tolist() == found.shares.tolist() == []


@pytest.mark.parametrize(
    "shape",
    [
        Point(*NINGBO),
        LineString([(121, 29), (122, 30)]),
        Polygon([(121, 29), (122, 30), (122, 29), (121, 30)]),  # crosses itself
    ],
)
def test_only_valid_polygons_are_covered(shape: BaseGeometry) -> None:
    with pytest.raises(CellError):
        cells.cover(shape, 9)


def test_cells_come_in_ascending_order_and_fit_a_signed_bigint() -> None:
    found = cells.cover(Point(*NINGBO).buffer(0.05), 9).cells
    assert found.dtype == np.int64
    assert (np.diff(found) > 0).all()
    assert 0 < found.min() <= found.max() < 2**63


@given(st.floats(-180, 180), st.floats(-90, 90), st.integers(0, 15))
@example(0.0, 90.0, 15)
@example(180.0, 0.0, 9)
def test_text_and_number_round_trip(lon: float, lat: float, res: int) -> None:
    cell = cells.cell_of(LonLat(lon, lat), res)
    text = cells.cell_to_text(cell)
    assert text == h3.int_to_str(cell)
    assert cells.text_to_cell(text) == cells.text_to_cell(text.upper()) == cell
    assert cells.resolution(cell) == res
    assert 0 < cell < 2**63


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "89",
        "89309b40003fff",
        "89309b40003ffff0",
        "0x9309b40003ffff",
        "-9309b40003ffff",
        "8_309b40003ffff",
        " 89309b40003fff",
        "89309b40003ffff\n",
        "٨9309b40003ffff",
        "ffffffffffffffff",
        "000000000000000",
        "115283473ffffff",  # an edge between cells
    ],
)
def test_text_that_is_no_cell_is_refused(text: str) -> None:
    with pytest.raises(CellError):
        cells.text_to_cell(text)


@pytest.mark.parametrize("number", [0, -1, 1, 2**63 - 1])
def test_a_number_that_is_no_cell_has_no_text(number: int) -> None:
    with pytest.raises(CellError):
        cells.cell_to_text(number)


@pytest.mark.parametrize("res", [-1, 16])
def test_resolutions_are_0_to_15(res: int) -> None:
    with pytest.raises(CellError):
        cells.cell_of(NINGBO, res)
    with pytest.raises(CellError):
        cells.cover(Point(*NINGBO).buffer(0.01), res)
    with pytest.raises(CellError):
        cells.parents(np.array([cells.cell_of(NINGBO, 9)]), res)


@settings(max_examples=50)
@given(st.floats(-180, 180), st.floats(-90, 90), st.integers(0, 15), st.integers(0, 15))
def test_parents_are_those_of_h3(lon: float, lat: float, fine: int, coarse: int) -> None:
    cell = cells.cell_of(LonLat(lon, lat), fine)
    if coarse > fine:
        with pytest.raises(CellError):
            cells.parents(np.array([cell]), coarse)
    else:
        assert cells.parents(np.array([cell]), coarse).tolist() == [h3.cell_to_parent(cell, coarse)]


def test_many_points_get_the_cells_of_each() -> None:
    random = np.random.default_rng(5)
    lon, lat = random.uniform(121, 122, 200), random.uniform(29, 30, 200)
    expected = [cells.cell_of(LonLat(x, y), 9) for x, y in zip(lon, lat, strict=True)]
    assert cells.cells_of(lon, lat, 9).tolist() == expected
    assert cells.cells_of([], [], 9).dtype == np.int64


def test_centres_lie_in_their_cells() -> None:
    found = cells.cover(Point(*NINGBO).buffer(0.01), 9).cells
    lon, lat = cells.centres(found)
    assert cells.cells_of(lon, lat, 9).tolist() == found.tolist()
    assert cells.centres(np.empty(0, dtype=np.int64))[0].shape == (0,)


def test_the_boundary_is_a_hexagon_round_the_point() -> None:
    corners = cells.boundary(cells.cell_of(NINGBO, 9))
    assert len(corners) == 6
    assert Polygon(corners).contains(Point(*NINGBO))
    assert Polygon(corners).exterior.is_ccw


@settings(max_examples=40, deadline=None)
@given(longitudes, latitudes, st.integers(5, 9), st.floats(-0.02, 0.02), st.floats(-0.02, 0.02))
def test_the_range_of_descendants_holds_all_of_them_and_no_other(
    lon: float, lat: float, res: int, east: float, north: float
) -> None:
    cell = cells.cell_of(LonLat(lon, lat), res)
    first, last = cells.descendants_range(cell, 9)
    if res >= 7:
        assert all(first <= child <= last for child in h3.cell_to_children(cell, 9).tolist())
    other = cells.cell_of(LonLat(lon + east, lat + north), 9)
    assert (first <= other <= last) == (h3.cell_to_parent(other, res) == cell)
