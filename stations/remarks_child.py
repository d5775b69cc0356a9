"""Writes a column of remarks into a workbook in a process of its own: run as a script.

A workbook of 5 kB can have a cell far outside its table, or merge a whole sheet, and openpyxl then
makes millions of cells. So this process may have little memory and little time, touches only cells
that the file holds, and where it is not enough ends with an error: whoever asked writes the file
anew without its looks. It imports nothing of the project; what to write comes as JSON on standard
input (`Wanted`). Arguments: the workbook, and where to write.
"""

import json
import resource
import sys
import unicodedata
import warnings
from typing import Any, TypedDict

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import column_index_from_string, get_column_letter

MEMORY_BYTES = 600_000_000
CPU_SECONDS = 90

COLUMN_WIDTH = 60


class Said(TypedDict):
    """What is said of a row: the text, its colour, and the colours of cells by column letters."""

    text: str
    fill: str
    fills: dict[str, str]


class Wanted(TypedDict):
    """What to write. `sheet` None: the first. `known`: titles that an earlier round may have."""

    sheet: str | None
    header_row: int
    title: str
    known: list[str]
    note: str
    rows: dict[str, Said]


def main() -> int:
    """Write the workbook of the first argument to the second."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")  # of what openpyxl does not keep; nobody reads them here
    wanted: Wanted = json.load(sys.stdin)
    source, target = sys.argv[1:]
    workbook = load_workbook(source, data_only=True, keep_links=False)
    sheet = workbook[wanted["sheet"] or workbook.sheetnames[0]]
    add_remarks(sheet, wanted)
    workbook.active = workbook.index(sheet)
    keep_texts(workbook)
    workbook.save(target)
    return 0


def cells(sheet: Any) -> dict[tuple[int, int], Any]:
    """Return the cells that a sheet holds, by row and column.

    openpyxl's own ways of walking make every cell up to the last one.
    """
    found: dict[tuple[int, int], Any] = sheet._cells  # noqa: SLF001 - see above
    return found


def add_remarks(sheet: Any, wanted: Wanted) -> None:
    """Write the title, the remark of each row, and the colours of what is wrong."""
    column = column_of_remarks(sheet, wanted)
    sheet.column_dimensions[get_column_letter(column)].width = COLUMN_WIDTH
    head = sheet.cell(wanted["header_row"], column)
    head.value, head.font = wanted["title"], Font(bold=True)
    if wanted["note"]:
        head.comment = Comment(wanted["note"], "Nuanyi")
    earlier = {row for row, at in cells(sheet) if at == column and row > wanted["header_row"]}
    said = {int(row): what for row, what in wanted["rows"].items()}
    for row in sorted(earlier | said.keys()):
        cell = sheet.cell(row, column)
        what = said.get(row)
        cell.value, cell.data_type = what["text"] if what else None, "s"
        if what is None:
            continue
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.fill = PatternFill("solid", fgColor=what["fill"])
        for letters, colour in what["fills"].items():
            wrong = sheet.cell(row, column_index_from_string(letters))
            wrong.fill = PatternFill("solid", fgColor=colour)


def column_of_remarks(sheet: Any, wanted: Wanted) -> int:
    """Return the column, from 1, of an earlier round's remarks, or the one beside all."""
    held = cells(sheet)
    for column in sorted(at for row, at in held if row == wanted["header_row"]):
        if plain(held[wanted["header_row"], column].value) in wanted["known"]:
            return column
    return max((at for (_row, at), cell in held.items() if cell.value is not None), default=0) + 1


def plain(title: Any) -> str:
    """Return a title in one spelling, without spaces."""
    return "".join(unicodedata.normalize("NFKC", str(title)).casefold().split())


def keep_texts(workbook: Workbook) -> None:
    """Let every text be a text: a cell that begins with an equals sign is no formula here."""
    for sheet in workbook.worksheets:
        for cell in cells(sheet).values():
            if isinstance(cell.value, str) and cell.data_type == "f":
                cell.data_type = "s"


if __name__ == "__main__":
    sys.exit(main())
