"""Tables as districts have them: encodings, titles above, merged cells, parts of addresses."""

import csv
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.coordinates import Datum
from stations import headers
from stations.coordinate_text import read_pair, split_pair
from stations.encodings import decoded
from stations.errors import FileRefusedError
from stations.reading import FileRow, ReadTable, read_file, read_table
from stations.settings import REPOSITORY

LISTS = REPOSITORY.parent / "shared" / "data" / "lists"
REAL = next(iter(sorted(LISTS.glob("*.csv"))), None)
needs_the_real_list = pytest.mark.skipif(
    REAL is None, reason="the real list is not beside the project"
)

SMALL = (
    "名称,地址,开放时间\n鄞州爱心驿站,中山东路1号,周一至周五 8:30-17:30\n海曙驿站,解放路2号,全天\n"
)


def workbook(path: Path, rows: list[list[object]], merged: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(path)
    return path


def stations(read: ReadTable | list[FileRow]) -> list[FileRow]:
    rows = read.rows if isinstance(read, ReadTable) else read
    return [row for row in rows if row.number is not None]


def codes(rows: list[FileRow]) -> set[str]:
    return {line.code for row in rows for line in row.lines}


def table(path: Path) -> ReadTable:
    return read_table(path, datum=Datum.WGS84, kind="rest_station")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_a_list_reads_the_same_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(SMALL, encoding="utf-8")
    expected = read_file(file, datum=Datum.WGS84, kind="rest_station")
    file.write_bytes(SMALL.encode(encoding))
    assert read_file(file, datum=Datum.WGS84, kind="rest_station") == expected


@given(st.text(alphabet="爱心驿站户外劳动者服务点宁波市鄞州区中山路号开放时间全天", min_size=6))
def test_common_words_are_told_apart_or_left_open(text: str) -> None:
    """What is read is never something else than what was written."""
    for encoding in ("gb18030", "cp950"):
        try:
            content = text.encode(encoding)
        except UnicodeEncodeError:
            continue
        try:
            assert decoded(content) == text
        except FileRefusedError:
            assert decoded(content, "gb18030" if encoding == "gb18030" else "big5") == text


def test_an_encoding_can_be_named_and_must_be_known() -> None:
    assert decoded("驿站".encode("gb18030"), "gbk") == "驿站"
    with pytest.raises(FileRefusedError, match="no encoding"):
        decoded(b"x", "latin-1")
    with pytest.raises(FileRefusedError, match="not whole text"):
        decoded(b"\xff\xff", "utf-8")


@needs_the_real_list
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "utf-16-be"])
def test_the_real_list_is_the_same_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    assert REAL is not None
    text = REAL.read_text(encoding="utf-8-sig")
    file = tmp_path / "list.csv"
    file.write_bytes(text.encode(encoding))
    assert read_file(file, datum=Datum.WGS84, kind="nursing_room") == read_file(
        REAL, datum=Datum.WGS84, kind="nursing_room"
    )


@needs_the_real_list
def test_what_big5_can_hold_of_the_real_list_reads_the_same_in_it(tmp_path: Path) -> None:
    assert REAL is not None
    rows = list(csv.reader(io.StringIO(REAL.read_text(encoding="utf-8-sig"), newline="")))
    kept = [row for row in rows if _fits("".join(row), "cp950")]
    assert len(kept) > 1_300
    text = io.StringIO()
    csv.writer(text).writerows(kept)
    found = []
    for encoding in ("utf-8", "cp950"):
        file = tmp_path / f"{encoding}.csv"
        file.write_bytes(text.getvalue().encode(encoding))
        found.append(read_file(file, datum=Datum.WGS84, kind="nursing_room"))
    assert found[0] == found[1]


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@needs_the_real_list
def test_every_row_of_the_real_list_is_taken_or_refused_with_a_reason() -> None:
    assert REAL is not None
    rows = stations(read_file(REAL, datum=Datum.WGS84, kind="nursing_room"))
    assert len(rows) == 1_375
    refused = [row for row in rows if row.station is None]
    assert all(row.lines for row in refused)
    assert len(refused) == 0
    first = rows[0].station
    assert first is not None
    assert first.name == "敏翔股份有限公司"
    assert first.address == "台南市歸仁區中山一街99號"
    assert (first.district, first.access) == ("歸仁區", "staff_only")
    assert first.hours_text == "24小時，僅供員工使用"
    assert first.phone == "06-2398899#2101蔡小姐"
    assert first.position is None
    assert all(line.code for row in rows for line in row.lines)


def test_a_header_below_a_title_and_sums_at_the_foot(tmp_path: Path) -> None:
    file = workbook(
        tmp_path / "a.xlsx",
        [
            ["鄞州区户外劳动者服务站点一览表", None, None, None],
            ["2026年", None, None, None],
            ["序号", "站点名称", "联系人的电话", "地  址"],
            [1, "中山驿站", 57487654321.0, "中山路1号"],
            ["序号", "站点名称", "联系人的电话", "地  址"],
            [2, "解放驿站", "0574-87654321", "解放路\n2号"],
            ["合计：2个", None, None, None],
        ],
        ("A1:D1",),
    )
    read = table(file)
    rows = stations(read)
    assert [row.number for row in rows] == [4, 5, 6, 7]
    assert [row.station.phone for row in rows if row.station] == ["57487654321", "0574-87654321"]
    assert {"header_below", "repeated_header", "footer_row", "column_guessed"} <= codes(read.rows)
    guessed = next(column for column in read.columns if column.is_guess)
    assert (guessed.letter, guessed.field, guessed.sample) == ("C", "phone", "57487654321")


