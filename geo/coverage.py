"""Coverage: who is served, who finds no place, who is not reached, and by how many stations.

Reach and demand in, figures out. Allocation is done once for all rows; the figures of an area are
sums over its rows, so a district asked for alone reads the same as in its city's table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geo.coordinates import FloatArray
from geo.reach import BoolArray, IntArray, Reach, nearest_minutes, reach_counts, rows_of

UNLIMITED = -1
"""The capacity of a station that is not known to have one."""

BACKUP_CLASSES = 4  # reached by 0, 1, 2, and 3 or more stations

PAIRS_PER_STEP = 1_000_000


@dataclass(frozen=True, eq=False)
class Demand:
    """People by cell and leaf area: rows in ascending order of (cell, area), each pair once.

    `cell` is an H3 index, `area` the rank of the area's code. A cell in two areas is two rows.
    """

    cell: IntArray  # (rows,)
    area: IntArray  # (rows,)
    residents: IntArray  # (rows,)
    workers: IntArray  # (rows,)

    def __post_init__(self) -> None:
        later_cell = np.diff(self.cell)
        if np.any(later_cell < 0) or np.any((later_cell == 0) & (np.diff(self.area) <= 0)):
            raise ValueError("demand rows must be in the order of cell and area, each pair once")

    @cached_property
    def cells(self) -> IntArray:
        """The distinct cells, ascending: the rows of the reach that `cover` takes."""
        return self.cell[np.diff(self.cell, prepend=-1) > 0]

    @cached_property
    def cell_of_row(self) -> IntArray:
        """The place of each row's cell in `cells`."""
        return np.cumsum(np.diff(self.cell, prepend=-1) > 0) - 1


@dataclass(frozen=True, eq=False)
class RowCoverage:
    """What coverage says of each demand row, and of each station."""

    minutes: FloatArray  # (rows,) to the nearest station; inf where none is in reach
    reached_by: IntArray  # (rows,) stations in reach
    only_station: IntArray  # (rows,) the one in reach; -1 where there is none, or more than one
    routable: BoolArray  # (rows,)
    workers_served: IntArray  # (rows,) outdoor workers who were given a place
    workers_at: IntArray  # (stations,) outdoor workers whom each station takes


@dataclass(frozen=True)
class Classes:
    """Whole people; the last four add up to the first."""

    total: int
    served: int
    without_capacity: int
    uncovered: int
    not_routable: int


@dataclass(frozen=True)
class CoverageReport:
    """The figures of one area. `backup`: residents reached by 0, 1, 2, and 3 or more stations."""

    residents: Classes
    workers: Classes
    backup: tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class CellCoverage:
    """The figures of distinct cells, ascending, each of shape (cells,)."""

    cell: IntArray
    minutes: FloatArray  # nan where none
    residents: IntArray
    uncovered: IntArray  # residents whom no station reaches
    not_routable: IntArray  # residents of whom no way to the streets is known
    workers: IntArray  # outdoor workers
    workers_served: IntArray  # of them, who were given a place
    workers_uncovered: IntArray
    workers_not_routable: IntArray
    stations: IntArray  # stations that lie in the cell
    reached_by: IntArray  # stations in reach of it


PEOPLE_OF_CELLS = (
    *("residents", "uncovered", "not_routable"),
    *("workers", "workers_served", "workers_uncovered", "workers_not_routable"),
)
SUMMED = (*PEOPLE_OF_CELLS, "stations")


def cover(reaches: Iterable[Reach], demand: Demand, capacity: IntArray) -> RowCoverage:
    """Give residents and outdoor workers to stations.

    The reaches are blocks of consecutive rows over `demand.cells`, one after the other; one whole
    reach is a list of one. Their columns are the stations in ascending order of code, and
    `capacity`, shape (stations,), is how many workers each serves in a day, or UNLIMITED.
    """
    cell_of_row = demand.cell_of_row
    blocks, first_cell, first_row = [], 0, 0
    for reach in reaches:
        end_row = int(np.searchsorted(cell_of_row, first_cell + reach.cell_count))
        rows = slice(first_row, end_row)
        of_rows = rows_of(reach, cell_of_row[rows] - first_cell)
        blocks.append(_Block.of(of_rows, first_row, demand.workers[rows], capacity))
        first_cell, first_row = first_cell + reach.cell_count, end_row
    if first_cell != len(demand.cells):
        raise ValueError("the reaches must have one row for each distinct cell of the demand")
    together = _Block.together(blocks)
    workers_served, workers_at = _allocate(together, demand, capacity)
    return RowCoverage(
        minutes=together.nearest,
        reached_by=together.reached_by,
        only_station=together.only_station,
        routable=together.routable,
        workers_served=workers_served,
        workers_at=workers_at,
    )


