"""Which area a point belongs to."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from geo.coordinates import LonLat
from stations.tables import Area

NEAR_ENOUGH_M = 2_000
"""A pier or a simplified coast may lie this far outside every boundary."""


def area_of(session: Session, point: LonLat) -> str | None:
    """Return the leaf area that covers a WGS-84 point; tie: lower code.

    A point that none covers belongs to the nearest one within 2 km. None: outside the served area.
    """
    here = func.ST_SetSRID(func.ST_MakePoint(point.lon, point.lat), 4326)
    child = aliased(Area)
    has_child = (
        select(child.code)
        .where(child.parent_code == Area.code, child.boundary.is_not(None))
        .exists()
    )
    distance_m = func.ST_Distance(func.geography(Area.boundary), func.geography(here))
    covers = func.ST_Covers(Area.boundary, here)
    return session.scalars(
        select(Area.code)
        .where(Area.boundary.is_not(None), ~has_child)
        .where(covers | (distance_m <= NEAR_ENOUGH_M))
        .order_by(covers.desc(), distance_m, Area.code)
        .limit(1)
    ).one_or_none()
