"""Text search over HTTP, and `nuanyi places` on the command line."""

import logging
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.examples_search import SEARCH
from geo.coordinates import Datum, LonLat, convert
from stations import search_index
from stations.database import make_engine
from tests.api.conftest import LogIn
from tests.command_line import Nuanyi
from tests.factories import CITY, add_areas, add_station
from tests.stations.test_places import TOWN


@pytest.fixture
def town(engine: Engine, app: FastAPI) -> None:
    with Session(engine) as session:
        add_station(session, "NB-RS-0001", name="海曙区工会驿站", area_code="330203")
        near = LonLat(CITY.lon + 0.01, CITY.lat)
        add_station(session, "NB-RS-0002", near, name="海曙驿站", address="西街 8 号")
        add_station(session, "NB-RS-0003", name="海曙内部驿站", access="staff_only")
        add_station(session, "NB-RS-0004", None, name="海曙未定位")
        search_index.rebuild(session)
        session.commit()


def codes(client: TestClient, **query: Any) -> list[str]:
    reply = client.get("/v1/search", params=query)
    assert reply.status_code == 200, reply.text
    return [feature["id"] for feature in reply.json()["features"]]


@pytest.mark.usefixtures("town")
def test_an_answer(client: TestClient) -> None:
    reply = client.get("/v1/search", params={"q": "海曙"})
    body = reply.json()
    assert reply.headers["cache-control"] == "private, max-age=0"
    assert (body["numberMatched"], body["numberReturned"], body["matched_at_least"]) == (2, 2, 2)
    assert [feature["id"] for feature in body["features"]] == ["NB-RS-0002", "NB-RS-0001"]
    assert body["features"][1]["properties"] == {
        "type": "station",
        "code": "NB-RS-0001",
        "name": "海曙区工会驿站",
        "name_en": None,
        "kind": "rest_station",
        "level": None,
        "kind_zh": "户外劳动者服务站点",
        "kind_en": "Rest station",
        "area": {"code": "330203", "name": "西区"},
        "address": None,
        "match": "name",
        "distance_m": None,
        "source": "test",
    }
    assert [source["code"] for source in body["sources"]] == ["test"]


@pytest.mark.usefixtures("town")
def test_an_area(client: TestClient) -> None:
    (feature,) = client.get("/v1/search", params={"q": "东区", "limit": 1}).json()["features"]
    assert feature["properties"]["type"] == "area"
    assert feature["properties"]["level"] == "district"
    assert feature["properties"]["kind"] is None
    lon, lat = feature["geometry"]["coordinates"]
    assert 121.55 <= lon <= 122.1
    assert 29.5 <= lat <= 30.2


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("crs", list(Datum))
def test_the_nearer_first_in_any_datum(client: TestClient, crs: Datum) -> None:
    here = convert(CITY, Datum.WGS84, crs)
    asked: dict[str, str | float] = {"q": "海曙", "crs": crs.value}
    asked |= {"lon": here.lon, "lat": here.lat}
    body = client.get("/v1/search", params=asked).json()
    assert [feature["id"] for feature in body["features"]] == ["NB-RS-0001", "NB-RS-0002"]
    metres = [feature["properties"]["distance_m"] for feature in body["features"]]
    assert metres[0] <= 1
    assert metres[1] == pytest.approx(966, abs=2)
    shown = body["features"][0]["geometry"]["coordinates"]
    assert shown == pytest.approx([here.lon, here.lat], abs=1e-6)
    assert str(here.lon) not in str(body["query"])


@pytest.mark.usefixtures("town")
def test_what_is_not_public_is_not_found(client: TestClient, log_in: LogIn) -> None:
    for asked in ("内部", "海曙内部驿站", "haishuneibu", "hsnb", "NB-RS-0003"):
        assert "NB-RS-0003" not in codes(client, q=asked)
    assert codes(client, q="未定位") == []
    assert "NB-RS-0003" not in codes(log_in().client, q="内部")