def by_area(rows: RowCoverage, demand: Demand, area_count: int) -> list[CoverageReport]:
    """Sum the rows of each area; the list is in the order of the areas' ranks."""
    reached = rows.routable & (rows.reached_by > 0)
    uncovered = rows.routable & (rows.reached_by == 0)

    def summed(people: IntArray) -> list[int]:
        sums = np.zeros(area_count, dtype=np.int64)
        np.add.at(sums, demand.area, people)
        return [int(value) for value in sums]

    def classes(people: IntArray, served: IntArray) -> list[Classes]:
        columns = (
            people,
            served,
            people * reached - served,
            people * uncovered,
            people * ~rows.routable,
        )
        return [Classes(*values) for values in zip(*map(summed, columns), strict=True)]

    backup = [
        summed(demand.residents * (np.minimum(rows.reached_by, BACKUP_CLASSES - 1) == stations))
        for stations in range(BACKUP_CLASSES)
    ]
    return [
        CoverageReport(residents, workers, (none, one, two, more))
        for residents, workers, none, one, two, more in zip(
            classes(demand.residents, demand.residents * reached),
            classes(demand.workers, rows.workers_served),
            *backup,
            strict=True,
        )
    ]


def total(reports: Iterable[CoverageReport]) -> CoverageReport:
    """Add up the figures of areas that do not overlap."""
    listed = list(reports)
    none, one, two, more = (sum(report.backup[k] for report in listed) for k in range(4))
    return CoverageReport(
        residents=_add([report.residents for report in listed]),
        workers=_add([report.workers for report in listed]),
        backup=(none, one, two, more),
    )


def by_cell(
    cell: IntArray,
    minutes: FloatArray,
    *,
    residents: IntArray,
    workers: IntArray,
    workers_served: IntArray,
    stations: IntArray,
    reached_by: IntArray,
    routable: BoolArray,
) -> CellCoverage:
    """Merge rows of shape (rows,) into distinct cells; rows of one cell have the same reach."""
    cells, first, cell_of_row = np.unique(cell, return_index=True, return_inverse=True)
    reached = np.isfinite(minutes)

    def summed(people: IntArray) -> IntArray:
        return _sum_by(cell_of_row, people, len(cells))

    return CellCoverage(
        cell=cells,
        minutes=np.where(reached, minutes, np.nan)[first],
        residents=summed(residents),
        uncovered=summed(residents * (~reached & routable)),
        not_routable=summed(residents * ~routable),
        workers=summed(workers),
        workers_served=summed(workers_served),
        workers_uncovered=summed(workers * (~reached & routable)),
        workers_not_routable=summed(workers * ~routable),
        stations=summed(stations),
        reached_by=reached_by[first],
    )


def aggregate(fine: CellCoverage, parent: IntArray) -> CellCoverage:
    """Merge cells into coarser ones; `parent`, shape (cells,), is the coarser cell of each.

    People and stations sum. Minutes, and how many stations are in reach, are those of the median
    resident, the lower ones of two; people whom nothing reaches count as farther than all others,
    so a parent that is mostly uncovered has no minutes, nor has one where nobody lives.
    """
    parents, parent_of = np.unique(parent, return_inverse=True)
    count = len(parents)
    summed = {name: _sum_by(parent_of, getattr(fine, name), count) for name in SUMMED}
    reached_by = percentiles(
        fine.reached_by.astype(np.float64), fine.residents, parent_of, count, [50]
    )
    return CellCoverage(
        cell=parents,
        minutes=percentiles(fine.minutes, fine.residents, parent_of, count, [50])[:, 0],
        **summed,
        reached_by=np.nan_to_num(reached_by[:, 0]).astype(np.int64),
    )


