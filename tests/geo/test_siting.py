"""Choices of sites against every choice there is, the laws they keep, and questions without one."""

import math
import subprocess
import sys
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from pyproj import Geod
from scipy.sparse import csc_array, csr_array
from shapely import box

from geo import site_rows
from geo.coordinates import FloatArray
from geo.reach import IntArray
from geo.site_bound import Bounded, bounded, promising
from geo.site_exact import solved
from geo.site_rows import SiteRows, merged
from geo.site_search import greedy, improved
from geo.site_spacing import Spacing, spacing
from geo.siting import Objective, Siting, SitingQuestion, choose
from stations.settings import REPOSITORY

ELLIPSOID = Geod(ellps="WGS84")
LIMIT_MINUTES = 15.0
INF = math.inf
WEST, SOUTH, SIZE = 121.5, 29.85, 0.03  # three kilometres

offsets = st.floats(0, SIZE)
places = st.tuples(offsets.map(lambda x: WEST + x), offsets.map(lambda y: SOUTH + y))


def _question(minutes: ArrayLike, **parts: Any) -> SitingQuestion:
    """A question by dense minutes, inf where nothing is stored; nobody is reached today."""
    dense = np.array(minutes, dtype=np.float64)
    columns, rows = np.nonzero(np.isfinite(dense.T))
    indptr = np.concatenate(([0], np.cumsum(np.isfinite(dense).sum(axis=0))))
    stored = csc_array((dense[rows, columns], rows, indptr), shape=dense.shape)
    count, candidates = dense.shape
    asked = {
        "residents": np.ones(count, dtype=np.int64),
        "reached_by": np.zeros(count, dtype=np.int64),
        "minutes_now": np.full(count, INF),
        "lon": WEST + 0.01 * np.arange(candidates),
        "lat": np.full(candidates, SOUTH),
    }
    return SitingQuestion(stored, LIMIT_MINUTES, **(asked | parts))


def _lon_lat(listed: list[tuple[float, float]]) -> tuple[FloatArray, FloatArray]:
    lon, lat = np.array(listed, dtype=np.float64).reshape(-1, 2).T
    return lon, lat


@st.composite
def questions(draw: st.DrawFn) -> SitingQuestion:
    """Up to seven candidates, eight rows; every objective, with and without spacing and areas."""
    rows, candidates = draw(st.integers(0, 8)), draw(st.integers(0, 7))

    def each(values: st.SearchStrategy[Any], count: int = rows) -> list[Any]:
        return draw(st.lists(values, min_size=count, max_size=count))

    minutes = each(st.sampled_from([INF, INF, 0.0, 7.0, 15.0, 15.5]), rows * candidates)
    lon, lat = _lon_lat(each(places, candidates))
    existing_lon, existing_lat = _lon_lat(draw(st.lists(places, max_size=2)))
    sides = draw(st.none() | st.tuples(offsets, offsets, offsets, offsets))
    area = None if sides is None else _box(*sides)
    return replace(
        _question(np.reshape(np.array(minutes, dtype=np.float64), (rows, candidates))),
        residents=np.array(each(st.integers(0, 30)), dtype=np.int64),
        reached_by=np.array(each(st.integers(0, 3)), dtype=np.int64),
        minutes_now=np.array(each(st.sampled_from([16.0, 20.0, 45.0, INF]))),
        lon=lon,
        lat=lat,
        objective=draw(st.sampled_from(Objective)),
        spacing_m=draw(st.sampled_from([0.0, 400.0, 1_500.0])),
        existing_lon=existing_lon,
        existing_lat=existing_lat,
        forbidden=() if area is None else (area,),
    )


def _box(x: float, y: float, width: float, height: float) -> Any:
    return box(WEST + x, SOUTH + y, WEST + x + width / 3, SOUTH + y + height / 3)


def _metres(question: SitingQuestion, one: int, lon: float, lat: float) -> float:
    return float(ELLIPSOID.inv(question.lon[one], question.lat[one], lon, lat)[2])


