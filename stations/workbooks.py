"""Reads an Excel workbook, xlsx or xls, into the texts that a person sees in its cells."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stations.encodings import refused
from stations.errors import FileRefusedError
from stations.file_text import read_bytes
from stations.import_report import shown
from stations.workbook_child import MAX_COLUMNS, MAX_ROWS, OLE

CHILD = Path(__file__).with_name("workbook_child.py")
TIMEOUT_S = 180
MAX_MERGED_CELLS = 2_000_000

ZIP = b"PK\x03\x04"

Grid = list[list[str]]

REASONS = {
    "password": (
        "工作簿有密码，请去掉密码再导入",
        "the workbook has a password; take it off first",
    ),
    "damaged": ("工作簿已损坏，读不出来", "the workbook is damaged and cannot be read"),
    "no_workbook": ("是压缩包，不是 Excel 工作簿", "it is a zip archive and no workbook"),
    "bomb": ("展开后超过 {value} MB，不读", "it unpacks to more than {value} MB and is not read"),
    "too_large": (
        f"工作表“{{value}}”太大：最多 {MAX_ROWS} 行、{MAX_COLUMNS} 列",
        f"the sheet “{{value}}” is too large: at most {MAX_ROWS} rows and {MAX_COLUMNS} columns",
    ),
    "too_much": (
        "工作簿太大，或者有格子远在表外，读不出来",
        "the workbook is too large, or has cells far outside its table, and cannot be read",
    ),
    "empty": ("工作簿是空的", "the workbook is empty"),
}


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name and its rows from the first of the sheet on, all equally long.

    A merged cell's value stands in every cell of its range; `copies` are those of them that stand
    beside the first, in the same row. `blanks` are cells that hold no value for a reason, by row
    and column from 0: `error_value` or `no_value` (a formula that was never computed).
    """

    name: str
    rows: Grid
    copies: frozenset[tuple[int, int]] = frozenset()
    blanks: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: int = 0
    is_hidden: bool = False


def read_workbook(path: Path) -> list[Sheet]:
    """Return the sheets of an `.xlsx` or `.xls` file that hold anything.

    Numbers, dates and times are written as people write them; a formula is the value that was kept
    with it, and an error is blank. Raises FileRefusedError for a file that is no workbook, is
    locked, or is larger than any list.
    """
    content = read_bytes(path)
    if not content:
        raise refused("文件是空的", "the file is empty")
    if not content.startswith((ZIP, OLE)):
        suffix = path.suffix.lower()
        raise refused(
            f"名字是 {suffix}，内容不是 Excel 工作簿", f"it is named {suffix} and is no workbook"
        )
    sheets = [_sheet(found) for found in _asked(path)]
    if not sheets:
        raise _refused("empty")
    return sheets


def _asked(path: Path) -> list[dict[str, Any]]:
    """Let the child process read the workbook; return its sheets."""
    with tempfile.TemporaryFile() as answer:
        try:
            # isolated, so that nothing of the folder in which it runs is imported
            done = subprocess.run(
                [sys.executable, "-I", str(CHILD), str(path.absolute())],
                stdin=subprocess.DEVNULL,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _refused("too_much") from error
        if done.returncode != 0:  # out of memory or of time
            raise _refused("too_much")
        answer.seek(0)
        found: dict[str, Any] = json.load(answer)
    if "refused" in found:
        raise _refused(found["refused"], found.get("value"))
    sheets: list[dict[str, Any]] = found["sheets"]
    return sheets


def _refused(reason: str, value: object = None) -> FileRefusedError:
    zh, en = REASONS[reason]
    return refused(zh.format(value=shown(value)), en.format(value=shown(value)))


def _sheet(found: dict[str, Any]) -> Sheet:
    rows: Grid = found["rows"]
    width = max(len(row) for row in rows)
    for row in rows:
        row.extend([""] * (width - len(row)))
    copies: set[tuple[int, int]] = set()
    room = MAX_MERGED_CELLS
    for top, left, bottom, right in found["merged"]:
        room -= max(min(bottom + 1, len(rows)) - top, 0) * max(min(right + 1, width) - left, 0)
        if room < 0:
            raise _refused("too_large", found["name"])
        _spread(rows, copies, top, left, bottom, right)
    return Sheet(
        found["name"],
        rows,
        frozenset(copies),
        {(row, column): code for row, column, code in found.get("blanks", ())},
        found.get("hidden_rows", 0),
        found["is_hidden"],
    )


def _spread(
    rows: Grid, copies: set[tuple[int, int]], top: int, left: int, bottom: int, right: int
) -> None:
    """Write the value of a merged cell into all cells of its range that the sheet has."""
    if top >= len(rows) or left >= len(rows[top]) or not rows[top][left]:
        return
    value = rows[top][left]
    for number, row in enumerate(rows[top : bottom + 1], start=top):
        for column in range(left, min(right + 1, len(row))):
            row[column] = value
            if column > left:
                copies.add((number, column))
