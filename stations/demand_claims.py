"""Which people each row of a file is about; nobody may be counted by two rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.cells import parents, resolution
from stations.demand import RESOLUTION
from stations.demand_file import GivenDemand
from stations.demand_ground import Ground, Key
from stations.import_report import Line, refusal, shown


@dataclass(frozen=True)
class Claim:
    """People of a row, to be spread over parts of cells: of one cell, or of whole areas."""

    keys: Sequence[Key]
    is_cell: bool
    residents: int
    workers: int


class Claims:
    """Takes rows one after the other, and refuses what cannot be placed or was said before."""

    def __init__(self, ground: Ground, rows: Sequence[GivenDemand]) -> None:
        self._ground = ground
        self._told = self._areas_told_of(rows)
        self.divided = 0  # cells on an edge whose people all go to one side of it
        self._areas: dict[str, int] = {}  # leaf area: the first row about it
        self._whole: dict[str, int] = {}  # leaf area: the row about all of it
        self._cells: dict[Key, int] = {}  # leaf area and cell of a row: that row
        self._above: dict[Key, int] = {}  # and all cells that hold one, down to itself

    def claim(self, given: GivenDemand) -> Claim | Line:
        """Return what a row is about, or why it is refused."""
        leaves = self._leaves(given)
        if isinstance(leaves, Line):
            return leaves
        if given.cell is None:
            keys = [(leaf, cell) for leaf in leaves for cell in self._ground.parts[leaf]]
            first = self._first_of_areas(leaves)
        else:
            holder = _holders(given.cell)[0]
            shared = self._ground.areas_of(holder)
            keys = [(leaf, holder) for leaf in leaves or self._own(shared) if leaf in shared]
            self.divided += not leaves and len(keys) < len(shared)
            if not keys:
                return _outside(given, elsewhere=bool(shared))
            first = self._first_of_cell([leaf for leaf, _cell in keys], given.cell)
        if first is not None:
            return _twice(given, first)
        self._remember(given, [leaf for leaf, _cell in keys])
        return Claim(keys, given.cell is not None, given.residents, given.workers)

    def _areas_told_of(self, rows: Sequence[GivenDemand]) -> set[str]:
        """Return the leaf areas that rows name, or that have a cell of a row to themselves."""
        told: set[str] = set()
        for given in rows:
            leaves = self._leaves(given)
            if isinstance(leaves, Line):
                continue
            if given.cell is not None and not leaves:
                shared = self._ground.areas_of(_holders(given.cell)[0])
                leaves = shared if len(shared) == 1 else ()
            told.update(leaves)
        return told

    def _own(self, shared: Sequence[str]) -> Sequence[str]:
        """Return those of the areas of a cell that the file is about; all if it is about none.

        Whoever writes down the cells of a district writes those on its edge too, and means no other
        district by it.
        """
        return [leaf for leaf in shared if leaf in self._told] or shared

    def _leaves(self, given: GivenDemand) -> Sequence[str] | Line:
        """Return the leaf areas that a row names, by code and by name; none where it names none."""
        codes = []
        for field, text in (("area", given.area), ("name", given.name)):
            if text is None:
                continue
            code = self._ground.code_of(text)
            if code is None:
                return refusal(
                    given.row,
                    field,
                    f"没有叫“{shown(text)}”或编号为此的区域",
                    f"there is no area of the code or name “{shown(text)}”",
                    code="unknown_area",
                )
            if not self._ground.leaves(code):
                return refusal(
                    given.row,
                    field,
                    f"“{shown(text)}”没有边界，或者是片区，不能分配人口",
                    f"“{shown(text)}” has no boundary, or is a zone: people cannot be placed in it",
                    code="no_boundary",
                )
            codes.append(code)
        if len(set(codes)) > 1:
            return refusal(
                given.row,
                "name",
                f"名称“{shown(given.name)}”不是 {shown(given.area)} 的",
                f"the name “{shown(given.name)}” is not that of {shown(given.area)}",
                code="other_name",
            )
        return self._ground.leaves(codes[0]) if codes else ()

    def _first_of_areas(self, leaves: Sequence[str]) -> int | None:
        return next((self._areas[leaf] for leaf in leaves if leaf in self._areas), None)

    def _first_of_cell(self, leaves: Sequence[str], cell: int) -> int | None:
        """Return the row that spoke of the area, of a cell that holds this one, or of a part."""
        for leaf in leaves:
            if leaf in self._whole:
                return self._whole[leaf]
            for holder in _holders(cell):
                if (leaf, holder) in self._cells:
                    return self._cells[leaf, holder]
            if (leaf, cell) in self._above:
                return self._above[leaf, cell]
        return None

    def _remember(self, given: GivenDemand, leaves: Sequence[str]) -> None:
        for leaf in leaves:
            self._areas.setdefault(leaf, given.row)
            if given.cell is None:
                self._whole[leaf] = given.row
                continue
            self._cells[leaf, given.cell] = given.row
            for holder in _holders(given.cell):
                self._above[leaf, holder] = given.row


def _holders(cell: int) -> list[int]:
    """Return the cells that hold a cell, from resolution 9 down to itself."""
    own = resolution(cell)
    if own == RESOLUTION:
        return [cell]
    one = np.array([cell], dtype=np.int64)
    return [int(parents(one, res)[0]) for res in range(RESOLUTION, own + 1)]


def _outside(given: GivenDemand, *, elsewhere: bool) -> Line:
    zh = "这个网格不在这一行写的区域里" if elsewhere else "这个网格不在所载入的区域里"
    en = (
        "this cell does not lie in the area of its row"
        if elsewhere
        else "this cell lies in none of the loaded areas"
    )
    return refusal(given.row, "cell", zh, en, code="outside")


def _twice(given: GivenDemand, first: int) -> Line:
    return refusal(
        given.row,
        "cell" if given.cell is not None else "area",
        f"第 {first} 行已经写了这里的人，会重复计算",
        f"row {first} tells of people here already: they would count twice",
        code="twice",
    )
