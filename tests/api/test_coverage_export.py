"""Coverage as files: what is in them adds up, and each says how it was made."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from python_calamine import CalamineWorkbook
from shapely.geometry import shape
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.routes import coverage_export
from stations.coverage_files import STATION_COLUMNS
from tests.api.conftest import lent_app
from tests.stations.coverage_town import EAST, ROOT, TOWN, WEST, ZONE, add_station, load_town

TERMS = ("method", "speed_kmh", "as_of", "data_version", "sources", "demo")


@pytest.fixture
def app(database: URL, engine: Engine) -> Iterator[FastAPI]:
    with Session(engine) as session:
        load_town(session)
        add_station(session, 1, 121.53, 29.815, capacity_per_day=5)
        add_station(session, 2, 121.508, 29.812)
    with lent_app(database) as app:
        yield app


def export(client: TestClient, **query: str | int) -> Any:
    reply = client.get("/v1/coverage/export", params={"lang": "en", "minutes": 10, **query})
    assert reply.status_code == 200, reply.text
    return reply


def csv_rows(client: TestClient, **query: str | int) -> list[dict[str, str]]:
    text = export(client, format="csv", **query).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_areas_as_csv_add_up_and_carry_their_terms(client: TestClient) -> None:
    *parts, whole = csv_rows(client)
    report = client.get("/v1/coverage?minutes=10").json()
    assert [row["code"] for row in (*parts, whole)] == [WEST, EAST, ROOT]
    for name in ("stations", "residents_served", "residents_uncovered", "reached_by_0"):
        assert sum(int(row[name]) for row in parts) == int(whole[name])
    assert int(whole["residents_served"]) == report["demand"]["residents"]["served"] > 0
    for row in (*parts, whole):
        assert [row[name] for name in TERMS] == [
            "straight_line",
            "5.0",
            report["as_of"],
            str(report["data_version"]),
            "示例数据",
            "demo data (示例数据)",
        ]


def test_cells_as_csv_are_those_of_the_api(client: TestClient) -> None:
    rows = csv_rows(client, of="cells", area=EAST)
    cells = client.get(f"/v1/coverage/cells?minutes=10&area={EAST}").json()
    assert [row["cell"] for row in rows] == cells["cells"]
    for name in ("residents", "uncovered", "workers", "workers_served", "reached_by"):
        assert [int(row[name]) for row in rows] == cells[name]
    assert [float(row["minutes"]) if row["minutes"] else None for row in rows] == cells["minutes"]
    assert {row["demo"] for row in rows} == {"demo data (示例数据)"}
    coarse = csv_rows(client, of="cells", area=EAST, res=7)
    assert sum(int(row["residents"]) for row in coarse) == sum(cells["residents"])
    assert len(coarse) < len(rows)


def test_stations_as_csv_are_those_of_the_api(client: TestClient) -> None:
    rows = csv_rows(client, of="stations")
    told = client.get("/v1/coverage/stations?minutes=10").json()["stations"]
    assert [row["station_code"] for row in rows] == [each["code"] for each in told]
    assert len(rows) == 2
    for column, name in STATION_COLUMNS.items():
        assert [row[column] for row in rows] == [
            "" if each[name] is None else str(each[name]) for each in told
        ]
    assert {row["capacity_per_day"] for row in rows} == {"5", ""}
    assert {row["method"] for row in rows} == {"straight_line"}
    assert {row["demo"] for row in rows} == {"demo data (示例数据)"}


def test_a_zone_has_no_stations_of_its_own(client: TestClient) -> None:
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(export(client, format="xlsx", area=ZONE).content)
    )
    assert book.sheet_names == ["areas", "cells", "terms"]
    reply = client.get(
        "/v1/coverage/export", params={"format": "csv", "of": "stations", "area": ZONE}
    )
    assert reply.status_code == 422
    assert reply.json()["field"] == "area"


@pytest.mark.parametrize("of", ["areas", "cells"])
def test_geojson_has_valid_shapes_and_its_terms(client: TestClient, of: str) -> None:
    body = export(client, format="geojson", of=of).json()
    assert body["datum"] == "wgs84"
    assert set(TERMS) <= set(body["terms"])
    assert [source["code"] for source in body["sources"]] == ["demo"]
    shapes = [shape(feature["geometry"]) for feature in body["features"]]
    assert all(one.is_valid and one.area > 0 for one in shapes)
    key = "residents_total" if of == "areas" else "residents"
    told = [feature["properties"][key] for feature in body["features"]]
    total = client.get("/v1/coverage").json()["demand"]["residents"]["total"]
    assert sum(told) == (2 * total if of == "areas" else total)


def test_a_workbook_has_areas_cells_and_terms(client: TestClient) -> None:
    content = export(client, format="xlsx", lang="zh").content
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["各区", "站点", "网格", "怎么算的"]
    sheets: list[list[list[Any]]] = [
        book.get_sheet_by_name(name).to_python() for name in book.sheet_names
    ]
    areas, stations, cells, terms = sheets
    assert stations[0][:4] == ["站点编号", "站点", "所在区划代码", "到得了的居民"]
    assert len(stations) == 3
    residents = areas[0].index("居民")
    assert areas[-1][residents] == sum(float(row[residents]) for row in areas[1:-1])
    assert sum(float(row[cells[0].index("居民")]) for row in cells[1:]) == areas[-1][residents]
    told = {str(row[0]): row[1] for row in terms}
    assert told["数据性质"] == "示例数据"
    assert told["算法"] == "直线距离乘绕行系数"
    assert told["站点种类"] == "户外劳动者服务站点"
    assert told["出行方式"] == "步行"
    assert told["来源"] == "示例数据"


def test_a_page_to_mail_asks_nobody_for_anything(client: TestClient) -> None:
    reply = export(client, format="html")
    assert reply.headers["content-disposition"].endswith('.html"')
    page = reply.text
    assert not re.search(r'<(script|link|img|iframe)[^>]+(src|href)="', page)
    styles = " ".join(re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL))
    assert re.findall(r"url\((?!['\"]?data:)", styles) == []
    assert "leaflet" in styles
    assert "示例市" in page
    total = client.get("/v1/coverage").json()["demand"]["residents"]["total"]
    assert f"<td>{total:,}</td>" in page
    assert "Demo data" in page
    hours = client.get("/v1/coverage/hours?minutes=10").json()
    assert f"Working day {hours['weekday']['date'][5:]}" in page
    assert page.count('role="img"') == 2
    for sole in client.get("/v1/coverage?minutes=10").json()["single_points"]["stations"]:
        assert f'<tr><th scope="row">{sole["name"]}</th>' in page


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "format"),
        ({"format": "pdf"}, "format"),
        ({"format": "csv", "of": "streets"}, "of"),
        ({"format": "geojson", "of": "stations"}, "of"),
        ({"format": "csv", "of": "cells", "res": 12}, "res"),
        ({"format": "csv", "minutes": 0}, "minutes"),
        ({"format": "csv", "area": "999999"}, "area"),
        ({"format": "html", "area": TOWN}, "area"),
    ],
)
def test_bad_input_is_named(client: TestClient, query: dict[str, Any], field: str) -> None:
    reply = client.get("/v1/coverage/export", params=query)
    assert reply.status_code in {404, 422}
    assert reply.json()["field"] == field


def test_where_no_station_counts_the_files_say_so(client: TestClient) -> None:
    kind = "craft_school"
    terms = export(client, format="geojson", kind=kind).json()["terms"]
    assert "No station here meets" in terms["remarks"]
    assert b"No station here meets" in export(client, format="html", kind=kind).content
    for of, said in (
        ("areas", "No station here meets"),
        ("stations", "No station here meets"),
        ("cells", "no_station"),
    ):
        reply = export(client, format="csv", of=of, kind=kind)
        rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))
        assert rows
        assert all(said in row["remarks"] for row in rows)


def test_one_file_is_made_at_a_time(client: TestClient) -> None:
    export(client, format="csv")
    with coverage_export._place:
        reply = client.get("/v1/coverage/export?format=csv")
    assert reply.status_code == 503
    assert reply.headers["retry-after"]
    export(client, format="csv")
