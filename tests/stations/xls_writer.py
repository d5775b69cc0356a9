"""Writes old Excel workbooks (BIFF8 in a compound file) as small as a reader accepts."""

import struct
from collections.abc import Sequence

Value = str | float | None
Merged = tuple[int, int, int, int]  # first row, last row, first column, last column, from 0

SECTOR = 512
SMALLEST_STREAM = 4096
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
ERROR_NA = 0x2A


def workbook(
    rows: Sequence[Sequence[Value]], merged: Sequence[Merged] = (), *, locked: bool = False
) -> bytes:
    """Return an `.xls` file of one sheet; `#N/A` is the error, and `locked` has a password."""
    return _compound(_stream(rows, merged, locked=locked))


def _stream(rows: Sequence[Sequence[Value]], merged: Sequence[Merged], *, locked: bool) -> bytes:
    bof_book = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    password = _record(0x002F, struct.pack("<HHHHHH", 1, 1, 1, 0, 0, 0)) if locked else b""
    codepage = _record(0x0042, struct.pack("<H", 1200))
    name = "站点"
    size_of_sheet = 4 + 8 + 2 * len(name)
    head = len(bof_book) + len(password) + len(codepage) + 4 + size_of_sheet - 4 + 4
    sheet_head = struct.pack("<IBBBB", head, 0, 0, len(name), 1) + name.encode("utf-16-le")
    book = bof_book + password + codepage + _record(0x0085, sheet_head) + _record(0x000A, b"")
    assert len(book) == head
    return book + _sheet(rows, merged)


def _sheet(rows: Sequence[Sequence[Value]], merged: Sequence[Merged]) -> bytes:
    parts = [_record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))]
    width = max(map(len, rows), default=0)
    parts.append(_record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0)))
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            place = struct.pack("<HHH", row, column, 0)
            if value == "#N/A":
                parts.append(_record(0x0205, place + struct.pack("<BB", ERROR_NA, 1)))
            elif isinstance(value, str):
                text = value.encode("utf-16-le")
                parts.append(_record(0x0204, place + struct.pack("<HB", len(value), 1) + text))
            elif value is not None:
                parts.append(_record(0x0203, place + struct.pack("<d", value)))
    if merged:
        ranges = b"".join(struct.pack("<HHHH", *each) for each in merged)
        parts.append(_record(0x00E5, struct.pack("<H", len(merged)) + ranges))
    return b"".join([*parts, _record(0x000A, b"")])


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _compound(stream: bytes) -> bytes:
    """Put a stream named Workbook into a compound file: header, FAT, directory, stream."""
    stream = stream.ljust(SMALLEST_STREAM, b"\0")
    stream += b"\0" * (-len(stream) % SECTOR)
    count = len(stream) // SECTOR
    fat_count = -(-(count + 2) // 127)
    chain = [FAT] * fat_count + [END] + list(range(fat_count + 2, fat_count + 1 + count)) + [END]
    chain += [FREE] * (fat_count * 128 - len(chain))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, fat_count, fat_count, 0, SMALLEST_STREAM, END, 0, END, 0)
    header += struct.pack("<109I", *(list(range(fat_count)) + [FREE] * (109 - fat_count)))
    directory = _entry("Root Entry", 5, END, 0, child=1)
    directory += _entry("Workbook", 2, fat_count + 1, len(stream)) + _entry("", 0, 0, 0) * 2
    return header + struct.pack(f"<{len(chain)}I", *chain) + directory + stream


def _entry(name: str, kind: int, start: int, size: int, child: int = FREE) -> bytes:
    text = name.encode("utf-16-le")
    length = len(text) + 2 if name else 0
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBBIII", length, kind, 1, FREE, FREE, child)
        + b"\0" * 36
        + struct.pack("<IQ", start, size)
    )
