"""Lists as districts have them: what a careful person would read from each, row by row."""

from collections import Counter
from pathlib import Path

import openpyxl
import pytest

from geo.coordinates import Datum
from stations.errors import FileRefusedError
from stations.import_report import Verdict
from stations.reading import FileRow, ReadTable, read_file, read_table
from stations.station import StationRow

NAME_OF_LIST = "全國自願設置哺集乳室名單(截至115年1月).csv"


def sheet(path: Path, rows: list[list[object]], merged: tuple[str, ...] = ()) -> ReadTable:
    book = openpyxl.Workbook()
    active = book.active
    assert active is not None
    for row in rows:
        active.append(row)
    for cells in merged:
        active.merge_cells(cells)
    book.save(path / "a.xlsx")
    return read_table(path / "a.xlsx", datum=Datum.WGS84, kind="rest_station")


def text(path: Path, content: str, datum: Datum = Datum.WGS84) -> ReadTable:
    (path / "a.csv").write_text(content, encoding="utf-8")
    return read_table(path / "a.csv", datum=datum, kind="rest_station")


def stations(read: ReadTable) -> list[StationRow]:
    return [row.station for row in read.rows if row.station is not None]


def only(read: ReadTable) -> StationRow:
    (row,) = stations(read)
    return row


def codes(read: ReadTable) -> set[str]:
    return {line.code for row in read.rows for line in row.lines}


@pytest.fixture
def real(shared_data: Path) -> dict[int, FileRow]:
    """The rows of the real list, by number."""
    file = shared_data / "lists" / NAME_OF_LIST
    rows = read_file(file, datum=Datum.WGS84, kind="nursing_room")
    return {row.number: row for row in rows if row.number is not None}


def test_every_row_of_the_real_list_is_a_room(real: dict[int, FileRow]) -> None:
    """The list has 1,375 rooms and no row that is none; nothing in it must be refused."""
    assert sorted(real) == list(range(2, 1_377))
    assert all(row.station is not None for row in real.values())
    lines = Counter(line.code for row in real.values() for line in row.lines)
    assert set(lines) == {"hours_not_understood", "shifted_cells"}
    assert lines["shifted_cells"] == 13
    rooms = [row.station for row in real.values() if row.station is not None]
    assert all(room.position is None and room.district for room in rooms)
    assert Counter(room.access for room in rooms)["staff_only"] >= 200


@pytest.mark.parametrize(
    ("number", "address", "way_in", "phone"),
    [
        (2, "台南市歸仁區中山一街99號", None, "06-2398899#2101蔡小姐"),
        (7, "台南市麻豆區海埔里大山腳1號", None, None),
        (13, "台南市大內區內江里1-45號", None, "06-5764401"),
        (441, "苗栗縣銅鑼鄉中平村中興路99號 (中興工業區)", None, "037-236988*70119"),
        (1003, "嘉義市東區中庄里忠孝路539號", "D棟6F護產科護理站", "05-2765041-7692"),
        (1265, "臺北市文山區萬興指南路2段64號", None, "29393091轉62051"),
        (1339, "臺北市大安區學府里長興街", "1樓客服中心", "02-8733-5936"),
        # floor, phone and hours stand one column too far left
        (1350, "臺東縣臺東市民族里杭州街2號", None, "089-322833-169"),
    ],
)
def test_rooms_of_the_real_list(
    real: dict[int, FileRow], number: int, address: str, way_in: str | None, phone: str | None
) -> None:
    room = real[number].station
    assert room is not None
    assert (room.address, room.way_in) == (address, way_in)
    if phone is not None:
        assert room.phone == phone


def test_hours_that_stand_under_the_phone(real: dict[int, FileRow]) -> None:
    room = real[1350].station
    assert room is not None
    assert room.hours_text == "全年無休每日8:00-22:00"
    assert room.notes == "請自行前往哺乳室或洽服務臺值班人員"


@pytest.mark.parametrize(
    ("number", "access"),
    [
        (2, "staff_only"),  # 24小時，僅供員工使用
        (4, "staff_only"),  # 08:00~16:00(週一至週五)，提供員工使用
        (3, None),
        (13, None),
        (1121, None),  # 除職員外也可開放顧客使用
        (481, "staff_only"),  # 內部員工使用, in the notes
        (175, "staff_only"),  # 僅營區內同仁使用
    ],
)
def test_who_may_enter_rooms_of_the_real_list(
    real: dict[int, FileRow], number: int, access: str | None
) -> None:
    room = real[number].station
    assert room is not None
    assert room.access == access