@dataclass(frozen=True)
class Oracle:
    """Every choice of a question, weighed by sets and loops."""

    question: SitingQuestion

    def reached(self, site: int) -> set[int]:
        stored = self.question.minutes[:, [site]].tocoo()
        near = stored.data <= LIMIT_MINUTES
        return set(stored.coords[0][near].tolist())

    def is_free(self, site: int) -> bool:
        question = self.question
        point = (question.lon[site], question.lat[site])
        existing = zip(question.existing_lon, question.existing_lat, strict=True)
        return not any(area.intersects(box(*point, *point)) for area in question.forbidden) and all(
            _metres(question, site, *station) >= question.spacing_m for station in existing
        )

    def may_stand(self, sites: tuple[int, ...]) -> bool:
        question = self.question
        return all(self.is_free(site) for site in sites) and all(
            _metres(question, one, question.lon[other], question.lat[other]) >= question.spacing_m
            for one, other in combinations(sites, 2)
        )

    def counting(self) -> list[int]:
        """The rows whose people count."""
        question = self.question
        if question.objective is Objective.BACKUP:
            return [row for row, by in enumerate(question.reached_by) if by < 2]
        rows = [row for row, by in enumerate(question.reached_by) if by == 0]
        if question.objective is Objective.DEMAND:
            return rows
        rows = [row for row in rows if question.residents[row]]
        people = sum(question.residents[row] for row in rows)
        return [
            row for row in rows
            if sum(
                question.residents[other] for other in rows
                if question.minutes_now[other] > question.minutes_now[row]
            ) * 10 < people
        ]  # fmt: skip

    def worth(self, sites: tuple[int, ...]) -> int:
        question, least = self.question, 2 if self.question.objective is Objective.BACKUP else 1
        reached = [self.reached(site) for site in sites]
        return sum(
            int(question.residents[row])
            for row in self.counting()
            if question.reached_by[row] + sum(row in each for each in reached) >= least
        )

    def best(self, k: int) -> int:
        every = range(len(self.question.lon))
        return max(
            self.worth(sites)
            for size in range(min(k, len(every)) + 1)
            for sites in combinations(every, size)
            if self.may_stand(sites)
        )


def _is_sound(question: SitingQuestion, k: int, found: Siting) -> None:
    """The choice keeps every rule, and its figures add up."""
    oracle = Oracle(question)
    sites = tuple(site.candidate for site in found.sites)
    assert len(set(sites)) == len(sites) <= k
    assert oracle.may_stand(sites)
    assert found.people == oracle.worth(sites) == sum(site.people for site in found.sites)
    assert found.people <= found.bound
    assert found.proven == (found.gap == 0)
    assert found.lacking == sum(question.residents[row] for row in oracle.counting())
    rows = [row for site in found.sites for row in site.rows.tolist()]
    assert len(set(rows)) == len(rows)
    together = 0
    for site in found.sites:
        assert site.people == question.residents[site.rows].sum()
        together += site.people
        assert site.share == together / found.lacking
        others = tuple(other for other in sites if other != site.candidate)
        assert oracle.worth(others) < found.people


def _merged(question: SitingQuestion) -> tuple[SiteRows, Spacing]:
    """The rows and the spacing of a question as it is, without forbidden or existing sites."""
    stored = question.minutes.tocoo()
    kept = stored.data <= LIMIT_MINUTES
    rows, columns = stored.coords
    pairs = csr_array((np.ones(kept.sum()), (rows[kept], columns[kept])), shape=stored.shape)
    backup = question.objective is Objective.BACKUP
    need = np.where(question.reached_by == 0, 2, 1) if backup else np.ones(stored.shape[0], int)
    counts = question.reached_by < (2 if backup else 1)
    people = np.where(counts, question.residents, 0).astype(np.float64)
    return merged(pairs, people, need), spacing(question.lon, question.lat, question.spacing_m)


def _as_it_is(question: SitingQuestion) -> SitingQuestion:
    plain = Objective.DEMAND if question.objective is Objective.WORST_OFF else question.objective
    nowhere = np.zeros(0)
    return replace(
        question, objective=plain, forbidden=(), existing_lon=nowhere, existing_lat=nowhere
    )


