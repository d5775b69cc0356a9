"""Words in lists that decide who may come in and what is there, wherever they stand."""

from pathlib import Path

import pytest

from geo.coordinates import Datum
from stations.cell_values import read_answer, read_services
from stations.reading import read_file
from stations.station import Known, StationRow
from stations.table_file import read_sheets
from stations.workbooks import Sheet

HEADER = "站点名称,经度,纬度"
ROW = "一号驿站,121.55,29.87"


def read(tmp_path: Path, *lines: str, kind: str = "rest_station") -> list[StationRow]:
    file = tmp_path / "list.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = read_file(file, datum=Datum.WGS84, kind=kind)
    return [row.station for row in found if row.station is not None]


@pytest.mark.parametrize(
    ("title", "said", "access"),
    [
        ("是否对外开放", "是（仅供员工）", "staff_only"),
        ("是否对外开放", "是（僅供員工使用）", "staff_only"),
        ("是否对外开放", "是（内部）", "staff_only"),
        ("是否对外开放", "是（限员工）", "staff_only"),
        ("是否对外开放", "内部", "staff_only"),
        ("是否对外开放", "仅内部员工", "staff_only"),
        ("是否对外开放", "是", "everyone"),
        ("是否对外开放", "否", "staff_only"),
        ("使用性质", "仅供员工使用", "staff_only"),
        ("使用性质", "内部", "staff_only"),
        ("使用性质", "公共", None),
        ("其他说明", "仅供本单位员工使用，不对外开放", "staff_only"),
        ("其他说明", "商场内部一楼", None),
        ("是否内部", "是", "staff_only"),
        ("是否内部", "否", None),
        ("是否内部", "内部使用", "staff_only"),
        ("开放情况", "内部", "staff_only"),
        ("所属区", "鄞州区（仅供员工）", "staff_only"),
        ("街道", "下应街道仅供员工", "staff_only"),
        ("别名", "内部驿站", "staff_only"),
    ],
)
def test_a_word_of_any_column_closes_a_room(
    tmp_path: Path, title: str, said: str, access: str | None
) -> None:
    (station,) = read(tmp_path, f"{HEADER},{title}", f"{ROW},{said}")
    assert station.access == access


@pytest.mark.parametrize(
    ("over", "access"),
    [
        ("驿站名单（仅供员工使用）", "staff_only"),
        ("内部资料，请勿外传", None),
        ("仅供内部使用", None),
        ("户外劳动者驿站名单", None),
    ],
)
def test_a_title_over_the_table_closes_its_rooms_if_it_names_staff(
    tmp_path: Path, over: str, access: str | None
) -> None:
    (station,) = read(tmp_path, f"{over},,", HEADER, ROW)
    assert station.access == access


@pytest.mark.parametrize(
    ("said", "found", "unknown"),
    [
        ("饮用水（有）、微波炉（无）", {"drinking_water": "yes", "microwave": "no"}, []),
        ("冰箱（故障）", {}, ["冰箱（故障）"]),
        ("微波炉（暂无）", {"microwave": "no"}, []),
        ("微波炉（计划安装）", {}, ["微波炉（计划安装）"]),
        ("微波炉（停用）、冰箱", {"refrigerator": "yes"}, ["微波炉（停用）"]),
        ("微波炉0台", {"microwave": "no"}, []),
        ("微波炉2台、冰箱10台", {"microwave": "yes", "refrigerator": "yes"}, []),
        ("微波炉、冰箱均无", {"microwave": "no", "refrigerator": "no"}, []),
        ("微波炉，冰箱都没有", {"microwave": "no", "refrigerator": "no"}, []),
        (
            "饮用水；微波炉、冰箱均无",
            {"drinking_water": "yes", "microwave": "no", "refrigerator": "no"},
            [],
        ),
        ("微波炉（不提供）", {"microwave": "no"}, []),
        ("微波炉（二楼）", {"microwave": "yes"}, []),
        ("有微波炉、无冰箱", {"microwave": "yes", "refrigerator": "no"}, []),
    ],
)
def test_what_is_said_beside_a_service_counts(
    said: str, found: dict[str, str], unknown: list[str]
) -> None:
    assert read_services(said, "services") == (found, unknown)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("有（故障）", Known.UNKNOWN),
        ("是（停用）", Known.UNKNOWN),
        ("有（暂无）", Known.NO),
        ("有（2台）", Known.YES),
        ("有（无线）", Known.YES),
        ("无", Known.NO),
    ],
)
def test_what_is_said_beside_an_answer_counts(said: str, answer: Known) -> None:
    assert read_answer(said, "微波炉") is answer


def test_a_hidden_sheet_is_read_only_where_no_other_holds_stations() -> None:
    wide = Sheet(
        "2024作废",
        [["站点名称", "地址", "电话", "经度", "纬度"], ["旧站", "路", "1", "121.5", "29.8"]],
        is_hidden=True,
    )
    seen = Sheet("2026", [["站点名称", "地址"], ["新站", "路 1 号"]])
    table = read_sheets([wide, seen], Datum.WGS84, "rest_station")
    assert table.sheet == "2026"
    alone = read_sheets([wide, Sheet("说明", [["请看"]])], Datum.WGS84, "rest_station")
    assert alone.sheet == "2024作废"
    assert any(line.code == "hidden_sheet" for row in alone.rows for line in row.lines)


@pytest.mark.parametrize(
    "closing", [",共3个站点,", "共 12 家,,", "以上,,", "以上共3个,,", "注,本表由工会填,", "备注,,"]
)
def test_what_closes_a_list_is_no_station(tmp_path: Path, closing: str) -> None:
    stations = read(tmp_path, HEADER, ROW, closing)
    assert [station.name for station in stations] == ["一号驿站"]


@pytest.mark.parametrize("name", ["共青团驿站", "以上海为名的驿站", "注意休息驿站", "共享工会驿站"])
def test_a_name_that_begins_like_a_closing_is_a_station(tmp_path: Path, name: str) -> None:
    stations = read(tmp_path, HEADER, f"{name},121.55,29.87")
    assert [station.name for station in stations] == [name]
