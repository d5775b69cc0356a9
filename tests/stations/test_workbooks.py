"""Excel workbooks: what stands in the cells, and what is no workbook or a dangerous one."""

import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coordinates import Datum
from stations.errors import FileRefusedError
from stations.reading import FileRow, read_file, read_table
from stations.station import StationRow
from stations.workbooks import read_workbook
from tests.stations import xls_writer

SHEET = "xl/worksheets/sheet1.xml"
FAR_CELL = (
    b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>z</t></is></c></row></sheetData>'
)


def xlsx(path: Path, rows: list[list[object]], merged: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(path)
    return path


def changed(path: Path, member: str, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with one part changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, change(content) if name == member else content)
    return path


def read(path: Path) -> list[FileRow]:
    return read_file(path, datum=Datum.WGS84, kind="rest_station")


def stations(path: Path) -> list[StationRow]:
    return [row.station for row in read(path) if row.station is not None]


def codes(rows: list[FileRow]) -> list[str]:
    return [line.code for row in rows for line in row.lines]


def refused(path: Path) -> str:
    with pytest.raises(FileRefusedError) as caught:
        read(path)
    assert caught.value.sentence("zh")
    return caught.value.sentence("en")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("00123", "00123"),
        (57487654321, "57487654321"),
        (5.7e9, "5700000000"),
        (121.55, "121.55"),
        (0.1 + 0.2, "0.3"),
        (True, "是"),
        (False, "否"),
        (time(8, 30), "08:30"),
        (date(2026, 11, 1), "2026-11-01"),
        (datetime(2026, 11, 1), "2026-11-01"),  # noqa: DTZ001
        (datetime(2026, 11, 1, 8, 30), "2026-11-01 08:30"),  # noqa: DTZ001
        (timedelta(hours=30), "30:00"),
        ("两\n行", "两\n行"),
        ("<&>\"'", "<&>\"'"),
        ("=1+1", ""),
    ],
)
def test_a_value_is_the_text_that_a_person_sees(tmp_path: Path, value: object, text: str) -> None:
    (sheet,) = read_workbook(xlsx(tmp_path / "a.xlsx", [["x"], [value, "y"]]))
    assert sheet.rows[1][0] == text


def test_times_and_dates_of_excel_are_hours_and_days(tmp_path: Path) -> None:
    titles: list[object] = ["名称", "开门时间", "关门时间", "核实日期"]
    day = date(2026, 11, 1)
    rows: list[list[object]] = [
        ["甲", time(8, 30), time(17, 0), day],
        ["乙", 0.354166666, 0.75, "2026年11月1日"],
    ]
    for row in stations(xlsx(tmp_path / "a.xlsx", [titles, *rows])):
        assert row.hours_text in ("08:30-17:00", "08:30-18:00")
        assert row.checked_on == day


def test_errors_and_formulas_without_a_value_are_blank_and_remarked(tmp_path: Path) -> None:
    file = xlsx(
        tmp_path / "a.xlsx", [["名称", "电话", "备注", "别的"], ["甲", "#N/A", "=A1", "=B2"]]
    )
    rows = read(file)
    (row,) = [each for each in rows if each.number == 2]
    assert row.station is not None
    assert (row.station.phone, row.station.notes) == (None, None)
    assert [(line.code, line.column) for line in row.lines] == [
        ("error_value", "B"),
        ("no_value", "C"),
    ]


def test_hidden_rows_are_read_and_counted(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["名称"], ["甲"], ["乙"]):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    book.save(tmp_path / "a.xlsx")
    rows = read(tmp_path / "a.xlsx")
    assert len([row for row in rows if row.station]) == 2
    assert "hidden_rows" in codes(rows)


