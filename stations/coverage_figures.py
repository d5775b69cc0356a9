"""The figures of areas, as answers hold them: sums over rows of one coverage of the root area."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from geo.coordinates import FloatArray
from geo.coverage import (
    CoverageReport,
    Demand,
    RowCoverage,
    by_area,
    percentiles,
    total,
)
from geo.coverage_shares import inside
from geo.coverage_stations import sole
from geo.reach import BoolArray, IntArray
from stations.area_tree import AreaTree
from stations.coverage_places import Place
from stations.coverage_question import EFFECTIVE_WITHIN_DAYS
from stations.coverage_study import Study

PERCENTS = (50, 90)
MOST_SINGLE_POINTS = 10

Here = Callable[[Place], bool]
"""Whether a station lies in the area that is told of."""


@dataclass(frozen=True, eq=False)
class View:
    """Rows that are told of, covered in three ways. `possible` is None without an instant."""

    demand: Demand
    nominal: RowCoverage
    effective: RowCoverage
    possible: RowCoverage | None


def whole(study: Study) -> View:
    """Return all rows of the root area."""
    possible = None if study.question.at is None else study.possible
    return View(study.ground.demand, study.nominal, study.effective, possible)


def part(study: Study, share: FloatArray) -> View:
    """Return the share of each row, shape (rows,), that lies in a shape."""
    demand = study.ground.demand
    all_ = whole(study)
    cut = inside(all_.nominal, demand, share)
    possible = all_.possible
    return View(
        cut.demand,
        cut.rows,
        inside(all_.effective, demand, share).rows,
        None if possible is None else inside(possible, demand, share).rows,
    )


class Figures:
    """Adds a view up by area, once for all of its leaves."""

    def __init__(self, study: Study, view: View) -> None:
        self._study = study
        self._view = view
        self._rank = {code: k for k, code in enumerate(study.ground.leaf_codes)}
        self._nominal = self._by_leaf(view.nominal)
        self._effective = self._by_leaf(view.effective)
        self._possible = None if view.possible is None else self._by_leaf(view.possible)
        self._order = np.argsort(view.demand.area, kind="stable")
        leaf_count = len(study.ground.leaf_codes)
        self._starts = np.searchsorted(view.demand.area[self._order], np.arange(leaf_count + 1))
        self._sole: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        found = sole(view.nominal, view.demand, len(study.standing.places))
        columns = (found.area, found.station, found.residents, found.workers)
        for leaf, *told in zip(*(column.tolist() for column in columns), strict=True):
            self._sole[leaf].append((told[0], told[1], told[2]))

    def of(self, leaves: Iterable[str], here: Here) -> dict[str, Any]:
        """Return the figures of the area that consists of some leaves."""
        ranks = [self._rank[code] for code in leaves]
        nominal = total(self._nominal[rank] for rank in ranks)
        effective = total(self._effective[rank] for rank in ranks)
        standing = self._study.standing
        possible = self._possible
        return {
            "stations": {
                "counted": self._count(standing.counted, here),
                "left_out": self._left_out(here),
            },
            **people(nominal),
            "nearest": self._nearest(ranks),
            "served_if_unknown_open": None
            if possible is None
            else _served(total(possible[rank] for rank in ranks)),
            "effective": {
                "within_days": EFFECTIVE_WITHIN_DAYS,
                "on": None if self._study.question.on is None else str(self._study.question.on),
                "stations": self._count(standing.effective, here),
                **people(effective),
            },
            "single_points": self._single_points(ranks),
        }

    def _by_leaf(self, rows: RowCoverage) -> list[CoverageReport]:
        return by_area(rows, self._view.demand, len(self._rank))

    def _rows_of(self, ranks: Sequence[int]) -> IntArray:
        parts = [self._order[self._starts[rank] : self._starts[rank + 1]] for rank in ranks]
        return np.concatenate([np.empty(0, dtype=np.int64), *parts])

    def _nearest(self, ranks: Sequence[int]) -> dict[str, float | None]:
        """Say within how many minutes half of the residents, and nine in ten, have a station."""
        rows = self._rows_of(ranks)
        minutes = self._view.nominal.minutes[rows]
        residents = self._view.demand.residents[rows]
        found = percentiles(minutes, residents, np.zeros_like(rows), 1, PERCENTS)[0]
        median, ninth = (None if np.isnan(each) else round(float(each), 1) for each in found)
        return {"median_minutes": median, "p90_minutes": ninth}

    def _single_points(self, ranks: Sequence[int]) -> dict[str, Any]:
        sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for rank in ranks:
            for station, residents, workers in self._sole[rank]:
                sums[station][0] += residents
                sums[station][1] += workers
        places = self._study.standing.places
        listed: list[dict[str, Any]] = [
            {
                "code": places[station].code,
                "name": places[station].name,
                "residents": residents,
                "workers": workers,
            }
            for station, (residents, workers) in sums.items()
            if residents or workers
        ]
        listed.sort(key=lambda each: (-each["residents"], -each["workers"], each["code"]))
        return {"numberMatched": len(listed), "stations": listed[:MOST_SINGLE_POINTS]}

    def _count(self, mask: BoolArray, here: Here) -> int:
        return sum(here(place) for place in self._study.standing.of(mask))

    def _left_out(self, here: Here) -> dict[str, int]:
        reasons = Counter(reason for reason, place in self._study.standing.left_out if here(place))
        return dict(sorted(reasons.items()))


def listed_areas(study: Study) -> dict[str, dict[str, Any]]:
    """Return the figures of the root area and of all areas with a shape in it, by code."""
    tree, figures = study.tree, Figures(study, whole(study))
    return {
        code: figures.of(tree.leaves(code), within(tree, code)) for code in tree.inner(study.root)
    }


def within(tree: AreaTree, code: str) -> Here:
    """Return whether a station lies in an area, by the areas that stations are listed under."""
    return lambda place: tree.within(place.area_code, code)


def people(report: CoverageReport) -> dict[str, Any]:
    """Return the people of one sum, by class and by how many stations reach them."""
    return {
        "demand": {"residents": asdict(report.residents), "workers": asdict(report.workers)},
        "backup": dict(zip(("0", "1", "2", "3+"), report.backup, strict=True)),
    }


def _served(report: CoverageReport) -> dict[str, int]:
    return {"residents": report.residents.served, "workers": report.workers.served}
