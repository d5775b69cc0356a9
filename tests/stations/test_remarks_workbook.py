"""The file of an import comes back with a column of remarks, and otherwise as it was."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font

from geo.coordinates import Datum
from stations import remarks_workbook
from stations.errors import InvalidInputError
from stations.import_report import Line, refusal, remark
from stations.reading import ReadTable, read_table
from stations.settings import REPOSITORY

REFUSED = refusal(5, "name", "名称不能为空", "a name is needed", code="bad_name", column="B")
DOUBT = remark(5, "position", "请检查坐标系", "check the datum", code="datum_suspect")
OF_FILE = remark(None, "datum", "坐标看起来是 GCJ-02", "it looks like GCJ-02", code="looks_like")


def read(path: Path) -> ReadTable:
    return read_table(path, datum=Datum.WGS84, kind="rest_station")


def write(path: Path, *lines: Line, lang: str = "zh") -> Path:
    target = path.with_name(f"remarks{remarks_workbook.suffix_for(path)}")
    remarks_workbook.write(path, target, read(path), lines, lang=lang)
    return target


def sheet_rows(path: Path, name: str | None = None) -> list[list[Any]]:
    book = load_workbook(path)
    sheet = book[name] if name else book.active
    assert sheet is not None
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A printed list: a title over all, an empty row, the header, and a sheet of notes."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "站点"
    sheet["A1"] = "鄞州区站点一览"
    sheet.merge_cells("A1:D1")
    for place, title in enumerate(("编号", "站点名称", "详细地址", "开放时间"), start=1):
        sheet.cell(3, place, title).font = Font(bold=True)
    for number, row in enumerate(
        ((1, "甲站", "=1+1", "全天"), (2, None, "某路2号", "全天"), (3, "丙站", "某路3号", "全天")),
        start=4,
    ):
        for place, value in enumerate(row, start=1):
            sheet.cell(number, place, value)
    sheet["C4"].data_type = "s"
    sheet["C6"] = '=HYPERLINK("http://x.example")'
    sheet.column_dimensions["B"].width = 33
    book.create_sheet("说明").append(["=cmd|' /C calc'!A0", "按格式填写"])
    path = tmp_path / "list.xlsx"
    book.save(path)
    return path


def test_a_workbook_keeps_what_it_had_and_gets_one_column(workbook: Path) -> None:
    target = write(workbook, OF_FILE, DOUBT, REFUSED)
    book = load_workbook(target)
    assert book.sheetnames == ["站点", "说明"]
    sheet = book["站点"]
    assert [cell.value for cell in sheet[3]] == [
        "编号",
        "站点名称",
        "详细地址",
        "开放时间",
        "导入意见",
    ]
    assert sheet["E5"].value == (
        "未收：name：名称不能为空 [bad_name]\n提示：position：请检查坐标系 [datum_suspect]"
    )
    assert (sheet["E4"].value, sheet["E6"].value) == (None, None)
    assert sheet["E3"].comment is not None
    assert "GCJ-02" in sheet["E3"].comment.text
    # the cell that is wrong is marked, and so is the remark; others are not
    assert sheet["B5"].fill.fgColor.rgb == sheet["E5"].fill.fgColor.rgb == "FFF4CCCC"
    assert sheet["B4"].fill.fgColor.rgb != "FFF4CCCC"
    assert sheet["B3"].font.bold
    assert sheet.column_dimensions["B"].width == 33
    assert "A1:D1" in [str(each) for each in sheet.merged_cells.ranges]


def test_nothing_in_it_is_a_formula(workbook: Path) -> None:
    forged = remark(4, "name", "=1+1", "=1+1", code="x")
    book = load_workbook(write(workbook, forged))
    kinds = {
        cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row
    }
    assert "f" not in kinds
    assert book["站点"]["C4"].value == "=1+1"  # a text, and it stays one


def test_in_english_and_a_second_time_in_the_same_column(workbook: Path, tmp_path: Path) -> None:
    first = write(workbook, REFUSED, lang="en")
    assert sheet_rows(first)[4][4] == "Refused: name: a name is needed [bad_name]"
    mended = tmp_path / "mended.xlsx"
    first.replace(mended)
    rows = sheet_rows(write(mended, DOUBT))
    assert rows[2][4] == "导入意见"
    assert rows[4][4] == "提示：position：请检查坐标系 [datum_suspect]"
    assert all(len(row) == 5 for row in rows)
    # and what has no remark any more is blank
    assert sheet_rows(write(mended))[4][4] is None


def test_a_file_with_remarks_reads_as_it_did(workbook: Path) -> None:
    again = read(write(workbook, REFUSED, DOUBT))
    before = read(workbook)
    stations = [(row.number, row.station) for row in again.rows]
    assert stations == [(row.number, row.station) for row in before.rows]


def test_a_csv_is_written_for_excel(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    text = '名称,地址\n甲站,"某路\n1号"\n=1+1,@x\n,-2\n'
    path.write_bytes(text.encode("gb18030"))
    target = write(path, refusal(4, "name", "名称不能为空", "a name is needed", code="bad_name"))
    content = target.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows == [
        ["名称", "地址", "导入意见"],
        ["甲站", "某路\n1号", ""],
        ["'=1+1", "'@x", ""],
        ["", "'-2", "未收：name：名称不能为空 [bad_name]"],
    ]
    assert read(target).rows[1].station == read(path).rows[1].station


def test_a_geojson_gets_a_property(tmp_path: Path) -> None:
    path = tmp_path / "list.geojson"
    features = [
        {"type": "Feature", "id": 1, "geometry": None, "properties": {"name": "甲站"}},
        {"type": "Feature", "geometry": None, "properties": None},
    ]
    document = {"type": "FeatureCollection", "name": "站点", "features": features}
    path.write_text(json.dumps(document), encoding="utf-8")
    target = write(path, refusal(2, "name", "名称不能为空", "a name is needed", code="bad_name"))
    found = json.loads(target.read_text(encoding="utf-8"))
    assert found["name"] == "站点"
    assert found["features"][0] == features[0]
    assert found["features"][1]["properties"] == {"导入意见": "未收：name：名称不能为空 [bad_name]"}


def assert_written_anew(target: Path) -> None:
    rows = sheet_rows(target, "站点")
    assert rows[2][4] == "导入意见"
    assert str(rows[4][4]).startswith("未收：name")
    assert sheet_rows(target, "说明")[0][1] == "按格式填写"
    assert load_workbook(target)["站点"].column_dimensions["B"].width != 33


def test_a_workbook_that_openpyxl_cannot_read_is_written_anew(workbook: Path) -> None:
    with_part(
        workbook, "xl/styles.xml", b"<cellXfs", b"<cellXfs x='1'><xf numFmtId='z'/></cellXfs><z"
    )
    assert_written_anew(write(workbook, REFUSED))


@pytest.mark.parametrize(
    "part",
    [
        b'<mergeCells count="1"><mergeCell ref="A10:XFD1048576"/></mergeCells>',
        b'<hyperlinks><hyperlink ref="A10:XFD1048576" location="x"/></hyperlinks>',
    ],
)
def test_one_that_would_take_too_much_is_written_anew(workbook: Path, part: bytes) -> None:
    """A few bytes for which openpyxl makes 17 thousand million cells."""
    book = load_workbook(workbook)
    book["站点"].unmerge_cells("A1:D1")
    book.save(workbook)
    with_part(workbook, "xl/worksheets/sheet1.xml", b"</sheetData>", b"</sheetData>" + part)
    assert workbook.stat().st_size < 10_000
    assert_written_anew(write(workbook, REFUSED))
    _seconds, peak_mb = measured(workbook)
    assert peak_mb < 700


def test_cells_far_outside_the_table_cost_nothing(workbook: Path) -> None:
    book = load_workbook(workbook)
    book["站点"]["AN100000"] = "x"
    book.save(workbook)
    seconds, peak_mb = measured(workbook)
    assert peak_mb < 400
    assert seconds < 15
    # and it kept its looks: openpyxl has written it
    sheet = load_workbook(workbook.with_name("remarks.xlsx"))["站点"]
    assert sheet.column_dimensions["B"].width == 33
    assert (sheet["AO3"].value, sheet["AO5"].value) == (
        "导入意见",
        "未收：name：名称不能为空 [bad_name]",
    )


def with_part(path: Path, name: str, old: bytes, new: bytes) -> None:
    """Replace bytes of one part of a workbook, as a program other than Excel would have them."""
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    assert old in parts[name]
    parts[name] = parts[name].replace(old, new, 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in parts.items():
            archive.writestr(each, content)


MEASURED = """
import resource, sys, time
from pathlib import Path
from tests.stations.test_remarks_workbook import REFUSED, write