@pytest.mark.usefixtures("town")
def test_an_edit_is_found_at_once(client: TestClient, log_in: LogIn) -> None:
    log_in().patch("NB-RS-0001", {"name": "望湖桥"}, 1)
    assert codes(client, q="wanghuqiao") == ["NB-RS-0001"]
    assert "NB-RS-0001" not in codes(client, q="海曙区")
    log_in().patch("NB-RS-0001", {"access": "staff_only"}, 2)
    assert codes(client, q="wanghuqiao") == []


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "q"),
        ("q=", "q"),
        ("q=%20", "q"),
        ("q=%25", "q"),
        ("q=_", "q"),
        ("q=%5C", "q"),
        ("q=%27", "q"),
        ("q=%F0%9F%98%80", "q"),
        ("q=%00", "q"),
        ("q=a%00b", "q"),
        ("q=" + "a" * 51, "q"),
        ("q=" + "a" * 10_000, "q"),
        ("q=a&lon=181&lat=1", "lon"),
        ("q=a&lon=1&lat=91", "lat"),
        ("q=a&lon=nan&lat=1", "lon"),
        ("q=a&lon=1", "lat"),
        ("q=a&lat=1", "lon"),
        ("q=a&crs=mars", "crs"),
        ("q=a&limit=0", "limit"),
        ("q=a&limit=51", "limit"),
        ("q=a&types=", "types"),
        ("q=a&types=people", "types"),
        ("q=a&types=station,people", "types"),
    ],
)
def test_what_cannot_be_asked_is_named(client: TestClient, query: str, field: str) -> None:
    reply = client.get(f"/v1/search?{query}")
    assert reply.status_code == 422
    assert reply.json()["field"] == field
    assert reply.json()["detail_zh"]


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    "asked",
    [
        "海%曙",
        "a_b",
        "'; DROP TABLE stations; --",
        "海\\",
        "(a+",
        "[[a",
        "a😀b",
        "\ud83da",
        "9" * 50,
    ],
)
def test_signs_do_no_harm(client: TestClient, asked: str) -> None:
    content = asked.encode("utf-8", "surrogatepass")
    reply = client.get("/v1/search", params={"q": content})
    assert reply.status_code == 200 or reply.json()["field"] == "q"


@pytest.mark.usefixtures("town")
def test_the_log_holds_neither_the_words_nor_the_position(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger("nuanyi")
    logger.addHandler(caplog.handler)
    try:
        codes(client, q="海曙", lon=121.5512345, lat=29.8712345)
    finally:
        logger.removeHandler(caplog.handler)
    assert '"/v1/search"' in caplog.text
    assert "121.55" not in caplog.text
    assert "海曙" not in caplog.text


@pytest.mark.usefixtures("town")
def test_the_example_has_the_names_of_the_answer(client: TestClient) -> None:
    shown = client.get("/v1/search", params={"q": "东区"}).json()
    assert shown.keys() == SEARCH.keys()
    assert shown["query"].keys() == SEARCH["query"].keys()
    assert shown["sources"][0].keys() == SEARCH["sources"][0].keys()
    for feature in SEARCH["features"]:
        assert feature.keys() == shown["features"][0].keys()
        assert feature["properties"].keys() == shown["features"][0]["properties"].keys()


def test_places_on_the_command_line(database: URL, engine: Engine, tmp_path: Path) -> None:
    with Session(engine) as session:
        add_areas(session)
        session.commit()
    nuanyi = Nuanyi(database, tmp_path)
    file = nuanyi.file("town.osm", TOWN)
    first = nuanyi.run("places", "import", file)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith(b"named places read: 9\n")
    again = nuanyi.run("places", "import", file)
    assert again.stdout == first.stdout.replace(b"  added: 6", b"  added: 0").replace(
        b"  unchanged: 0", b"  unchanged: 6"
    )
    broken = nuanyi.run("places", "import", nuanyi.file("cut.osm", TOWN[:500]))
    assert (broken.returncode, broken.stdout) == (2, b"")
    assert b"FILE: this is not a whole OpenStreetMap file" in broken.stderr
    own = '{"type": "FeatureCollection", "features": []}'
    assert nuanyi.run("places", "import", nuanyi.file("own.geojson", own)).returncode == 2
    query = "SELECT count(*) FROM search_entries WHERE type = 'place'"
    with engine.connect() as connection:
        assert connection.execute(text(query)).scalar_one() == 6


def test_a_time_limit_holds(database: URL, app: FastAPI) -> None:
    """The time of a search is bounded in its own transaction only."""
    engine = make_engine(database, app.state.settings)
    with engine.connect() as connection:
        limit = connection.execute(text("SHOW statement_timeout")).scalar_one()
    TestClient(app, base_url="http://127.0.0.1").get("/v1/search?q=a")
    with app.state.engine.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == limit
        assert connection.execute(text("SHOW enable_seqscan")).scalar_one() == "on"
    engine.dispose()
