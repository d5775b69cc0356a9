"""Reading files of places: what is understood, what is refused, and what the reason says."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.coordinates import Datum
from stations.columns import COLUMNS
from stations.errors import FileRefusedError, UnknownTermError
from stations.import_report import Verdict
from stations.reading import FileRow, read_file
from stations.settings import REPOSITORY
from stations.station import Known, StationRow
from stations.taxonomy import taxonomy


def read(
    path: Path, content: str | bytes, kind: str | None = "rest_station", datum: Datum = Datum.WGS84
) -> list[FileRow]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_file(path, datum=datum, kind=kind)


def numbered(rows: list[FileRow]) -> list[FileRow]:
    return [row for row in rows if row.number is not None]


def station(row: FileRow) -> StationRow:
    assert row.station is not None, row.lines
    return row.station


def only(rows: list[FileRow]) -> StationRow:
    (row,) = numbered(rows)
    return station(row)


def refusal(rows: list[FileRow]) -> tuple[str, str]:
    """The field and English reason of the only row's first refusal."""
    (row,) = numbered(rows)
    assert row.station is None
    line = next(line for line in row.lines if line.verdict is Verdict.REFUSED)
    assert line.row == row.number
    assert line.zh
    return line.field, line.en


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    return tmp_path / "站点.csv"


@pytest.fixture
def geojson_file(tmp_path: Path) -> Path:
    return tmp_path / "places.geojson"


def feature(**changes: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"name": "一号驿站"},
        "geometry": {"type": "Point", "coordinates": [121.5, 29.8]},
    } | changes


def collection(*features: Any, **more: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)} | more)


def test_chinese_columns(csv_file: Path) -> None:
    row = only(
        read(
            csv_file,
            "站点名称,类型,经度,纬度,编码,地址,开放时间,电话,状态,开放对象,进入方式,品牌,等级,层级,"
            "镇街代码,服务,日接待量,核实日期,备注,英文名称,兼有类型\n"
            "一号驿站,户外劳动者服务站点,121.5,29.8,NB-RS-0001,中山路1号,周一至周五8:30-17:30,12351,"
            "正常开放,户外劳动者,直接进、刷卡,爱心驿站,标杆型,镇街级,330203001,饮用水、微波炉,80,"
            "2026-11-01,门口有台阶,Station One,职工书屋\n",
            kind=None,
        )
    )
    assert row.name == "一号驿站"
    assert row.kind == "rest_station"
    assert row.position is not None
    assert (*row.position.point, row.position.datum) == (121.5, 29.8, Datum.WGS84)
    assert row.code == "NB-RS-0001"
    assert (row.status, row.access, row.tier, row.level) == (
        "active",
        "outdoor_workers",
        "benchmark",
        "town",
    )
    assert row.entry == ("card", "walk_in")
    assert row.also_kinds == ("reading_room",)
    assert row.services == {"drinking_water": Known.YES, "microwave": Known.YES}
    assert (row.capacity_per_day, row.town_code) == (80, "330203001")
    assert row.checked_on is not None
    assert row.checked_on.isoformat() == "2026-11-01"
    assert row.hours_text == "周一至周五8:30-17:30"


def test_field_names_of_the_register_are_columns_too(csv_file: Path) -> None:
    row = only(
        read(csv_file, "name,kind,lon,lat,hours_text\nA,nursing_room,121.5,29.8,24H\n", None)
    )
    assert (row.name, row.kind, row.hours_text) == ("A", "nursing_room", "24H")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf_8_with_and_without_a_mark(csv_file: Path, mark: bytes) -> None:
    assert only(read(csv_file, mark + "名称\n驿站\n".encode())).name == "驿站"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_seen_from_the_header(csv_file: Path, delimiter: str) -> None:
    row = only(
        read(csv_file, f"名称{delimiter}经度{delimiter}纬度\n驿站{delimiter}121.5{delimiter}29.8")
    )
    assert row.position is not None