def test_two_rows_of_titles_in_a_workbook_and_in_a_csv(tmp_path: Path) -> None:
    titles: list[list[object]] = [
        ["序号", "名称", "地址", None, None, "电话"],
        [None, None, "区", "街道", "门牌", None],
        [1, "甲", "鄞州区", "东柳街道", "百丈路1号", "87654321"],
    ]
    merged = ("A1:A2", "B1:B2", "C1:E1", "F1:F2")
    lines = "序号,名称,地址,,,电话\n,,区,街道,门牌,\n1,甲,鄞州区,东柳街道,百丈路1号,87654321\n"
    expected = ("甲", "鄞州区东柳街道百丈路1号", "鄞州区", "东柳街道", "87654321")
    for row in (only(sheet(tmp_path, titles, merged)), only(text(tmp_path, lines))):
        assert (row.name, row.address, row.district, row.town, row.phone) == expected


def test_a_first_row_of_data_is_no_second_row_of_titles(tmp_path: Path) -> None:
    assert [row.name for row in stations(text(tmp_path, "名称,地址,\n地址,电话,\n"))] == ["地址"]


@pytest.mark.parametrize(
    "foot",
    ["合计", "合 计：2个", "总计", "备注：请核对", "注1：仅供参考", "填表人：张三", "說明：同上"],
)
def test_the_foot_of_a_list_is_no_place(tmp_path: Path, foot: str) -> None:
    read = text(tmp_path, f"名称,地址,电话\n甲,路1号,1\n{foot},,\n")
    assert [row.name for row in stations(read)] == ["甲"]
    (line,) = [line for row in read.rows if row.number == 3 for line in row.lines]
    assert (line.code, line.verdict) == ("footer_row", Verdict.REFUSED)


@pytest.mark.parametrize(
    "name", ["合计大厦驿站", "备注书店", "总计驿站", "说明书博物馆", "日期码头"]
)
def test_a_place_that_is_called_like_a_foot_is_one(tmp_path: Path, name: str) -> None:
    assert only(text(tmp_path, f"名称,地址\n{name},路1号\n")).name == name
    assert only(text(tmp_path, f"名称,电话,备注\n{name},,\n")).name == name


def test_columns_in_any_order_under_other_titles(tmp_path: Path) -> None:
    read = text(
        tmp_path,
        "開放時間,聯絡電話,*站點名稱（必填）,所在區縣,詳細地址,緯度,經度\n"
        "全天,87654321,甲驛站,鄞州區,中山路1號,29.8,121.5\n",
    )
    row = only(read)
    assert (row.name, row.district, row.address) == ("甲驛站", "鄞州區", "中山路1號")
    assert row.position is not None
    assert row.position.point == (121.5, 29.8)
    guessed = {column.title for column in read.columns if column.is_guess}
    assert guessed == {"聯絡電話"}


def test_a_name_is_not_taken_from_a_lesser_column_where_there_is_a_better(tmp_path: Path) -> None:
    assert only(text(tmp_path, "单位名称,站点名称\n某公司,甲驿站\n")).name == "甲驿站"
    assert only(text(tmp_path, "单位名称,地址\n某公司,路1号\n")).name == "某公司"


def test_two_columns_that_say_the_same_are_left_to_a_person(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="say which of them"):
        text(tmp_path, "名称,站名\n甲,乙\n")
    row = only(text(tmp_path, "名称,备注,注意事项,电话,手机\n甲,一,二,1,2\n"))
    assert (row.notes, row.phone) == ("一\n二", "1、2")


def test_hours_in_columns_of_days(tmp_path: Path) -> None:
    row = only(text(tmp_path, "名称,工作日开放时间,周末开放时间\n甲,8:30-17:00,9:00-16:00\n"))
    assert row.hours_text == "工作日 8:30-17:00\n周末 9:00-16:00"


def test_words_for_yes_and_no(tmp_path: Path) -> None:
    words = {
        "yes": ["有", "是", "V", "✓", "√", "○", "2", "2台", "有2台", "有（2台）", "1.0"],
        "no": ["無", "无", "否", "×", "X", "0", "0台", "没有"],
        "unknown": ["不详", "△", "?"],
    }
    for answer, spelt in words.items():
        for word in spelt:
            row = only(text(tmp_path, f"名称,微波炉\n甲,{word}\n"))
            assert row.services == {"microwave": answer}, word
    for nothing in ("", "-", "/", "—"):
        assert only(text(tmp_path, f"名称,微波炉\n甲,{nothing}\n")).services == {}


