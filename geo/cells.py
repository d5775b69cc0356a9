"""H3 cells: cover a polygon, parents, centres, boundaries. The only import of h3.

A cell is an int64 (the first bit of an H3 index is always 0, so that PostgreSQL's bigint holds it)
and becomes text only at the edges. Longitudes and latitudes are WGS-84 degrees.
"""

import re
from typing import NamedTuple

import h3.api.numpy_int as h3  # type: ignore[import-untyped]
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.coordinates import FloatArray, LonLat

CellArray = NDArray[np.int64]

FINEST_RESOLUTION = 15

# Shares are whole multiples of this. Their sums are then exact in floating point, and, rounding
# being downward, the shares of one cell over a valid coverage never pass 1. It is 0.1 mm2 of a
# res-9 cell, and a hundred times the error of the areas.
SHARE_STEP = 2.0**-30

_RESOLUTION_SHIFT = 52
_BITS_PER_DIGIT = 3
_CELL_TEXT = re.compile("[0-9a-fA-F]{15}")


class CellError(ValueError):
    """A text or number that is no H3 cell, a wrong resolution, or a shape that has no area."""


class Cover(NamedTuple):
    """Cells in ascending order, and the share of each one's area that lies inside, in (0, 1]."""

    cells: CellArray
    shares: FloatArray


def cell_of(point: LonLat, res: int) -> int:
    """Return the cell that holds the point."""
    _check_resolution(res)
    return int(h3.latlng_to_cell(point.lat, point.lon, res))


def cells_of(lon: ArrayLike, lat: ArrayLike, res: int) -> CellArray:
    """Return the cell of each point; longitudes and latitudes are arrays of shape (n,)."""
    _check_resolution(res)
    lons = np.asarray(lon, dtype=np.float64).tolist()
    lats = np.asarray(lat, dtype=np.float64).tolist()
    found = [h3.latlng_to_cell(y, x, res) for x, y in zip(lons, lats, strict=True)]
    return np.array(found, dtype=np.int64)


def cover(polygon: BaseGeometry, res: int) -> Cover:
    """Return all cells that overlap a WGS-84 polygon, with the share of each one's area inside.

    Cells wholly inside have a share of exactly 1; a cell that only touches the polygon, or has less
    than `SHARE_STEP` of it, is left out. Areas are compared in degrees: the scale varies by
    0.003 % over a res-9 cell at 30 degrees. A polygon may not cross the antimeridian.

    Raises CellError for anything but a valid Polygon or MultiPolygon.
    """
    _check_resolution(res)
    if not isinstance(polygon, Polygon | MultiPolygon):
        raise CellError(f"cannot cover a {polygon.geom_type}: a polygon is needed")
    if not polygon.is_valid:
        raise CellError(f"cannot cover an invalid polygon: {shapely.is_valid_reason(polygon)}")
    cells = _overlapping_cells(polygon, res)
    shares = _shares_inside(polygon, _cell_polygons(cells))
    inside = shares > 0
    return Cover(cells[inside], shares[inside])


def parents(cells: CellArray, res: int) -> CellArray:
    """Return the parent at resolution `res` of each cell; no cell may be coarser than that.

    Works on the bits of the index: its resolution, then three bits per digit, 7 where unused.
    """
    _check_resolution(res)
    found = np.asarray(cells, dtype=np.int64)
    if np.any(((found >> _RESOLUTION_SHIFT) & 15) < res):
        raise CellError(f"a cell is coarser than resolution {res}")
    unused = (1 << (_BITS_PER_DIGIT * (FINEST_RESOLUTION - res))) - 1
    without_resolution = found & ~np.int64(15 << _RESOLUTION_SHIFT)
    return without_resolution | np.int64(res << _RESOLUTION_SHIFT) | np.int64(unused)


def centres(cells: CellArray) -> tuple[FloatArray, FloatArray]:
    """Return longitudes and latitudes of the centres, each of shape (n,)."""
    lat_lon = np.array([h3.cell_to_latlng(cell) for cell in cells.tolist()], dtype=np.float64)
    lat_lon = lat_lon.reshape(-1, 2)
    return lat_lon[:, 1].copy(), lat_lon[:, 0].copy()


