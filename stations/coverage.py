"""Coverage of an area: who is served, from kept results that all processes share."""

from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.cells import parents
from geo.coverage import PEOPLE_OF_CELLS, aggregate
from stations import coverage_results, tables
from stations.area_tree import AreaTree, current_tree
from stations.areas import ListedArea
from stations.coverage_question import CoverageQuestion, What, checked, result_key
from stations.coverage_remarks import remarks
from stations.coverage_results import KeptResult, Surface
from stations.demand import RESOLUTION
from stations.errors import BusyError, InvalidInputError
from stations.hours import SHANGHAI
from stations.register import current_version

__all__ = [
    "Compute",
    "CoverageQuestion",
    "cells",
    "has_stations",
    "hours",
    "report",
    "stations",
    "terms",
]

COARSEST_RESOLUTION, MOST_RESOLUTION = 5, 15
CHILDREN = 7  # cells of the next resolution in a cell


class Compute(Protocol):
    """Computes a checked question about a root area or a zone, and keeps the answer.

    At this data version or a later one: `CoverageWorker.compute` in a server.
    """

    def __call__(
        self, question: CoverageQuestion, data_version: int, what: What = "surface"
    ) -> KeptResult:
        """Return the kept result."""
        ...


def report(session: Session, question: CoverageQuestion, compute: Compute) -> dict[str, Any]:
    """Answer GET /v1/coverage: people by class and by number of stations, with the parts' rows.

    The four classes add up to the total, and the rows of `areas` to the area's own figures. The
    session's transaction ends if something must be computed first. Raises AreaNotFoundError,
    NoBoundaryError, NoDemandError, UnknownTermError, InvalidInputError, BusyError,
    NetworkReplacedError, DatabaseUnavailableError.
    """
    asked = checked(question)
    tree = current_tree(session)
    area = tree.bounded(asked.area)
    kept = _kept(session, tree, asked, compute)
    figures = _of_area(kept, area)
    parts = [part for part in tree.parts(area.code) if part.code in kept.report["areas"]]
    return {
        **_named(area),
        **terms(asked, kept),
        **figures,
        "areas": [_row(part, kept.report["areas"][part.code]) for part in parts],
        **_made_of(session, kept, area),
        "remarks": remarks(figures),
    }


def hours(session: Session, question: CoverageQuestion, compute: Compute) -> dict[str, Any]:
    """Answer GET /v1/coverage/hours: the 24-hour curve of a working day and a day off.

    Raises what `report` raises.
    """
    asked = checked(question)
    asked = replace(asked, at=None)
    tree = current_tree(session)
    area = tree.bounded(asked.area)
    kept = _kept(session, tree, asked, compute, "hours")
    return {
        **_named(area),
        **terms(asked, kept),
        **_of_area(kept, area),
        **_made_of(session, kept, area),
    }


def stations(session: Session, question: CoverageQuestion, compute: Compute) -> dict[str, Any]:
    """Answer GET /v1/coverage/stations: whom each counted station of an area reaches.

    Raises what `report` raises; InvalidInputError for a zone, under which no station is listed.
    """
    asked = checked(question)
    tree = current_tree(session)
    area = tree.bounded(asked.area)
    if tree.is_zone(area.code):
        raise InvalidInputError(
            field="area",
            problem_zh="片区下没有登记站点，请用它所在的区",
            problem_en="no station is listed under a zone: take the district that it lies in",
        )
    kept = _kept(session, tree, asked, compute, "stations")
    listed = [each for each in kept.report["stations"] if tree.within(each["area"], area.code)]
    return {
        **_named(area),
        **terms(asked, kept),
        "numberMatched": len(listed),
        "stations": listed,
        **_made_of(session, kept, area),
    }


def has_stations(session: Session, area_code: str) -> bool:
    """Whether stations are listed under an area: under a zone none is."""
    return not current_tree(session).is_zone(area_code)


