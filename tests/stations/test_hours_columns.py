"""Columns of opening and closing times: hours, or a text that is kept and remarked on."""

from datetime import time
from pathlib import Path

import openpyxl
import pytest

from geo.coordinates import Datum
from stations.hours import parse_hours
from stations.hours_columns import hours_of
from stations.reading import read_file


@pytest.mark.parametrize(
    ("opens", "closes", "text", "hours", "code"),
    [
        ("08:30", "17:30", "08:30-17:30", "08:30-17:30", None),
        ("0.354166666667", "17:30:00", "08:30-17:30", "08:30-17:30", None),
        ("00:00", "24:00", "00:00-24:00", "24/7", None),
        ("0:00", "23:59", "00:00-23:59", "24/7", None),
        ("20:00", "00:00", "20:00-00:00", "20:00-24:00", None),
        ("上午8点", "下午5点", "上午8点-下午5点", "08:00-17:00", None),
        ("全天", "全天", "全天", "24/7", None),
        ("08:30", "08:30", "08:30-08:30", None, None),
        ("不定", "不定", "不定-不定", None, None),
        # one is empty
        ("全天", "", "全天", "24/7", "half_of_hours"),
        ("", "全天", "全天", "24/7", "half_of_hours"),
        ("8:30-17:30", "", "8:30-17:30", "08:30-17:30", "half_of_hours"),
        ("08:30", "", "开门时间：08:30", None, "half_of_hours"),
        ("", "17:30", "关门时间：17:30", None, "half_of_hours"),
        ("00:00", "", "开门时间：00:00", None, "half_of_hours"),
        ("详见公告", "", "开门时间：详见公告", None, "half_of_hours"),
        # empty cells that are formatted as times
        ("00:00", "00:00", "开门时间：00:00；关门时间：00:00", None, "midnight_twice"),
        ("0:00", "00:00:00", "开门时间：00:00；关门时间：00:00", None, "midnight_twice"),
    ],
)
def test_two_cells_make_hours_or_stay_as_text(
    opens: str, closes: str, text: str, hours: str | None, code: str | None
) -> None:
    told, odd = hours_of(opens, closes)
    assert (told, parse_hours(told)) == (text, hours)
    assert (None if odd is None else odd[2]) == code


def test_rows_of_a_workbook_keep_what_their_times_say_and_are_remarked_on(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["名称", "开门时间", "关门时间"],
        ["甲", time(8, 30), time(17, 0)],
        ["乙", "全天", None],
        ["丙", None, time(8, 30)],
        ["丁", time(), time()],
        ["戊", None, None],
    ):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    rows = read_file(tmp_path / "a.xlsx", datum=Datum.WGS84, kind="rest_station")
    found = {
        row.station.name: (row.station.hours_text, [(line.code, line.column) for line in row.lines])
        for row in rows
        if row.station is not None
    }
    not_read = "hours_not_understood"
    assert found == {
        "甲": ("08:30-17:00", []),
        "乙": ("全天", [("half_of_hours", "B")]),
        "丙": ("关门时间：08:30", [("half_of_hours", "C"), (not_read, "C")]),
        "丁": ("开门时间：00:00；关门时间：00:00", [("midnight_twice", "B"), (not_read, "B")]),
        "戊": (None, []),
    }


def test_a_column_of_hours_goes_before_those_of_times(tmp_path: Path) -> None:
    text = "名称,开放时间,开门时间,关门时间\n甲,24小时,08:30,\n乙,,08:30,17:30\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    rows = read_file(tmp_path / "a.csv", datum=Datum.WGS84, kind="rest_station")
    told = [row.station.hours_text for row in rows if row.station is not None]
    assert told == ["24小时", "08:30-17:30"]
