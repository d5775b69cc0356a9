"""Coverage against a slow reading of its definitions, and the laws that planners rely on."""

from dataclasses import astuple, dataclass, replace
from random import Random

import networkx as nx  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from geo.coverage import (
    UNLIMITED,
    CellCoverage,
    Classes,
    CoverageReport,
    Demand,
    RowCoverage,
    aggregate,
    by_area,
    by_cell,
    cover,
    total,
)
from geo.reach import Reach, rows_of

INF = float("inf")
AREAS = 3


@dataclass(frozen=True)
class Case:
    """A small town: rows of (cell, area, residents, workers), and minutes by cell and station."""

    rows: tuple[tuple[int, int, int, int], ...]
    minutes: tuple[tuple[float, ...], ...]  # one for each distinct cell, ascending
    capacity: tuple[int, ...]
    routable: tuple[bool, ...]

    @property
    def demand(self) -> Demand:
        columns = np.array(sorted(self.rows), dtype=np.int64).reshape(-1, 4).T
        return Demand(*columns)

    def reach(self, limit_minutes: float = 15) -> Reach:
        shape = (len(self.minutes), len(self.capacity))
        dense = np.array(self.minutes, dtype=np.float64).reshape(shape)
        stored = (dense <= limit_minutes) & np.array(self.routable, dtype=np.bool_)[:, None]
        indptr = np.concatenate(([0], np.cumsum(stored.sum(axis=1))))
        minutes = csr_array((dense[stored], np.nonzero(stored)[1], indptr), shape=shape)
        return Reach(minutes, limit_minutes, np.array(self.routable, dtype=np.bool_))

    def cover(self, limit_minutes: float = 15) -> RowCoverage:
        reach = self.reach(limit_minutes)
        return cover([reach], self.demand, np.array(self.capacity, dtype=np.int64))

    def report(self, limit_minutes: float = 15) -> list[CoverageReport]:
        return by_area(self.cover(limit_minutes), self.demand, AREAS)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    keys = draw(
        st.lists(st.tuples(st.integers(1, 8), st.integers(0, AREAS - 1)), unique=True, max_size=10)
    )
    people = st.integers(0, 9)
    rows = tuple((*key, draw(people), draw(people)) for key in keys)
    stations = draw(st.integers(0, 5))
    # few values, so that ties are common
    minutes = st.sampled_from([0.0, 1.0, 2.5, 7.0, 15.0, 16.0, INF])
    cells = len({cell for cell, _ in keys})
    return Case(
        rows=rows,
        minutes=tuple(tuple(draw(minutes) for _ in range(stations)) for _ in range(cells)),
        capacity=tuple(
            draw(st.one_of(st.just(UNLIMITED), st.integers(0, 12))) for _ in range(stations)
        ),
        routable=tuple(draw(st.booleans() | st.just(True)) for _ in range(cells)),
    )


def _by_definition(case: Case, limit_minutes: float) -> list[CoverageReport]:
    """Read design's definitions aloud, one person after the other."""
    rows = sorted(case.rows)
    cells = sorted({row[0] for row in rows})
    reached = {
        row: {
            station: minutes
            for station, minutes in enumerate(case.minutes[cells.index(row[0])])
            if minutes <= limit_minutes and case.routable[cells.index(row[0])]
        }
        for row in rows
    }
    places = {k: 10**9 if c == UNLIMITED else c for k, c in enumerate(case.capacity)}
    served = dict.fromkeys(rows, 0)
    pairs = [
        (minutes, row[0], station, row[1], row)
        for row in rows
        for station, minutes in reached[row].items()
    ]
    for _minutes, _cell, station, _area, row in sorted(pairs):
        while served[row] < row[3] and places[station] > 0:
            served[row] += 1
            places[station] -= 1
    reports = []
    for area in range(AREAS):
        mine = [row for row in rows if row[1] == area]
        lost = [row for row in mine if not case.routable[cells.index(row[0])]]
        near = [row for row in mine if reached[row]]
        far = [row for row in mine if not reached[row] and row not in lost]
        by_count = [min(len(reached[row]), 3) for row in mine]
        backup = [
            sum(row[2] for row, n in zip(mine, by_count, strict=True) if n == k) for k in range(4)
        ]
        reports.append(
            CoverageReport(
                Classes(*(sum(row[2] for row in group) for group in (mine, near, [], far, lost))),
                Classes(
                    sum(row[3] for row in mine),
                    sum(served[row] for row in mine),
                    sum(row[3] - served[row] for row in near),
                    sum(row[3] for row in far),
                    sum(row[3] for row in lost),
                ),
                (backup[0], backup[1], backup[2], backup[3]),
            )
        )
    return reports


@settings(deadline=None)
@given(case=cases(), limit_minutes=st.sampled_from([1, 5, 15, 20]))
def test_figures_are_those_of_the_definitions(case: Case, limit_minutes: int) -> None:
    assert case.report(limit_minutes) == _by_definition(case, limit_minutes)


