"""Dividing rows of demand: the people of a drawn polygon or a zone, which cut through cells.

People are whole: each row gives the share of its own part of the cell that lies inside, and the
rounding is by largest remainder, so that the sum is the rounded sum of all shares.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo import cells
from geo.coordinates import FloatArray
from geo.coverage import Demand, RowCoverage
from geo.reach import IntArray

SHARE_PARTS = 2**30
"""Shares are counted in whole parts of this, so that sums are exact."""

WHOLE = 1 - 1e-6
"""A row of which so much is inside lies inside: outlines that are the same differ in last bits."""


class Inside(NamedTuple):
    """The rows that lie in a shape, as far as they do."""

    rows: RowCoverage
    demand: Demand
    places: IntArray  # the row in the whole of each


def row_shares(
    demand: Demand,
    part_share: FloatArray,
    boundaries: Sequence[MultiPolygon],
    shape: BaseGeometry,
    res: int,
) -> FloatArray:
    """Return the share of each row's own part of its cell that lies in a shape, shape (rows,).

    `part_share`, shape (rows,), is the share of the cell that lies in the row's area, and
    `boundaries` are the areas' in the order of their ranks; all in WGS-84. An outline that follows
    the border of an area holds all of its people, also in cells that the border cuts through.
    """
    found = np.zeros(len(demand.cell))
    for rank, boundary in enumerate(boundaries):
        common = _polygons(shapely.intersection(shape, boundary))
        if common.is_empty:
            continue
        covered = cells.cover(common, res)
        known = np.isin(covered.cells, demand.cells)
        place = np.searchsorted(demand.cells, covered.cells[known])
        share = np.zeros(len(demand.cells))
        share[place] = covered.shares[known]
        rows = np.flatnonzero(demand.area == rank)
        inside_cell = share[demand.cell_of_row[rows]]
        found[rows] = np.minimum(inside_cell / part_share[rows], 1.0)
    return found


def _polygons(geometry: BaseGeometry) -> MultiPolygon:
    """Leave out the lines and points at which two shapes only touch."""
    parts = [part for part in shapely.get_parts(geometry) if isinstance(part, Polygon)]
    return MultiPolygon([part for part in parts if part.area > 0])


def divided(people: IntArray, share: FloatArray) -> IntArray:
    """Whole people of each row by its share, 0 to 1, both of shape (rows,).

    The sum is that of people x share, rounded, halves up; what rounding down leaves goes to the
    largest remainders, of equal ones to the first. Nobody is given more than there are.
    """
    parts = np.rint(np.clip(share, 0.0, 1.0) * SHARE_PARTS).astype(np.int64)
    given, remainders = np.divmod(people * parts, SHARE_PARTS)
    left = (int(remainders.sum()) + SHARE_PARTS // 2) // SHARE_PARTS
    first = np.argsort(-remainders, kind="stable")[:left]
    given[first] += 1
    return given


def largest_remainder(weights: IntArray, total: int) -> IntArray:
    """Give out `total` in whole numbers by `weights`, shape (n,); the sum is exact.

    What rounding down leaves goes to the largest remainders, of equal ones to the first. Weights
    are at least 0, one of them above; total x largest weight must fit 63 bits.
    """
    whole = int(weights.sum())
    if whole <= 0:
        raise ValueError("no weight is above 0")
    if total * int(weights.max()) >= 2**63:
        raise OverflowError("weights are too large for exact shares")
    given, remainders = np.divmod(weights * total, whole)
    first = np.argsort(-remainders, kind="stable")[: total - int(given.sum())]
    given[first] += 1
    return given


def people_inside(demand: Demand, share: FloatArray) -> Demand:
    """Return the same rows with the people of each share, shape (rows,); mostly nobody."""
    whole = np.where(share >= WHOLE, 1.0, share)
    return replace(
        demand,
        residents=divided(demand.residents, whole),
        workers=divided(demand.workers, whole),
    )


def inside(rows: RowCoverage, demand: Demand, share: FloatArray) -> Inside:
    """Take the share of each row, shape (rows,), of which there is any.

    Outdoor workers keep their luck: of those inside, as many were given a place as of the whole
    row, to the nearest person.
    """
    index = np.flatnonzero(share > 0)
    people = people_inside(demand, share)
    workers, all_workers = people.workers[index], np.maximum(demand.workers[index], 1)
    served = (2 * workers * rows.workers_served[index] + all_workers) // (2 * all_workers)
    taken = RowCoverage(
        minutes=rows.minutes[index],
        reached_by=rows.reached_by[index],
        only_station=rows.only_station[index],
        routable=rows.routable[index],
        workers_served=served,
        workers_at=rows.workers_at,
    )
    cut = Demand(demand.cell[index], demand.area[index], people.residents[index], workers)
    return Inside(taken, cut, index)
