"""Planners' questions, which are asked once and not kept: a drawn polygon, and what if."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from shapely import MultiPolygon
from sqlalchemy.orm import Session

from geo.coordinates import Datum
from stations import coverage_polygons, coverage_what_if
from stations.area_tree import AreaTree, read_tree
from stations.areas import ListedArea
from stations.coverage import asked_terms, remarks, sources_of
from stations.coverage_polygons import Drawn
from stations.coverage_question import CoverageQuestion, checked
from stations.coverage_shapes import checked_polygon
from stations.coverage_study import Desk
from stations.coverage_what_if import MOST_EDITS, Edits, WhatIf
from stations.errors import InvalidInputError
from stations.hours import SHANGHAI

T = TypeVar("T")
R = TypeVar("R")


class Run(Protocol):
    """Does a job in the coverage process: `CoverageWorker.run` on account of somebody."""

    def __call__(self, job: Callable[[Desk, T], R], asked: T) -> R:
        """Return what the job returns."""
        ...


def inside_polygon(
    session: Session, question: CoverageQuestion, shape: MultiPolygon, datum: Datum, run: Run
) -> dict[str, Any]:
    """Answer POST /v1/coverage: the figures of what lies in a drawn polygon of the root area.

    The area of the question is the one whose people are allocated as a whole. Raises
    InvalidInputError for a polygon that cannot be used, and what `coverage.report` raises.
    """
    asked = checked(question)
    polygon = checked_polygon(shape, datum)
    tree = read_tree(session)
    root = tree.root_of(tree.bounded(asked.area).code)
    parts = _parts(tree, root)
    session.rollback()  # waiting must not hold one of the few connections
    found = run(
        coverage_polygons.report_inside, Drawn(replace(asked, area=root), polygon, tuple(parts))
    )
    return {
        "area": None,
        **_terms(asked),
        **found,
        "areas": [
            _row(parts[row["code"]], row) | {"stations": row["stations"]["counted"]}
            for row in found["areas"]
            if row["demand"]["residents"]["total"] or row["stations"]["counted"]
        ],
        "sources": sources_of(session, set(found["sources"])),
        "remarks": remarks(found),
    }


def what_if(session: Session, question: CoverageQuestion, edits: Edits, run: Run) -> dict[str, Any]:
    """Answer POST /v1/coverage/what-if: before, after and gain, by area and by cell.

    Raises InvalidInputError for edits that cannot be tried, and what `coverage.report` raises.
    """
    asked = checked(question)
    count = len(edits.add) + len(edits.move) + len(edits.close)
    if not 1 <= count <= MOST_EDITS:
        raise InvalidInputError(
            field="add",
            problem_zh=f"一次可以试 1 到 {MOST_EDITS} 处改动，这里有 {count} 处",
            problem_en=f"1 to {MOST_EDITS} changes can be tried at once, and these are {count}",
        )
    tree = read_tree(session)
    area = tree.bounded(asked.area)
    if tree.is_zone(area.code):
        raise InvalidInputError(
            field="area",
            problem_zh="片区不能单独试算，请用它所在的区",
            problem_en="nothing is tried out for a zone: take the district that it lies in",
        )
    parts = _parts(tree, area.code)
    root = replace(asked, area=tree.root_of(area.code))
    session.rollback()
    found = run(coverage_what_if.what_if, WhatIf(root, edits, area.code, tuple(parts)))
    return {
        "area": area.code,
        "area_name": area.name,
        "area_name_en": area.name_en,
        **_terms(asked),
        **found,
        "areas": [_row(parts[row["code"]], row) for row in found["areas"]],
        "sources": sources_of(session, {*found["sources"], area.source_code}),
    }


def _parts(tree: AreaTree, code: str) -> dict[str, ListedArea]:
    return {part.code: part for part in tree.parts(code)}


def _terms(asked: CoverageQuestion) -> dict[str, Any]:
    now = datetime.now(SHANGHAI).isoformat(timespec="seconds")
    return asked_terms(asked) | {"as_of": now}


def _row(area: ListedArea, figures: dict[str, Any]) -> dict[str, Any]:
    return {"code": area.code, "name": area.name, "name_en": area.name_en, **figures}