@settings(deadline=None)
@given(case=cases())
def test_the_four_classes_and_the_backup_add_up_to_the_total(case: Case) -> None:
    reports = case.report()
    for report in [*reports, total(reports)]:
        for people in (report.residents, report.workers):
            assert people.total == sum(astuple(people)[1:])
            assert min(astuple(people)) >= 0
        assert sum(report.backup) == report.residents.total
    assert total(reports).residents.total == sum(row[2] for row in case.rows)
    assert total(reports).workers.total == sum(row[3] for row in case.rows)


@settings(deadline=None)
@given(case=cases())
def test_served_never_falls_when_minutes_grow(case: Case) -> None:
    earlier = case.cover(1)
    for limit_minutes in (5, 15, 20):
        later = case.cover(limit_minutes)
        assert (later.workers_served >= earlier.workers_served).all()
        assert (later.reached_by >= earlier.reached_by).all()
        earlier = later


@settings(deadline=None)
@given(case=cases(), data=st.data())
def test_served_never_falls_in_any_row_when_a_station_is_added(
    case: Case, data: st.DataObject
) -> None:
    station = data.draw(st.integers(0, max(len(case.capacity) - 1, 0)))

    def without(values: tuple[float, ...]) -> tuple[float, ...]:
        return values[:station] + values[station + 1 :]

    fewer = replace(
        case,
        minutes=tuple(without(row) for row in case.minutes),
        capacity=tuple(int(value) for value in without(case.capacity)),
    )
    before, after = fewer.cover(), case.cover()
    assert (after.workers_served >= before.workers_served).all()
    assert (after.minutes <= before.minutes).all()


@settings(deadline=None)
@given(case=cases())
def test_no_station_takes_more_than_its_capacity_and_everybody_served_is_somewhere(
    case: Case,
) -> None:
    rows = case.cover()
    limits = np.array(case.capacity, dtype=np.int64)
    assert (rows.workers_at[limits != UNLIMITED] <= limits[limits != UNLIMITED]).all()
    assert rows.workers_at.sum() == rows.workers_served.sum()


@settings(deadline=None)
@given(case=cases())
def test_served_is_at_most_the_maximum_flow_and_at_least_half_of_it(case: Case) -> None:
    flow = nx.DiGraph()
    flow.add_nodes_from(["people", "places"])
    reach, demand = (
        rows_of(case.reach(), np.searchsorted(case.demand.cells, case.demand.cell)),
        (case.demand),
    )
    for row, workers in enumerate(demand.workers.tolist()):
        flow.add_edge("people", ("row", row), capacity=workers)
    for station, places in enumerate(case.capacity):
        unlimited = {} if places == UNLIMITED else {"capacity": places}
        flow.add_edge(("station", station), "places", **unlimited)
    for row, column in zip(reach.pair_cells.tolist(), reach.minutes.indices, strict=True):
        flow.add_edge(("row", row), ("station", int(column)))
    bound = nx.maximum_flow_value(flow, "people", "places")
    served = int(case.cover().workers_served.sum())
    assert served <= bound <= 2 * served  # a maximal assignment is at least half of a maximum one


@settings(deadline=None)
@given(case=cases(), random=st.randoms(use_true_random=False))
def test_the_order_in_which_rows_come_in_does_not_matter(case: Case, random: Random) -> None:
    shuffled = list(case.rows)
    random.shuffle(shuffled)
    assert replace(case, rows=tuple(shuffled)).report() == case.report()


@settings(deadline=None)
@given(case=cases(), cut=st.integers(0, 8))
def test_blocks_of_a_reach_give_what_the_whole_gives(case: Case, cut: int) -> None:
    reach, demand = case.reach(), case.demand
    capacity = np.array(case.capacity, dtype=np.int64)
    middle = min(cut, reach.cell_count)
    parts = [
        rows_of(reach, np.arange(middle)),
        rows_of(reach, np.arange(middle, reach.cell_count)),
    ]
    assert by_area(cover(parts, demand, capacity), demand, AREAS) == case.report()


def test_a_cell_in_two_areas_is_served_in_the_order_of_the_areas() -> None:
    case = Case(
        rows=((1, 0, 10, 4), (1, 1, 20, 4)), minutes=((3.0,),), capacity=(5,), routable=(True,)
    )
    first, second, _ = case.report()
    assert first.workers == Classes(4, 4, 0, 0, 0)
    assert second.workers == Classes(4, 1, 3, 0, 0)
    assert second.residents == Classes(20, 20, 0, 0, 0)


def test_capacity_limits_workers_and_never_residents() -> None:
    case = Case(rows=((1, 0, 10, 4),), minutes=((3.0,),), capacity=(0,), routable=(True,))
    report = case.report()[0]
    assert report.residents == Classes(10, 10, 0, 0, 0)
    assert report.workers == Classes(4, 0, 4, 0, 0)


