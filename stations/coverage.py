"""Coverage of a listed area: who is served, from kept results that all processes share."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.cells import parents
from geo.coverage import aggregate
from geo.profiles import DETOUR_FACTOR
from stations import coverage_results, tables
from stations.area_tree import AreaTree, read_tree
from stations.areas import ListedArea
from stations.coverage_question import METHOD, CoverageQuestion, checked, result_key
from stations.coverage_results import KeptResult, Surface
from stations.demand import RESOLUTION
from stations.errors import BusyError, InvalidInputError
from stations.hours import SHANGHAI
from stations.register import current_version

__all__ = ["Compute", "CoverageQuestion", "cells", "report"]

Compute = Callable[[CoverageQuestion, int], KeptResult]
"""Computes a checked question about a root area, at this data version or a later one, and keeps
it: `CoverageWorker.compute` in a server."""


def report(session: Session, question: CoverageQuestion, compute: Compute) -> dict[str, Any]:
    """Answer GET /v1/coverage: people by class and by number of stations, with the parts' rows.

    The four classes add up to the total, and the rows of `areas` to the area's own figures. The
    session's transaction ends if something must be computed first. Raises AreaNotFoundError,
    NoBoundaryError, NoDemandError, UnknownTermError, InvalidInputError, BusyError,
    DatabaseUnavailableError.
    """
    asked = checked(question)
    tree = read_tree(session)
    area = tree.bounded(asked.area)
    sources = _sources(session)
    kept = _kept(session, tree, asked, compute)
    figures = kept.report["areas"]
    if area.code not in figures:  # areas were loaded anew between the two reads
        raise BusyError
    return {
        "area": area.code,
        "area_name": area.name,
        "area_name_en": area.name_en,
        **_terms(asked, kept),
        "stations": figures[area.code]["stations"],
        "demand": figures[area.code]["demand"],
        "backup": figures[area.code]["backup"],
        "served_if_unknown_open": figures[area.code]["served_if_unknown_open"],
        "areas": [
            _row(part, figures[part.code]) for part in tree.parts(area.code) if part.code in figures
        ],
        "sources": [
            sources[code]
            for code in sorted({*kept.report["sources"], area.source_code})
            if code in sources
        ],
        "demo": kept.report["demo"],
    }


def cells(
    session: Session, question: CoverageQuestion, res: int, compute: Compute
) -> dict[str, Any]:
    """Answer GET /v1/coverage/cells: parallel lists in the order of the cells.

    `minutes` to the nearest station, null where none is in reach; `residents`, of whom `uncovered`
    are in nobody's reach; `stations` that lie in the cell. Cells with none of these are left out.
    Raises what `report` raises; InvalidInputError for cells finer than the demand.
    """
    if not 0 <= res <= RESOLUTION:
        raise InvalidInputError(
            field="res",
            problem_zh=f"应为 0 到 {RESOLUTION}：人口没有更细的网格",
            problem_en=f"0 to {RESOLUTION} is needed: residents are not known on finer cells",
        )
    asked = checked(question)
    tree = read_tree(session)
    area = tree.bounded(asked.area)
    kept = _kept(session, tree, asked, compute)
    found = Surface.from_bytes(kept.surface).cells(tree.leaves(area.code))
    if res < RESOLUTION:
        found = aggregate(found, parents(found.cell, res))
    reached = np.isfinite(found.minutes)
    shown = reached | (found.residents > 0) | (found.stations > 0)
    minutes = np.round(found.minutes, 1).astype(object)
    minutes[~reached] = None
    return {
        "res": res,
        "area": area.code,
        "limit_minutes": asked.minutes,
        **{name: value for name, value in _terms(asked, kept).items() if name != "minutes"},
        "cells": [f"{cell:x}" for cell in found.cell[shown].tolist()],
        "minutes": minutes[shown].tolist(),
        "residents": found.residents[shown].tolist(),
        "uncovered": found.uncovered[shown].tolist(),
        "stations": found.stations[shown].tolist(),
    }


def _kept(
    session: Session, tree: AreaTree, asked: CoverageQuestion, compute: Compute
) -> KeptResult:
    """Return the kept surface of the root above the area; compute it if there is none."""
    root = replace(asked, area=tree.root_of(asked.area))
    data_version = current_version(session)
    found = coverage_results.find(session, result_key(root, data_version))
    if found is not None and found.is_fresh:
        return found
    # Waiting must not hold one of the few connections.
    session.rollback()
    try:
        return compute(root, data_version)
    except BusyError:
        # The computation would only have noted that the result is still in use.
        if found is not None:
            return found
        raise


def _terms(asked: CoverageQuestion, kept: KeptResult) -> dict[str, Any]:
    """Say how a figure was made, and of what."""
    return {
        "minutes": asked.minutes,
        "kinds": list(asked.kinds),
        "profile": asked.profile,
        "method": METHOD,
        "speed_kmh": asked.speed_kmh,
        "detour_factor": DETOUR_FACTOR,
        "at": None if asked.at is None else asked.at.isoformat(),
        "as_of": kept.computed_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "data_version": kept.data_version,
    }


def _row(area: ListedArea, figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": area.code,
        "name": area.name,
        "name_en": area.name_en,
        "stations": figures["stations"]["counted"],
        "demand": figures["demand"],
        "backup": figures["backup"],
        "served_if_unknown_open": figures["served_if_unknown_open"],
    }


def _sources(session: Session) -> dict[str, dict[str, Any]]:
    row = tables.Source
    query = select(row.code, row.name, row.licence, row.attribution, row.url)
    return {found["code"]: dict(found) for found in session.execute(query).mappings()}