def test_a_hidden_sheet_gives_way_to_one_that_is_seen(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    old = book.active
    assert old is not None
    old.sheet_state = "hidden"
    new = book.create_sheet("新")
    for sheet, name in ((old, "旧站"), (old, "更旧"), (new, "新站")):
        sheet.append(["名称"]) if sheet.max_row == 1 and sheet["A1"].value is None else None
        sheet.append([name])
    book.save(tmp_path / "a.xlsx")
    assert [row.name for row in stations(tmp_path / "a.xlsx")] == ["新站"]


def test_a_value_merged_over_rows_is_each_rows(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["名称", "区县", "饮用水", "微波炉", "路", "门牌"],
        ["甲", "鄞州区", "有", None, "中山路1号", None],
        ["乙", None, "无", "有", "解放路", "2号"],
    ]
    first, second = stations(xlsx(tmp_path / "a.xlsx", rows, ("B2:B3", "C2:D2", "E2:F2")))
    assert (first.district, second.district) == ("鄞州区", "鄞州区")
    assert {code: str(answer) for code, answer in first.services.items()} == {
        "drinking_water": "yes",
        "microwave": "yes",
    }
    # merged with the cell beside it, an address is said once
    assert first.address == "鄞州区中山路1号"
    assert second.address == "鄞州区解放路2号"


def test_coordinates_merged_over_both_columns(tmp_path: Path) -> None:
    rows: list[list[object]] = [["名称", "经度", "纬度"], ["甲", "121.55，29.87", None]]
    (row,) = stations(xlsx(tmp_path / "a.xlsx", rows, ("B2:C2",)))
    assert row.position is not None
    assert row.position.point == (121.55, 29.87)


def test_an_old_workbook_reads_as_a_new_one(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["一览表", None, None, None],
        ["名称", "区县", "电话", "经度"],
        ["甲", "鄞州区", 57487654321.0, 121.5],
        ["乙", None, "0574-1", 121.6],
    ]
    for row, lat in zip(rows, (None, "纬度", 29.8, 29.9), strict=True):
        row.append(lat)
    new = xlsx(tmp_path / "a.xlsx", rows, ("A1:E1", "B3:B4"))
    old = tmp_path / "a.xls"
    values = [[each if isinstance(each, str | float) else None for each in row] for row in rows]
    old.write_bytes(xls_writer.workbook(values, [(0, 0, 0, 4), (2, 3, 1, 1)]))
    assert [row.name for row in stations(old)] == ["甲", "乙"]
    assert [row.district for row in stations(old)] == ["鄞州区", "鄞州区"]
    assert [row.station for row in read(old)] == [row.station for row in read(new)]


def test_an_old_workbook_under_a_new_name_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(xls_writer.workbook([["名称"], ["甲"]]))
    assert [row.name for row in stations(tmp_path / "a.xlsx")] == ["甲"]


def test_workbooks_with_a_password_say_so(tmp_path: Path) -> None:
    old = tmp_path / "old.xls"
    old.write_bytes(xls_writer.workbook([["名称"], ["甲"]], locked=True))
    new = tmp_path / "new.xlsx"
    new.write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le"))
    for file in (old, new):
        assert "password" in refused(file)


def test_a_cell_at_the_end_of_the_sheet_is_not_given_all_that_memory(tmp_path: Path) -> None:
    """5 kB that ask for 17 thousand million cells abort the process that reads them."""
    file = xlsx(tmp_path / "a.xlsx", [["名称"], ["甲"]])
    changed(file, SHEET, lambda xml: xml.replace(b"</sheetData>", FAR_CELL))
    assert "far outside" in refused(file)


def test_an_archive_that_lies_about_its_sizes(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            for _ in range(41):
                part.write(b" " * 10_000_000)
    content = bytearray(file.read_bytes())
    # the sizes in the archive's directory: signature, then 24 bytes on
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 100)
    file.write_bytes(content)
    assert "unpacks to more" in refused(file)


@pytest.mark.parametrize(
    ("columns", "rows"), [(301, 2), (2, 200_001)], ids=["too wide", "too long"]
)
def test_more_than_any_list_has_is_refused(tmp_path: Path, columns: int, rows: int) -> None:
    file = xlsx(tmp_path / "a.xlsx", [["名称"]])
    cells = b"".join(
        b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (row, row) for row in range(2, rows + 1)
    )
    if columns > 2:
        cells += b'<row r="9"><c r="KO9"><v>1</v></c></row>'
    changed(file, SHEET, lambda xml: xml.replace(b"</sheetData>", cells + b"</sheetData>"))
    assert "too large" in refused(file)


def test_entities_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim", encoding="utf-8")
    file = xlsx(tmp_path / "a.xlsx", [["名称"], ["甲"]])
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'.encode()

    def with_entity(xml: bytes) -> bytes:
        row = b'<row r="3"><c r="A3" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData>'
        return entity + xml.replace(b"</sheetData>", row)

    changed(file, SHEET, with_entity)
    try:
        found = repr(read_workbook(file))
    except FileRefusedError as error:
        found = error.sentence("en")
    assert "geheim" not in found


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"name\nx\n", "no workbook"),
        (b"PK\x03\x04", "damaged"),
        (b"PK\x03\x04" + b"x" * 500, "damaged"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 600, "damaged"),
    ],
)
@pytest.mark.parametrize("name", ["a.xlsx", "a.xls"])
def test_what_is_no_workbook_is_refused(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert reason in refused(tmp_path / name)


def test_another_archive_is_no_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("readme.txt", "x")
    assert "zip archive" in refused(tmp_path / "a.xlsx")


def test_an_empty_workbook(tmp_path: Path) -> None:
    assert "empty" in refused(xlsx(tmp_path / "a.xlsx", []))


@settings(max_examples=12)
@given(st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_broken_workbook_is_rows_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[float, int]]
) -> None:
    whole = xlsx(tmp_path_factory.getbasetemp() / "whole.xlsx", [["名称", "电话"], ["甲", 1]])
    content = bytearray(whole.read_bytes())
    for share, byte in changes:
        content[int(share * len(content))] = byte
    broken = tmp_path_factory.getbasetemp() / "broken.xlsx"
    broken.write_bytes(content)
    try:
        read_table(broken, datum=Datum.WGS84, kind="rest_station")
    except FileRefusedError as error:
        assert error.sentence("zh")  # noqa: PT017


@settings(max_examples=10)
@given(
    st.lists(
        st.lists(
            st.none()
            | st.integers(-(10**12), 10**12)
            | st.floats(allow_nan=False, allow_infinity=False, width=32)
            | st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=8),
            max_size=4,
        ),
        max_size=5,
    )
)
def test_any_cells_of_a_workbook_are_rows_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[object]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "cells.xlsx"
    titles: list[object] = ["名称", "经度", "纬度", "核实日期"]
    found = read(xlsx(file, [titles, *rows]))
    assert all(row.station is not None or row.lines for row in found)
