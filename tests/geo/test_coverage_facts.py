"""Percentiles, single points of failure, hours, shares and changes: against their definitions."""

from dataclasses import astuple, replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo.coverage import UNLIMITED, Demand, by_area, cover, percentiles, total
from geo.coverage_changes import changes
from geo.coverage_hours import in_reach_by_moment
from geo.coverage_shares import SHARE_PARTS, divided, inside
from geo.coverage_stations import circle_cells, shed_ratios, sole, station_reach
from geo.reach import IntArray, drop_stations, mask_stations, straight_line
from tests.geo.test_coverage import AREAS, INF, Case, cases

shares = st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1))


def capacities(case: Case) -> IntArray:
    return np.array(case.capacity, dtype=np.int64)


people_with_minutes = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from([0.0, 1.5, 1.5, 4.0, 9.0, INF]), st.integers(0, 9)
    ),
    max_size=15,
)


@given(listed=people_with_minutes, percents=st.lists(st.integers(1, 100), min_size=1, max_size=3))
def test_percentiles_are_those_of_people_in_a_row(
    listed: list[tuple[int, float, int]], percents: list[int]
) -> None:
    group, minutes, people = (np.array([row[k] for row in listed]) for k in range(3))
    found = percentiles(
        minutes.astype(float), people.astype(np.int64), group.astype(np.int64), 3, percents
    )
    for number in range(3):
        row = sorted(m for g, m, n in listed if g == number for _ in range(n))
        for place, percent in enumerate(percents):
            expected = row[-(-len(row) * percent // 100) - 1] if row else INF
            assert (np.isnan(found[number, place]) and expected == INF) or (
                found[number, place] == expected
            )


@given(case=cases())
def test_closing_a_station_uncovers_those_who_have_it_alone(case: Case) -> None:
    rows = case.cover()
    found = sole(rows, case.demand, len(case.capacity))
    told = {
        (int(area), int(station)): (int(residents), int(workers))
        for area, station, residents, workers in zip(*astuple_of(found), strict=True)
    }
    before = case.report()
    for station in range(len(case.capacity)):
        without = cover(
            [drop_stations(case.reach(), [station])],
            case.demand,
            np.delete(capacities(case), station),
        )
        after = by_area(without, case.demand, AREAS)
        for area in range(AREAS):
            lost = (
                after[area].residents.uncovered - before[area].residents.uncovered,
                after[area].workers.uncovered - before[area].workers.uncovered,
            )
            assert told.get((area, station), (0, 0)) == lost


def astuple_of(value: object) -> list[IntArray]:
    return list(vars(value).values())


@given(case=cases(), data=st.data())
def test_hours_are_those_of_a_coverage_at_each_moment(case: Case, data: st.DataObject) -> None:
    stations = len(case.capacity)
    moments = data.draw(st.integers(1, 6))
    flags = st.lists(st.booleans(), min_size=stations * moments, max_size=stations * moments)
    is_open = np.array(data.draw(flags), dtype=np.bool_).reshape(stations, moments)
    residents, workers = in_reach_by_moment([case.reach()], case.demand, is_open, AREAS)
    assert residents.shape == workers.shape == (AREAS, moments)
    for moment in range(moments):
        masked = mask_stations(case.reach(), is_open[:, moment])
        reports = by_area(cover([masked], case.demand, capacities(case)), case.demand, AREAS)
        for area, report in enumerate(reports):
            assert residents[area, moment] == report.residents.served
            in_reach = report.workers.served + report.workers.without_capacity
            assert workers[area, moment] == in_reach


@given(case=cases())
def test_what_a_station_reaches_is_the_sum_over_its_column(case: Case) -> None:
    found = station_reach([case.reach()], case.demand, len(case.capacity))
    cells = sorted({row[0] for row in case.rows})
    for station in range(len(case.capacity)):
        reached = [
            cell
            for k, cell in enumerate(cells)
            if case.routable[k] and case.minutes[k][station] <= 15
        ]
        assert found.cells[station] == len(reached)
        assert found.residents[station] == sum(row[2] for row in case.rows if row[0] in reached)
        assert found.workers[station] == sum(row[3] for row in case.rows if row[0] in reached)


def test_the_shed_of_a_station_is_what_streets_reach_of_the_circle() -> None:
    lon = 121.5 + np.arange(5) * 0.01
    circle = circle_cells(lon, np.full(5, 29.8), [121.5, 121.9], [29.8, 29.8], 2_000)
    assert circle.tolist() == [3, 0]
    ratios = shed_ratios(np.array([2, 0]), circle)
    assert ratios[0] == 2 / 3
    assert np.isnan(ratios[1])
    assert circle_cells([], [], [121.5], [29.8], 100).tolist() == [0]


@given(rows=st.lists(st.tuples(st.integers(0, 2000), shares), max_size=20))
def test_people_are_divided_whole_and_to_the_rounded_sum(rows: list[tuple[int, float]]) -> None:
    people = np.array([row[0] for row in rows], dtype=np.int64)
    share = np.array([row[1] for row in rows], dtype=np.float64)
    given_ = divided(people, share)
    exact = people * np.rint(share * SHARE_PARTS) / SHARE_PARTS
    assert int(given_.sum()) == int(np.floor(exact.sum() + 0.5))
    assert (np.abs(given_ - exact) < 1).all()
    assert ((given_ >= 0) & (given_ <= people)).all()


@given(case=cases(), data=st.data())
def test_a_shape_and_what_is_outside_it_add_up_to_the_whole(
    case: Case, data: st.DataObject
) -> None:
    rows, demand = case.cover(), case.demand
    count = len(demand.cell)
    share = np.array(data.draw(st.lists(shares, min_size=count, max_size=count)), dtype=float)
    for part in (share, 1 - share):
        taken, cut, index = inside(rows, demand, part)
        for report in by_area(taken, cut, AREAS):
            for people in (report.residents, report.workers):
                assert people.total == sum(astuple(people)[1:])
                assert min(astuple(people)) >= 0
            assert sum(report.backup) == report.residents.total
        assert (cut.residents <= demand.residents[index]).all()
    one, other = (inside(rows, demand, part).demand.residents.sum() for part in (share, 1 - share))
    assert abs(int(one + other) - int(demand.residents.sum())) <= 1
    whole = inside(rows, demand, np.ones(count))
    assert by_area(whole.rows, whole.demand, AREAS) == case.report()


@given(case=cases(), data=st.data())
def test_what_a_change_gains_is_after_less_before(case: Case, data: st.DataObject) -> None:
    station = data.draw(st.integers(0, max(len(case.capacity) - 1, 0)))
    closed = replace(case, capacity=case.capacity[:station] + case.capacity[station + 1 :])
    closed = replace(
        closed, minutes=tuple(row[:station] + row[station + 1 :] for row in case.minutes)
    )
    everywhere = np.ones(len(case.demand.cell), dtype=np.bool_)
    for before, after in ((closed, case), (case, closed)):
        for rank in range(AREAS):  # a cell in two areas counts for each with its own people
            here = changes(before.cover(), after.cover(), case.demand, case.demand.area == rank)
            was, became = before.report()[rank], after.report()[rank]
            gained = became.residents.served - was.residents.served
            assert int(here.residents_gained.sum()) == gained
            gained = became.workers.served - was.workers.served
            assert int(here.workers_gained.sum()) == gained
        found = changes(before.cover(), after.cover(), case.demand, everywhere)
        one, other = total(before.report()), total(after.report())
        gained = other.residents.served - one.residents.served
        assert int(found.residents_gained.sum()) == gained
        assert int(found.workers_gained.sum()) == other.workers.served - one.workers.served
        assert found.cell.tolist() == sorted(set(found.cell.tolist()))
        differs = before.cover().reached_by != after.cover().reached_by
        assert set(case.demand.cell[differs].tolist()) <= set(found.cell.tolist())
    assert len(changes(case.cover(), case.cover(), case.demand, everywhere).cell) == 0


@given(
    spots=st.lists(st.tuples(st.floats(121.4, 121.6), st.floats(29.8, 29.95)), min_size=1),
    speeds=st.tuples(st.floats(3, 7), st.floats(3, 7)),
)
def test_served_never_falls_when_people_are_faster(
    spots: list[tuple[float, float]], speeds: tuple[float, float]
) -> None:
    lon, lat = np.array(spots).T
    rows = np.arange(len(spots), dtype=np.int64)
    demand = Demand(rows, np.zeros_like(rows), rows + 1, rows % 5)
    capacity = np.where(rows % 2 == 0, UNLIMITED, 3)[:4]
    slow, fast = (
        cover(
            [straight_line(lon, lat, lon[:4], lat[:4], limit_minutes=15, speed_kmh=speed)],
            demand,
            capacity,
        )
        for speed in sorted(speeds)
    )
    assert (fast.reached_by >= slow.reached_by).all()
    assert (fast.minutes <= slow.minutes).all()
    assert (fast.workers_served >= slow.workers_served).all()
