"""Shapes that cut through cells: zones with a boundary, and polygons that a planner draws."""

import re
from dataclasses import dataclass

import shapely
from shapely import MultiPolygon

from geo.boundaries import to_wgs84
from geo.coordinates import Datum, FloatArray
from geo.coverage_shares import row_shares
from stations.areas import get_area
from stations.coverage_figures import Here
from stations.coverage_ground import leaf_boundaries
from stations.coverage_places import Place
from stations.coverage_study import Desk, Study
from stations.database import read_session
from stations.demand import RESOLUTION
from stations.errors import InvalidInputError, NoBoundaryError

CROSSES = ("边界与自己相交", "its outline crosses or touches itself")
WRONG = {
    "Hole lies outside shell": ("有一个洞不在外边界之内", "a hole lies outside its outline"),
    "Holes are nested": ("有一个洞在另一个洞之内", "a hole lies in another one"),
    "Nested shells": ("有一块在另一块之内", "a part lies in another one"),
}
"""What people are told for a reason that GEOS gives; of all others that it crosses itself."""

PLACE_IN_REASON = re.compile(r"\[([-\d.e]+) ([-\d.e]+)\]")


@dataclass(frozen=True, eq=False)
class Cut:
    """A shape, and the share of each row of the ground that lies in it, shape (rows,)."""

    shape: MultiPolygon
    share: FloatArray

    def holds(self) -> Here:
        """Return whether a station lies in the shape."""
        shapely.prepare(self.shape)

        def here(place: Place) -> bool:
            return bool(shapely.intersects_xy(self.shape, place.lon, place.lat))

        return here


def cut_of_zone(desk: Desk, study: Study) -> Cut | None:
    """Return the cut of the zone that the question is about; None where it is about no zone."""
    code = study.question.area
    if not study.tree.is_zone(code):
        return None
    with read_session(desk.engine) as session:
        boundary = get_area(session, code, with_geometry=True).boundary
    if boundary is None:
        raise NoBoundaryError(field="area", value=code)
    return cut_by(desk, study, boundary)


def cut_by(desk: Desk, study: Study, shape: MultiPolygon) -> Cut:
    """Divide the ground's rows by a shape in WGS-84."""
    ground = study.ground
    with read_session(desk.engine) as session:
        boundaries = leaf_boundaries(session, ground)
    ordered = [boundaries[code] for code in ground.leaf_codes]
    return Cut(shape, row_shares(ground.demand, ground.share, ordered, shape, RESOLUTION))


def checked_polygon(shape: MultiPolygon, datum: Datum, *, field: str = "polygon") -> MultiPolygon:
    """Return a drawn polygon in WGS-84.

    Raises InvalidInputError for one that is empty, out of range, or crosses itself, with the place.
    """
    if not shape.convex_hull.area > 0:  # one that crosses itself may enclose as much as it takes
        raise _refused(field, "多边形没有面积", "it has no area")
    west, south, east, north = shape.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise _refused(
            field,
            "经度应在 -180 到 180 之间，纬度应在 -90 到 90 之间，经度在前",
            "longitudes from -180 to 180 and latitudes from -90 to 90 are needed, longitude first",
        )
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        at = PLACE_IN_REASON.search(reason)
        where = f"{float(at[1]):.6f}, {float(at[2]):.6f}" if at else "?"
        zh, en = WRONG.get(reason.partition("[")[0], CROSSES)
        raise _refused(field, f"{zh}，在 {where} 附近", f"{en}, near {where}")
    return to_wgs84(shape, datum)


def _refused(field: str, problem_zh: str, problem_en: str) -> InvalidInputError:
    return InvalidInputError(field=field, problem_zh=problem_zh, problem_en=problem_en)
