"""`nuanyi coverage` and `nuanyi suggest`: the figures of the API, without a server."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from tests.command_line import Nuanyi
from tests.stations.coverage_town import EAST, ROOT, WEST, add_station, load_town


@pytest.fixture
def nuanyi(database: URL, engine: Engine, tmp_path: Path) -> Nuanyi:
    with Session(engine) as session:
        load_town(session)
        add_station(session, 1, 121.508, 29.812, capacity_per_day=5)
        add_station(session, 2, 121.531, 29.809)
    return Nuanyi(database, tmp_path)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_every_format_holds_the_same_figures(nuanyi: Nuanyi) -> None:
    asked = ("coverage", "--area", ROOT, "--minutes", "10")
    told = nuanyi.run(*asked)
    assert told.returncode == 0, told.stderr.decode()
    assert "stations" in told.stderr.decode()
    areas = rows(told.stdout)
    assert [row["code"] for row in areas] == [WEST, EAST, ROOT]
    for name in ("residents_total", "residents_served", "workers_uncovered", "reached_by_2"):
        assert int(areas[-1][name]) == sum(int(row[name]) for row in areas[:-1])
    assert {row["demo"] for row in areas} == {"demo data (示例数据)"}
    assert areas[0]["method"] == "straight_line"
    assert nuanyi.run(*asked).stdout == told.stdout

    for name in ("r.csv", "r.xlsx", "r.geojson", "r.html"):
        done = nuanyi.run(*asked, "--out", name)
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.decode() == f"{name}\n"
    assert (nuanyi.folder / "r.csv").read_bytes() == told.stdout
    sheet, by_station, _cells, about = openpyxl.load_workbook(nuanyi.folder / "r.xlsx").worksheets
    found = [dict(zip(titles_of(sheet), row, strict=True)) for row in sheet.values][1:]
    assert [row["residents_served"] for row in found] == [
        int(row["residents_served"]) for row in areas
    ]
    assert [row[0] for row in by_station.values] == ["station_code", "NB-RS-0001", "NB-RS-0002"]
    assert ("method", "straight_line") in list(about.values)
    body = json.loads((nuanyi.folder / "r.geojson").read_text(encoding="utf-8"))
    assert body["terms"]["demo"] == "demo data (示例数据)"
    assert [each["properties"]["code"] for each in body["features"]] == [WEST, EAST, ROOT]
    assert all(each["geometry"]["type"] == "MultiPolygon" for each in body["features"])
    html = (nuanyi.folder / "r.html").read_text(encoding="utf-8")
    assert "/static/" not in html
    assert {path.name for path in nuanyi.folder.iterdir()} >= {"r.csv", "r.xlsx", "r.html"}


def titles_of(sheet: object) -> list[str]:
    return [str(cell.value) for cell in next(sheet.iter_rows())]  # type: ignore[attr-defined]


def test_by_cell(nuanyi: Nuanyi) -> None:
    whole = rows(nuanyi.run("coverage", "--minutes", "10").stdout)[-1]
    cells = rows(nuanyi.run("coverage", "--minutes", "10", "--cells").stdout)
    assert sum(int(row["residents"]) for row in cells) == int(whole["residents_total"])
    assert sum(int(row["uncovered"]) for row in cells) == int(whole["residents_uncovered"])
    done = nuanyi.run("coverage", "--minutes", "10", "--cells", "--out", "c.geojson")
    assert done.returncode == 0
    body = json.loads((nuanyi.folder / "c.geojson").read_text(encoding="utf-8"))
    listed = [each["properties"]["cell"] for each in body["features"]]
    assert listed == [row["cell"] for row in cells]
    assert {len(each["geometry"]["coordinates"][0]) for each in body["features"]} == {7}


def test_where_to_build_next(nuanyi: Nuanyi) -> None:
    asked = ("suggest", "--k", "2", "--minutes", "8", "--spacing", "300")
    told = nuanyi.run(*asked)
    assert told.returncode == 0, told.stderr.decode()
    lines = told.stdout.decode().splitlines()
    assert lines[0] == "site\tlon\tlat\tgain\tcumulative_share\twho_gains"
    gains = [int(line.split("\t")[3]) for line in lines[1:3]]
    assert f"gain: {sum(gains)}" in lines
    assert nuanyi.run(*asked).stdout == told.stdout
    in_json = nuanyi.run(*asked, "--json", "--exact").stdout
    assert nuanyi.run(*asked, "--json", "--exact").stdout == in_json
    whole = json.loads(in_json)
    for line, site in zip(lines[1:], whole["sites"], strict=False):
        for each in site["areas"] if line.startswith(f"{site['label']}\t") else ():
            assert each["name"] in line.split("\t")[5]
    assert whole["gain"] >= sum(gains)
    assert whole["what_if"]["gain"]["residents_served"] == whole["gain"]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("coverage", "--out", "report.pdf"), "--out"),
        (("coverage", "--minutes", "61"), "minutes"),
        (("coverage", "--area", "999999"), "area"),
        (("coverage", "--kind", "castle"), "--kind"),
        (("coverage", "--profile", "swim"), "--profile"),
        (("coverage", "--at", "noon"), "--at"),
        (("coverage", "--out", "none/report.csv"), "--out"),
        (("suggest", "--k", "0"), "k"),
        (("suggest", "--objective", "glory"), "--objective"),
        (("suggest", "--spacing", "9999"), "--spacing"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(
    nuanyi: Nuanyi, arguments: tuple[str, ...], field: str
) -> None:
    done = nuanyi.run(*arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert f"{field}:" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
