"""Where to build next: candidates of an area, the choice among them, and who gains by it.

Runs in the coverage process. The candidates are columns of reach like stations; what the chosen
ones would change is told as any what-if.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csc_array, vstack
from shapely import MultiPolygon

from geo.cells import parents
from geo.coordinates import FloatArray, LonLat
from geo.coverage import Demand, RowCoverage
from geo.reach import IntArray, metres_per_minute
from geo.site_candidates import most_promising, people_around
from geo.site_spacing import too_near_to, within
from geo.siting import Objective, Siting, SitingQuestion, choose, worst_off
from stations.coverage_places import Place
from stations.coverage_question import CoverageQuestion
from stations.coverage_remarks import remarks_on_sites
from stations.coverage_study import Desk, Study
from stations.coverage_what_if import Edits, NewPlace, WhatIf, what_if
from stations.demand import RESOLUTION
from stations.errors import InvalidInputError

MOST_SITES = 50
MOST_CANDIDATES = 3_000
MOST_PAIRS = 8_000_000
"""Of candidates and cells in their reach: some 100 bytes each while sites are chosen."""

COARSEST_RESOLUTION = 5
EXACT_WITHIN_S = 8.0

Position = tuple[float, float]


@dataclass(frozen=True)
class Suggest:
    """A checked question of a root area, and what is looked for in one area of it.

    `points` (WGS-84) are the candidates; empty: a grid. Only people of the area count.
    """

    question: CoverageQuestion
    area: str
    parts: tuple[str, ...]
    k: int
    objective: Objective = Objective.DEMAND
    points: tuple[LonLat, ...] = ()
    spacing_m: int = 0
    forbidden: tuple[MultiPolygon, ...] = ()
    is_exact: bool = False
    capacity_per_day: int | None = None


@dataclass(frozen=True, eq=False)
class _Candidates:
    positions: list[Position]
    grid_res: int | None  # None: they were given
    possible: int  # how many there would be
    forbidden: int = 0  # left out before, as were those too near to a station
    too_near: int = 0


def suggest(desk: Desk, asked: Suggest) -> dict[str, Any]:
    """Choose up to k sites, and say who gains by each, and what all of them change.

    Raises what `Desk.study` raises, and InvalidInputError where candidates reach too much.
    """
    study = desk.study(asked.question)
    demand = study.ground.demand
    leaves = {code: k for k, code in enumerate(study.ground.leaf_codes)}
    ranks = np.array([leaves[leaf] for leaf in study.tree.leaves(asked.area)], dtype=np.int64)
    inside = np.zeros(len(leaves), dtype=np.bool_)
    inside[ranks] = True
    counts = inside[demand.area]
    residents = int(demand.residents[counts].sum())
    # all rows of a cell have its reach; people of other areas gain too, and do not decide, nor do
    # those whom no street leads to
    told = demand.residents * (counts & study.nominal.routable)
    people = np.bincount(demand.cell_of_row, weights=told, minlength=len(demand.cells)).astype(
        np.int64
    )
    first = np.searchsorted(demand.cell_of_row, np.arange(len(demand.cells)))
    reached_by = study.nominal.reached_by[first]
    minutes_now = _minutes_now(desk, study, asked, study.nominal, first)
    enough = 2 if asked.objective is Objective.BACKUP else 1
    lacking = np.where(reached_by < enough, people, 0)
    standing = study.standing
    existing = standing.of(standing.counted)
    candidates = _candidates(desk, study, asked, existing, lacking, minutes_now)
    if not candidates.positions:
        return _nothing(study, asked, candidates, residents, int(lacking.sum()))
    columns = desk.reaches.beyond(study.ground, asked.question, candidates.positions)
    by_cell = csc_array(vstack([block.minutes for block in columns.blocks], format="csc"))
    found = choose(
        SitingQuestion(
            minutes=by_cell,
            limit_minutes=asked.question.minutes,
            residents=people,
            reached_by=reached_by,
            minutes_now=minutes_now,
            lon=np.array([lon for lon, _lat in candidates.positions]),
            lat=np.array([lat for _lon, lat in candidates.positions]),
            objective=asked.objective,
            spacing_m=asked.spacing_m,
            existing_lon=_lons(existing),
            existing_lat=_lats(existing),
            forbidden=asked.forbidden,
        ),
        asked.k,
        exact_within_s=EXACT_WITHIN_S if asked.is_exact else None,
    )
    return _told(desk, study, asked, candidates, found, told, residents)


def _lons(places: Sequence[Place]) -> FloatArray:
    return np.array([place.lon for place in places], dtype=np.float64)


def _lats(places: Sequence[Place]) -> FloatArray:
    return np.array([place.lat for place in places], dtype=np.float64)


def _candidates(
    desk: Desk,
    study: Study,
    asked: Suggest,
    existing: Sequence[Place],
    people: IntArray,
    minutes_now: FloatArray,
) -> _Candidates:
    """Return the points that were given, or places in cells where somebody lacks something.

    The place of a cell is the point on its street, or its centre in straight lines. Where there are
    more than can be looked at, the most promising of those where one may build: the best of each
    cell of a coarse grid, and the best of all.
    """
    if asked.points:
        given = [(point.lon, point.lat) for point in asked.points]
        _check_pairs(desk, study, asked, given, "points")
        return _Candidates(given, None, len(given))
    ground, question = study.ground, asked.question
    if asked.objective is Objective.WORST_OFF:
        people = np.where(worst_off(people, minutes_now), people, 0)
    cells = np.flatnonzero(people > 0)
    lon, lat = (each[cells] for each in desk.reaches.places(ground, question))
    forbidden = within(lon, lat, asked.forbidden)
    too_near = too_near_to(lon, lat, _lons(existing), _lats(existing), asked.spacing_m)
    free = np.flatnonzero(~forbidden & ~too_near)

    def at(place: IntArray) -> list[Position]:
        return list(zip(lon[place].tolist(), lat[place].tolist(), strict=True))

    def is_too_many(place: IntArray) -> bool:
        return desk.reaches.pairs_at_most(ground, question, at(place)) > MOST_PAIRS

    promise = None  # asked for only where there are too many
    place, most = np.arange(len(cells)), min(len(free), MOST_CANDIDATES)
    if len(place) <= MOST_CANDIDATES and not is_too_many(place):
        return _Candidates(at(place), RESOLUTION, len(cells))
    place = free
    while len(place) > most or is_too_many(place):
        if len(place) <= most:  # they reach too much
            most //= 2
        if most < 1:
            _check_pairs(desk, study, asked, at(place), "minutes")
        if promise is None:
            a_minute_m = metres_per_minute(question.speed_kmh, question.detour_factor)
            promise = people_around(lon, lat, people[cells], question.minutes * a_minute_m)[free]
        coarse = _grid_of(ground.demand.cells[cells[free]], most // 2)
        place = free[most_promising(promise, coarse, most)]
    return _Candidates(
        at(place),
        RESOLUTION,
        len(free),
        forbidden=int(forbidden.sum()),
        too_near=int((too_near & ~forbidden).sum()),
    )


def _grid_of(cells: IntArray, most: int) -> IntArray:
    """Return the coarser cell of each, of the finest grid that has at most so many of them."""
    for res in range(RESOLUTION - 1, COARSEST_RESOLUTION, -1):
        grid = parents(cells, res)
        if len(np.unique(grid)) <= most:
            return grid
    return parents(cells, COARSEST_RESOLUTION)


def _check_pairs(
    desk: Desk, study: Study, asked: Suggest, positions: Sequence[Position], field: str
) -> None:
    """Raise InvalidInputError where candidates reach more than can be looked at."""
    pairs = desk.reaches.pairs_at_most(study.ground, asked.question, positions)
    if pairs > MOST_PAIRS:
        count, minutes = len(positions), asked.question.minutes
        raise InvalidInputError(
            field=field,
            problem_zh=f"{count} 个候选点在 {minutes} 分钟内要看 {pairs} 对候选点和网格，"
            f"最多 {MOST_PAIRS} 对；请减少候选点或分钟",
            problem_en=f"{count} candidates within {minutes} minutes are {pairs} pairs of a "
            f"candidate and a cell, at most {MOST_PAIRS}: take fewer candidates or minutes",
        )


def _minutes_now(
    desk: Desk, study: Study, asked: Suggest, rows: RowCoverage, first: IntArray
) -> FloatArray:
    """Return minutes of each cell to its nearest station, beyond the limit where that decides."""
    if asked.objective is not Objective.WORST_OFF:
        return rows.minutes[first]
    places = study.standing.of(study.standing.counted)
    positions = [(place.lon, place.lat) for place in places]
    return desk.reaches.nearest(study.ground, asked.question, positions)


def _told(
    desk: Desk,
    study: Study,
    asked: Suggest,
    candidates: _Candidates,
    found: Siting,
    told: IntArray,
    residents: int,
) -> dict[str, Any]:
    positions = [candidates.positions[site.candidate] for site in found.sites]
    sites = [
        {
            "label": f"+{number}",
            "candidate": site.candidate,
            "lon": lon,
            "lat": lat,
            "gain": site.people,
            "cumulative_share": round(site.share, 4),
            "cells": [f"{cell:x}" for cell in study.ground.demand.cells[site.rows].tolist()],
            "areas": _by_area(study, site.rows, told),
        }
        for number, (site, (lon, lat)) in enumerate(
            zip(found.sites, positions, strict=True), start=1
        )
    ]
    places = tuple(NewPlace(LonLat(*each), asked.capacity_per_day) for each in positions)
    changed = None
    if places:
        changed = what_if(desk, WhatIf(asked.question, Edits(add=places), asked.area, asked.parts))
    return {
        **_about(study, candidates),
        "objective": found.objective.value,
        "siting_method": found.method,
        "gain": found.people,
        "bound": found.bound,
        "gap": round(found.gap, 6),
        "proven_optimal": found.proven,
        "lacking": found.lacking,
        "attainable": found.attainable,
        "candidates_forbidden": found.forbidden + candidates.forbidden,
        "candidates_too_near": found.too_near + candidates.too_near,
        "sites": sites,
        "what_if": changed,
        "remarks": remarks_on_sites(
            residents=residents,
            lacking=found.lacking,
            sites=len(sites),
            wanted=asked.k,
            candidates=len(candidates.positions),
            possible=candidates.possible,
            useless=len(candidates.positions) - found.forbidden - found.too_near,
            forbidden=found.forbidden + candidates.forbidden,
            too_near=found.too_near + candidates.too_near,
            spacing_m=asked.spacing_m,
        ),
    }


def _by_area(study: Study, cells: IntArray, told: IntArray) -> list[dict[str, Any]]:
    """Say where those of the area live who gain, by leaf area; `told` are they, shape (rows,)."""
    demand: Demand = study.ground.demand
    reached = np.zeros(len(demand.cells), dtype=np.bool_)
    reached[cells] = True
    sums = np.bincount(demand.area, weights=told * reached[demand.cell_of_row]).astype(np.int64)
    return [
        {"code": study.ground.leaf_codes[rank], "residents": int(sums[rank])}
        for rank in np.flatnonzero(sums).tolist()
    ]


def _about(study: Study, candidates: _Candidates) -> dict[str, Any]:
    return {
        "data_version": study.data_version,
        "candidates": len(candidates.positions),
        "candidates_possible": candidates.possible,
        "grid_res": candidates.grid_res,
    }


def _nothing(
    study: Study, asked: Suggest, candidates: _Candidates, residents: int, lacking: int
) -> dict[str, Any]:
    """Answer where there is no candidate at all."""
    return {
        **_about(study, candidates),
        "objective": asked.objective.value,
        "siting_method": "exact" if asked.is_exact else "greedy_with_swaps",
        "gain": 0,
        "bound": 0,
        "gap": 0.0,
        "proven_optimal": True,
        "lacking": lacking,
        "attainable": 0,
        "candidates_forbidden": candidates.forbidden,
        "candidates_too_near": candidates.too_near,
        "sites": [],
        "what_if": None,
        "remarks": remarks_on_sites(
            residents=residents,
            lacking=lacking,
            sites=0,
            forbidden=candidates.forbidden,
            too_near=candidates.too_near,
            spacing_m=asked.spacing_m,
        ),
    }


def check_counts(k: int, points: Sequence[LonLat]) -> None:
    """Raise InvalidInputError for too many sites or candidates, with the limit."""
    if not 1 <= k <= MOST_SITES:
        raise InvalidInputError(
            field="k",
            problem_zh=f"一次可以选 1 到 {MOST_SITES} 处",
            problem_en=f"1 to {MOST_SITES} sites can be chosen at once",
        )
    if len(points) > MOST_CANDIDATES:
        raise InvalidInputError(
            field="points",
            problem_zh=f"候选点最多 {MOST_CANDIDATES} 个，这里有 {len(points)} 个",
            problem_en=f"{MOST_CANDIDATES} candidates at most, and these are {len(points)}",
        )
