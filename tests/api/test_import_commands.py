"""`nuanyi import` and `nuanyi imports` as a person uses them, in processes of their own."""

import csv
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from tests.command_line import Nuanyi
from tests.factories import add_areas

TITLES = ["编号", "站点名称", "所属区", "详细地址", "经度", "纬度", "开放时间", "设施简介"]
ROWS: list[list[Any]] = [
    [1, "甲站", "西区", "某路1号", 121.5, 29.8, "全天", "有热水"],
    [2, None, "西区", "某路2号", 121.5, 29.8, "全天", None],
    [3, "丙站", "东区", "某路3号", None, None, "看不懂", None],
]


@pytest.fixture
def commands(database: URL, engine: Engine, tmp_path: Path) -> Nuanyi:
    with Session(engine) as session:
        add_areas(session)
        session.commit()
    return Nuanyi(database, tmp_path)


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM stations WHERE NOT withdrawn")))


def test_a_workbook_from_the_first_look_to_the_last(commands: Nuanyi, engine: Engine) -> None:
    book = Workbook()
    assert book.active is not None
    rows: list[list[Any]] = [[], list(TITLES), *([*row] for row in ROWS)]
    for row in rows:
        book.active.append(row)
    book.save(commands.folder / "list.xlsx")
    how = ["import", "list.xlsx", "--source", "西区总工会", "--kind", "rest_station"]

    undecided = commands.run(*how, "--dry-run")
    assert (undecided.returncode, undecided.stdout) == (2, b"")
    assert "datum" in undecided.stderr.decode()

    looked = commands.run(*how, "--datum", "wgs84", "--dry-run", "--remarks", "out.xlsx")
    assert looked.returncode == 0, looked.stderr.decode()
    assert "B 站点名称 → name" in looked.stderr.decode()
    lines = looked.stdout.decode().splitlines()
    assert lines[-6:] == [
        "read: 3", "added: 2", "changed: 0", "unchanged: 0", "unplaced: 1", "refused: 1",
    ]  # fmt: skip
    assert any(line.startswith("row 4: refused: name") and line.endswith("]") for line in lines)
    remarks = load_workbook(commands.folder / "out.xlsx").active
    assert remarks is not None
    assert str(remarks["I4"].value).startswith("Refused: name")
    assert count(engine) == 0

    done = commands.run(*how, "--datum", "wgs84")
    assert done.stdout == looked.stdout
    assert "imports undo 1" in done.stderr.decode()
    assert count(engine) == 2

    listed = commands.good("imports")
    assert listed.splitlines()[0].startswith("1\t西区总工会\tlist.xlsx\tread=3 added=2")
    assert listed.splitlines()[-1] == "waiting for a position: 1"
    assert commands.good("imports", "undo", "1").splitlines() == [
        "withdrawn: 2", "restored: 0", "kept: 0",
    ]  # fmt: skip
    assert count(engine) == 0
    assert commands.good("imports", "list").splitlines()[0].endswith("\tundone")
    twice = commands.run("imports", "undo", "1")
    assert (twice.returncode, twice.stdout) == (2, b"")
    assert "Traceback" not in twice.stderr.decode()


def test_columns_are_corrected_and_bad_corrections_named(commands: Nuanyi) -> None:
    (commands.folder / "list.csv").write_text("甲,乙=丙\n某站,某路\n", encoding="utf-8")
    how = ["import", "list.csv", "--source", "x", "--kind", "rest_station", "--dry-run"]
    report = commands.good(*how, "--mapping", "甲=name", "--mapping", "乙=丙=address")
    assert "added: 1" in report
    for wrong in ("甲", "=name", "甲=nothing", "丁=name"):
        refused = commands.run(*how, "--mapping", wrong)
        assert (refused.returncode, refused.stdout) == (2, b""), wrong
        assert "mapping" in refused.stderr.decode()


def test_nobody_is_asked_without_a_key(commands: Nuanyi) -> None:
    for provider in ("amap", "tianditu"):
        refused = commands.run("geocode", "--provider", provider)
        assert (refused.returncode, refused.stdout) == (2, b"")
        assert f"NUANYI_{provider.upper()}_KEY" in refused.stderr.decode()


def test_the_real_list_is_accounted_for_in_every_encoding(
    commands: Nuanyi, shared_data: Path
) -> None:
    (file,) = (shared_data / "lists").glob("*.csv")
    content = file.read_text(encoding="utf-8-sig")
    how = ["--source", "社家署", "--kind", "nursing_room", "--dry-run"]
    reports = []
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        path = commands.folder / f"{encoding}.csv"
        path.write_bytes(content.encode(encoding))
        reports.append(commands.good("import", path, *how))
    assert len(set(reports)) == 1
    totals = dict(line.split(": ") for line in reports[0].splitlines()[-6:])
    found = {name: int(number) for name, number in totals.items()}
    assert found["read"] == 1375
    assert found["read"] == sum(
        found[name] for name in ("added", "changed", "unchanged", "refused")
    )
    refused = [line for line in reports[0].splitlines() if ": refused: " in line]
    assert len({line.split(":")[0] for line in refused}) == found["refused"]
    assert found["added"] > 1_300

    path = commands.folder / "some.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(
            row for row in csv.reader(content.splitlines(keepends=True)) if _holds(row)
        )
    in_utf8 = commands.good("import", path, *how)
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp950"))
    assert commands.good("import", path, *how) == in_utf8
    assert int(in_utf8.splitlines()[-6].split(": ")[1]) > 1_000


def _holds(row: list[str]) -> bool:
    try:
        "".join(row).encode("cp950")
    except UnicodeEncodeError:
        return False
    return True
