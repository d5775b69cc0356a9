"""Reads a CSV of demand: whole residents and outdoor workers by H3 cell, or by area."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from geo.cells import CellError, resolution, text_to_cell
from stations.columns import PARENTHESISED, bare_word, plain_word
from stations.csv_reading import csv_rows
from stations.csv_text import unguarded
from stations.demand import RESOLUTION
from stations.encodings import refused
from stations.file_text import read_text
from stations.headers import LOOKED_AT_ROWS, letter_of
from stations.import_report import Line, refusal, remark, shown

TITLES: dict[str, tuple[str, ...]] = {
    "cell": ("h3", "h3_9", "hex", "h3_cell", "网格", "格网", "网格编号"),
    "area": (
        *("area_code", "adcode", "区域", "区域编号", "区域代码", "区划代码", "行政区划代码"),
        *("行政区划", "区县代码", "代码"),
    ),
    "name": (
        *("area_name", "district", "名称", "区域名称", "地区", "区县", "区县名称", "县市区", "区"),
        "行政区",
    ),
    "residents": ("population", "居民", "居民数", "常住人口", "常住人口数", "人口", "人口数"),
    "workers": (
        *("outdoor_workers", "户外劳动者", "户外劳动者数", "户外劳动者人数", "户外工作者"),
        *("户外工作者数", "户外职工", "劳动者"),
    ),
}
"""What each column may be called besides its own name; spelling, case and blanks do not matter."""

LEAST_TITLES = 2
MOST_ROWS_TOLD = 20
"""Of as many rows it is said one by one that they look odd; swapped columns make all of them so."""
WHOLE = re.compile(r"(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(?:\.0+)?", re.ASCII)
"""A whole number, perhaps with thousands marked, or as a spreadsheet writes it: 1234.0."""


@dataclass(frozen=True)
class GivenDemand:
    """One row: people of a cell, or of an area, or of the part of a cell in an area.

    `cell` is of resolution 9 or finer. `area` is a code or a name, `name` a name.
    """

    row: int
    cell: int | None
    area: str | None
    name: str | None
    residents: int
    workers: int


@dataclass(frozen=True)
class DemandFile:
    """The rows of a file that can be read, a line for each that cannot, and remarks about it."""

    rows: tuple[GivenDemand, ...]
    refused: tuple[Line, ...]
    remarks: tuple[Line, ...] = ()

    @property
    def read(self) -> int:
        """How many rows there were."""
        return len(self.rows) + len(self.refused)


def read_demand_file(path: Path, encoding: str | None = None) -> DemandFile:
    """Read a CSV with `cell`, `area` or `name`, and `residents` and `workers`.

    Titles are known in English and Chinese, in the first row that holds two of them; encodings and
    delimiters as in other imports. Raises FileRefusedError for what is no CSV, or lacks a column.
    """
    if path.suffix.lower() != ".csv":
        raise refused(
            f"人口只读 CSV，这个文件的后缀是“{path.suffix}”",
            f"demand is read from CSV; this file ends in “{path.suffix}”",
        )
    rows = [
        (number, [unguarded(cell.strip()) for cell in row])
        for number, row in enumerate(csv_rows(read_text(path, encoding), _is_title), start=1)
        if any(cell.strip() for cell in row)
    ]
    if not rows:
        raise refused("文件里没有表头", "the file has no title row")
    header = next(
        (at for at, (_number, row) in enumerate(rows[:LOOKED_AT_ROWS]) if _titles_in(row)), 0
    )
    titles_at, titles = rows[header]
    columns = _columns(titles)
    found = [_read_row(number, row, columns, len(titles)) for number, row in rows[header + 1 :]]
    if not found:
        raise refused("表头下面没有数据", "there is nothing under the title row")
    given = tuple(each for each in found if isinstance(each, GivenDemand))
    return DemandFile(
        given,
        tuple(each for each in found if isinstance(each, Line)),
        (*_remarks(titles_at, titles), *_odd(given, letter_of(columns["workers"]))),
    )


@cache
def _fields() -> dict[str, str]:
    return {
        bare_word(title): field for field, titles in TITLES.items() for title in (field, *titles)
    }


def _field(title: str) -> str | None:
    """Return what a column holds: 常住人口（人） is residents."""
    return _fields().get(bare_word(PARENTHESISED.sub("", plain_word(title))))


def _is_title(title: str) -> bool:
    return _field(title) is not None


def _titles_in(row: Sequence[str]) -> bool:
    return len({_field(title) for title in row} - {None}) >= LEAST_TITLES


def _columns(titles: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at, title in enumerate(titles):
        field = _field(title)
        if field is None:
            continue
        if field in columns:
            first, second = shown(titles[columns[field]]), shown(title)
            raise refused(
                f"有两列说的是同一件事（{field}）：{first}、{second}",
                f"two columns are “{field}”: {first}, {second}",
            )
        columns[field] = at
    missing = [field for field in ("residents", "workers") if field not in columns]
    if not {"cell", "area", "name"} & columns.keys():
        missing.insert(0, "cell")
    if missing:
        names = [f"{field}（{_in_chinese(field)}）" for field in missing]
        raise refused(
            f"缺少列：{'、'.join(names)}；需要 cell、area 或 name，以及 residents 和 workers",
            f"columns are missing: {', '.join(missing)}; cell, area or name is needed, and "
            "residents and workers",
        )
    return columns


def _in_chinese(field: str) -> str:
    return next(title for title in TITLES[field] if not title.isascii())


def _read_row(
    number: int, row: Sequence[str], columns: Mapping[str, int], width: int
) -> GivenDemand | Line:
    if any(row[width:]):
        return refusal(
            number,
            "row",
            f"有 {len(row)} 格，表头只有 {width} 格；多半是数字里的逗号没有加引号",
            f"it has {len(row)} cells and the header {width}; perhaps a comma in a number is not "
            "quoted",
            code="row_too_long",
        )
    text = {field: row[at] if at < len(row) else "" for field, at in columns.items()}
    people = {field: _people(text[field]) for field in ("residents", "workers")}
    for field, count in people.items():
        if count is None:
            return refusal(
                number,
                field,
                f"应为不小于 0 的整数，现在是“{shown(text[field])}”",
                f"a whole number from 0 is needed, not “{shown(text[field])}”",
                code=f"bad_{field}",
                column=letter_of(columns[field]),
            )
    named = text.get("cell")
    cell = _cell(named) if named else None
    if named and cell is None:
        return _bad_cell(number, named, letter_of(columns["cell"]))
    area, name = text.get("area") or None, text.get("name") or None
    if cell is None and area is None and name is None:
        return refusal(
            number,
            "cell",
            "没有写网格，也没有写区域",
            "neither a cell nor an area is named",
            code="no_place",
        )
    return GivenDemand(number, cell, area, name, people["residents"] or 0, people["workers"] or 0)


def _people(text: str) -> int | None:
    whole = WHOLE.fullmatch(unicodedata.normalize("NFKC", text))
    return None if whole is None else int(whole[1].replace(",", ""))


def _cell(text: str) -> int | None:
    try:
        cell = text_to_cell(text)
    except CellError:
        return None
    return cell if resolution(cell) >= RESOLUTION else None


def _bad_cell(number: int, text: str, column: str) -> Line:
    return refusal(
        number,
        "cell",
        f"“{shown(text)}”不是 {RESOLUTION} 级或更细的 H3 网格",
        f"“{shown(text)}” is no H3 cell of resolution {RESOLUTION} or finer",
        code="bad_cell",
        column=column,
    )


def _odd(rows: Sequence[GivenDemand], column: str) -> Iterator[Line]:
    """Remark on more outdoor workers than residents: a works may be so, a whole file seldom is."""
    odd = [given for given in rows if given.workers > given.residents]
    for given in odd[:MOST_ROWS_TOLD]:
        yield remark(
            given.row,
            "workers",
            f"户外劳动者（{given.workers}）比居民（{given.residents}）还多，照收了；请看两列有没有写反",
            f"there are more outdoor workers ({given.workers}) than residents ({given.residents}): "
            "taken in all the same; see whether the two columns are swapped",
            code="more_workers_than_residents",
            column=column,
        )
    if len(odd) > MOST_ROWS_TOLD:
        more = len(odd) - MOST_ROWS_TOLD
        yield remark(
            None,
            "workers",
            f"另有 {more} 行的户外劳动者也比居民多，照收了",
            f"in {more} further rows there are more outdoor workers than residents, too: taken in",
            code="more_workers_than_residents",
            column=column,
        )


def _remarks(number: int, titles: Sequence[str]) -> Iterator[Line]:
    if number > 1:
        yield remark(
            None,
            "header",
            f"表头在第 {number} 行，上面的没有读",
            f"the header is row {number}; what is above it was not read",
            code="header_below",
        )
    for at, title in enumerate(titles):
        if title and _field(title) is None:
            yield remark(
                None,
                shown(title),
                "不认识这一列，没有读",
                "this column is not known and was not read",
                code="column_not_read",
                column=letter_of(at),
            )