def test_two_rows_of_header_over_merged_cells(tmp_path: Path) -> None:
    file = workbook(
        tmp_path / "a.xlsx",
        [
            ["名称", "地址", None, None, "电话"],
            [None, "区县", "镇街", "路", None],
            ["甲驿站", "鄞州区", "东柳街道", "百丈东路1号", "1"],
            ["乙驿站", None, "东胜街道", "中山东路2号", "2"],
        ],
        ("A1:A2", "B1:D1", "E1:E2", "B3:B4"),
    )
    first, second = (row.station for row in stations(table(file)))
    assert first is not None
    assert second is not None
    assert second.address == "鄞州区东胜街道中山东路2号"
    assert (second.district, second.town) == ("鄞州区", "东胜街道")
    assert (first.name, first.phone) == ("甲驿站", "1")


def test_the_sheet_with_the_header_is_read_and_the_other_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    notes = book.active
    assert notes is not None
    notes.title = "说明"
    notes.append(["本表由各区填报"])
    sheet = book.create_sheet("站点")
    sheet.append(["名称", "地址"])
    sheet.append(["甲驿站", "路1号"])
    book.save(tmp_path / "a.xlsx")
    read = table(tmp_path / "a.xlsx")
    assert len(stations(read)) == 1
    assert "sheet_not_read" in codes(read.rows)


def test_what_is_guessed_can_be_corrected(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("驿站全名,联络,备注\n甲驿站,123,x\n", encoding="utf-8")
    with pytest.raises(FileRefusedError, match="name"):
        table(file)
    mapping = {"驿站全名": "name", "B": "phone", "备注": None}
    read = read_table(file, datum=Datum.WGS84, kind="rest_station", mapping=mapping)
    (row,) = stations(read)
    assert row.station is not None
    assert (row.station.name, row.station.phone, row.station.notes) == ("甲驿站", "123", None)
    for wrong in ({"没有": "name"}, {"备注": "nothing"}):
        with pytest.raises(FileRefusedError) as caught:
            read_table(file, datum=Datum.WGS84, kind="rest_station", mapping=wrong)
        assert caught.value.field == "mapping"


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ("121.55", "29.87"),
        ("东经121.55°", "北纬29.87°"),
        ("121°33′00″", "29°52′12″"),
        ("121度33分", "29度52分12秒"),
        ("E121.55", "N29.87"),
        ("29.87", "121.55"),
        ("１２１．５５", "２９．８７"),
        ("121.55,29.87", ""),
        ("", "29.87N 121.55E"),
    ],
)
def test_coordinates_in_many_spellings(tmp_path: Path, lon: str, lat: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f'名称,经度,纬度\n甲,"{lon}","{lat}"\n', encoding="utf-8")
    (row,) = stations(table(file))
    assert row.station is not None, row.lines
    assert row.station.position is not None
    assert row.station.position.point == pytest.approx((121.55, 29.87), abs=1e-9)


DEGREES = st.floats(-179.9, 179.9), st.floats(-89.9, 89.9)


@given(*DEGREES, st.sampled_from(["{:.7f},{:.7f}", "({:.7f}，{:.7f})", "{:.7f} {:.7f}"]))
def test_a_pair_in_one_cell_reads_back(lon: float, lat: float, form: str) -> None:
    parts = split_pair(form.format(lon, lat))
    assert parts is not None
    read = read_pair(*parts)
    assert read is not None
    expected = (lat, lon) if "swapped" in read.notes else (lon, lat)
    assert read.point == pytest.approx(expected, abs=1e-6)


@given(st.floats(74, 135), st.floats(4, 53))
def test_what_lies_in_china_as_it_stands_is_never_swapped(lon: float, lat: float) -> None:
    read = read_pair(repr(lon), repr(lat))
    assert read is not None
    assert read.notes == ()
    back = read_pair(repr(lat), repr(lon))
    assert back is not None
    assert back.point == read.point
    assert back.notes == ("swapped",)


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 59))
def test_degrees_minutes_and_seconds(degrees: int, minutes: int, seconds: int) -> None:
    read = read_pair(f"{degrees}°{minutes}′{seconds}″E", "北纬30度")
    assert read is not None
    assert read.point.lon == pytest.approx(degrees + minutes / 60 + seconds / 3600)


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_makes_coordinates_fail(lon: str, lat: str) -> None:
    read = read_pair(lon, lat)
    assert read is None or (abs(read.point.lon) <= 180 and abs(read.point.lat) <= 90)
    split_pair(lon + lat)


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"]))
def test_no_bytes_make_a_workbook_fail(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, magic: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.xlsx"
    file.write_bytes(magic + content)
    with pytest.raises(FileRefusedError):
        table(file)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(41):
                sheet.write(b" " * 10_000_000)
    with pytest.raises(FileRefusedError, match="unpacks to more"):
        table(file)


@given(st.lists(st.lists(st.text(max_size=5), max_size=5), max_size=6))
def test_any_table_has_a_header_or_is_refused(rows: list[list[str]]) -> None:
    try:
        header = headers.find(rows)
    except FileRefusedError:
        return
    assert len(header.columns) >= (len(rows[header.first]) if any(map(any, rows)) else 0)


def test_letters_of_columns() -> None:
    assert [headers.letter_of(place) for place in (0, 25, 26, 701, 702)] == [
        "A", "Z", "AA", "ZZ", "AAA",
    ]  # fmt: skip
