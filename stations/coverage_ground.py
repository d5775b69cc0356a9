"""The ground of coverage: the demand of a root area, where its cells are, and its leaves."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely import MultiPolygon
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from geo import cells
from geo.coordinates import BoundingBox, FloatArray, earth_centred
from geo.coverage import Demand
from geo.reach import cell_tree
from stations import tables
from stations.areas import leaf_areas
from stations.errors import NoDemandError

METRES_PER_DEGREE = 110_000.0  # a little less than anywhere on a meridian


@dataclass(frozen=True, eq=False)
class Ground:
    """The demand of a root area and where its cells are; it changes a few times a year.

    `cells_id` names the cells alone: what streets reach does not depend on who lives there.
    """

    fingerprint: str
    cells_id: str
    leaf_codes: tuple[str, ...]
    demand: Demand  # area: index into leaf_codes
    share: FloatArray  # (rows,) of the row's cell that lies in its area
    lon: FloatArray  # of the distinct cells, WGS-84
    lat: FloatArray
    sources: frozenset[str]

    @cached_property
    def tree(self) -> cKDTree:
        """The cells' centres, for straight lines."""
        return cell_tree(self.lon, self.lat)

    def metres_to_nearest(self, lon: FloatArray, lat: FloatArray) -> FloatArray:
        """Return metres in a straight line from each cell to the nearest of some places."""
        return np.asarray(cKDTree(earth_centred(lon, lat)).query(self.tree.data)[0])

    def box(self, within_m: float) -> BoundingBox:
        """Return a box in degrees that holds all points within reach of a cell, and some more."""
        lat = within_m / METRES_PER_DEGREE
        widest = min(max(abs(self.lat.min()), abs(self.lat.max())) + lat, 89.0)
        lon = lat / float(np.cos(np.radians(widest)))
        return BoundingBox(
            float(self.lon.min()) - lon,
            float(self.lat.min()) - lat,
            float(self.lon.max()) + lon,
            float(self.lat.max()) + lat,
        )


def fingerprint_of(session: Session, leaves: Sequence[str]) -> str:
    """Hash all demand rows in the database, in any order: a tenth of the time of fetching them."""
    row, part = tables.Demand, tables.CellArea
    of_row = func.hash_record_extended(
        func.row(
            part.cell, part.area_code, part.share, row.residents, row.workers, row.source_code
        ),
        0,
    )
    query = (
        select(func.count(), func.sum(of_row))
        .select_from(part)
        .outerjoin(row, and_(row.cell == part.cell, row.area_code == part.area_code))
        .where(part.area_code.in_(leaves))
    )
    count, hashed = session.execute(query).one()
    return f"{count} {hashed}"


def load_ground(session: Session, leaves: Sequence[str], fingerprint: str) -> Ground:
    """Load every part of a cell in these areas, also where nobody lives: stations lie there too.

    Raises NoDemandError where nothing is known of anybody.
    """
    row, part = tables.Demand, tables.CellArea
    query = (
        select(part.cell, part.area_code, part.share, row.residents, row.workers)
        .outerjoin(row, and_(row.cell == part.cell, row.area_code == part.area_code))
        .where(part.area_code.in_(leaves))
    )
    rows = session.execute(query).all()
    if all(residents is None for *_part, residents, _workers in rows):
        raise NoDemandError
    rank = {code: k for k, code in enumerate(leaves)}
    listed = [
        (cell, rank[code], people or 0, workers or 0)
        for cell, code, _share, people, workers in rows
    ]
    columns = np.array(listed, dtype=np.int64).T
    order = np.lexsort((columns[1], columns[0]))
    ordered: NDArray[np.int64] = columns[:, order]
    demand = Demand(*ordered)
    lon, lat = cells.centres(demand.cells)
    sources = session.scalars(
        select(row.source_code).where(row.area_code.in_(leaves)).distinct()
    ).all()
    return Ground(
        fingerprint=fingerprint,
        cells_id=hashlib.sha256(demand.cells.tobytes()).hexdigest(),
        leaf_codes=tuple(leaves),
        demand=demand,
        share=np.array([each.share for each in rows], dtype=np.float64)[order],
        lon=lon,
        lat=lat,
        sources=frozenset(sources),
    )


def leaf_boundaries(session: Session, ground: Ground) -> dict[str, MultiPolygon]:
    """Return the shapes of the ground's leaves by code, WGS-84."""
    return {
        area.code: area.boundary
        for area in leaf_areas(session, with_geometry=True)
        if area.code in ground.leaf_codes and area.boundary is not None
    }
