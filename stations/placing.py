"""Where given positions lie: on the ground, in which H3 cell, and in which area."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from geo import cells
from geo.coordinates import Datum, convert_arrays
from stations.errors import InvalidInputError
from stations.station import GivenPosition
from stations.tables import Area

CELL_RES = 9

NEAR_ENOUGH_M = 2_000
"""A pier or a simplified coast may lie this far outside every boundary."""


@dataclass(frozen=True)
class Placed:
    """A position on the ground. `area_code` is None outside the served area."""

    area_code: str | None
    is_covered: bool
    columns: dict[str, Any]


def out_of_reach() -> InvalidInputError:
    """Return the error of a position where this person manages nothing."""
    return InvalidInputError(
        field="position",
        problem_zh="这个位置不在您管理的区域内，请联系市级管理员",
        problem_en="this position is outside the area that you manage; ask the administrator",
    )


def place(session: Session, positions: Sequence[GivenPosition]) -> list[Placed]:
    """Return where each given position lies: WGS-84, H3 cell, and leaf area, all at once."""
    if not positions:
        return []
    lons, lats = _to_wgs84(positions)
    found_cells = cells.cells_of(lons, lats, CELL_RES).tolist()
    covering, near = _areas_of(session, lons, lats)
    placed = []
    for index, given in enumerate(positions):
        area_code = covering.get(index, near.get(index))
        columns = {
            "position": f"SRID=4326;POINT({lons[index]!r} {lats[index]!r})",
            "given_lon": given.point.lon,
            "given_lat": given.point.lat,
            "given_datum": given.datum.value,
            "h3_9": found_cells[index],
            "area_code": area_code,
        }
        placed.append(Placed(area_code, index in covering, columns))
    return placed


def _to_wgs84(positions: Sequence[GivenPosition]) -> tuple[list[float], list[float]]:
    lons, lats = [0.0] * len(positions), [0.0] * len(positions)
    by_datum: dict[Datum, list[int]] = defaultdict(list)
    for index, given in enumerate(positions):
        by_datum[given.datum].append(index)
    for datum, indices in by_datum.items():
        lon, lat = convert_arrays(
            [positions[index].point.lon for index in indices],
            [positions[index].point.lat for index in indices],
            datum,
            Datum.WGS84,
        )
        for index, x, y in zip(indices, lon.tolist(), lat.tolist(), strict=True):
            lons[index], lats[index] = x, y
    return lons, lats


# Leaves outside and points inside, so that PostGIS prepares each boundary once.
COVERING = text("""
    SELECT point.n, min(leaf.code) AS code
    FROM areas AS leaf
    JOIN unnest(CAST(:n AS int[]), CAST(:lon AS float8[]), CAST(:lat AS float8[]))
        AS point (n, lon, lat)
        ON ST_Covers(leaf.boundary, ST_SetSRID(ST_MakePoint(point.lon, point.lat), 4326))
    WHERE leaf.boundary IS NOT NULL AND leaf.level <> 'zone' AND NOT EXISTS (
        SELECT FROM areas AS child
        WHERE child.parent_code = leaf.code AND child.boundary IS NOT NULL
            AND child.level <> 'zone'
    )
    GROUP BY point.n
""")

# The box in degrees is a little larger than the distance, so that far points cost nothing.
NEAR = text("""
    SELECT point.n, nearest.code
    FROM unnest(CAST(:n AS int[]), CAST(:lon AS float8[]), CAST(:lat AS float8[]))
        AS point (n, lon, lat)
    CROSS JOIN LATERAL (
        SELECT leaf.code
        FROM areas AS leaf
        WHERE leaf.boundary && ST_MakeEnvelope(
                point.lon - :near_deg / greatest(cos(radians(point.lat)), 0.01),
                point.lat - :near_deg,
                point.lon + :near_deg / greatest(cos(radians(point.lat)), 0.01),
                point.lat + :near_deg,
                4326)
            AND leaf.level <> 'zone' AND NOT EXISTS (
                SELECT FROM areas AS child
                WHERE child.parent_code = leaf.code AND child.boundary IS NOT NULL
                    AND child.level <> 'zone'
            )
            AND ST_Distance(
                leaf.boundary::geography, ST_MakePoint(point.lon, point.lat)::geography
            ) <= :near_m
        ORDER BY
            ST_Distance(
                leaf.boundary::geography, ST_MakePoint(point.lon, point.lat)::geography
            ),
            leaf.code
        LIMIT 1
    ) AS nearest
""")
METRES_PER_DEGREE_AT_LEAST = 110_000


def _areas_of(
    session: Session, lons: list[float], lats: list[float]
) -> tuple[dict[int, str], dict[int, str]]:
    """Return the leaf area that covers each point, and the nearest within 2 km of the others."""
    numbers = list(range(len(lons)))
    given = {"n": numbers, "lon": lons, "lat": lats}
    covering = {row.n: row.code for row in session.execute(COVERING, given)}
    others = [number for number in numbers if number not in covering]
    if not others:
        return covering, {}
    outside = {
        "n": others,
        "lon": [lons[number] for number in others],
        "lat": [lats[number] for number in others],
        "near_m": NEAR_ENOUGH_M,
        "near_deg": NEAR_ENOUGH_M / METRES_PER_DEGREE_AT_LEAST,
    }
    return covering, {row.n: row.code for row in session.execute(NEAR, outside)}


def boundaries(session: Session, codes: set[str]) -> dict[str, shapely.Geometry]:
    """Return the boundary of each of the areas that has one, in WGS-84 degrees."""
    query = (
        select(Area.code, func.ST_AsBinary(Area.boundary).label("wkb"))
        .where(Area.code.in_(codes), Area.boundary.is_not(None))
        .order_by(Area.code)
    )
    return {row.code: shapely.from_wkb(bytes(row.wkb)) for row in session.execute(query)}


def towns(session: Session, codes: set[str]) -> dict[str, str | None]:
    """Return the district of each town that exists among the codes."""
    query = select(Area.code, Area.parent_code).where(Area.code.in_(codes), Area.level == "town")
    return {row.code: row.parent_code for row in session.execute(query)}
