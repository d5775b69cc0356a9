"""Nearest over HTTP: answered directly as by its documented route, from either source."""

import json
import random
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from pyproj import Geod
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.app import create_app
from api.routes import nearest
from geo.coordinates import Datum, LonLat, convert
from stations import local_postgres, schema
from stations.database import make_engine
from stations.hours import SHANGHAI
from stations.register import next_version
from stations.settings import Settings
from tests.api.conftest import LogIn
from tests.factories import CITY, add_areas, add_station

NEAR = f"{nearest.PATH}?lon={CITY.lon}&lat={CITY.lat}"
NOWHERE = URL.create("postgresql+psycopg", host="127.0.0.1", port=1, database="none")

PARAMETERS = [
    "lon", "lat", "crs", "kind", "service", "access", "entry", "no_app", "tier", "unknown", "open",
    "profile", "sort", "limit", "within_m", "at", "route", "events", "lang", "nothing",
]  # fmt: skip

LIKELY = st.sampled_from(
    [
        "", "0", "1", "121.55", "29.87", "-181", "1e400", "nan", "inf", "1_0", " 5 ", "五", "gcj02",
        "rest_station", "rest_station,nursing_room", "microwave", "everyone", "walk_in", "true",
        "benchmark", "include", "any", "now", "on_arrival", "walk", "truck", "minutes", "distance",
        "50", "51", "20000", "2026-11-23T12:30", "2026-02-30T12:30", "\x00", "%", "'; --", "[]",
    ]
)  # fmt: skip
ADDRESS = st.lists(st.tuples(st.sampled_from(PARAMETERS), LIKELY | st.text(max_size=8)), max_size=8)

ANY_FIXTURE = settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def documented(documented_app: FastAPI) -> TestClient:
    return TestClient(documented_app, base_url="http://127.0.0.1")


