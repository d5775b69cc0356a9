"""Siting: which k of many candidates gain most, existing stations fixed.

Maximal covering (Church and ReVelle 1974), with the minutes of `geo.reach` as its only input about
the way. Rows that the same candidates reach are merged (`site_rows`), sites are chosen greedily and
swapped (`site_search`), a bound says how much better any choice could be (`site_bound`), and HiGHS
proves the best one where asked (`site_exact`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from scipy.sparse import csc_array, csr_array
from shapely import MultiPolygon, Polygon

from geo.coordinates import FloatArray
from geo.reach import BoolArray, IntArray
from geo.site_bound import ROUNDS, Bounded, bounded
from geo.site_exact import solved
from geo.site_rows import SiteRows, merged, only
from geo.site_search import greedy, improved
from geo.site_spacing import Spacing, spacing, too_near_to, within

WORST_SHARE = 0.1
ROUNDS_BEFORE_EXACT = 300


class Objective(StrEnum):
    """Whom new sites are for. Reached is within the limit; everybody counts once.

    `demand`: people whom no existing station reaches and a chosen site does.

    `backup`: people whom two or more reach with the chosen sites, and fewer than two without. Those
    whom one station reaches need one site, those whom none reaches need two.

    `worst_off`: as `demand`, but only the worst-off count, whatever the candidates are: see
    `worst_off`.
    """

    DEMAND = "demand"
    BACKUP = "backup"
    WORST_OFF = "worst_off"


NO_PLACES: FloatArray = np.zeros(0)


@dataclass(frozen=True, eq=False)
class SitingQuestion:
    """Demand, candidates, and what is there already. Positions are WGS-84 degrees.

    What is stored in `minutes` and at most `limit_minutes` is reached, a stored 0.0 too. Never
    chosen is a candidate in one of the forbidden areas or on its edge, or one less than `spacing_m`
    metres in a straight line from an existing station or from another chosen one.
    """

    minutes: csc_array[np.float64]  # (rows, candidates)
    limit_minutes: float
    residents: IntArray  # (rows,) whole people
    reached_by: IntArray  # (rows,) existing stations within the limit
    minutes_now: FloatArray  # (rows,) to the nearest existing station, of any distance; else inf
    lon: FloatArray  # (candidates,)
    lat: FloatArray  # (candidates,)
    objective: Objective = Objective.DEMAND
    spacing_m: float = 0.0
    existing_lon: FloatArray = field(default_factory=lambda: NO_PLACES)  # (stations,)
    existing_lat: FloatArray = field(default_factory=lambda: NO_PLACES)  # (stations,)
    forbidden: Sequence[Polygon | MultiPolygon] = ()

    def __post_init__(self) -> None:
        rows, candidates = self.minutes.shape
        for name, shape in (
            ("residents", rows), ("reached_by", rows), ("minutes_now", rows), ("lon", candidates),
            ("lat", candidates), ("existing_lat", len(self.existing_lon)),
        ):  # fmt: skip
            if np.shape(getattr(self, name)) != (shape,):
                raise ValueError(f"{name} must have the shape ({shape},)")
        if (self.residents < 0).any():
            raise ValueError("residents must not be negative")


@dataclass(frozen=True, eq=False)
class Site:
    """A chosen candidate, in its turn: each gains most of what those before it left."""

    candidate: int  # column of the question's minutes
    people: int  # who gain by it, after the sites before it
    share: float  # of `Siting.lacking` who gain by it and those before it together
    rows: IntArray  # rows of the question whose people gain by it, ascending


@dataclass(frozen=True, eq=False)
class Siting:
    """The chosen sites, and how good the choice is. Fewer than k where no further one gains."""

    objective: Objective
    method: str  # "greedy_with_swaps" or "exact"
    sites: tuple[Site, ...]
    people: int  # who gain by all sites together
    bound: int  # no k sites gain more than these people
    lacking: int  # people who lack today what the objective gives
    attainable: int  # of them, who would gain if every allowed candidate were built, spacing aside
    forbidden: int  # candidates in forbidden areas
    too_near: int  # further candidates too near to existing stations

    @property
    def gap(self) -> float:
        """How much more the best choice could gain at most, as a share of the bound."""
        return (self.bound - self.people) / self.bound if self.bound else 0.0

    @property
    def proven(self) -> bool:
        """Whether no k sites gain more."""
        return self.people == self.bound


def choose(question: SitingQuestion, k: int, *, exact_within_s: float | None = None) -> Siting:
    """Choose up to k of the candidates so that most people gain.

    Without `exact_within_s`: greedy, swaps, and swaps from what bounding the choice met on the way;
    the bound is proven, by sums without rounding. With it: HiGHS goes on from there for at most so
    many seconds. Equal candidates: the lower column is taken.

    ValueError for a negative k and for no time.
    """
    if k < 0:
        raise ValueError("k must not be negative")
    if exact_within_s is not None and not exact_within_s > 0:
        raise ValueError("exact_within_s must be more than 0 seconds")
    forbidden = within(question.lon, question.lat, question.forbidden)
    too_near = ~forbidden & too_near_to(
        question.lon, question.lat,
        question.existing_lon, question.existing_lat, question.spacing_m,
    )  # fmt: skip
    allowed = np.flatnonzero(~forbidden & ~too_near)
    pairs = _pairs(question, allowed)
    counts, need = _who_counts(question)
    people = np.where(counts, question.residents, 0)
    rows = merged(pairs, people.astype(np.float64), need)
    apart = spacing(question.lon[allowed], question.lat[allowed], question.spacing_m)
    chosen, bound = _search(rows, apart, k, exact_within_s)
    order = allowed[_in_turn(rows, chosen)]
    sites = tuple(_sites(question, order.tolist(), people, need))
    return Siting(
        objective=question.objective,
        method="greedy_with_swaps" if exact_within_s is None else "exact",
        sites=sites,
        people=sum(site.people for site in sites),
        bound=bound,
        lacking=int(people.sum()),
        attainable=int(rows.people.sum()),
        forbidden=int(forbidden.sum()),
        too_near=int(too_near.sum()),
    )


def _search(
    rows: SiteRows, apart: Spacing, k: int, exact_within_s: float | None
) -> tuple[list[int], int]:
    if k == 0 or not len(rows.people):
        return [], 0
    first, bound = greedy(rows, apart, k)
    # Where two sites are needed, those that greedy counts half may stay half: so begin without too.
    starts = [first, []] if (rows.need > 1).any() else [first]
    best = max((improved(rows, apart, k, start) for start in starts), key=rows.worth)
    rounds = ROUNDS if exact_within_s is None else ROUNDS_BEFORE_EXACT
    found = bounded(rows, apart, k, best, rounds)
    if bound < found.bound:
        found = Bounded(found.sites, bound, found.prices)
    if exact_within_s is None:
        return found.sites, found.bound
    return solved(rows, apart, k, found, exact_within_s)


def _pairs(question: SitingQuestion, allowed: IntArray) -> csr_array[np.float64]:
    """Which of the allowed candidates reach which rows: 1.0 for each, shape (rows, allowed)."""
    minutes = question.minutes
    columns = np.repeat(np.arange(minutes.shape[1]), np.diff(minutes.indptr))
    place = np.full(minutes.shape[1], -1, dtype=np.int64)
    place[allowed] = np.arange(len(allowed))
    kept = (minutes.data <= question.limit_minutes) & (place[columns] >= 0)
    pairs = csr_array(
        (np.ones(int(kept.sum())), (minutes.indices[kept], place[columns[kept]])),
        shape=(minutes.shape[0], len(allowed)),
    )
    pairs.sum_duplicates()
    pairs.data[:] = 1.0
    return pairs


def _who_counts(question: SitingQuestion) -> tuple[BoolArray, IntArray]:
    """Which rows count, and how many sites each needs, both of shape (rows,)."""
    one = np.ones(len(question.residents), dtype=np.int64)
    if question.objective is Objective.BACKUP:
        return question.reached_by < 2, np.where(question.reached_by == 0, 2, one)
    unreached = question.reached_by == 0
    if question.objective is Objective.DEMAND:
        return unreached, one
    return worst_off(np.where(unreached, question.residents, 0), question.minutes_now), one


def worst_off(people: IntArray, minutes_now: FloatArray) -> BoolArray:
    """Which rows are the worst-off, of those with people whom no station reaches, shape (rows,).

    In the order of the minutes to the nearest station today, longest first (`inf`: none known), the
    first tenth of the people; whoever has as many minutes as the last of them is in. So give
    minutes beyond the limit: where all that is known is `inf`, all are equally badly off.
    """
    worst = np.zeros(len(people), dtype=np.bool_)
    rows = np.flatnonzero(people > 0)
    if len(rows):
        rows = rows[np.argsort(-minutes_now[rows], kind="stable")]
        together = np.cumsum(people[rows])
        last = rows[np.searchsorted(together, WORST_SHARE * together[-1])]
        worst[rows] = minutes_now[rows] >= minutes_now[last]
    return worst


def _in_turn(rows: SiteRows, chosen: list[int]) -> list[int]:
    """Return the chosen sites so that each gains most of those left; of equals the lower one.

    Where two sites are needed, the first of a pair gains nobody yet; the halves then decide.
    """
    listed = sorted(chosen)
    few = only(rows, np.array(listed, dtype=np.int64))
    left, order = list(range(len(listed))), list[int]()
    while left:
        times = few.times(order)
        gains, halves = few.gains(times), few.half_gains(times)
        order.append(max(left, key=lambda place: (gains[place], halves[place])))
        left.remove(order[-1])
    return [listed[place] for place in order]


def _sites(
    question: SitingQuestion, order: list[int], people: IntArray, need: IntArray
) -> list[Site]:
    minutes, lacking = question.minutes, int(people.sum())
    times = np.zeros(len(people), dtype=np.int64)
    found, together = [], 0
    for candidate in order:
        column = slice(*minutes.indptr[candidate : candidate + 2])
        reached = np.unique(
            minutes.indices[column][minutes.data[column] <= question.limit_minutes]
        ).astype(np.int64)
        times[reached] += 1
        gaining = reached[(times[reached] == need[reached]) & (people[reached] > 0)]
        gain = int(people[gaining].sum())
        together += gain
        found.append(Site(candidate, gain, together / lacking if lacking else 0.0, gaining))
    return found