def boundary(cell: int) -> tuple[LonLat, ...]:
    """Return the corners of a cell, anticlockwise, the first not repeated."""
    return tuple(LonLat(lon, lat) for lat, lon in h3.cell_to_boundary(cell))


def descendants_range(cell: int, res: int) -> tuple[int, int]:
    """Return the lowest and highest cell at `res` inside a cell: all between are its descendants.

    Cells of one resolution sort by their digits, so descendants stand together.
    """
    own = resolution(cell)
    if own > res:
        raise CellError(f"a cell of resolution {own} has no descendants at {res}")
    changed_digits = (1 << (_BITS_PER_DIGIT * (res - own))) - 1
    shift = _BITS_PER_DIGIT * (FINEST_RESOLUTION - res)
    base = (int(cell) & ~(15 << _RESOLUTION_SHIFT)) | (res << _RESOLUTION_SHIFT)
    first = base & ~(changed_digits << shift)
    return first, first | (changed_digits << shift)


def resolution(cell: int) -> int:
    """Return the resolution of a cell, 0 to 15."""
    return (int(cell) >> _RESOLUTION_SHIFT) & 15


def cell_to_text(cell: int) -> str:
    """Return the usual text of a cell, 15 hexadecimal digits; raise CellError where it is none."""
    if cell < 0 or not h3.is_valid_cell(cell):
        raise CellError(f"{cell} is not an H3 cell")
    return f"{cell:x}"


def text_to_cell(text: str) -> int:
    """Read a cell from its text; raise CellError where it is none."""
    cell = int(text, 16) if _CELL_TEXT.fullmatch(text) else 0
    if not h3.is_valid_cell(cell):
        raise CellError(f"“{text}” is not an H3 cell")
    return cell


def _check_resolution(res: int) -> None:
    if not 0 <= res <= FINEST_RESOLUTION:
        raise CellError(f"resolution {res} is not between 0 and {FINEST_RESOLUTION}")


def _overlapping_cells(polygon: Polygon | MultiPolygon, res: int) -> CellArray:
    parts = polygon.geoms if isinstance(polygon, MultiPolygon) else [polygon]
    found = [
        np.asarray(h3.h3shape_to_cells_experimental(_h3_shape(part), res, contain="overlap"))
        for part in parts
        if not part.is_empty
    ]
    if not found:
        return np.empty(0, dtype=np.int64)
    return np.unique(np.concatenate(found).astype(np.int64))


def _h3_shape(polygon: Polygon) -> object:
    rings = [polygon.exterior, *polygon.interiors]
    return h3.LatLngPoly(*(shapely.get_coordinates(ring)[:, ::-1].tolist() for ring in rings))


def _cell_polygons(cells: CellArray) -> NDArray[np.object_]:
    """Return the cells' polygons in degrees; most have six corners, some five to ten."""
    corners = [h3.cell_to_boundary(cell) for cell in cells.tolist()]
    counts = [len(ring) for ring in corners]
    flat = np.array([corner for ring in corners for corner in ring], dtype=np.float64)
    ring_of = np.repeat(np.arange(len(corners)), counts)
    rings = np.asarray(shapely.linearrings(flat.reshape(-1, 2)[:, ::-1], indices=ring_of))
    return np.asarray(shapely.polygons(rings), dtype=np.object_)


def _shares_inside(
    polygon: Polygon | MultiPolygon, cell_polygons: NDArray[np.object_]
) -> FloatArray:
    shares = np.ones(len(cell_polygons), dtype=np.float64)
    shapely.prepare(polygon)
    crossing = ~shapely.contains_properly(polygon, cell_polygons)
    edges = cell_polygons[crossing]
    inside = shapely.area(shapely.intersection(edges, polygon)) / shapely.area(edges)
    shares[crossing] = np.floor(np.minimum(inside, 1.0) / SHARE_STEP) * SHARE_STEP
    return shares