def test_a_list_of_services_keeps_what_is_known(tmp_path: Path) -> None:
    read = text(tmp_path, "名称,服务设施\n甲,饮水机、微波炉2台、无淋浴、老花镜等\n")
    assert {code: str(answer) for code, answer in only(read).services.items()} == {
        "drinking_water": "yes",
        "microwave": "yes",
        "shower": "no",
    }
    (line,) = [line for row in read.rows for line in row.lines]
    assert line.code == "service_not_known"
    assert "老花镜" in line.zh
    assert line.column == "B"


@pytest.mark.parametrize(
    ("value", "access"), [("是", "everyone"), ("否", "staff_only"), ("", None), ("不详", None)]
)
def test_whether_a_place_is_open_to_others(tmp_path: Path, value: str, access: str | None) -> None:
    assert only(text(tmp_path, f"名称,是否对外开放\n甲,{value}\n")).access == access


def test_several_groups_are_the_widest_of_them(tmp_path: Path) -> None:
    row = only(text(tmp_path, "名称,开放对象\n甲,户外劳动者、职工和市民\n"))
    assert row.access == "everyone"


def test_digits_that_excel_lost_are_not_made_up(tmp_path: Path) -> None:
    read = text(tmp_path, "名称,电话\n甲,1.35E+10\n")
    assert only(read).phone is None
    assert "digits_lost" in codes(read)
    read = text(tmp_path, "名称,编号\n甲,3.3E+11\n")
    assert stations(read) == []


def test_a_title_that_names_another_datum_is_remarked(tmp_path: Path) -> None:
    content = "名称,经度（高德）,纬度（高德）\n甲,121.5,29.8\n"
    assert "datum_named" in codes(text(tmp_path, content))
    assert "datum_named" not in codes(text(tmp_path, content, Datum.GCJ02))


def test_the_delimiter_that_excel_names(tmp_path: Path) -> None:
    assert only(text(tmp_path, "sep=;\n名称;电话\n甲;1,2\n")).phone == "1,2"


def test_the_building_firm_is_not_how_the_union_took_part(tmp_path: Path) -> None:
    read = text(tmp_path, "名称,建设单位\n甲,某某集团\n")
    assert only(read).built_by is None
    assert codes(read) == {"built_by_not_known"}
    assert only(text(tmp_path, "名称,建设单位\n甲,牵头建\n")).built_by == "leading"


def test_every_line_has_a_code_for_programs(tmp_path: Path) -> None:
    read = text(
        tmp_path,
        "标题\n名称,经度,纬度,电话,没有这列,核实日期\n甲,91°,E1,1E+10,x,去年\n,,,,,\n合计,,,,,\n",
    )
    lines = [line for row in read.rows for line in row.lines]
    assert len(lines) >= 5
    assert all(line.code == line.code.lower().strip() and line.code for line in lines)
    assert all(line.zh and line.en for line in lines)


def two_sheets(path: Path) -> Path:
    book = openpyxl.Workbook()
    first, second = book.active, book.create_sheet("二季度")
    assert first is not None
    first.title = "一季度"
    first.append(["名称", "地址", "电话"])
    first.append(["旧站", "旧路", "1"])
    second.append(["名称", "地址"])
    second.append(["新站", "新路"])
    book.save(path / "a.xlsx")
    return path / "a.xlsx"


def test_a_sheet_of_a_workbook_can_be_named(tmp_path: Path) -> None:
    file = two_sheets(tmp_path)
    best = read_table(file, datum=Datum.WGS84, kind="rest_station")
    assert (best.sheet, only(best).name) == ("一季度", "旧站")
    named = read_table(file, datum=Datum.WGS84, kind="rest_station", sheet=" 二季度")
    assert (named.sheet, only(named).name) == ("二季度", "新站")
    (told,) = [line for row in named.rows for line in row.lines if line.code == "sheet_not_read"]
    assert told.field == "一季度"


def test_a_sheet_that_is_not_there_is_a_sentence_that_names_those_that_are(tmp_path: Path) -> None:
    file = two_sheets(tmp_path)
    (tmp_path / "a.csv").write_text("名称\n甲\n", encoding="utf-8")
    for path, words in ((file, "一季度, 二季度"), (tmp_path / "a.csv", "only a workbook")):
        with pytest.raises(FileRefusedError, match=words) as refused:
            read_table(path, datum=Datum.WGS84, kind="rest_station", sheet="三季度")
        assert refused.value.field == "sheet"