def cells(
    session: Session, question: CoverageQuestion, res: int, compute: Compute
) -> dict[str, Any]:
    """Answer GET /v1/coverage/cells: parallel lists in the order of the cells.

    `minutes` to the nearest station, null where none is in reach; `residents`, of whom `uncovered`
    are in nobody's reach and `not_routable` have no known way; outdoor `workers` likewise, of whom
    `workers_served` have a place; `reached_by`, the stations in reach; `stations` that lie in the
    cell. Cells with none of these are left out. Raises what `report`
    raises; InvalidInputError for cells finer than the demand, or too coarse.
    """
    asked = checked(question)
    tree = current_tree(session)
    area = tree.bounded(asked.area)
    kept = _kept(session, tree, asked, compute, with_surface=True)
    surface = Surface.from_bytes(kept.surface)
    leaves = surface.leaf_codes.tolist() if tree.is_zone(area.code) else tree.leaves(area.code)
    found = surface.cells(leaves)
    if not COARSEST_RESOLUTION <= res <= RESOLUTION:
        raise _other_cells(res, len(found.cell))
    if res < RESOLUTION:
        found = aggregate(found, parents(found.cell, res))
    reached = np.isfinite(found.minutes)
    shown = reached | (found.residents + found.workers > 0) | (found.stations > 0)
    minutes = np.round(found.minutes, 1).astype(object)
    minutes[~reached] = None
    figures = _of_area(kept, area)
    return {
        "res": res,
        "area": area.code,
        "limit_minutes": asked.minutes,
        **{name: value for name, value in terms(asked, kept).items() if name != "minutes"},
        "cells": [f"{cell:x}" for cell in found.cell[shown].tolist()],
        "minutes": minutes[shown].tolist(),
        **{name: getattr(found, name)[shown].tolist() for name in PEOPLE_OF_CELLS},
        "reached_by": found.reached_by[shown].tolist(),
        "stations": found.stations[shown].tolist(),
        "remarks": remarks(figures),
    }


def terms(asked: CoverageQuestion, kept: KeptResult) -> dict[str, Any]:
    """Say how a figure was made, and of what."""
    return {
        **asked_terms(asked),
        "as_of": kept.computed_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "data_version": kept.data_version,
    }


def asked_terms(asked: CoverageQuestion) -> dict[str, Any]:
    """Say what was asked, and how minutes are counted."""
    return {
        "minutes": asked.minutes,
        "kinds": list(asked.kinds),
        "profile": asked.profile,
        "method": asked.method,
        "speed_kmh": asked.speed_kmh,
        "detour_factor": asked.detour_factor if asked.network is None else None,
        "at": None if asked.at is None else asked.at.isoformat(),
    }


def _kept(
    session: Session,
    tree: AreaTree,
    asked: CoverageQuestion,
    compute: Compute,
    what: What = "surface",
    *,
    with_surface: bool = False,
) -> KeptResult:
    """Return the kept result of the root above the area, or of a zone; compute it if need be."""
    home = asked.area if tree.is_zone(asked.area) else tree.root_of(asked.area)
    root = replace(asked, area=home)
    data_version = current_version(session)
    key = result_key(root, data_version, what)
    found = coverage_results.find(session, key, with_surface=with_surface)
    if found is not None and found.is_fresh:
        return found
    # Waiting must not hold one of the few connections.
    session.rollback()
    try:
        return compute(root, data_version, what)
    except BusyError:
        # The computation would only have noted that the result is still in use.
        if found is not None:
            return found
        raise


def _of_area(kept: KeptResult, area: ListedArea) -> dict[str, Any]:
    found: dict[str, Any] | None = kept.report["areas"].get(area.code)
    if found is None:  # areas were loaded anew between the two reads
        raise BusyError
    return found


def _named(area: ListedArea) -> dict[str, Any]:
    return {"area": area.code, "area_name": area.name, "area_name_en": area.name_en}


def _row(area: ListedArea, figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": area.code,
        "name": area.name,
        "name_en": area.name_en,
        **figures,
        "stations": figures["stations"]["counted"],
    }


def _made_of(session: Session, kept: KeptResult, area: ListedArea) -> dict[str, Any]:
    codes = {*kept.report["sources"], area.source_code}
    return {
        "network": kept.report["network"],
        "sources": sources_of(session, codes),
        "demo": kept.report["demo"],
    }


def sources_of(session: Session, codes: set[str]) -> list[dict[str, Any]]:
    """Return sources by code, with their terms."""
    row = tables.Source
    query = select(row.code, row.name, row.licence, row.attribution, row.url).order_by(row.code)
    # there are few, and a list of some makes another statement each time
    return [dict(found) for found in session.execute(query).mappings() if found["code"] in codes]


def _other_cells(res: int, count: int) -> InvalidInputError:
    """Say which cells there are; of finer ones, how many there would be."""
    zh, en = f"应为 {COARSEST_RESOLUTION} 到 {RESOLUTION}", f"{COARSEST_RESOLUTION} to {RESOLUTION}"
    if res < COARSEST_RESOLUTION:
        return InvalidInputError(field="res", problem_zh=zh, problem_en=f"{en} is needed")
    would_be = count * CHILDREN ** (res - RESOLUTION)
    return InvalidInputError(
        field="res",
        problem_zh=f"{zh}：人口没有更细的网格"
        f"（这里有 {count} 个 {RESOLUTION} 级网格，{res} 级约有 {would_be} 个）",
        problem_en=f"{en} is needed: residents are not known on finer cells "
        f"(there are {count} of resolution {RESOLUTION} here, and about {would_be} of {res})",
    )
