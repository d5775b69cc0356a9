"""Dividing rows of demand: the people of a drawn polygon or a zone, which cut through cells.

People are whole: each row gives the share of its own part of the cell that lies inside, and the
rounding is by largest remainder, so that the sum is the rounded sum of all shares.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

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
    index: IntArray  # the row in the whole of each


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


def inside(rows: RowCoverage, demand: Demand, share: FloatArray) -> Inside:
    """Take the share of each row, shape (rows,), of which there is any.

    Outdoor workers keep their luck: of those inside, as many were given a place as of the whole
    row, to the nearest person.
    """
    whole = np.where(share >= WHOLE, 1.0, share)
    index = np.flatnonzero(whole > 0)
    residents = divided(demand.residents[index], whole[index])
    workers = divided(demand.workers[index], whole[index])
    all_workers = np.maximum(demand.workers[index], 1)
    served = (2 * workers * rows.workers_served[index] + all_workers) // (2 * all_workers)
    taken = RowCoverage(
        minutes=rows.minutes[index],
        reached_by=rows.reached_by[index],
        only_station=rows.only_station[index],
        routable=rows.routable[index],
        workers_served=served,
        workers_at=rows.workers_at,
    )
    cut = replace(
        demand,
        cell=demand.cell[index],
        area=demand.area[index],
        residents=residents,
        workers=workers,
    )
    return Inside(taken, cut, index)
