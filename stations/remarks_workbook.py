"""Writes the file of an import anew with a column of remarks: what was refused or doubted, and why.

A workbook keeps its sheets, widths and colours, unless that takes too much memory
(`remarks_child.py`); formulas are the values that were kept with them, and links to other files are
left out. An `.xls` becomes an `.xlsx`; a CSV is written in UTF-8 with a mark, which Excel wants; a
GeoJSON gets a property. Nothing in them is a formula, whatever a cell begins with.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stations import xlsx_writing
from stations.columns import TOLD, plain_word
from stations.csv_reading import csv_rows
from stations.csv_text import guarded, unguarded
from stations.errors import InvalidInputError
from stations.file_text import read_text
from stations.import_report import Line, Verdict
from stations.reading import ReadTable
from stations.remarks_child import Said, Wanted
from stations.workbooks import read_workbook

WRITTEN_AS = {".xlsx": ".xlsx", ".xls": ".xlsx", ".csv": ".csv", ".geojson": ".geojson"}
"""Suffix of the file read: suffix of the file with remarks. Others stay as they are."""

TITLES = {"zh": TOLD["remarks"], "en": "remarks"}
KNOWN_TITLES = {*TITLES.values(), "導入意見"}
LONGEST_NOTE = 2_000
LONGEST_CELL = 32_000

FILLS = {Verdict.REFUSED: "FFF4CCCC", Verdict.REMARK: "FFFFF2CC"}

CHILD = Path(__file__).with_name("remarks_child.py")
TIMEOUT_S = 120


@dataclass(frozen=True)
class Remarks:
    """What is said of each row, by its number, and of the file as a whole."""

    by_row: dict[int, list[Line]]
    of_file: list[Line]
    lang: str

    def of_row(self, number: int) -> str:
        """Return all that is said of a row, as one text; empty where there is nothing."""
        return _joined(self.by_row.get(number, ()), self.lang)


def suffix_for(source: Path) -> str:
    """Return the suffix of the file with remarks that belongs to a file."""
    suffix = source.suffix.lower()
    return WRITTEN_AS.get(suffix, suffix)


def write(
    source: Path,
    target: Path,
    table: ReadTable,
    lines: Iterable[Line],
    *,
    lang: str,
    encoding: str | None = None,
) -> None:
    """Write `source` with a column of remarks to `target`, which appears when it is whole.

    `table` is what was read of it. Raises InvalidInputError naming `remarks` where the target has
    another suffix than `suffix_for`, or is the file itself.
    """
    if target.suffix.lower() != suffix_for(source):
        raise InvalidInputError(
            field="remarks",
            problem_zh=f"应写成 {suffix_for(source)} 文件",
            problem_en=f"a {suffix_for(source)} file is needed",
        )
    if target.exists() and target.samefile(source):
        raise InvalidInputError(
            field="remarks",
            problem_zh="不能写到导入的文件自己上",
            problem_en="it cannot be the file that is imported",
        )
    remarks = _sorted_out(lines, lang)
    write_as = {".csv": _write_csv, ".xlsx": _write_xlsx, ".xls": _write_xls}.get(
        source.suffix.lower(), _write_geojson
    )
    handle, name = tempfile.mkstemp(suffix=target.suffix, dir=target.parent)
    os.close(handle)
    partial = Path(name)
    try:
        write_as(source, partial, table, remarks, encoding)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _sorted_out(lines: Iterable[Line], lang: str) -> Remarks:
    by_row: dict[int, list[Line]] = defaultdict(list)
    of_file = []
    for line in lines:
        if line.row is None:
            of_file.append(line)
        else:
            by_row[line.row].append(line)
    return Remarks(dict(by_row), of_file, lang)


def _joined(lines: Iterable[Line], lang: str) -> str:
    """Return lines as people read them in a cell, the refusals first."""
    said = []
    for line in sorted(lines, key=lambda line: line.verdict is Verdict.REMARK):
        if lang == "en":
            said.append(f"{line.verdict.capitalize()}: {line.field}: {line.en} [{line.code}]")
        else:
            verdict = "未收" if line.verdict is Verdict.REFUSED else "提示"
            said.append(f"{verdict}：{line.field}：{line.zh} [{line.code}]")
    return "\n".join(said)[:LONGEST_CELL]


def _place_of_remarks(titles: Sequence[Any], width: int) -> int:
    """Return the place, from 0, of the column of remarks: an earlier round's, or one beside all."""
    known = {plain_word(title) for title in KNOWN_TITLES}
    for place, title in enumerate(titles):
        if isinstance(title, str) and plain_word(title) in known:
            return place
    return width