began = time.monotonic()
write(Path(sys.argv[1]), REFUSED)
# of this process what it held itself: ru_maxrss counts what its parent held when it was started
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
own = int(status["VmHWM"].split()[0])
most = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(time.monotonic() - began, most / 1024)
"""


def measured(path: Path) -> tuple[float, float]:
    """Write the remarks in a process of its own; return seconds and the most megabytes held."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)],
        cwd=REPOSITORY, stdout=subprocess.PIPE, check=True, timeout=300,
    )  # fmt: skip
    seconds, megabytes = map(float, done.stdout.split())
    return seconds, megabytes


def test_where_it_is_written_to(workbook: Path, tmp_path: Path) -> None:
    table = read(workbook)
    for target in (tmp_path / "remarks.csv", workbook):
        with pytest.raises(InvalidInputError) as caught:
            remarks_workbook.write(workbook, target, table, [], lang="zh")
        assert caught.value.field == "remarks"
    with pytest.raises(OSError, match="no-such-folder"):
        remarks_workbook.write(
            workbook, tmp_path / "no-such-folder" / "remarks.xlsx", table, [], lang="zh"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["list.xlsx"]


CELLS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n=+-@'\"；,"), max_size=12
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4))
def test_any_csv_reads_as_before(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    path = tmp_path / "any.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("名称", "地址"), *rows])
    before = read(path)
    lines = [refusal(row.number, "x", "=1", "=1", code="x") for row in before.rows if row.number]
    after = read(write(path, *lines))
    assert [row.station for row in after.rows if row.number] == [
        row.station for row in before.rows if row.number
    ]


def test_half_a_character_of_a_geojson_stays_an_escape(tmp_path: Path) -> None:
    source = tmp_path / "half.geojson"
    point = '{"type":"Point","coordinates":[121.55,29.87]}'
    feature = '{"type":"Feature","geometry":%s,"properties":{"name":"站","别处":"%s"}}'
    source.write_text(
        '{"type":"FeatureCollection","features":[%s]}' % (feature % (point, r"\ud800孤")),
        encoding="utf-8",
    )
    written = write(source, refusal(1, "name", "不好", "not good", code="bad"))
    document = json.loads(written.read_text(encoding="utf-8"))
    assert document["features"][0]["properties"]["别处"] == "\ud800孤"