def same(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body without what differs from one request to the next."""
    query = {name: value for name, value in body.get("query", {}).items() if name != "at"}
    return {
        name: value for name, value in body.items() if name not in {"request_id", "as_of", "query"}
    } | {"query": query}


def from_directory(app: FastAPI) -> None:
    """Load the directory, so that what comes before the framework answers."""
    if app.state.directory.held is None:
        app.state.directory.refresh()


@ANY_FIXTURE
@given(ADDRESS)
def test_what_is_answered_directly_is_read_and_refused_as_the_framework_does(
    app: FastAPI, client: TestClient, documented: TestClient, pairs: list[tuple[str, str]]
) -> None:
    from_directory(app)
    address = f"{nearest.PATH}?{urlencode(pairs)}"
    direct, whole = client.get(address), documented.get(address)
    assert direct.status_code == whole.status_code
    assert direct.status_code in {200, 422}
    assert same(direct.json()) == same(whole.json())
    assert direct.headers.keys() == whole.headers.keys()
    told = ("content-type", "cache-control", "vary", "content-encoding", "content-language")
    for name in told:
        assert direct.headers.get(name) == whole.headers.get(name)


def test_an_ordinary_question_never_reaches_the_framework(
    app: FastAPI, client: TestClient, documented_app: FastAPI
) -> None:
    app.state.directory.refresh()
    app.router.routes.clear()
    documented_app.router.routes.clear()
    assert client.get(NEAR).status_code == 200
    assert TestClient(documented_app).get(NEAR).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("accept-encoding", "gzip"), ("accept-encoding", "identity")],
        [("accept-encoding", "identity"), ("accept-encoding", "gzip")],
    ],
)
def test_both_ways_tell_caches_the_same(
    app: FastAPI,
    client: TestClient,
    documented: TestClient,
    engine: Engine,
    headers: list[tuple[str, str]],
) -> None:
    with Session(engine) as session:
        add_station(session, "NB-RS-0001", hours="24/7", hours_text="全天")
        session.commit()
    from_directory(app)
    told = [
        [reply.headers.get(name) for name in ("vary", "content-encoding", "cache-control")]
        for reply in (each.get(NEAR, headers=headers) for each in (client, documented))
    ]
    assert told[0] == told[1]
    assert "Origin" in str(told[0][0])


@pytest.mark.parametrize("source", ["postgis", "directory"])
def test_on_the_other_side_of_the_earth_the_answer_says_why(
    app: FastAPI, client: TestClient, engine: Engine, source: str
) -> None:
    with Session(engine) as session:
        add_station(session, "NB-RS-0001")
        session.commit()
    if source == "directory":
        from_directory(app)
    for lat in (-CITY.lat, -CITY.lat + 0.2, -CITY.lat - 1):
        reply = client.get(f"{nearest.PATH}?lon={CITY.lon - 180}&lat={lat}&lang=en")
        assert reply.status_code == 200
        assert reply.json()["features"] == []
        told_km = int(reply.json()["reason"].split(" is ")[1].split(" km")[0])
        assert told_km == pytest.approx(20_000, rel=0.01)


@pytest.mark.parametrize("name", ["limit", "within_m"])
def test_a_number_is_written_plainly(client: TestClient, name: str) -> None:
    reply = client.get(f"{NEAR}&{name}=1_0")
    assert reply.status_code == 422
    assert name in reply.json()["errors"][0]["field"]


@ANY_FIXTURE
@given(st.binary(max_size=60))
def test_no_address_is_a_500(app: FastAPI, client: TestClient, query: bytes) -> None:
    from_directory(app)
    text = query.decode("latin-1").replace("#", "").replace("\n", "").replace("\r", "")
    address = (
        f"{nearest.PATH}?lat=29.87&lon=121.55&{urlencode({'x': text})}&{urlencode([(text, text)])}"
    )
    assert client.get(address).status_code in {200, 422}


def test_both_sources_write_the_same(app: FastAPI, client: TestClient, engine: Engine) -> None:
    """Names with quotes, commas and line breaks, unknown facts, closures and doubts."""
    chance = random.Random(20)
    names = ['驿"站"', "a,b|c", "反\\斜", "emoji🚚", "𠮷野家", "<b>", "line\u2028two", "&amp;"]
    with Session(engine) as session:
        for number in range(60):
            hours = chance.choice(["24/7", "Mo-Su 08:00-12:00,14:00-20:00", None])
            add_station(
                session,
                f"NB-RS-{number:04}",
                LonLat(CITY.lon + chance.gauss(0, 0.004), CITY.lat + chance.gauss(0, 0.004)),
                name=chance.choice(names),
                aliases=["别名"] if number % 3 == 0 else [],
                address=chance.choice([None, "路\n二楼", "A路 1 号"]),
                hours=hours,
                hours_text=None if hours is None else f"“{hours}”",
                services_yes=chance.choice([[], ["microwave", "wifi"], ["drinking_water"]]),
                services_no=chance.choice([[], ["shower"]]),
                status=chance.choice(["active", "active", "temporarily_closed"]),
                position_verified=number % 4 != 0,
                checked={"hours": "2026-11-01"},
                tier=chance.choice([None, "benchmark"]),
                entry=chance.choice([[], ["walk_in"], ["app"]]),
            )
        session.commit()
    addresses = [
        f"{nearest.PATH}?"
        + urlencode(
            {
                "lon": CITY.lon + chance.gauss(0, 0.003),
                "lat": CITY.lat + chance.gauss(0, 0.003),
                "crs": chance.choice(["wgs84", "gcj02", "bd09"]),
                "open": chance.choice(["any", "now", "on_arrival"]),
                "profile": chance.choice(["walk", "ebike", "truck"]),
                "limit": 7,
                "at": "2026-11-23T11:50:00+08:00",
                **chance.choice([{}, {"no_app": "1"}, {"service": "wifi"}, {"tier": "benchmark"}]),
            }
        )
        for _ in range(40)
    ]
    expected = [client.get(address) for address in addresses]
    app.state.directory.refresh()
    for address, before in zip(addresses, expected, strict=True):
        after = client.get(address)
        assert int(after.headers["age"]) >= 0
        assert "age" not in before.headers
        one, other = json.loads(after.content), json.loads(before.content)
        del one["as_of"], other["as_of"]
        assert one == other
        listed = {each["id"]: each for each in client.get("/v1/stations").json()["features"]}
        for feature in one["features"]:
            facts = feature["properties"]
            lasting = listed[feature["id"]]["properties"]
            shared = facts.keys() & lasting.keys() - {"open", "navigate", "warnings"}
            assert {name: facts[name] for name in shared} == {
                name: lasting[name] for name in shared
            }
            assert facts.keys() - lasting.keys() == {"distance_m", "street_m", "minutes", "method"}
    assert any(json.loads(each.content)["features"] for each in expected)


@pytest.mark.parametrize("source", ["postgis", "directory"])
@pytest.mark.parametrize("crs", list(Datum))
@pytest.mark.parametrize(("profile", "within_km"), [("walk", "1"), ("ebike", "3"), ("truck", "20")])
def test_at_sea_nothing_is_near_and_the_answer_says_why(
    app: FastAPI,
    client: TestClient,
    engine: Engine,
    source: str,
    crs: Datum,
    profile: str,
    within_km: str,
) -> None:
    """Thirty kilometres east of the harbour of Shipu there is water only."""
    harbour = LonLat(121.96, 29.2)
    lon, lat, _ = Geod(ellps="WGS84").fwd(harbour.lon, harbour.lat, 90.0, 30_000.0)
    with Session(engine) as session:
        add_station(session, "NB-RS-0001", harbour)
        session.commit()
    if source == "directory":
        app.state.directory.refresh()
    here = convert(LonLat(lon, lat), Datum.WGS84, crs)
    asked = {"lon": here.lon, "lat": here.lat, "crs": crs.value, "profile": profile}
    said = {}
    for lang in ("zh", "en"):
        reply = client.get(nearest.PATH, params=asked | {"lang": lang})
        assert reply.status_code == 200
        assert ("age" in reply.headers) == (source == "directory")
        body = reply.json()
        assert (body["features"], body["numberMatched"], body["numberReturned"]) == ([], 0, 0)
        said[lang] = body["reason"]
    assert said == {
        "zh": f"{within_km} 公里内没有符合条件的站点，最近的在 30.0 公里外。",
        "en": f"No match within {within_km} km; the nearest one is 30.0 km away.",
    }


def test_events_are_looked_up_beside_the_directory(
    app: FastAPI, client: TestClient, engine: Engine
) -> None:
    with Session(engine) as session:
        add_station(session, "NB-RS-0001")
        session.commit()
    app.state.directory.refresh()
    address = f"{nearest.PATH}?lon={CITY.lon}&lat={CITY.lat}&events=include"
    body = client.get(address).json()
    assert body["events_matched"] == 0
    assert body["features"][0]["properties"]["events"] == []


def test_without_the_database_stations_are_found_and_events_are_said_to_be_unknown(
    app: FastAPI, client: TestClient, engine: Engine
) -> None:
    with Session(engine) as session:
        add_station(session, "NB-RS-0001")
        session.commit()
    app.state.directory.refresh()
    there, app.state.engine = app.state.engine, create_engine(NOWHERE)
    try:
        for lang, words in (("zh", "现在查不到活动"), ("en", "Events cannot be looked up")):
            reply = client.get(f"{NEAR}&events=include&lang={lang}")
            assert reply.status_code == 200
            body = reply.json()
            assert [each["id"] for each in body["features"]] == ["NB-RS-0001"]
            assert (body["events"], body["events_matched"]) == (None, None)
            assert body["events_reason"].startswith(words)
    finally:
        app.state.engine = there
    body = client.get(f"{NEAR}&events=include").json()
    assert (body["events"], body["events_reason"]) == ([], None)


def test_a_frozen_database_holds_nobody_up(
    app: FastAPI, client: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that neither answers nor refuses: health says so, and events are left out, in time."""
    with Session(engine) as session:
        add_station(session, "NB-RS-0001")
        session.commit()
    app.state.directory.refresh()
    thawed = threading.Event()

    def frozen(*_asked: object) -> None:
        thawed.wait(30)

    monkeypatch.setattr("api.database_asker.WAIT_S", 0.1)
    monkeypatch.setattr("api.routes.nearest.events_near", frozen)
    monkeypatch.setattr("api.routes.health.is_up", frozen)
    try:
        for _ in range(10):  # more than there are threads for it
            body = client.get(f"{NEAR}&events=include").json()
            assert (body["numberReturned"], body["events"]) == (1, None)
            reply = client.get("/v1/health")
            assert (reply.status_code, reply.json()["database"]) == (503, "down")
    finally:
        thawed.set()


def test_the_document_says_what_is_answered(app: FastAPI) -> None:
    document = app.openapi()
    parameters = document["paths"][nearest.PATH]["get"]["parameters"]
    bounds = {each["name"]: each["schema"] for each in parameters}
    assert (bounds["lon"]["minimum"], bounds["lon"]["maximum"]) == (-180, 180)
    assert (bounds["lat"]["minimum"], bounds["lat"]["maximum"]) == (-90, 90)
    answered = document["components"]["schemas"]["NearestListWithEvents"]["properties"]
    assert {"route", "street_attribution", "events", "events_reason"} <= answered.keys()


@pytest.mark.parametrize("source", ["postgis", "directory"])
def test_each_fact_says_when_it_was_checked(
    app: FastAPI, client: TestClient, engine: Engine, log_in: LogIn, source: str
) -> None:
    """An edit of one fact is a look at that one; the others keep their days, or none."""
    with Session(engine) as session:
        point = LonLat(CITY.lon - 0.001, CITY.lat)
        checked = {"hours": "2026-01-05", "services": "2026-02-06"}
        add_station(session, "NB-RS-0001", point, area_code="330203", checked=checked)
        session.commit()

    def days() -> dict[str, str]:
        if source == "directory":
            app.state.directory.refresh()
        (feature,) = client.get(NEAR).json()["features"]
        found: dict[str, str] = feature["properties"]["checked"]
        return found

    assert days() == checked
    today = datetime.now(SHANGHAI).date().isoformat()
    manager = log_in()
    assert manager.patch("NB-RS-0001", {"hours_text": "8:00-18:00"}, 1).status_code == 200
    assert days() == checked | {"hours": today}
    assert manager.patch("NB-RS-0001", {"name": "改了名"}, 2).status_code == 200
    assert days() == checked | {"hours": today}
    assert manager.patch("NB-RS-0001", {"checked": ["position"]}, 3).status_code == 200
    assert days() == checked | {"hours": today, "position": today}


def test_what_may_be_kept_says_so(app: FastAPI, client: TestClient, engine: Engine) -> None:
    """Nearest holds a position and the time: nobody between may keep it, and it has no ETag.

    The ETag of a station names the version that an edit begins with; its door depends on the
    clock, so that it is sent whole each time.
    """
    with Session(engine) as session:
        add_station(session, "NB-RS-0001")
        session.commit()
    for _ in range(2):  # from PostGIS, and from the directory
        reply = client.get(NEAR)
        assert reply.headers["cache-control"] == "private, max-age=0"
        assert "etag" not in reply.headers
        app.state.directory.refresh()
    one = client.get("/v1/stations/NB-RS-0001")
    assert one.headers["etag"] == '"1"'
    assert "no-cache" in one.headers["cache-control"]
    again = client.get("/v1/stations/NB-RS-0001", headers={"If-None-Match": '"1"'})
    assert (again.status_code, again.json()["id"]) == (200, "NB-RS-0001")


def test_nearest_goes_on_while_the_database_is_killed(tmp_path: Path) -> None:
    """Under load: no question fails, the answer says how old it is, and edits come in again."""

    def quiet(_line: str) -> None:
        pass

    url = local_postgres.ensure_running(tmp_path, progress=quiet)
    try:
        settings = Settings(database_url=SecretStr(url), data_dir=tmp_path, background_niceness=0)
        engine = make_engine(url, settings)
        schema.upgrade(engine)
        with Session(engine) as session:
            add_areas(session)
            add_station(session, "NB-RS-0001")
            session.commit()
        statuses: list[int] = []
        stop = threading.Event()
        with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:

            def ask() -> None:
                while not stop.is_set():
                    statuses.append(client.get(NEAR).status_code)

            wait_for(lambda: client.get("/v1/health").json()["directory"]["stations"] == 1)
            asking = [threading.Thread(target=ask) for _ in range(3)]
            for thread in asking:
                thread.start()
            local_postgres.stop(tmp_path, progress=quiet)
            before = len(statuses)
            wait_for(lambda: int(client.get(NEAR).headers["age"]) >= 3)
            assert client.get("/v1/stations").status_code == 503
            wait_for(lambda: len(statuses) > before + 20)
            local_postgres.ensure_running(tmp_path, progress=quiet)
            with Session(engine) as session:
                add_station(session, "NB-RS-0002", register_version=next_version(session))
                session.commit()
            wait_for(lambda: client.get(NEAR).json()["numberReturned"] == 2)
            stop.set()
            for thread in asking:
                thread.join()
        assert set(statuses) == {200}
        engine.dispose()
    finally:
        local_postgres.stop(tmp_path, progress=quiet)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