def percentiles(
    minutes: FloatArray,
    people: IntArray,
    group: NDArray[np.integer],
    count: int,
    percents: Sequence[int],
) -> FloatArray:
    """Minutes within which so many in a hundred people of each group have a station.

    Minutes, people and group are of shape (rows,); the result is (count, percents). The lowest
    minutes that do; people whom nothing reaches (nan or inf) are farther than all others. nan where
    such a person decides, and where the group has nobody.
    """
    # nan sorts last, which is where the unreached belong
    order = np.lexsort((minutes, group))
    people_before = np.cumsum(people[order])
    totals = _sum_by(group, people, count)
    before_group = np.cumsum(totals) - totals
    found = np.full((count, len(percents)), np.nan)
    some = totals > 0
    for place, percent in enumerate(percents):
        rank = before_group[some] - (-totals[some] * percent // 100)
        found[some, place] = minutes[order[np.searchsorted(people_before, rank)]]
    found[np.isinf(found)] = np.nan
    return found


@dataclass(frozen=True, eq=False)
class _Block:
    """The minima and counts of some rows, and the pairs of them that allocation may need."""

    nearest: FloatArray
    reached_by: IntArray
    only_station: IntArray
    routable: BoolArray
    pair_row: IntArray
    pair_station: IntArray
    pair_minutes: FloatArray

    @classmethod
    def of(cls, reach: Reach, first_row: int, workers: IntArray, capacity: IntArray) -> "_Block":
        """Keep the pairs of rows with workers, up to the row's nearest unlimited station.

        That one takes everybody who is left at its turn, so the pairs behind it never matter.
        """
        minutes, row = reach.minutes.data, reach.pair_cells
        station = reach.minutes.indices
        nearest_unlimited = np.full(reach.cell_count, np.inf)
        unlimited = capacity[station] == UNLIMITED
        np.minimum.at(nearest_unlimited, row[unlimited], minutes[unlimited])
        needed = (minutes <= nearest_unlimited[row]) & (workers[row] > 0)
        everywhere = np.ones(reach.cell_count, dtype=np.bool_)
        counts = reach_counts(reach)
        only_station = np.full(reach.cell_count, -1, dtype=np.int64)
        only_station[counts == 1] = station[reach.minutes.indptr[:-1][counts == 1]]
        return cls(
            nearest=nearest_minutes(reach),
            reached_by=counts,
            only_station=only_station,
            routable=everywhere if reach.routable is None else reach.routable,
            pair_row=row[needed] + first_row,
            pair_station=station[needed].astype(np.int64),
            pair_minutes=minutes[needed],
        )

    @classmethod
    def together(cls, blocks: list["_Block"]) -> "_Block":
        """Put blocks of consecutive rows one behind the other."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(b, name) for b in blocks]) for name in names))


def _allocate(pairs: _Block, demand: Demand, capacity: IntArray) -> tuple[IntArray, IntArray]:
    """Give workers to stations in the order (minutes, cell, station, area), as both still have.

    A common order of all pairs makes the result the only stable one: a longer limit appends pairs,
    and a further station makes nobody worse off, so served never falls. Returns the workers served
    of each row and at each station.
    """
    cell = demand.cell[pairs.pair_row]
    order = np.lexsort((pairs.pair_row, pairs.pair_station, cell, pairs.pair_minutes))
    workers = demand.workers
    everybody = int(workers.sum())
    left = workers.tolist()
    places = np.where(capacity == UNLIMITED, everybody, capacity).tolist()
    waiting = everybody
    for start in range(0, len(order), PAIRS_PER_STEP):
        step = order[start : start + PAIRS_PER_STEP]
        rows, stations = pairs.pair_row[step].tolist(), pairs.pair_station[step].tolist()
        for row, station in zip(rows, stations, strict=True):
            people = left[row]
            if people and places[station]:
                given = min(people, places[station])
                left[row] = people - given
                places[station] -= given
                waiting -= given
        if not waiting or not any(places):
            break
    rooms = np.where(capacity == UNLIMITED, everybody, capacity)
    served = workers - np.array(left, dtype=np.int64)
    return served, rooms - np.array(places, dtype=np.int64)


def _add(classes: list[Classes]) -> Classes:
    names = [field.name for field in fields(Classes)]
    return Classes(*(sum(getattr(one, name) for one in classes) for name in names))


def _sum_by(group: NDArray[np.integer], values: IntArray, count: int) -> IntArray:
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, group, values)
    return sums