@settings(deadline=None)
@given(question=questions(), k=st.integers(0, 8))
def test_the_exact_choice_is_the_best_of_all(question: SitingQuestion, k: int) -> None:
    found = choose(question, k, exact_within_s=60)
    assert found.people == found.bound == Oracle(question).best(k)
    assert found.method == "exact"
    assert found.proven
    _is_sound(question, k, found)


@settings(deadline=None)
@given(question=questions(), k=st.integers(0, 8))
def test_greedy_with_swaps_keeps_the_rules_and_its_bound_bounds(
    question: SitingQuestion, k: int
) -> None:
    found = choose(question, k)
    best = Oracle(question).best(k)
    assert found.people <= best <= found.bound
    assert found.method == "greedy_with_swaps"
    _is_sound(question, k, found)


@settings(deadline=None)
@given(question=questions().map(_as_it_is), k=st.integers(1, 7))
def test_greedy_alone_is_within_its_bound_and_the_known_63_percent(
    question: SitingQuestion, k: int
) -> None:
    rows, apart = _merged(question)
    sites, bound = greedy(rows, apart, k)
    best = Oracle(question).best(k)
    assert rows.worth(sites) <= best <= bound
    if question.spacing_m == 0 and question.objective is Objective.DEMAND:
        assert rows.worth(sites) >= (1 - 1 / math.e) * best
        worths = [rows.worth(sites[:size]) for size in range(len(sites) + 1)]
        gains = np.diff(worths)
        assert np.all(gains > 0)
        assert np.all(np.diff(gains) <= 0)


@settings(deadline=None)
@given(question=questions().map(_as_it_is), k=st.integers(1, 7), rounds=st.integers(1, 80))
def test_prices_prove_a_bound_after_any_round(
    question: SitingQuestion, k: int, rounds: int
) -> None:
    rows, apart = _merged(question)
    found = bounded(rows, apart, k, [], rounds)
    best = Oracle(question).best(k)
    assert rows.worth(found.sites) <= best <= found.bound
    kept = promising(rows, apart, k, found).tolist()
    if best > rows.worth(found.sites):
        inside = [sites for size in range(k + 1) for sites in combinations(kept, size)]
        oracle = Oracle(question)
        assert best == max(oracle.worth(each) for each in inside if oracle.may_stand(each))


@settings(deadline=None)
@given(question=questions().map(_as_it_is), k=st.integers(1, 7))
def test_the_solver_needs_no_help(question: SitingQuestion, k: int) -> None:
    """Neither a good start nor a good bound: HiGHS alone finds the best."""
    rows, apart = _merged(question)
    everything = int(rows.people.sum()) + 1
    sites, bound = solved(rows, apart, k, Bounded([], everything, np.zeros(len(rows.people))), 60)
    assert rows.worth(sites) == bound == Oracle(question).best(k)
    assert Oracle(question).may_stand(tuple(sites))


@settings(deadline=None)
@given(question=questions().map(_as_it_is), k=st.integers(1, 7))
def test_no_swap_of_one_site_gains_after_swaps(question: SitingQuestion, k: int) -> None:
    rows, apart = _merged(question)
    chosen = improved(rows, apart, k, [])
    oracle = Oracle(question)
    for out in [*chosen, None]:
        rest = [site for site in chosen if site != out]
        for site in range(len(question.lon)):
            swapped = (*rest, site)
            if len(swapped) <= k and site not in rest and oracle.may_stand(swapped):
                assert oracle.worth(swapped) <= oracle.worth(tuple(chosen))


@settings(deadline=None)
@given(question=questions())
def test_more_sites_never_gain_less(question: SitingQuestion) -> None:
    people = [choose(question, k, exact_within_s=60).people for k in range(8)]
    assert people == sorted(people)
    assert people[-1] <= choose(question, 0).attainable <= choose(question, 0).lacking


@settings(deadline=None)
@given(question=questions(), k=st.integers(1, 7), marks=st.sampled_from(["ours", "all the same"]))
def test_merging_loses_nothing(question: SitingQuestion, k: int, marks: str) -> None:
    """No choice changes its worth, even where the marks of different sets would be the same."""
    question = _as_it_is(question)
    with pytest.MonkeyPatch.context() as patch:
        if marks == "all the same":
            patch.setattr(site_rows, "_marks", lambda sites: np.zeros(sites, dtype=np.uint64))
        rows, _ = _merged(question)
    oracle = Oracle(question)
    for sites in combinations(range(len(question.lon)), min(k, len(question.lon))):
        assert rows.worth(list(sites)) == oracle.worth(sites)
    if marks == "ours":
        kinds = {
            (need, *rows.by_row[[row], :].indices.tolist()) for row, need in enumerate(rows.need)
        }
        assert len(kinds) == len(rows.people)


