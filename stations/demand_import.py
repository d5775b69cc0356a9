"""Demand in: a source's figures by cell or by area take the place of those that are there.

Areas that a file speaks of are replaced whole, and so is all that its source said before. A file is
taken in as a whole or not at all: a row left out would be people left out. A file with a few cells
of a district would leave the others empty, so that a great loss must be meant.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from geo.coverage_shares import SHARE_PARTS, largest_remainder
from stations import demand_ground, demand_undo, register, tables
from stations.demand import add_rows
from stations.demand_claims import Claim, Claims
from stations.demand_file import DemandFile, GivenDemand
from stations.demand_ground import Ground, Key
from stations.demand_sums import AreaSums, sums_of
from stations.errors import InvalidInputError
from stations.import_report import Line, Verdict, format_line, remark
from stations.station import DEMO_SOURCE

MOST_PEOPLE = 2_000_000_000
"""Of a whole file: wherever they are put, PostgreSQL's integer holds them."""

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class DemandReport:
    """Lines in the order of rows, sums by area, and totals: read = accepted + refused.

    No area is told of where a row was refused, for then nothing becomes of the others either.
    """

    lines: tuple[Line, ...]
    areas: tuple[AreaSums, ...]
    read: int
    accepted: int
    refused: int
    residents: int  # in the accepted rows
    workers: int
    is_changed: bool  # and written
    is_held_back: bool = False  # for a great loss that nobody said was meant

    def totals(self) -> dict[str, int]:
        """Return the totals by name, in their order."""
        names = ("read", "accepted", "refused", "residents", "workers")
        return {name: getattr(self, name) for name in names}


def import_demand(
    session: Session, file: DemandFile, source_code: str, *, allow_loss: bool = False
) -> DemandReport:
    """Make the demand of a source exactly what a file says, in the session's transaction.

    Areas that the file does not speak of keep what they have from others. People of an area are
    spread over its cells as they are spread there now, or by the size of the cells where nobody is
    known; those of a cell that several areas share, by their shares of it; whole people by largest
    remainder, so that all sums are those of the file. A cell that names no area counts for those of
    its areas that the file is about. With a row refused nothing is written, nor where an area loses
    more than half of its residents, unless `allow_loss` says that this is meant.

    Raises InvalidInputError for more people than can be, and for the source of the demo data, which
    loading the demo data would replace.
    """
    if source_code == DEMO_SOURCE:
        raise InvalidInputError(
            field="source",
            problem_zh=f"“{DEMO_SOURCE}”是示例数据的来源，请用别的名字",
            problem_en=f"“{DEMO_SOURCE}” is the source of the demo data: take another name",
        )
    _check_total(file.rows)
    register.hold(session)  # two imports at once would each spread by what the other takes away
    ground = demand_ground.load(session)
    claims = Claims(ground, file.rows)
    found = [claims.claim(given) for given in file.rows]
    accepted = [each for each in found if isinstance(each, Claim)]
    lines = [*file.remarks, *file.refused, *(each for each in found if isinstance(each, Line))]
    refused = sum(line.verdict is Verdict.REFUSED for line in lines)
    sums: list[AreaSums] = []
    is_changed = is_held_back = False
    if not refused:
        spread, by_size = _spread(accepted, ground)
        touched = {code for code, _cell in spread}
        gone = _others_of(source_code, ground, touched)
        lines += [*map(_left, sorted(gone)), *map(_by_size, sorted(by_size))]
        if claims.divided:
            lines.append(_divided(claims.divided))
        sums = _sums(spread, ground, touched | gone, source_code)
        losses = [each for each in sums if each.is_great_loss]
        lines += map(_loss, losses)
        is_held_back = bool(losses) and not allow_loss
        is_changed = not is_held_back and _differs(spread, ground, touched, source_code)
        if is_changed:
            demand_undo.keep(session)
            _write(session, spread, touched, source_code)
    return DemandReport(
        lines=tuple(sorted(lines, key=lambda line: line.row or 0)),
        areas=tuple(sums),
        read=file.read,
        accepted=len(accepted),
        refused=refused,
        residents=sum(claim.residents for claim in accepted),
        workers=sum(claim.workers for claim in accepted),
        is_changed=is_changed,
        is_held_back=is_held_back,
    )


def format_report(report: DemandReport, lang: str) -> str:
    """Return the report as text: lines, sums by area, then totals, the same in each language."""
    lines = [format_line(line, lang) for line in report.lines]
    lines += format_areas(report.areas, lang)
    lines += [f"{name}: {value}" for name, value in report.totals().items()]
    return "".join(f"{line}\n" for line in lines)


