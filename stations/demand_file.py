"""Reads a CSV of demand: whole residents and outdoor workers by H3 cell, or by area."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geo.cells import CellError, parents, resolution, text_to_cell
from stations.demand import RESOLUTION
from stations.encodings import refused
from stations.file_text import read_text
from stations.import_report import Line, refusal, shown
from stations.table_file import csv_rows

TITLES: dict[str, tuple[str, ...]] = {
    "cell": ("cell", "h3", "h3_9", "hex", "网格", "格网"),
    "area": ("area", "area_code", "adcode", "区域", "区域编号", "行政区划代码"),
    "residents": ("residents", "population", "居民", "常住人口", "人口"),
    "workers": ("workers", "outdoor_workers", "户外劳动者", "劳动者"),
}
WHOLE = re.compile(r"\d{1,9}|\d{1,3}(,\d{3}){1,2}", re.ASCII)


@dataclass(frozen=True)
class GivenDemand:
    """One row: people of a cell, or of an area, or of the part of a cell in an area."""

    row: int
    cell: int | None  # of resolution 9
    area: str | None
    residents: int
    workers: int


@dataclass(frozen=True)
class DemandFile:
    """The rows of a file that can be read, and a line for each that cannot."""

    rows: tuple[GivenDemand, ...]
    refused: tuple[Line, ...]

    @property
    def read(self) -> int:
        """How many rows there were."""
        return len(self.rows) + len(self.refused)


def read_demand_file(path: Path, encoding: str | None = None) -> DemandFile:
    """Read a CSV with a title row: `cell` or `area` or both, `residents` and `workers`.

    Titles are known in English and Chinese. Finer cells than those of resolution 9 count for the
    one that holds them. Raises FileRefusedError for what is no CSV, or lacks a column.
    """
    if path.suffix.lower() != ".csv":
        raise refused(
            f"人口只读 CSV，这个文件的后缀是“{path.suffix}”",
            f"demand is read from CSV; this file ends in “{path.suffix}”",
        )
    numbered = list(enumerate(csv_rows(read_text(path, encoding)), start=1))
    rows = [(number, row) for number, row in numbered if any(cell.strip() for cell in row)]
    if not rows:
        raise refused("文件里没有表头", "the file has no title row")
    place = _places(rows[0][1])
    found: list[GivenDemand] = []
    lines: list[Line] = []
    for number, row in rows[1:]:
        given = _read_row(number, row, place)
        if isinstance(given, Line):
            lines.append(given)
        else:
            found.append(given)
    if not found and not lines:
        raise refused("表头下面没有数据", "there is nothing under the title row")
    return DemandFile(tuple(found), tuple(lines))


def _places(titles: Sequence[str]) -> dict[str, int]:
    place: dict[str, int] = {}
    for column, title in enumerate(titles):
        for field, known in TITLES.items():
            if title.strip().casefold() in known:
                if field in place:
                    raise refused(
                        f"有两列都是“{known[0]}”：第 {place[field] + 1} 列和第 {column + 1} 列",
                        f"two columns are “{known[0]}”: {place[field] + 1} and {column + 1}",
                    )
                place[field] = column
    missing = [field for field in ("residents", "workers") if field not in place]
    if not {"cell", "area"} & place.keys():
        missing.insert(0, "cell")
    if missing:
        names = "、".join(f"{field}（{TITLES[field][-1]}）" for field in missing)
        raise refused(
            f"缺少列：{names}；需要 cell 或 area，以及 residents 和 workers",
            f"columns are missing: {', '.join(missing)}; cell or area is needed, and residents "
            "and workers",
        )
    return place


def _read_row(number: int, row: Sequence[str], place: Mapping[str, int]) -> GivenDemand | Line:
    def text(field: str) -> str:
        column = place.get(field)
        return "" if column is None or column >= len(row) else row[column].strip()

    people = {}
    for field in ("residents", "workers"):
        if not WHOLE.fullmatch(text(field)):
            return refusal(
                number,
                field,
                f"应为不小于 0 的整数，现在是“{shown(text(field))}”",
                f"a whole number from 0 is needed, not “{shown(text(field))}”",
                code=f"bad_{field}",
            )
        people[field] = int(text(field).replace(",", ""))
    cell = None
    if text("cell"):
        try:
            cell = text_to_cell(text("cell"))
        except CellError:
            return _bad_cell(number, text("cell"))
        if resolution(cell) < RESOLUTION:
            return refusal(
                number,
                "cell",
                f"应为 {RESOLUTION} 级或更细的网格，现在是 {resolution(cell)} 级",
                f"a cell of resolution {RESOLUTION} or finer is needed, not {resolution(cell)}",
                code="coarse_cell",
            )
        cell = int(parents(np.array([cell]), RESOLUTION)[0])
    area = text("area") or None
    if cell is None and area is None:
        return refusal(
            number,
            "cell",
            "没有写网格，也没有写区域",
            "neither a cell nor an area is named",
            code="no_place",
        )
    return GivenDemand(number, cell, area, people["residents"], people["workers"])


def _bad_cell(number: int, text: str) -> Line:
    return refusal(
        number,
        "cell",
        f"“{shown(text)}”不是 H3 网格",
        f"“{shown(text)}” is not an H3 cell",
        code="bad_cell",
    )