def test_a_row_has_the_number_that_a_spreadsheet_shows(csv_file: Path) -> None:
    rows = read(csv_file, '名称,备注\n一,"两\n行"\n\n二,\n,\n三,\n')
    assert [row.number for row in numbered(rows)] == [2, 4, 6]
    assert [station(row).name for row in numbered(rows)] == ["一", "二", "三"]


def test_the_option_wins_over_the_column(csv_file: Path) -> None:
    rows = read(csv_file, "名称,类型\n驿站,没有这种\n", kind="nursing_room")
    assert only(rows).kind == "nursing_room"
    assert any(line.field == "kind" for row in rows for line in row.lines)


def test_one_column_for_each_service(csv_file: Path) -> None:
    row = only(
        read(
            csv_file,
            "名称,饮用水,微波炉,Wi-Fi,service:toilet,冰箱,淋浴\n驿站,是,无,1,yes,,不详\n",
        )
    )
    assert row.services == {
        "drinking_water": Known.YES,
        "microwave": Known.NO,
        "wifi": Known.YES,
        "toilet": Known.YES,
        "shower": Known.UNKNOWN,
    }


def test_a_column_that_is_not_known_is_named(csv_file: Path) -> None:
    rows = read(csv_file, "名称,管理员\n驿站,某某\n")
    assert [line.field for row in rows if row.number is None for line in row.lines] == ["管理员"]


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        ("驿站,121.5,", "lat", "one coordinate is missing"),
        ("驿站,,29.8", "lon", "one coordinate is missing"),
        ("驿站,nan,29.8", "lon (经度)", "not a valid coordinate"),
        ("驿站,inf,29.8", "lon (经度)", "not a valid coordinate"),
        ("驿站,121.5,-Infinity", "lat (纬度)", "not a valid coordinate"),
        ("驿站,1e999,29.8", "lon (经度)", "not a valid coordinate"),
        ("驿站,180.1,29.8", "lon (经度)", "not a valid coordinate"),
        ("驿站,121.5,95", "lat (纬度)", "not a valid coordinate"),
        ("驿站,东经,29.8", "lon (经度)", "not a valid coordinate"),
        ("驿站,1_2,29.8", "lon (经度)", "not a valid coordinate"),
        ("驿站,0x10,29.8", "lon (经度)", "not a valid coordinate"),
        (",121.5,29.8", "name", "a name is needed"),
        ("驿" * 201 + ",121.5,29.8", "name (名称)", "at most 200"),
        ("驿\x07站,121.5,29.8", "name (名称)", "control characters"),
        ("驿站,121.5,29.8,多", "row", "4 cells"),
    ],
)
def test_a_row_is_refused_with_field_and_reason(
    csv_file: Path, cells: str, field: str, reason: str
) -> None:
    found, sentence = refusal(read(csv_file, f"名称,经度,纬度\n{cells}\n"))
    assert found == field
    assert reason in sentence


@pytest.mark.parametrize(
    ("title", "value", "reason"),
    [
        ("类型", "茶馆", "there is no “茶馆”"),
        ("饮用水", "也许", "write yes, no or unknown"),
        ("状态", "半开", "there is no “半开”"),
        ("开放对象", "朋友", "there is no “朋友”"),
        ("进入方式", "翻墙", "there is no “翻墙”"),
        ("等级", "五星", "there is no “五星”"),
        ("层级", "省", "there is no “省”"),
        ("编码", "RS-1", "not a station code"),
        ("编码", "NB-RS-1234567890", "not a station code"),
        ("编号", "NB-RS-1", "not a station code"),
        ("日接待量", "很多", "not a whole number"),
        ("日接待量", "-1", "not a whole number"),
        ("日接待量", "10000000", "not a whole number"),
        ("核实日期", "2026-02-30", "not a date"),
        ("核实日期", "去年", "not a date"),
        ("备注", "字" * 1001, "at most 1000"),
    ],
)
def test_a_cell_that_is_not_understood_refuses_its_row(
    csv_file: Path, title: str, value: str, reason: str
) -> None:
    kind = None if title == "类型" else "rest_station"
    field, sentence = refusal(read(csv_file, f"名称,{title}\n驿站,{value}\n", kind))
    assert title in field
    assert reason in sentence