def test_rows_merge_over_rows_that_do_not_count() -> None:
    question = _question([[5.0, 5.0], [5.0, INF], [5.0, 5.0]], residents=np.array([3, 0, 4]))
    rows, _ = _merged(question)
    assert rows.people.tolist() == [7.0]


@given(listed=st.lists(places, max_size=12), spacing_m=st.floats(0, 4_000))
def test_groups_and_cliques_say_what_the_distances_say(
    listed: list[tuple[float, float]], spacing_m: float
) -> None:
    lon, lat = _lon_lat(listed)
    apart = spacing(lon, lat, spacing_m)
    near = {
        (one, other)
        for one, other in combinations(range(len(listed)), 2)
        if float(ELLIPSOID.inv(lon[one], lat[one], lon[other], lat[other])[2]) < spacing_m - 0.001
    }
    told = {(one, int(other)) for one in range(len(lon)) for other in apart.too_near(one)}
    assert near <= told
    cliques = list(apart.cliques())
    in_cliques = {pair for clique in cliques for pair in combinations(clique, 2)}
    assert in_cliques == {pair for pair in told if pair[0] < pair[1]}
    for group in range(int(apart.group.max(initial=-1)) + 1):
        assert set(combinations(np.flatnonzero(apart.group == group).tolist(), 2)) <= told


def _columns(found: Siting) -> list[int]:
    return [site.candidate for site in found.sites]


TWO_APART = [[5.0, INF, INF], [INF, 5.0, 5.0], [INF, INF, 0.0]]


@pytest.mark.parametrize("exact_within_s", [None, 60.0])
def test_the_first_of_equals_is_taken_and_a_stored_zero_is_reached(
    exact_within_s: float | None,
) -> None:
    question = _question([*TWO_APART, [INF, 3.0, 3.0]], residents=np.array([4, 2, 0, 1]))
    assert _columns(choose(question, 2, exact_within_s=exact_within_s)) == [0, 1]
    reached = _question(TWO_APART)
    assert _columns(choose(reached, 1, exact_within_s=exact_within_s)) == [2]


@pytest.mark.parametrize("exact_within_s", [None, 60.0])
@pytest.mark.parametrize("objective", Objective)
def test_questions_without_an_answer_have_an_empty_one(
    objective: Objective, exact_within_s: float | None
) -> None:
    def sites(question: SitingQuestion, k: int = 2) -> list[int]:
        found = choose(replace(question, objective=objective), k, exact_within_s=exact_within_s)
        assert (found.people, found.bound, found.gap, found.proven) == (0, 0, 0.0, True)
        return _columns(found)

    usual = _question(TWO_APART)
    nobody: IntArray = np.zeros(3, dtype=np.int64)
    assert sites(usual, k=0) == []
    assert sites(_question(np.zeros((3, 0)))) == []
    assert sites(_question(np.full((3, 3), INF))) == []
    assert sites(_question(np.zeros((0, 3)))) == []
    assert sites(replace(usual, residents=nobody)) == []
    assert sites(replace(usual, reached_by=nobody + 2)) == []
    assert sites(replace(usual, limit_minutes=-1.0)) == []
    everywhere = box(120, 29, 123, 31)
    found = choose(replace(usual, forbidden=[everywhere]), 2)
    assert (_columns(found), found.forbidden, found.too_near) == ([], 3, 0)


def test_more_sites_than_candidates_gives_those_that_gain() -> None:
    found = choose(_question(TWO_APART), 50)
    assert _columns(found) == [2, 0]
    assert [site.rows.tolist() for site in found.sites] == [[1, 2], [0]]
    assert [site.share for site in found.sites] == [2 / 3, 1.0]
    assert (found.people, found.attainable, found.lacking) == (3, 3, 3)


