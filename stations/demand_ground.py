"""What demand is spread over: leaf areas by code and name, their cells, and who is there now."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.coverage_shares import SHARE_PARTS
from stations import area_names, tables
from stations.area_names import AreaNames
from stations.area_tree import AreaTree
from stations.areas import ListedArea, list_areas

Key = tuple[str, int]
"""A leaf area and a cell of it."""


@dataclass(frozen=True)
class Ground:
    """Areas, and the cells of the leaf ones: `parts` of SHARE_PARTS by area and cell, in order.

    `stored` holds residents, workers and source of each part of a cell.
    """

    areas: Mapping[str, ListedArea]
    names: AreaNames
    parts: Mapping[str, Mapping[int, int]]
    stored: Mapping[Key, tuple[int, int, str]]

    @cached_property
    def _tree(self) -> AreaTree:
        return AreaTree(self.areas.values())

    @cached_property
    def _areas_by_cell(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        for code in sorted(self.parts):
            for cell in self.parts[code]:
                found[cell].append(code)
        return found

    @cached_property
    def _codes_by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for code, area in self.areas.items():
            found[area_names.spelt(area.name)].append(code)
        return found

    def leaves(self, code: str) -> Sequence[str]:
        """Return the leaf areas of an area; none of a zone, or where there is no shape."""
        area = self.areas[code]
        if area.level == "zone" or not area.has_boundary:
            return ()
        return [leaf for leaf in self._tree.leaves(code) if leaf in self.parts]

    def areas_of(self, cell: int) -> Sequence[str]:
        """Return the leaf areas that share a cell of resolution 9."""
        return self._areas_by_cell.get(cell, ())

    def code_of(self, text: str) -> str | None:
        """Return the code of an area by its code, or by its name where no other has a shape too."""
        if text in self.areas:
            return text
        same = self._codes_by_name.get(area_names.spelt(text), [])
        usable = [code for code in same if self.leaves(code)] or same
        if len(usable) == 1:
            return usable[0]
        return self.names.district(text) or self.names.town(text, None)


def load(session: Session) -> Ground:
    """Read areas, cells and demand."""
    part, row = tables.CellArea, tables.Demand
    cells = select(part.area_code, part.cell, part.share).order_by(part.area_code, part.cell)
    parts: dict[str, dict[int, int]] = defaultdict(dict)
    for code, cell, share in session.execute(cells):
        parts[code][cell] = max(1, round(share * SHARE_PARTS))
    stored = select(row.area_code, row.cell, row.residents, row.workers, row.source_code)
    return Ground(
        areas={area.code: area for area in list_areas(session)},
        names=area_names.load(session),
        parts=dict(parts),
        stored={
            (code, cell): (n, m, source) for code, cell, n, m, source in session.execute(stored)
        },
    )
