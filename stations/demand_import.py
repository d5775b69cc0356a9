"""Demand in: a source's figures by cell or by area take the place of those that are there.

Areas that a file speaks of are replaced whole, and so is all that its source said before. A file is
taken in as a whole or not at all: a row left out would be people left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, or_, select, text
from sqlalchemy.orm import Session

from geo.coverage_shares import SHARE_PARTS, largest_remainder
from stations import tables
from stations.bulk import copy_columns
from stations.demand_file import DemandFile, GivenDemand
from stations.import_report import Line, Verdict, format_line, refusal, remark, shown
from stations.register import next_version

Key = tuple[str, int]
"""A leaf area and a cell of it."""

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class AreaSums:
    """Residents and outdoor workers of an area, before and after."""

    area_code: str
    residents: tuple[int, int]
    workers: tuple[int, int]


@dataclass(frozen=True)
class DemandReport:
    """Lines in the order of rows, sums by area, and totals: read = accepted + refused."""

    lines: tuple[Line, ...]
    areas: tuple[AreaSums, ...]
    read: int
    accepted: int
    refused: int
    residents: int  # in the accepted rows
    workers: int
    is_changed: bool

    def totals(self) -> dict[str, int]:
        """Return the totals by name, in their order."""
        names = ("read", "accepted", "refused", "residents", "workers")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class _Ground:
    """The cells of the leaf areas: parts of a whole by area and cell, and what is stored there."""

    parts: dict[str, dict[int, int]]
    stored: dict[Key, tuple[int, int, str]]

    def areas_of(self, cell: int) -> list[str]:
        return [code for code, cells in self.parts.items() if cell in cells]


def import_demand(session: Session, file: DemandFile, source_code: str) -> DemandReport:
    """Make the demand of a source exactly what a file says, in the session's transaction.

    Areas that the file does not speak of keep what they have from others. People of an area are
    spread over its cells as they are spread there now, or by the size of the cells where nobody is
    known; those of a cell that several areas share, by their shares of it; whole people by largest
    remainder, so that all sums are those of the file. With a row refused nothing is written.
    """
    ground = _ground(session)
    lines, accepted = list(file.refused), []
    seen: dict[tuple[int | None, str | None], int] = {}
    for given in file.rows:
        line = _checked(given, ground, seen)
        if line is None:
            accepted.append(given)
        else:
            lines.append(line)
    spread, filled = _spread(accepted, ground)
    touched = {code for code, _cell in spread}
    gone = {
        code
        for (code, _cell), (*_people, source) in ground.stored.items()
        if source == source_code and code not in touched
    }
    lines += [_left(code) for code in sorted(gone)] + [_unspread(code) for code in sorted(filled)]
    lines.sort(key=lambda line: (line.row is not None, line.row or 0))
    refused = sum(line.verdict is Verdict.REFUSED for line in lines)
    is_changed = not refused and _differs(spread, ground, touched, source_code)
    if is_changed:
        _write(session, spread, touched, source_code)
    return DemandReport(
        lines=tuple(lines),
        areas=tuple(_sums(spread, ground, touched | gone, source_code)),
        read=file.read,
        accepted=len(accepted),
        refused=refused,
        residents=sum(given.residents for given in accepted),
        workers=sum(given.workers for given in accepted),
        is_changed=is_changed,
    )


def format_report(report: DemandReport, lang: str) -> str:
    """Return the report as text: lines, sums by area, then the totals."""
    from_to = [
        f"{each.area_code}: residents {each.residents[0]} -> {each.residents[1]}, "
        f"workers {each.workers[0]} -> {each.workers[1]}"
        for each in report.areas
    ]
    totals = [f"{name}: {value}" for name, value in report.totals().items()]
    lines = [format_line(line, lang) for line in report.lines]
    return "".join(f"{line}\n" for line in [*lines, *from_to, *totals])


def _ground(session: Session) -> _Ground:
    part, row = tables.CellArea, tables.Demand
    parts: dict[str, dict[int, int]] = defaultdict(dict)
    for code, cell, share in session.execute(select(part.area_code, part.cell, part.share)):
        parts[code][cell] = max(1, round(share * SHARE_PARTS))
    query = select(row.area_code, row.cell, row.residents, row.workers, row.source_code)
    stored = {(code, cell): (n, m, source) for code, cell, n, m, source in session.execute(query)}
    return _Ground(dict(parts), stored)


def _checked(
    given: GivenDemand, ground: _Ground, seen: dict[tuple[int | None, str | None], int]
) -> Line | None:
    """Return why a row cannot be taken in; None where it can."""
    if given.area is not None and given.area not in ground.parts:
        return refusal(
            given.row,
            "area",
            f"没有编号为“{shown(given.area)}”、有边界且不再分的区域",
            f"there is no area “{shown(given.area)}” with a boundary and without parts",
            code="unknown_area",
        )
    if given.cell is not None:
        areas = ground.areas_of(given.cell)
        if not areas or (given.area is not None and given.area not in areas):
            return refusal(
                given.row,
                "cell",
                "这个网格不在所载入的区域里" if not areas else f"这个网格不在 {given.area} 里",
                "this cell lies in none of the loaded areas"
                if not areas
                else f"this cell does not lie in {given.area}",
                code="outside",
            )
    first = seen.setdefault((given.cell, given.area), given.row)
    if first != given.row:
        return refusal(
            given.row,
            "cell" if given.cell is not None else "area",
            f"与第 {first} 行重复",
            f"row {first} says it already",
            code="twice",
        )
    return None


def _spread(rows: Iterable[GivenDemand], ground: _Ground) -> tuple[dict[Key, list[int]], set[str]]:
    """Give the people of each row to parts of cells; name the areas that were spread by size."""
    people: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    filled: set[str] = set()
    for given in rows:
        if given.cell is None and given.area is not None:
            cells = ground.parts[given.area]
            keys: list[Key] = [(given.area, cell) for cell in sorted(cells)]
            sizes = np.array([cells[cell] for _area, cell in keys], dtype=np.int64)
            known = np.array([ground.stored.get(key, (0, 0, ""))[:2] for key in keys])
            for which, count in enumerate((given.residents, given.workers)):
                weights = known[:, which].astype(np.int64)
                if not weights.any():
                    # a thousandth of a cell is fine enough, and keeps the products exact
                    weights = np.maximum(sizes // (SHARE_PARTS // 1000), 1)
                    if count:
                        filled.add(given.area)
                for key, share in zip(keys, largest_remainder(weights, count), strict=True):
                    people[key][which] += int(share)
            continue
        cell = given.cell or 0
        areas = [given.area] if given.area is not None else ground.areas_of(cell)
        weights = np.array([ground.parts[code][cell] for code in areas], dtype=np.int64)
        for which, count in enumerate((given.residents, given.workers)):
            for code, share in zip(areas, largest_remainder(weights, count), strict=True):
                people[code, cell][which] += int(share)
    return people, filled


def _differs(
    spread: Mapping[Key, list[int]], ground: _Ground, touched: set[str], source_code: str
) -> bool:
    before = {
        key: (residents, workers, source)
        for key, (residents, workers, source) in ground.stored.items()
        if source == source_code or key[0] in touched
    }
    return before != {key: (*counts, source_code) for key, counts in spread.items()}


def _write(
    session: Session, spread: Mapping[Key, list[int]], touched: set[str], source_code: str
) -> None:
    row = tables.Demand
    gone = or_(row.source_code == source_code, row.area_code.in_(touched))
    session.execute(delete(row).where(gone))
    keys = sorted(spread)
    copy_columns(
        session,
        row.__tablename__,
        {
            "cell": [cell for _code, cell in keys],
            "area_code": [code for code, _cell in keys],
            "residents": [spread[key][0] for key in keys],
            "workers": [spread[key][1] for key in keys],
            "source_code": [source_code] * len(keys),
        },
    )
    session.execute(text("ANALYZE demand"))
    next_version(session)


def _sums(
    spread: Mapping[Key, list[int]], ground: _Ground, areas: set[str], source_code: str
) -> Iterable[AreaSums]:
    for code in sorted(areas):
        before = [people for (area, _cell), people in ground.stored.items() if area == code]
        after = [people for (area, _cell), people in spread.items() if area == code]
        if not after:  # only what others say of it stays
            after = [list(people[:2]) for people in before if people[2] != source_code]
        yield AreaSums(
            code,
            (sum(people[0] for people in before), sum(people[0] for people in after)),
            (sum(people[1] for people in before), sum(people[1] for people in after)),
        )


def _left(code: str) -> Line:
    return remark(
        None,
        "area",
        f"这个来源以前有 {code} 的人口，这份文件里没有，已去掉",
        f"this source had people of {code} before, and the file has none: they are taken away",
        code="area_left",
    )


def _unspread(code: str) -> Line:
    return remark(
        None,
        "area",
        f"{code} 里原来没有人口分布，按网格大小分配",
        f"nobody was known in {code}: its people are spread by the size of the cells",
        code="spread_by_size",
    )
