"""Writes Excel workbooks row by row, in little memory; every text is a text, never a formula.

openpyxl writes 190,000 cells a second, so that 200,000 stations would take more than a minute; here
a cell is one formatted string. XlsxWriter with `constant_memory` was tried: its writing takes 4.6
times as long as this, a whole export of 20,000 stations 9.3 s for 4.0 s, and it rounds the 17th
digit of a number. The format is ECMA-376, inline strings; Excel, LibreOffice, openpyxl and calamine
read it.
"""

import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from stations.headers import letter_of

Value = str | int | float | None

MOST_ROWS = 1_048_576

# Excel reads _x0041_ as the letter A; and these two characters are not allowed in XML at all.
ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\ufffe\uffff\r]")
MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

# The same stations make the same bytes.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)

STYLE_TITLE, STYLE_TEXT = 1, 2

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

# Texts have the format "text" and the mark that keeps Excel from reading them anew when edited.
_STYLES = f"""{_XML}<styleSheet xmlns="{_MAIN}">\
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>\
<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" \
applyFont="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" \
applyNumberFormat="1" quotePrefix="1"/></cellXfs>\
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>\
</styleSheet>"""


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, the titles of its first row, which stays in sight, and its rows."""

    name: str
    titles: Sequence[str]
    rows: Iterable[Sequence[Value]]


def write_workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write the sheets one after the other, each row as it comes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, content in _parts([sheet.name for sheet in sheets]).items():
            archive.writestr(_entry(name), content)
        for number, sheet in enumerate(sheets, start=1):
            entry = _entry(f"xl/worksheets/sheet{number}.xml")
            with archive.open(entry, "w", force_zip64=True) as part:
                _write_sheet(part, sheet)


def _write_sheet(part: IO[bytes], sheet: Sheet) -> None:
    letters = [letter_of(index) for index in range(len(sheet.titles))]
    part.write(
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
        "</sheetViews><sheetData>".encode()
    )
    titles = "".join(
        _text(f"{letter}1", title, STYLE_TITLE)
        for letter, title in zip(letters, sheet.titles, strict=True)
    )
    part.write(f'<row r="1">{titles}</row>'.encode())
    for number, row in enumerate(sheet.rows, start=2):
        cells = "".join(
            _text(f"{letter}{number}", value, STYLE_TEXT)
            if isinstance(value, str)
            else f'<c r="{letter}{number}"><v>{value!r}</v></c>'
            for letter, value in zip(letters, row, strict=True)
            if value is not None
        )
        part.write(f'<row r="{number}">{cells}</row>'.encode())
    part.write(b"</sheetData></worksheet>")


def _text(place: str, text: str, style: int) -> str:
    keep = "" if text.isalnum() else ' xml:space="preserve"'
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t{keep}>{escaped(text)}</t></is></c>'


def escaped(text: str) -> str:
    """Return a text as the XML of a cell holds it."""
    if text.isalnum():  # most cells: nothing to look for
        return text
    marked = ESCAPED.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    return marked.translate(MARKUP)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, TIMESTAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _parts(names: Sequence[str]) -> dict[str, str]:
    """Return all parts of a workbook but its sheets."""
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<sheet name="{escaped(name)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in zip(numbers, names, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/worksheet" '
        f'Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" '
        f'ContentType="{_TYPE}.worksheet+xml"/>'
        for number in numbers
    )
    return {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        f"{overrides}</Types>",
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
        f"<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'{links}<Relationship Id="rId{len(names) + 1}" Type="{_RELATIONS}/styles" '
        'Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    }