def _write_csv(
    source: Path, target: Path, table: ReadTable, remarks: Remarks, encoding: str | None
) -> None:
    rows = [[unguarded(cell) for cell in row] for row in csv_rows(read_text(source, encoding))]
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for row in _with_remarks(rows, table.header_row, remarks):
            writer.writerow([guarded(cell) for cell in row])


def _with_remarks(
    rows: Sequence[Sequence[str]], header_row: int, remarks: Remarks
) -> Iterable[list[str]]:
    width = max(map(len, rows), default=0)
    titles = rows[header_row - 1] if 0 < header_row <= len(rows) else ()
    place = _place_of_remarks(titles, width)
    for number, row in enumerate(rows, start=1):
        cells = [*row, *[""] * (max(width, place + 1) - len(row))]
        cells[place] = TITLES[remarks.lang] if number == header_row else remarks.of_row(number)
        yield cells


def _write_xlsx(
    source: Path, target: Path, table: ReadTable, remarks: Remarks, encoding: str | None
) -> None:
    """Let the child process write it; one that is too much for that is written anew."""
    wanted: Wanted = {
        "sheet": table.sheet,
        "header_row": table.header_row,
        "title": TITLES[remarks.lang],
        "known": sorted(KNOWN_TITLES),
        "note": _joined(remarks.of_file, remarks.lang)[:LONGEST_NOTE],
        "rows": {str(row): _said(lines, remarks) for row, lines in remarks.by_row.items()},
    }
    try:
        # isolated, so that nothing of the folder in which it runs is imported
        done = subprocess.run(
            [sys.executable, "-I", str(CHILD), str(source.absolute()), str(target.absolute())],
            input=json.dumps(wanted).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
        is_written = done.returncode == 0
    except subprocess.TimeoutExpired:
        is_written = False
    if not is_written:  # it took too much, or openpyxl cannot read what Excel and calamine do
        _write_xls(source, target, table, remarks, encoding)


def _said(lines: Sequence[Line], remarks: Remarks) -> Said:
    """Return a row's remark and its colours; a refusal's goes before a doubt's."""
    fills: dict[str, str] = {}
    # the refusals last, so that their colour stays
    for line in sorted(lines, key=lambda line: line.verdict is Verdict.REFUSED):
        if line.column.isascii() and line.column.isalpha() and len(line.column) <= 3:
            fills[line.column] = FILLS[line.verdict]
    verdicts = {line.verdict for line in lines}
    worst = Verdict.REFUSED if Verdict.REFUSED in verdicts else Verdict.REMARK
    return {"text": _joined(lines, remarks.lang), "fill": FILLS[worst], "fills": fills}


def _write_xls(
    source: Path, target: Path, table: ReadTable, remarks: Remarks, _encoding: str | None
) -> None:
    sheets = []
    for sheet in read_workbook(source):
        rows: list[list[str]] = [list(row) for row in sheet.rows]
        if sheet.name == table.sheet:
            rows = list(_with_remarks(rows, table.header_row, remarks))
        sheets.append(xlsx_writing.Sheet(sheet.name, rows[0], rows[1:]))
    xlsx_writing.write_workbook(target, sheets)


def is_encodable(text: str) -> bool:
    """Whether a text can be written in UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _write_geojson(
    source: Path, target: Path, _table: ReadTable, remarks: Remarks, encoding: str | None
) -> None:
    document = json.loads(read_text(source, encoding))
    for number, feature in enumerate(document["features"], start=1):
        if isinstance(feature, dict) and isinstance(feature.get("properties") or {}, dict):
            properties = {
                name: value
                for name, value in (feature.get("properties") or {}).items()
                if name not in TITLES.values()
            }
            said = remarks.of_row(number)
            feature["properties"] = properties | ({TITLES[remarks.lang]: said} if said else {})
    text = json.dumps(document, ensure_ascii=False, indent=1)
    if not is_encodable(text):  # half a character, which the file has as an escape
        text = json.dumps(document, indent=1)
    target.write_text(text + "\n", encoding="utf-8", newline="\n")