def test_candidates_near_stations_and_in_areas_are_counted_once() -> None:
    question = _question(
        TWO_APART,
        spacing_m=500.0,
        existing_lon=np.array([WEST, WEST + 0.01]),
        existing_lat=np.array([SOUTH, SOUTH]),
        forbidden=(box(WEST, SOUTH, WEST + 0.001, SOUTH + 0.001),),
    )
    found = choose(question, 3)
    assert (found.forbidden, found.too_near, _columns(found)) == (1, 1, [2])


def test_backup_counts_those_who_come_to_two() -> None:
    question = _question(
        [[5.0, 5.0, INF], [INF, INF, 5.0], [INF, INF, 5.0]],
        residents=np.array([100, 30, 7]),
        reached_by=np.array([0, 1, 2]),
        objective=Objective.BACKUP,
    )
    assert _columns(choose(question, 1)) == [2]
    assert choose(question, 1).people == 30
    two = choose(question, 2)
    assert [(site.candidate, site.people) for site in two.sites] == [(0, 0), (1, 100)]
    assert (two.lacking, choose(question, 3).people) == (130, 130)


def test_the_worst_off_are_the_tenth_with_the_longest_way_and_their_equals() -> None:
    question = _question(
        [[5.0, INF], [5.0, INF], [INF, 5.0], [INF, 5.0], [INF, INF]],
        residents=np.array([80, 0, 6, 4, 9]),
        minutes_now=np.array([20.0, 90.0, 60.0, 45.0, 30.0]),
        objective=Objective.WORST_OFF,
    )
    assert [(site.candidate, site.people) for site in choose(question, 1).sites] == [(1, 10)]
    # those whom no candidate reaches are no better off for that
    far = replace(question, residents=np.array([80, 0, 6, 4, 900]), minutes_now=np.arange(5.0))
    assert (choose(far, 1).sites, choose(far, 1).lacking) == ((), 900)
    equally = replace(question, minutes_now=np.full(5, INF))
    assert [(site.candidate, site.people) for site in choose(equally, 1).sites] == [(0, 80)]


def test_time_that_runs_out_leaves_a_choice_and_a_bound() -> None:
    chance = np.random.default_rng(5)
    dense = np.where(chance.random((150, 40)) < 0.08, 5.0, INF)
    question = _question(dense, residents=chance.integers(1, 50, 150))
    good, hurried = choose(question, 6), choose(question, 6, exact_within_s=1e-9)
    best = choose(question, 6, exact_within_s=600)
    assert best.proven
    assert not good.proven
    assert not hurried.proven
    assert hurried.people <= best.people <= hurried.bound
    assert good.people <= best.people <= good.bound
    assert _columns(good) == _columns(choose(question, 6))
    assert _columns(best) == _columns(choose(question, 6, exact_within_s=600))


def test_the_solver_writes_nothing() -> None:
    """A report on standard output holds nothing else; HiGHS has a banner, once a process."""
    asked = (
        "import numpy as np; import tests.geo.test_siting as t;"
        "rows, apart = t._merged(t._question(t.TWO_APART));"
        "print(t.solved(rows, apart, 1, t.Bounded([], 9, np.zeros(len(rows.people))), 60))"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert (told.stdout, told.stderr) == ("([2], 2)\n", "")


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ({"residents": np.array([1, 2])}, "residents"),
        ({"residents": np.array([1, 2, -1])}, "residents"),
        ({"reached_by": np.array([[0, 0, 0]])}, "reached_by"),
        ({"minutes_now": np.zeros(4)}, "minutes_now"),
        ({"lat": np.zeros(2)}, "lat"),
        ({"existing_lon": np.zeros(1)}, "existing_lat"),
    ],
)
def test_parts_that_do_not_fit_are_named(parts: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        _question(TWO_APART, **parts)


@pytest.mark.parametrize(
    ("k", "exact_within_s", "named"), [(-1, None, "k"), (1, 0.0, "exact"), (1, math.nan, "exact")]
)
def test_impossible_wishes_are_refused(k: int, exact_within_s: float | None, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        choose(_question(TWO_APART), k, exact_within_s=exact_within_s)