def test_an_unlimited_station_takes_everybody_only_at_its_turn() -> None:
    case = Case(
        rows=((1, 0, 0, 7),),
        minutes=((1.0, 2.0, 3.0),),
        capacity=(2, UNLIMITED, 9),
        routable=(True,),
    )
    assert case.cover().workers_at.tolist() == [2, 5, 0]


def test_a_station_at_no_distance_serves() -> None:
    case = Case(rows=((1, 0, 8, 3),), minutes=((0.0,),), capacity=(3,), routable=(True,))
    rows = case.cover()
    assert rows.minutes.tolist() == [0.0]
    assert rows.reached_by.tolist() == [1]
    assert rows.workers_served.tolist() == [3]


def test_demand_out_of_order_is_refused() -> None:
    people = np.zeros(2, dtype=np.int64)
    with pytest.raises(ValueError, match="order"):
        Demand(np.array([2, 1]), people, people, people)
    with pytest.raises(ValueError, match="once"):
        Demand(np.array([1, 1]), people, people, people)


def test_a_reach_of_other_cells_is_refused() -> None:
    case = Case(rows=((1, 0, 8, 3),), minutes=((0.0,),), capacity=(3,), routable=(True,))
    with pytest.raises(ValueError, match="one row for each"):
        cover([], case.demand, np.array([3]))


def _median(minutes: list[float], residents: list[int]) -> float | None:
    everybody = sorted(m for m, n in zip(minutes, residents, strict=True) for _ in range(n))
    if not everybody or everybody[(len(everybody) - 1) // 2] == INF:
        return None
    return everybody[(len(everybody) - 1) // 2]


cells_with_people = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from([0.0, 1.5, 4.0, 9.0, INF]),
        st.integers(0, 6),
        st.integers(0, 2),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(listed=cells_with_people)
def test_coarser_cells_sum_people_and_take_the_median_residents_minutes(
    listed: list[tuple[int, float, int, int]],
) -> None:
    parent, residents, stations = (
        np.array([row[k] for row in listed], dtype=np.int64) for k in (0, 2, 3)
    )
    minutes = np.array([row[1] for row in listed], dtype=np.float64)
    cell, routable = np.arange(len(listed), dtype=np.int64), np.ones(len(listed), dtype=np.bool_)
    fine = by_cell(
        cell,
        minutes,
        residents=residents,
        workers=residents * 2,
        workers_served=residents,
        stations=stations,
        reached_by=stations,
        routable=routable,
    )
    coarse = aggregate(fine, parent)
    assert coarse.cell.tolist() == sorted({row[0] for row in listed})
    for k, cell in enumerate(coarse.cell.tolist()):
        mine = [row for row in listed if row[0] == cell]
        assert coarse.residents[k] == sum(row[2] for row in mine)
        assert coarse.workers[k] == 2 * coarse.residents[k] == 2 * coarse.workers_served[k]
        assert coarse.stations[k] == sum(row[3] for row in mine)
        assert coarse.uncovered[k] == sum(row[2] for row in mine if row[1] == INF)
        found = None if np.isnan(coarse.minutes[k]) else float(coarse.minutes[k])
        assert found == _median([row[1] for row in mine], [row[2] for row in mine])


def test_rows_of_one_cell_are_merged() -> None:
    merged: CellCoverage = by_cell(
        np.array([5, 5, 9]),
        np.array([2.0, 2.0, INF]),
        residents=np.array([3, 4, 6]),
        workers=np.array([1, 2, 4]),
        workers_served=np.array([1, 0, 0]),
        stations=np.array([0, 1, 0]),
        reached_by=np.array([2, 2, 0]),
        routable=np.array([True, True, False]),
    )
    assert merged.cell.tolist() == [5, 9]
    assert merged.minutes[0] == 2.0
    assert np.isnan(merged.minutes[1])
    assert merged.residents.tolist() == [7, 6]
    assert merged.uncovered.tolist() == [0, 0]
    assert merged.not_routable.tolist() == [0, 6]
    assert merged.workers.tolist() == [3, 4]
    assert merged.workers_served.tolist() == [1, 0]
    assert merged.workers_uncovered.tolist() == [0, 0]
    assert merged.workers_not_routable.tolist() == [0, 4]
    assert merged.stations.tolist() == [1, 0]
    assert merged.reached_by.tolist() == [2, 0]


def test_at_the_same_minutes_in_one_cell_the_lower_station_code_comes_first() -> None:
    case = Case(
        rows=((1, 0, 0, 2), (1, 1, 0, 2)),
        minutes=((3.0, 3.0),),
        capacity=(3, 0),
        routable=(True,),
    )
    assert case.cover().workers_served.tolist() == [2, 1]
    swapped = replace(case, capacity=(0, 3))
    assert swapped.cover().workers_served.tolist() == [2, 1]
