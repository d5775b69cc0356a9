"""What changes between two coverages of the same rows: by cell, for a map of the difference."""

from dataclasses import dataclass

import numpy as np

from geo.coordinates import FloatArray
from geo.coverage import Demand, RowCoverage
from geo.reach import BoolArray, IntArray


@dataclass(frozen=True, eq=False)
class CellChanges:
    """Cells whose minutes, stations in reach or served workers differ, ascending; (cells,) each.

    Negative people lose what others gain. Minutes are nan where no station is in reach.
    """

    cell: IntArray
    minutes_before: FloatArray
    minutes_after: FloatArray
    reached_by_before: IntArray
    reached_by_after: IntArray
    residents: IntArray
    residents_gained: IntArray  # in reach now, and not before
    workers_gained: IntArray  # given a place now, less those before


def changes(
    before: RowCoverage, after: RowCoverage, demand: Demand, told: BoolArray
) -> CellChanges:
    """Compare two coverages row by row, and merge the rows of a cell.

    Of the rows that are `told` alone, shape (rows,): a cell on an area's edge counts for the area
    with those of its people who live in it.
    """
    differs = told & (
        (before.minutes != after.minutes)
        | (before.reached_by != after.reached_by)
        | (before.workers_served != after.workers_served)
    )
    cells = np.unique(demand.cell_of_row[differs])
    row = np.flatnonzero(told & np.isin(demand.cell_of_row, cells))
    place = np.searchsorted(cells, demand.cell_of_row[row])
    first = np.searchsorted(place, np.arange(len(cells)))

    def summed(people: IntArray) -> IntArray:
        return np.bincount(place, weights=people[row], minlength=len(cells)).astype(np.int64)

    def shown(minutes: FloatArray) -> FloatArray:
        return np.where(np.isfinite(minutes), minutes, np.nan)[row][first]

    gained = (after.reached_by > 0).astype(np.int64) - (before.reached_by > 0)
    return CellChanges(
        cell=demand.cells[cells],
        minutes_before=shown(before.minutes),
        minutes_after=shown(after.minutes),
        reached_by_before=before.reached_by[row][first],
        reached_by_after=after.reached_by[row][first],
        residents=summed(demand.residents),
        residents_gained=summed(demand.residents * gained),
        workers_gained=summed(after.workers_served - before.workers_served),
    )
