"""What if: stations added, moved and closed on paper, and what that changes for whom.

Runs in the coverage process. The columns of stations that stay are those of the study; only the new
places are counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geo.coordinates import LonLat
from geo.coverage import UNLIMITED, CoverageReport, RowCoverage, by_area, cover, total
from geo.coverage_changes import CellChanges, changes
from geo.coverage_stations import station_reach
from geo.reach import BoolArray, IntArray, Reach, beside, mask_stations, pick_stations
from stations.coverage_figures import people
from stations.coverage_question import CoverageQuestion
from stations.coverage_study import Desk, Study
from stations.coverage_surface import said_of
from stations.errors import InvalidInputError

MOST_EDITS = 100


@dataclass(frozen=True)
class NewPlace:
    """A place on paper, WGS-84; `capacity_per_day` None: not known, and no limit."""

    point: LonLat
    capacity_per_day: int | None = None


@dataclass(frozen=True)
class Edits:
    """What is tried out: places added, stations moved by code, and stations closed."""

    add: tuple[NewPlace, ...] = ()
    move: tuple[tuple[str, LonLat], ...] = ()
    close: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Tried:
    """A study and what edits make of it; `after` is covered by columns of `blocks`."""

    study: Study
    blocks: Sequence[Reach]
    mask: BoolArray
    capacity: IntArray
    added: range  # columns of the places that were added
    on_street: BoolArray  # of added and moved places, in that order
    after: RowCoverage = field(repr=False)


@dataclass(frozen=True)
class WhatIf:
    """A question, what is tried out, and of which area and its parts the answer tells."""

    question: CoverageQuestion  # checked, of a root area
    edits: Edits
    area: str
    parts: tuple[str, ...]


def what_if(desk: Desk, asked: WhatIf) -> dict[str, Any]:
    """Return who is served before and after, by area and by cell.

    A gain is what is after less what was before. Raises InvalidInputError for a station that does
    not count here, and what `Desk.study` raises.
    """
    tried = try_out(desk, asked.question, asked.edits)
    study = tried.study
    rank = {code: k for k, code in enumerate(study.ground.leaf_codes)}
    sums = [by_area(rows, study.ground.demand, len(rank)) for rows in (study.nominal, tried.after)]

    def told(code: str) -> dict[str, Any]:
        ranks = [rank[leaf] for leaf in study.tree.leaves(code)]
        before, after = (total(each[k] for k in ranks) for each in sums)
        return {"before": people(before), "after": people(after), "gain": gain(before, after)}

    is_inside = np.zeros(len(rank), dtype=np.bool_)
    is_inside[[rank[leaf] for leaf in study.tree.leaves(asked.area)]] = True
    demand = study.ground.demand
    told_rows = is_inside[demand.area]
    return {
        "data_version": study.data_version,
        **told(asked.area),
        "areas": [{"code": code, **told(code)} for code in asked.parts],
        "added": _added(tried, len(asked.edits.add)),
        "moved": _moved(tried, asked.edits),
        "cells": _cells(changes(study.nominal, tried.after, demand, told_rows)),
        **said_of(desk, study),
    }


def try_out(desk: Desk, question: CoverageQuestion, edits: Edits) -> Tried:
    """Cover the ground with the stations of a study, edited."""
    study = desk.study(question)
    place_of = {place.code: k for k, place in enumerate(study.standing.places)}
    gone = [_known(place_of, code, f"close.{k}") for k, code in enumerate(edits.close)]
    moved = [_known(place_of, code, f"move.{k}.code") for k, (code, _p) in enumerate(edits.move)]
    twice = {*gone} & {*moved}
    if twice or len({*moved}) < len(moved):
        raise InvalidInputError(
            field="move",
            problem_zh="同一个站点只能移动一次，也不能又移动又关闭",
            problem_en="a station is moved once, and not closed as well",
        )
    count = len(study.standing.places)
    new = [each.point for each in edits.add] + [point for _code, point in edits.move]
    columns = desk.reaches.beyond(study.ground, question, new)
    blocks = beside(study.blocks, columns.blocks) if new else list(study.blocks)
    # moved stations keep their turn, which is that of codes; those on paper come last
    order = np.arange(count + len(edits.add))
    order[count:] = count + np.arange(len(edits.add))
    order[moved] = count + len(edits.add) + np.arange(len(moved))
    picked = [pick_stations(block, order) for block in blocks] if moved else blocks
    mask = np.concatenate((study.standing.counted, columns.routable[: len(edits.add)]))
    mask[moved] = study.standing.would_count[moved] & columns.routable[len(edits.add) :]
    mask[gone] = False
    own = [UNLIMITED if n is None else n for n in (each.capacity_per_day for each in edits.add)]
    capacity = np.concatenate((study.standing.capacity, np.array(own, dtype=np.int64)))
    masked = (mask_stations(block, mask) for block in picked)
    after = cover(masked, study.ground.demand, capacity)
    added = range(count, count + len(edits.add))
    return Tried(study, picked, mask, capacity, added, columns.routable, after)


def gain(before: CoverageReport, after: CoverageReport) -> dict[str, Any]:
    """Return what is after less what was before."""
    return {
        "residents_served": after.residents.served - before.residents.served,
        "workers_served": after.workers.served - before.workers.served,
        "residents_uncovered": after.residents.uncovered - before.residents.uncovered,
        "workers_without_capacity": after.workers.without_capacity
        - before.workers.without_capacity,
        "backup": {
            name: then - now
            for name, now, then in zip(
                ("0", "1", "2", "3+"), before.backup, after.backup, strict=True
            )
        },
    }


def _known(place_of: dict[str, int], code: str, name: str) -> int:
    """Return the place of a station; also one that reaches nobody where it is, or is shut then."""
    place = place_of.get(code)
    if place is None:
        raise InvalidInputError(
            field=name,
            problem_zh=f"“{code}”不在计算之内：没有这个站点，或者它停用、不对外、种类不符、离得太远",
            problem_en=f"“{code}” does not count here: there is no such station, or it is out of "
            "service, not public, of another kind, or too far away",
        )
    return place


def _added(tried: Tried, count: int) -> list[dict[str, Any]]:
    """Say of each place on paper whom it reaches, and whom it alone would."""
    reached = station_reach(tried.blocks, tried.study.ground.demand, len(tried.mask))
    only = tried.after.only_station
    residents = tried.study.ground.demand.residents
    return [
        {
            "label": f"+{k + 1}",
            "routable": bool(tried.on_street[k]),
            "residents": int(reached.residents[column]),
            "only_residents": int(residents[only == column].sum()),
            "workers_served": int(tried.after.workers_at[column]),
        }
        for k, column in zip(range(count), tried.added, strict=True)
    ]


def _moved(tried: Tried, edits: Edits) -> list[dict[str, Any]]:
    on_street = tried.on_street[len(edits.add) :].tolist()
    return [
        {"code": code, "routable": routable}
        for (code, _point), routable in zip(edits.move, on_street, strict=True)
    ]


def _cells(found: CellChanges) -> dict[str, Any]:
    return {
        "res": 9,
        "cells": [f"{cell:x}" for cell in found.cell.tolist()],
        "minutes_before": _or_none(found.minutes_before),
        "minutes_after": _or_none(found.minutes_after),
        "reached_by_before": found.reached_by_before.tolist(),
        "reached_by_after": found.reached_by_after.tolist(),
        "residents": found.residents.tolist(),
        "residents_gained": found.residents_gained.tolist(),
        "workers_gained": found.workers_gained.tolist(),
    }


def _or_none(minutes: Iterable[float]) -> list[float | None]:
    return [None if np.isnan(each) else round(float(each), 1) for each in minutes]
