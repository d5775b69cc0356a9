"""Reads a table, of a CSV or a sheet of Excel, into rows about stations."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from geo.coordinates import Datum
from stations import headers
from stations.cell_values import Cell
from stations.columns import datum_in, is_told, plain_word
from stations.csv_reading import csv_rows
from stations.csv_text import unguarded
from stations.headers import Column, ColumnMissingError, Header, Mapped
from stations.import_report import Line, refusal, remark, shown
from stations.row_values import UNREAD, FileRow, read_row
from stations.sheet_choice import best_sheet, named_sheet
from stations.spelling import simplified
from stations.staff_only import column_says_staff_only, says_staff_only
from stations.workbooks import Sheet

# What closes a printed list: sums, notes and signatures, in a row with hardly anything else.
FOOTER = re.compile(
    r"[（(※*]?\s*(?:合\s*计|总\s*计|小\s*计|共\s*计|总\s*数)\s*(?:[:：）)].*|[\d个家处条站点]*)$"
    r"|[（(※*]?\s*(?:备\s*注|附\s*注|注|说明|注意事项|填表说明)\s*\d*\s*[:：、.．]"
    r"|(?:以\s*上)?\s*共\s*\d+\s*[个家处条间座].{0,6}$|以\s*上(?:(?:站点|数据|信息|均|为|内容).*)?$"
    r"|(?:备|附)?\s*注$|本表(?:由|为|中|所).*"
    r"|(?:填表人|填报人|填报单位|填表单位|填报日期|填表日期|制表人?|制表日期|审核人?|负责人|单位负责人"
    r"|经办人|联系人|联系电话|日\s*期|单位\s*[（(]?盖章[）)]?)\s*[:：]"
    r"|(?:单位\s*)?[（(]?\s*盖\s*章",
    re.DOTALL,
)
FOOTER_MAX_CELLS = 4

STAFF_NAMED = re.compile("员工|职工|职员|工作人员")

BLANKS = {
    "error_value": (
        "这一格是错误值（如 #N/A），当作空的",
        "this cell holds an error such as #N/A; it counts as empty",
    ),
    "no_value": (
        "这一格是公式，文件里没有它的值，当作空的（在 Excel 里打开并保存一次就有）",
        "this cell is a formula whose value is not in the file; it counts as empty",
    ),
}


@dataclass(frozen=True)
class ReadTable:
    """What a file says: rows about stations, and its columns as they were understood.

    `header_row` is the last row of the header as a person counts; `sheet` is a workbook's that was
    read.
    """

    rows: list[FileRow]
    columns: tuple[Column, ...]
    header_row: int = 0
    sheet: str | None = None


def read_csv(text: str, datum: Datum, kind: str | None, mapping: Mapped | None = None) -> ReadTable:
    """Read CSV text; the delimiter is the one under which a line holds most known columns."""
    rows = [[unguarded(cell.strip()) for cell in row] for row in csv_rows(text)]
    return _read_rows(Sheet("", rows), headers.find(rows, mapping), datum, kind, is_csv=True)


def read_sheets(
    sheets: Sequence[Sheet],
    datum: Datum,
    kind: str | None,
    mapping: Mapped | None = None,
    wanted: str | None = None,
) -> ReadTable:
    """Read the sheet that is `wanted`, or else the one whose header tells most columns.

    The others are named in remarks.
    """
    best = best_sheet(sheets, mapping) if wanted is None else named_sheet(sheets, wanted)
    read = _read_rows(best, headers.find(best.rows, mapping), datum, kind, is_csv=False)
    others = [
        remark(
            None,
            shown(sheet.name),
            f"只读了工作表“{shown(best.name)}”，没有读这一张",
            f"only the sheet “{shown(best.name)}” was read, not this one",
            code="sheet_not_read",
        )
        for sheet in sheets
        if sheet is not best
    ]
    if best.is_hidden and wanted is None:
        others.append(
            remark(
                None,
                shown(best.name),
                "这张工作表是隐藏的，别的表里没有站点，所以读了它，请核对",
                "this sheet is hidden; it was read since no other holds stations: please check",
                code="hidden_sheet",
            )
        )
    rows = [FileRow(None, None, (line,)) for line in others] + read.rows
    return ReadTable(rows, read.columns, read.header_row, best.name)


def _read_rows(
    sheet: Sheet, header: Header, datum: Datum, kind: str | None, *, is_csv: bool
) -> ReadTable:
    check_needed(header.fields, kind, header.columns)
    titles = [(column.title, column.field) for column in header.columns]
    notes = _header_notes(header) + _datum_notes(header, datum) + file_notes(titles, kind)
    if sheet.hidden_rows:
        notes.append(
            remark(
                None,
                shown(sheet.name),
                f"有 {sheet.hidden_rows} 行是隐藏的，也读了",
                f"{sheet.hidden_rows} hidden rows were read as well",
                code="hidden_rows",
            )
        )
    found = [FileRow(None, None, (note,)) for note in notes]
    over = _says_over_it(sheet, header)
    for place, row in enumerate(sheet.rows[header.last + 1 :], start=header.last + 1):
        if not any(row):
            continue
        if is_csv and any(row[len(header.columns) :]):
            found.append(_too_long(place + 1, len(header.columns), len(row)))
        else:
            found.append(_read_row(sheet, place, header, datum, kind, over))
    return ReadTable(found, header.columns, header.last + 1)


def _read_row(
    sheet: Sheet,
    place: int,
    header: Header,
    datum: Datum,
    kind: str | None,
    over: Cell | None = None,
) -> FileRow:
    row, number = sheet.rows[place], place + 1
    if headers.is_repeated(row, header):
        line = refusal(
            number, "row", "这一行又是表头", "this is the header once more", code="repeated_header"
        )
        return FileRow(number, None, (line,))
    if _is_footer(row, header):
        line = refusal(
            number,
            "row",
            f"“{shown(next(filter(None, row)))}”是表尾的说明，不是站点",
            f"“{shown(next(filter(None, row)))}” closes the list and is no station",
            code="footer_row",
        )
        return FileRow(number, None, (line,))
    record: dict[str, Cell] = {}
    if over is not None:
        record[UNREAD] = over
    for at, (column, value) in enumerate(zip(header.columns, row, strict=False)):
        field = column.field
        if field is None:
            if value and column_says_staff_only(column.title, value):
                record[UNREAD] = Cell(value, shown(column.title), column.letter, column.title)
            continue
        if field == "kind" and kind is not None:
            continue
        is_copy = (place, at) in sheet.copies and not _counts_beside(field)
        text = "" if is_copy else value
        if field == "hours_text":
            text = headers.with_period(text, column.title)
        name = field_name(field, column.title)
        cell = Cell(text, name, column.letter, column.title)
        record[field] = _joined(field, record[field], cell) if field in record else cell
    read = read_row(number, record, datum, kind)
    blanks = _blank_lines(sheet, place, header)
    return replace(read, lines=(*read.lines, *blanks)) if blanks else read


def _says_over_it(sheet: Sheet, header: Header) -> Cell | None:
    """Return what stands over the table if it says staff only: 驿站名单（仅供员工使用）.

    Only what names staff: 内部资料 and 仅供内部使用 are said of the paper itself. A title stands
    alone in its row, where those of columns have others beside them.
    """
    for row in sheet.rows[: header.last + 1]:
        texts = {text for text in row if text}
        text = texts.pop() if len(texts) == 1 else ""
        if STAFF_NAMED.search(simplified(text)) and says_staff_only(text):
            return Cell(text, "header")
    return None


def _counts_beside(field: str) -> bool:
    """Whether a cell merged with the one to its left says the same of this column too."""
    return field.startswith("service:") or field in ("lon", "lat")


def _joined(field: str, first: Cell, second: Cell) -> Cell:
    """Put together what two columns say of a field that may have several."""
    texts = [text for text in (first.text, second.text) if text]
    joined = headers.SEVERAL[field].join(dict.fromkeys(texts))
    return replace(first if first.text else second, text=joined)


def _blank_lines(sheet: Sheet, place: int, header: Header) -> list[Line]:
    """Return remarks about cells of this row that hold an error or a formula without a value."""
    lines = []
    for at, column in enumerate(header.columns):
        code = sheet.blanks.get((place, at))
        if code is None or column.field is None:
            continue
        zh, en = BLANKS[code]
        name = field_name(column.field, column.title)
        lines.append(remark(place + 1, name, zh, en, code=code, column=column.letter))
    return lines


def _is_footer(row: Sequence[str], header: Header) -> bool:
    """Whether a row closes the list: its first words say so, and it is no row of a place."""
    said = list(dict.fromkeys(value for value in row if value))
    if len(said) > FOOTER_MAX_CELLS or FOOTER.match(simplified(said[0])) is None:
        return False
    # a place has an address, a position or a code besides its name
    telling = {
        column.field
        for column, value in zip(header.columns, row, strict=False)
        if value and value != said[0] and column.field is not None
    }
    return not telling & {"code", "source_id", "lon", "lat", "lon_lat", "address", "kind"}


def check_needed(
    fields: Iterable[str | None], kind: str | None, columns: tuple[Column, ...]
) -> None:
    """Raise ColumnMissingError that names the first column that is needed and missing."""
    held = set(fields)
    needed = {"name"} if kind is not None else {"name", "kind"}
    if held & {"lon", "lat"} and len(held & {"lon", "lat"}) == 1:
        needed |= {"lon", "lat"}
    for field in ("name", "lon", "lat", "kind"):
        if field in needed - held:
            more_zh = "；也可以用 --kind 说明整个文件的类型" if field == "kind" else ""
            more_en = "; or name the kind of all rows with --kind" if field == "kind" else ""
            missing = ColumnMissingError(
                field=field,
                problem_zh=f"缺少这一列{more_zh}",
                problem_en=f"this column is missing{more_en}",
            )
            missing.columns = columns
            raise missing


def _header_notes(header: Header) -> list[Line]:
    notes = []
    if header.first > 0:
        notes.append(
            remark(
                None,
                "header",
                f"表头在第 {header.first + 1} 行，上面的没有读",
                f"the header is row {header.first + 1}; what is above it was not read",
                code="header_below",
            )
        )
    notes += [
        remark(
            None,
            shown(column.title),
            f"这一列当作 {column.field} 读，请核对",
            f"this column was read as {column.field}: please check",
            code="column_guessed",
            column=column.letter,
        )
        for column in header.columns
        if column.is_guess
    ]
    return notes


def _datum_notes(header: Header, datum: Datum) -> list[Line]:
    """Return a remark where the title of a column of coordinates names another datum."""
    for column in header.columns:
        named = datum_in(column.title) if column.field in ("lon", "lat", "lon_lat") else None
        if named is not None and named is not datum:
            return [
                remark(
                    None,
                    shown(column.title),
                    f"列名说是 {named}，按 --datum 读作 {datum}，请核对",
                    f"the title says {named}; it is read as {datum}, as --datum says: please check",
                    code="datum_named",
                    column=column.letter,
                )
            ]
    return []


def file_notes(columns: Sequence[tuple[str, str | None]], kind: str | None) -> list[Line]:
    """Return remarks about the columns of a file, given as (title, field)."""
    notes = [
        remark(
            None,
            shown(title),
            "不认识这一列，没有读",
            "this column is not known and was not read",
            code="column_not_read",
        )
        for title, field in columns
        if field is None and title and not is_told(title)
    ]
    if kind is not None and any(field == "kind" for _title, field in columns):
        notes.append(
            remark(
                None,
                "kind",
                f"按 --kind 都作为 {kind}",
                f"all are {kind}, as --kind says",
                code="kind_given",
            )
        )
    return notes


def _too_long(number: int, expected: int, found: int) -> FileRow:
    line = refusal(
        number,
        "row",
        f"有 {found} 格，表头只有 {expected} 格；多半是文字里的逗号没有加引号",
        f"it has {found} cells and the header {expected}; perhaps a comma in a text is not quoted",
        code="row_too_long",
    )
    return FileRow(number, None, (line,))


@lru_cache(maxsize=1024)
def field_name(field: str, title: str) -> str:
    """Return how a line names a column: the field, and the title where that is another."""
    return field if plain_word(title) == plain_word(field) else f"{field} ({shown(title)})"