def format_areas(areas: Iterable[AreaSums], lang: str) -> list[str]:
    """Return a line for each area: its people before and after."""
    words = ("residents", "workers") if lang == "en" else ("居民", "户外劳动者")
    lines = []
    for each in areas:
        people = zip(words, (each.residents, each.workers), strict=True)
        told = ", ".join(f"{word} {before} -> {after}" for word, (before, after) in people)
        lines.append(f"{each.area_code} {each.name}: {told}")
    return lines


def _check_total(rows: Iterable[GivenDemand]) -> None:
    for field in ("residents", "workers"):
        total = sum(getattr(given, field) for given in rows)
        if total > MOST_PEOPLE:
            raise InvalidInputError(
                field=field,
                problem_zh=f"合计 {total} 人，最多 {MOST_PEOPLE} 人",
                problem_en=f"{total} people in all, at most {MOST_PEOPLE} are taken in",
            )


def _spread(claims: Iterable[Claim], ground: Ground) -> tuple[dict[Key, list[int]], set[str]]:
    """Give the people of each row to parts of cells; name the areas that were spread by size."""
    people: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    by_size: set[str] = set()
    for claim in claims:
        for which, count in enumerate((claim.residents, claim.workers)):
            weights = None if claim.is_cell else _as_now(claim, ground, which)
            if weights is None:
                weights = _sizes(claim, ground)
                if count and not claim.is_cell:
                    by_size |= {code for code, _cell in claim.keys}
            given = largest_remainder(weights, count).tolist()
            for key, number in zip(claim.keys, given, strict=True):
                people[key][which] += number
    return people, by_size


def _as_now(claim: Claim, ground: Ground, which: int) -> IntArray | None:
    """Return who is known now in each part, residents (0) or workers (1); None for nobody."""
    known = [ground.stored[key][which] if key in ground.stored else 0 for key in claim.keys]
    weights = np.array(known, dtype=np.int64)
    return weights if weights.any() else None


def _sizes(claim: Claim, ground: Ground) -> IntArray:
    """Return the size of each part; of whole areas in thousandths of a cell, so that sums fit."""
    sizes = np.array([ground.parts[code][cell] for code, cell in claim.keys], dtype=np.int64)
    return sizes if claim.is_cell else np.maximum(sizes // (SHARE_PARTS // 1000), 1)


def _others_of(source_code: str, ground: Ground, touched: set[str]) -> set[str]:
    """Return the areas of which the same source told before, and tells nothing now."""
    stored = ground.stored.items()
    return {code for (code, _cell), (*_who, source) in stored if source == source_code} - touched


def _differs(
    spread: Mapping[Key, list[int]], ground: Ground, touched: set[str], source_code: str
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
    columns: dict[str, Sequence[Any]] = {
        "cell": [cell for _code, cell in keys],
        "area_code": [code for code, _cell in keys],
        "residents": [spread[key][0] for key in keys],
        "workers": [spread[key][1] for key in keys],
        "source_code": [source_code] * len(keys),
    }
    add_rows(session, columns)


def _sums(
    spread: Mapping[Key, list[int]], ground: Ground, areas: set[str], source_code: str
) -> list[AreaSums]:
    told = {code for code, _cell in spread}
    others = {  # what others say of an area that the file does not speak of stays
        key: people
        for key, people in ground.stored.items()
        if key[0] not in told and people[2] != source_code
    }
    return sums_of(ground, {**spread, **others}, areas)


def _left(code: str) -> Line:
    return remark(
        None,
        "area",
        f"这个来源以前有 {code} 的人口，这份文件里没有，已去掉",
        f"this source had people of {code} before, and the file has none: they are taken away",
        code="area_left",
    )


def _divided(count: int) -> Line:
    return remark(
        None,
        "cell",
        f"有 {count} 个网格跨区，人都算给这份文件所写的区；要分给另一区，请在那一行写区域",
        f"{count} cells lie on an edge: their people count for the district that the file is "
        "about; name the area in the row for another one",
        code="edge_cells",
    )


def _loss(each: AreaSums) -> Line:
    before, after = each.residents
    return remark(
        None,
        "residents",
        f"{each.area_code} {each.name} 的居民会从 {before} 人减到 {after} 人："
        "文件说到的区整个替换，里面可能只有这个区的一部分",
        f"{each.area_code} {each.name} would go from {before} residents to {after}: an area that a "
        "file speaks of is replaced whole, and perhaps the file has but a part of it",
        code="great_loss",
    )


def _by_size(code: str) -> Line:
    return remark(
        None,
        "area",
        f"{code} 里原来没有人口分布，按网格大小分配",
        f"nobody was known in {code}: its people are spread by the size of the cells",
        code="spread_by_size",
    )