def test_every_wrong_cell_of_a_row_has_its_line(csv_file: Path) -> None:
    (row,) = numbered(read(csv_file, "名称,经度,纬度,服务\n,200,100,泳池\n"))
    assert [line.field.split(" ")[0] for line in row.lines] == ["name", "lon", "lat", "services"]


def test_a_row_without_a_position_is_a_place_all_the_same(csv_file: Path) -> None:
    assert only(read(csv_file, "名称,经度,纬度\n驿站,,\n")).position is None


def test_the_datum_is_kept_with_the_pair_as_given(csv_file: Path) -> None:
    row = only(read(csv_file, "名称,经度,纬度\n驿站,１２１．５, 29.80 \n", datum=Datum.BD09))
    assert row.position is not None
    assert (*row.position.point, row.position.datum) == (121.5, 29.8, Datum.BD09)


def test_a_number_of_the_district_is_its_own_id(csv_file: Path) -> None:
    rows = numbered(read(csv_file, "名称,编号\n一,007\n二,nb-rs-0012\n"))
    assert [(station(row).source_id, station(row).code) for row in rows] == [
        ("007", None),
        (None, "NB-RS-0012"),
    ]


def test_names_keep_their_punctuation_and_lose_what_nobody_sees(csv_file: Path) -> None:
    row = only(read(csv_file, '名称\n"　\u200b工会（鄞州）“暖心”驿站：\n一号　店 "\n'))
    assert row.name == "工会（鄞州）“暖心”驿站： 一号 店"


@pytest.mark.parametrize(
    ("title", "value", "access"),
    [
        ("开放对象", "仅供员工", "staff_only"),
        ("开放对象", "僅供員工使用", "staff_only"),
        ("开放对象", "内部", "staff_only"),
        ("开放对象", "仅供本单位员工", "staff_only"),
        ("开放对象", "谁都可以进", "everyone"),
        ("开放对象", "", None),
        ("开放时间", "24小時，僅供員工使用", "staff_only"),
        ("开放时间", "僅供職場內部限定", "staff_only"),
        ("开放时间", "不對外開放", "staff_only"),
        ("开放时间", "8:00-17:00 对外开放", None),
        ("开放时间", "8:00-17:00(僅供員工及顧客使用)", None),
        ("备注", "内部设施齐全", None),
        ("备注", "内部使用", "staff_only"),
        ("备注", "内部", "staff_only"),
        ("备注", "內部", "staff_only"),
        ("备注", "商场内部一楼", None),
        ("备注", "仅供员工，顾客请勿入内", "staff_only"),
        ("备注", "仅供员工及顾客使用", None),
        ("位置说明", "万达广场一楼，内部", None),
        ("备注", "工作人员热情", None),
        ("备注", "仅供户外劳动者和职工使用", None),
    ],
)
def test_words_for_staff_only(csv_file: Path, title: str, value: str, access: str | None) -> None:
    assert only(read(csv_file, f"名称,{title}\n母婴室,{value}\n")).access == access


def test_a_name_that_says_staff_only_wins_and_is_remarked(csv_file: Path) -> None:
    rows = read(csv_file, "名称,开放对象\n某厂母婴室（仅供员工）,谁都可以进\n")
    assert only(rows).access == "staff_only"
    assert [line.field for line in numbered(rows)[0].lines] == ["access"]


