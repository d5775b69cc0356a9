"""Planners' questions, asked once and not kept: a drawn polygon, what if, where to build next."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from shapely import MultiPolygon
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat, convert
from geo.siting import Objective
from stations import coverage_polygons, coverage_siting, coverage_what_if, tables
from stations.area_tree import AreaTree, current_tree
from stations.areas import ListedArea
from stations.coverage import asked_terms, sources_of
from stations.coverage_polygons import Drawn
from stations.coverage_question import CoverageQuestion, checked
from stations.coverage_remarks import remarks, remarks_on_change
from stations.coverage_shapes import checked_polygon
from stations.coverage_siting import Suggest
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
    tree = current_tree(session)
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
    tree = current_tree(session)
    area = _area_to_edit(tree, asked, edits)
    parts = _parts(tree, area.code)
    root = replace(asked, area=tree.root_of(area.code))
    session.rollback()
    found = run(coverage_what_if.what_if, WhatIf(root, edits, area.code, tuple(parts)))
    return _changed(session, area, asked, parts, found)


def check_edits(session: Session, question: CoverageQuestion, edits: Edits) -> None:
    """Refuse what cannot be tried whatever happens: `what_if` also says which stations count.

    Raises InvalidInputError for too few or too many changes and for stations that are not there,
    and what is raised for an area.
    """
    _area_to_edit(current_tree(session), checked(question), edits)
    named = {f"close.{place}": code for place, code in enumerate(edits.close)}
    named |= {f"move.{place}.code": code for place, (code, _to) in enumerate(edits.move)}
    row = tables.Station
    there = set(
        session.scalars(select(row.code).where(row.code.in_(named.values()), row.is_public))
    )
    for field, code in named.items():
        if code not in there:
            raise InvalidInputError(
                field=field,
                problem_zh=f"没有对外公布的站点“{code}”",
                problem_en=f"there is no public station “{code}”",
            )


def _area_to_edit(tree: AreaTree, asked: CoverageQuestion, edits: Edits) -> ListedArea:
    count = len(edits.add) + len(edits.move) + len(edits.close)
    if not 1 <= count <= MOST_EDITS:
        raise InvalidInputError(
            field="add",
            problem_zh=f"一次可以试 1 到 {MOST_EDITS} 处改动，这里有 {count} 处",
            problem_en=f"1 to {MOST_EDITS} changes can be tried at once, and these are {count}",
        )
    return _whole_area(tree, asked.area)


@dataclass(frozen=True)
class SitesWanted:
    """How many sites, for whom, and where they may be; positions in `datum`."""

    k: int
    objective: Objective = Objective.DEMAND
    points: tuple[LonLat, ...] = ()
    spacing_m: int = 0
    forbidden: tuple[MultiPolygon, ...] = ()
    is_exact: bool = False
    capacity_per_day: int | None = None
    datum: Datum = Datum.WGS84
    forbidden_datum: Datum | None = None  # None: that of the points


def suggest(
    session: Session, question: CoverageQuestion, wanted: SitesWanted, run: Run
) -> dict[str, Any]:
    """Answer POST /v1/coverage/suggest: up to k sites, who gains by each, and what all change.

    Raises InvalidInputError for what cannot be used, and what `coverage.report` raises.
    """
    asked = checked(question)
    coverage_siting.check_counts(wanted.k, wanted.points)
    forbidden = tuple(
        checked_polygon(each, wanted.forbidden_datum or wanted.datum, field=f"forbidden.{place}")
        for place, each in enumerate(wanted.forbidden)
    )
    tree = current_tree(session)
    area = _whole_area(tree, asked.area)
    parts = _parts(tree, area.code)
    session.rollback()
    found = run(
        coverage_siting.suggest,
        Suggest(
            question=replace(asked, area=tree.root_of(area.code)),
            area=area.code,
            parts=tuple(parts),
            k=wanted.k,
            objective=wanted.objective,
            points=tuple(convert(each, wanted.datum, Datum.WGS84) for each in wanted.points),
            spacing_m=wanted.spacing_m,
            forbidden=forbidden,
            is_exact=wanted.is_exact,
            capacity_per_day=wanted.capacity_per_day,
        ),
    )
    sites = [
        each | {"areas": [_row(tree.bounded(row["code"]), row) for row in each["areas"]]}
        for each in found["sites"]
    ]
    changed = found["what_if"]
    return {
        **_named(area),
        **_terms(asked),
        **found,
        "sites": sites,
        "spacing_m": wanted.spacing_m,
        "what_if": changed and _changed(session, area, asked, parts, changed),
    }


def _changed(
    session: Session,
    area: ListedArea,
    asked: CoverageQuestion,
    parts: dict[str, ListedArea],
    found: dict[str, Any],
) -> dict[str, Any]:
    return {
        **_named(area),
        **_terms(asked),
        **found,
        "areas": [_row(parts[row["code"]], row) for row in found["areas"]],
        "sources": sources_of(session, {*found["sources"], area.source_code}),
        "remarks": remarks_on_change(found),
    }


def _whole_area(tree: AreaTree, code: str) -> ListedArea:
    area = tree.bounded(code)
    if tree.is_zone(area.code):
        raise InvalidInputError(
            field="area",
            problem_zh="片区不能单独试算，请用它所在的区",
            problem_en="nothing is tried out for a zone: take the district that it lies in",
        )
    return area


def _named(area: ListedArea) -> dict[str, Any]:
    return {"area": area.code, "area_name": area.name, "area_name_en": area.name_en}


def _parts(tree: AreaTree, code: str) -> dict[str, ListedArea]:
    return {part.code: part for part in tree.parts(code)}


def _terms(asked: CoverageQuestion) -> dict[str, Any]:
    now = datetime.now(SHANGHAI).isoformat(timespec="seconds")
    return asked_terms(asked) | {"as_of": now}


def _row(area: ListedArea, figures: dict[str, Any]) -> dict[str, Any]:
    return {"code": area.code, "name": area.name, "name_en": area.name_en, **figures}
