"""Reads a workbook in a process of its own, with little memory and little time: run as a script.

A workbook of 5 kB can say that its last cell is XFD1048576, and the library then asks for memory
for 17 thousand million cells, which aborts the process that asked. So this one asks, and nobody
else is there to be hurt. It imports nothing of the project and writes JSON, one object, to standard
output: {"sheets": [...]} or {"refused": reason, "value": ...}.
"""

import io
import json
import re
import resource
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

MEMORY_BYTES = 1_500_000_000
CPU_SECONDS = 120
LARGEST_WHOLE = 10**15

MAX_UNPACKED_BYTES = 400_000_000
MAX_MEMBERS = 10_000
MAX_ROWS = 200_000
MAX_COLUMNS = 300
MAX_CHARACTERS = 100_000_000
MAX_MARKS = 1_000

OLE = b"\xd0\xcf\x11\xe0"
STORED, DEFLATED = 0, 8
LOCAL_HEADER_BYTES = 30

CELL_OF_ERROR = re.compile(rb'<c\s(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
CELL_WITHOUT_VALUE = re.compile(
    rb'<c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*><f(?:\s[^>]*)?(?:/>|>[^<]*</f>)'
    rb"(?:<v\s*/>|<v></v>)?</c>"
)
HIDDEN_ROW = re.compile(rb'<row\s[^>]*?\bhidden="(?:1|true)"')
SHEET = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
ATTRIBUTE = re.compile(r'([\w:]+)\s*=\s*"([^"]*)"')


class RefusedError(Exception):
    """What the file is instead, as a word that the parent makes a sentence of."""

    def __init__(self, reason: str, value: object = None) -> None:
        super().__init__(reason)
        self.reason, self.value = reason, value


def main() -> int:
    """Read the workbook named by the only argument."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found: dict[str, Any] = {"sheets": read(Path(sys.argv[1]).read_bytes())}
    except RefusedError as error:
        found = {"refused": error.reason, "value": error.value}
    except PasswordError:
        found = {"refused": "password"}
    except MemoryError:
        found = {"refused": "too_much"}
    except BaseException:  # noqa: BLE001  a panic of the library is no Exception
        found = {"refused": "damaged"}
    text = json.dumps(found, ensure_ascii=False)
    sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass"))
    return 0


def read(content: bytes) -> list[dict[str, Any]]:
    """Return the sheets that hold anything: name, rows of texts, merged ranges, marks."""
    marks: dict[str, dict[str, Any]] = {}
    if content.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise RefusedError("password")
    else:
        marks = _marks(_unpacked(content))
    workbook = _opened(content)
    sheets = []
    for about in workbook.sheets_metadata:
        if about.typ is not SheetTypeEnum.WorkSheet:
            continue
        sheet = _sheet(workbook, about.name)
        if sheet is not None:
            sheet["is_hidden"] = about.visible is not SheetVisibleEnum.Visible
            sheets.append(sheet | marks.get(about.name, {}))
    return sheets


def _opened(content: bytes) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(content))
    except CalamineError:
        if not content.startswith(OLE):
            raise
        # only by its suffix does the library say what is wrong with one
        with tempfile.NamedTemporaryFile(suffix=".xls") as named:
            named.write(content)
            named.flush()
            return CalamineWorkbook.from_path(named.name)


def _sheet(workbook: CalamineWorkbook, name: str) -> dict[str, Any] | None:
    sheet = workbook.get_sheet_by_name(name)
    if sheet.start is None or sheet.end is None:
        return None
    (top, left), (bottom, right) = sheet.start, sheet.end
    if bottom >= MAX_ROWS or right >= MAX_COLUMNS:
        raise RefusedError("too_large", name)
    rows: list[list[str]] = [[] for _ in range(top)]
    characters = 0
    for values in sheet.to_python(skip_empty_area=True):
        row = [""] * left + [text_of(value) for value in values]
        while row and not row[-1]:
            row.pop()
        characters += sum(map(len, row))
        if characters > MAX_CHARACTERS:
            raise RefusedError("too_large", name)
        rows.append(row)
    if not any(rows):
        return None
    merged = [[*start, *end] for start, end in sheet.merged_cell_ranges or []]
    return {"name": name, "rows": rows, "merged": merged}


def text_of(value: Any) -> str:
    """Return a cell's value as a person reads it: no `.0`, no midnight after a date."""
    match value:
        case str():
            text = value.strip()
        case bool():
            text = "是" if value else "否"
        case int() | float():
            whole = float(value).is_integer() and abs(value) < LARGEST_WHOLE
            text = str(int(value)) if whole else repr(round(value, 12))
        case datetime():
            is_day = value.time() == time()
            text = value.date().isoformat() if is_day else value.isoformat(" ", "minutes")
        case date():
            text = value.isoformat()
        case time():
            text = value.isoformat("minutes")
        case timedelta():
            minutes = round(value.total_seconds() / 60)
            text = f"{minutes // 60:02d}:{minutes % 60:02d}"
        case _:
            text = ""
    return text


def _unpacked(content: bytes) -> dict[str, bytes]:
    """Return the parts of the archive that tell about sheets, after inflating all of them.

    The archive's own sizes may lie, so the bytes are counted as they come, and not kept.
    """
    left = MAX_UNPACKED_BYTES
    kept: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise RefusedError("damaged") from error
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        raise RefusedError("no_workbook")
    if len(entries) > MAX_MEMBERS:
        raise RefusedError("too_large", "zip")
    for entry in entries:
        is_kept = entry.filename.startswith("xl/workbook") or entry.filename.endswith(
            "workbook.xml.rels"
        )
        size, part = _inflated(content, entry, left, keep=is_kept)
        left -= size
        if is_kept:
            kept[entry.filename] = part
    for name in entries:
        if name.filename.startswith("xl/worksheets/") and name.filename.endswith(".xml"):
            _size, kept[name.filename] = _inflated(content, name, MAX_UNPACKED_BYTES, keep=True)
            kept[name.filename] = json.dumps(_marks_of(kept[name.filename])).encode()
    return kept


def _inflated(
    content: bytes, entry: zipfile.ZipInfo, most: int, *, keep: bool
) -> tuple[int, bytes]:
    if entry.flag_bits & 1 or entry.compress_type not in (STORED, DEFLATED):
        raise RefusedError("damaged")
    head = content[entry.header_offset : entry.header_offset + LOCAL_HEADER_BYTES]
    if len(head) < LOCAL_HEADER_BYTES:
        raise RefusedError("damaged")
    start = entry.header_offset + LOCAL_HEADER_BYTES
    start += int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    packed = content[start : start + entry.compress_size]
    if entry.compress_type == STORED:
        if len(packed) > most:
            raise RefusedError("bomb", MAX_UNPACKED_BYTES // 1_000_000)
        return len(packed), packed if keep else b""
    size, parts = 0, []
    try:
        for part in _inflating(packed):
            size += len(part)
            if size > most:
                raise RefusedError("bomb", MAX_UNPACKED_BYTES // 1_000_000)
            if keep:
                parts.append(part)
    except zlib.error as error:
        raise RefusedError("damaged") from error
    return size, b"".join(parts)


def _inflating(packed: bytes) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    rest = packed
    while rest and not inflate.eof:
        yield inflate.decompress(rest, 1_000_000)
        rest = inflate.unconsumed_tail


def _marks_of(xml: bytes) -> dict[str, Any]:
    """Return where a sheet has errors and formulas without a value, and how many rows hide."""
    blanks = [
        [int(found[2]) - 1, _column(found[1]), code]
        for code, pattern in (("error_value", CELL_OF_ERROR), ("no_value", CELL_WITHOUT_VALUE))
        for found, _ in zip(pattern.finditer(xml), range(MAX_MARKS), strict=False)
    ]
    return {"blanks": blanks, "hidden_rows": len(HIDDEN_ROW.findall(xml))}


def _column(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1


def _marks(parts: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    """Return the marks of each sheet by name, as far as the archive's own list tells."""
    book = parts["xl/workbook.xml"].decode("utf-8", "replace")
    relations = parts.get("xl/_rels/workbook.xml.rels", b"").decode("utf-8", "replace")
    paths: dict[str, str] = {}
    for tag in RELATION.findall(relations):
        attributes = dict(ATTRIBUTE.findall(tag))
        target = attributes.get("Target", "")
        paths[attributes.get("Id", "")] = (
            target.lstrip("/") if target[:1] == "/" else f"xl/{target}"
        )
    found: dict[str, dict[str, Any]] = {}
    for tag in SHEET.findall(book):
        attributes = dict(ATTRIBUTE.findall(tag))
        name = unescape(attributes.get("name", ""), {"&quot;": '"', "&apos;": "'"})
        relation = next((v for k, v in attributes.items() if k.endswith(":id")), "")
        path = paths.get(relation, "")
        if path in parts and path.startswith("xl/worksheets/"):
            found[name] = json.loads(parts[path])
    return found


if __name__ == "__main__":
    sys.exit(main())
