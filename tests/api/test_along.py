"""Stations along a line, over HTTP."""

import random

import pytest
from fastapi import FastAPI
from pyproj import Geod
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from geo.coordinates import Datum, LonLat, convert
from tests.factories import CITY, add_station

GEOD = Geod(ellps="WGS84")
PATH = "/v1/stations/along"


def line(*points: tuple[float, float]) -> dict[str, object]:
    return {"type": "LineString", "coordinates": [list(point) for point in points]}


@pytest.fixture
def strewn(engine: Engine) -> dict[str, LonLat]:
    chance = random.Random(4)
    points = {
        f"NB-RS-{number:04}": LonLat(
            CITY.lon + chance.uniform(-0.03, 0.03), CITY.lat + chance.uniform(-0.02, 0.02)
        )
        for number in range(150)
    }
    with Session(engine) as session:
        for number, (code, point) in enumerate(points.items()):
            add_station(
                session,
                code,
                point,
                services_yes=["microwave"] if number % 3 == 0 else [],
                hours="24/7" if number % 2 else None,
                hours_text="全天" if number % 2 else None,
            )
        session.commit()
    return points


def test_all_within_the_width_and_in_the_order_of_the_line(
    client: TestClient, strewn: dict[str, LonLat]
) -> None:
    """Along a parallel, off it is as far as the nearest of many points of it is."""
    west, east = (CITY.lon - 0.02, CITY.lat), (CITY.lon + 0.02, CITY.lat)
    body = client.post(PATH, json={"line": line(west, east), "within_m": 400, "limit": 200}).json()
    expected = {}
    for code, point in strewn.items():
        lon = min(max(point.lon, west[0]), east[0])
        metres = GEOD.inv(point.lon, point.lat, lon, CITY.lat)[2]
        if round(metres) <= 400:
            expected[code] = (metres, GEOD.inv(*west, lon, CITY.lat)[2])
    assert {each["id"] for each in body["features"]} == set(expected)
    assert body["numberMatched"] == body["numberReturned"] == len(expected) > 10
    assert body["length_m"] == pytest.approx(GEOD.inv(*west, *east)[2], abs=1)
    along = [each["properties"]["along_m"] for each in body["features"]]
    assert along == sorted(along)
    for each in body["features"]:
        off_m, along_m = expected[each["id"]]
        assert each["properties"]["off_m"] == pytest.approx(off_m, abs=1)
        assert each["properties"]["along_m"] == pytest.approx(along_m, abs=1.5)


def test_filters_datum_and_limit(client: TestClient, strewn: dict[str, LonLat]) -> None:
    points = [LonLat(CITY.lon - 0.02, CITY.lat), LonLat(CITY.lon + 0.02, CITY.lat + 0.01)]
    plain = client.post(PATH, json={"line": line(*points), "service": ["microwave"]}).json()
    assert all(each["properties"]["services"]["microwave"] == "yes" for each in plain["features"])
    assert plain["left_out"]["service_unknown"] > 0
    shifted = [convert(point, Datum.WGS84, Datum.GCJ02) for point in points]
    asked = {"line": line(*shifted), "service": ["microwave"], "crs": "gcj02"}
    same = client.post(PATH, json=asked).json()
    assert [each["id"] for each in same["features"]] == [each["id"] for each in plain["features"]]
    place = strewn[same["features"][0]["id"]]
    assert same["features"][0]["geometry"]["coordinates"] == pytest.approx(
        list(convert(place, Datum.WGS84, Datum.GCJ02)), abs=1e-6
    )
    few = client.post(PATH, json=asked | {"limit": 1}).json()
    assert (few["numberReturned"], few["numberMatched"]) == (1, plain["numberMatched"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "line"),
        ({"line": {"type": "Polygon", "coordinates": []}}, "line.type"),
        ({"line": line()}, "line.coordinates"),
        ({"line": line((29.87, 121.55))}, "line"),
        ({"line": line((100, 30), (121, 30))}, "line"),
        ({"line": line((121.5, 29.8)), "within_m": 0}, "within_m"),
        ({"line": line((121.5, 29.8)), "kind": ["shop"]}, "kind"),
        ({"line": line((121.5, 29.8)), "at": "soon"}, "at"),
        ({"line": line((121.5, 29.8)), "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_used_is_named(client: TestClient, body: object, field: str) -> None:
    reply = client.post(PATH, json=body)
    assert reply.status_code == 422
    assert reply.json()["field"] == field


def test_one_point_is_a_line_too(app: FastAPI, client: TestClient, engine: Engine) -> None:
    with Session(engine) as session:
        add_station(session, "NB-RS-0001")
        session.commit()
    app.state.directory.refresh()
    body = client.post(PATH, json={"line": line(CITY)}).json()
    (only,) = body["features"]
    assert (only["properties"]["off_m"], only["properties"]["along_m"]) == (0, 0)
    assert only["properties"]["open"]["state"] == "unknown"


@pytest.mark.parametrize(
    "change",
    [
        {"within_m": True},
        {"within_m": "500"},
        {"limit": "1_0"},
        {"line": {"type": "LineString", "coordinates": [["12_1.5", 29.8]]}},
        {"line": {"type": "LineString", "coordinates": [[True, 29.8]]}},
    ],
)
def test_a_number_is_a_number(client: TestClient, change: dict[str, object]) -> None:
    body = {"line": line((CITY.lon, CITY.lat))} | change
    assert client.post(PATH, json=body).status_code == 422


def test_pages_of_other_sites_may_ask(client: TestClient) -> None:
    asked = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    reply = client.options(PATH, headers=asked)
    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in reply.headers
