"""Coverage inside a polygon that a planner drew. Runs in the coverage process."""

from dataclasses import dataclass
from typing import Any

from shapely import MultiPolygon

from stations.coverage_figures import Figures, Here, part, within
from stations.coverage_question import CoverageQuestion
from stations.coverage_shapes import cut_by
from stations.coverage_study import Desk
from stations.coverage_surface import said_of


@dataclass(frozen=True)
class Drawn:
    """A checked question of a root area, a polygon in WGS-84, and the areas to tell apart."""

    question: CoverageQuestion
    shape: MultiPolygon
    parts: tuple[str, ...]


def report_inside(desk: Desk, asked: Drawn) -> dict[str, Any]:
    """Return the figures of what lies inside, and of each area's part of it.

    People of a cell that the outline cuts are divided by its share, in whole persons; the rows of
    `areas` add up to the whole.
    """
    study = desk.study(asked.question)
    cut = cut_by(desk, study, asked.shape)
    figures = Figures(study, part(study, cut.share))
    here = cut.holds()

    def inside(code: str) -> Here:
        lies_in = within(study.tree, code)
        return lambda place: here(place) and lies_in(place)

    return {
        "data_version": study.data_version,
        **figures.of(study.ground.leaf_codes, here),
        "areas": [
            {"code": code, **figures.of(study.tree.leaves(code), inside(code))}
            for code in asked.parts
        ],
        **said_of(desk, study),
    }