def test_hours_that_are_not_understood_are_remarked_and_kept(csv_file: Path) -> None:
    rows = read(csv_file, "名称,开放时间\n驿站,随缘\n")
    assert only(rows).hours_text == "随缘"
    (line,) = numbered(rows)[0].lines
    assert line.verdict is Verdict.REMARK
    assert "随缘" in line.en


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", "名称\n".encode("utf-32"), "UTF-32"),
        ("a.geojson", '{"名称": "驿站"}'.encode("gb18030"), "FeatureCollection"),
        ("a.csv", b"\xff\x00\xfe" * 10, "NUL bytes"),
        ("a.csv", b"name\nab\x00cd\n", "NUL bytes"),
        ("a.csv", b"\xc3\x28" + bytes(range(1, 32)) * 4, "not text in UTF-8"),
        ("a.csv", b"PK\x03\x04" + b"x" * 50, "xlsx"),
        ("a.csv", b"\xd0\xcf\x11\xe0" + b"x" * 50, "xls"),
        ("a.csv", b"%PDF-1.7", "PDF"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"\xef\xbb\xbf\n \n", "name"),
        ("a.csv", b'[{"name": "x"}]', "JSON"),
        ("a.csv", b"<!DOCTYPE html><html></html>", "HTML"),
        ("a.csv", b'name\n"abc\n', "quotes"),
        ("a.csv", b"name\n" + b"x" * 140_000 + b"\n", "131072"),
        ("a.csv", "地址\n路\n".encode(), "name"),
        ("a.csv", "名称,经度\n驿站,121\n".encode(), "lat"),
        ("a.csv", "名称,站名\n驿站,驿站\n".encode(), "two columns"),
        ("a.geojson", b"name\nx\n", "no JSON"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [', "line 1"),
        ("a.geojson", b'{"type": "Feature"}', "FeatureCollection"),
        ("a.geojson", b"[]", "FeatureCollection"),
        ("a.geojson", b'{"type": "FeatureCollection"}', "features"),
        ("a.geojson", b"[" * 100_000, "nested"),
        ("a.geojson", b'{"a": ' + b"9" * 5000 + b"}", "number"),
        ("a.geojson", b"<?xml version='1.0'?>", "XML"),
        ("a.xlsx", b"PK\x03\x04", "damaged"),
        ("a.xlsx", b"name\nx\n", "no workbook"),
        ("a.xlsx", b"", "empty"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + b"x" * 50, "damaged"),
        ("a.txt", b"name\nx\n", "only CSV, Excel and GeoJSON"),
        ("a", b"name\nx\n", "only CSV, Excel and GeoJSON"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused_whole(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(FileRefusedError) as caught:
        read(tmp_path / name, content)
    assert reason in caught.value.sentence("en")
    assert caught.value.sentence("zh")


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "dir.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    with (tmp_path / "large.csv").open("wb") as large:
        large.truncate(100_000_001)
    for name, reason in {
        "dir.csv": "directory",
        "pipe.csv": "ordinary",
        "large.csv": "100000001 bytes",
        "none.csv": "no such file",
        "x" * 300 + ".csv": "cannot be read",
        "a\0b.csv": "cannot be read",
    }.items():
        with pytest.raises(FileRefusedError, match=reason):
            read_file(tmp_path / name, datum=Datum.WGS84, kind="rest_station")


def test_a_file_without_permission(csv_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    csv_file.write_text("名称\n驿站\n", encoding="utf-8")

    def forbidden(_path: Path) -> bytes:  # root may read every file, so the refusal is made
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    with pytest.raises(FileRefusedError, match="may not be read"):
        read_file(csv_file, datum=Datum.WGS84, kind="rest_station")


def test_without_kind_and_without_its_column_the_file_is_refused(csv_file: Path) -> None:
    with pytest.raises(FileRefusedError) as caught:
        read(csv_file, "名称\n驿站\n", kind=None)
    assert caught.value.field == "kind"


def test_an_unknown_kind_is_named_before_the_file_is_read(tmp_path: Path) -> None:
    with pytest.raises(UnknownTermError, match="tea_house"):
        read_file(tmp_path / "none.csv", datum=Datum.WGS84, kind="tea_house")


def test_geojson_points_with_ids(geojson_file: Path) -> None:
    rows = numbered(
        read(
            geojson_file,
            collection(
                feature(id="a1"),
                feature(id=7),
                feature(properties={"name": "二", "id": "b2", "服务": ["饮用水"]}),
                feature(geometry=None),
                feature(properties={"name": "三", "services": {"wifi": "no", "toilet": "yes"}}),
            ),
        )
    )
    found = [station(row) for row in rows]
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]
    assert [row.source_id for row in found] == ["a1", "7", "b2", None, None]
    assert found[2].services == {"drinking_water": Known.YES}
    assert found[3].position is None
    assert found[4].services == {"wifi": Known.NO, "toilet": Known.YES}


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (feature(geometry={"type": "Polygon", "coordinates": []}), "geometry"),
        (feature(geometry={"type": "Point", "coordinates": []}), "geometry"),
        (feature(geometry={"type": "Point", "coordinates": [121.5]}), "geometry"),
        (feature(geometry={"type": "Point", "coordinates": ["121.5", "29.8"]}), "geometry"),
        (feature(geometry={"type": "Point", "coordinates": [True, False]}), "geometry"),
        (feature(geometry={"type": "Point", "coordinates": {"x": 1}}), "geometry"),
        (feature(geometry={"type": "Point", "coordinates": [float("nan"), 29.8]}), "lon"),
        (feature(geometry={"type": "Point", "coordinates": [121.5, float("inf")]}), "lat"),
        (feature(geometry={"type": "Point", "coordinates": [121.5, 95.0]}), "lat"),
        (feature(geometry={"type": "Point", "coordinates": [10**400, 29.8]}), "lon"),
        (feature(geometry="Point"), "geometry"),
        (feature(properties={"name": "一", "phone": {"a": 1}}), "phone"),
        (feature(properties={"name": "一", "notes": float("nan")}), "notes"),
        (feature(properties={"name": "\ud800"}), "name"),
        (feature(properties=[1]), "properties"),
        (feature(type="Thing"), "type"),
        (None, "type"),
    ],
)
def test_a_feature_that_is_no_place_is_refused_alone(
    geojson_file: Path, broken: Any, field: str
) -> None:
    good, bad = numbered(read(geojson_file, collection(feature(), broken)))
    assert good.station is not None
    assert bad.station is None
    assert bad.lines[0].field == field


@pytest.mark.parametrize(
    ("crs", "datum", "remarks"),
    [
        (None, Datum.WGS84, 0),
        (None, Datum.GCJ02, 1),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", Datum.WGS84, 0),
        ("EPSG:4326", Datum.WGS84, 0),
        ("EPSG:4326", Datum.GCJ02, 1),
        ("EPSG:3857", Datum.WGS84, 1),
    ],
)
def test_a_crs_that_contradicts_the_datum_is_remarked(
    geojson_file: Path, crs: str | None, datum: Datum, remarks: int
) -> None:
    more = {} if crs is None else {"crs": {"type": "name", "properties": {"name": crs}}}
    rows = read(geojson_file, collection(feature(), **more), datum=datum)
    lines = [line for row in rows for line in row.lines if line.field == "crs"]
    assert len(lines) == remarks
    assert only(rows).position is not None
    assert only(rows).position.datum is datum  # type: ignore[union-attr]


@given(st.binary(max_size=300), st.sampled_from(["csv", "geojson"]))
def test_any_bytes_are_rows_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    try:
        read(path, content)
    except FileRefusedError as error:
        assert error.sentence("zh")  # noqa: PT017


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))),
        max_size=4,
    )
)
def test_any_cells_are_rows_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "cells.csv"
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    titles = "名称,经度,纬度,编号,开放时间,开放对象,服务,核实日期,日接待量,状态"
    try:
        found = read(path, "\n".join([titles, *quoted]))
    except FileRefusedError as error:
        assert error.sentence("en")  # noqa: PT017
    else:
        assert all(row.station is not None or row.lines for row in found)


def test_the_guide_lists_every_column_and_no_other() -> None:
    guide = (REPOSITORY / "docs" / "import.md").read_text(encoding="utf-8")
    lines = [line for line in guide.splitlines() if line.startswith("| `")]
    listed = {
        cells[1].strip(" `"): cells[2].strip() for cells in (line.split("|") for line in lines)
    }
    expected = {field: "、".join(names) for field, names in COLUMNS.items()}
    assert {field: listed.get(field) for field in expected} == expected
    assert listed.keys() - expected.keys() == {"service:<code>"}


def test_no_service_is_called_like_a_column() -> None:
    names = {name for field, names in COLUMNS.items() for name in (field, *names)}
    assert names.isdisjoint({term.zh for term in taxonomy().service.values()})
