"""What every reply carries, what the log may say, and a database that goes away."""

import json
import logging
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.app import create_app, tile_origins
from stations import local_postgres, schema
from stations.database import make_engine
from stations.settings import Settings, Tiles
from tests.factories import CITY, add_areas, add_station

NEAR = {"lon": CITY.lon, "lat": CITY.lat}


@pytest.fixture
def log(client: TestClient) -> list[str]:
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("nuanyi").addHandler(handler)
    return lines


def test_the_log_says_the_route_and_never_the_position(client: TestClient, log: list[str]) -> None:
    client.get("/v1/stations/nearest", params=NEAR)
    client.get("/v1/stations/NB-RS-0001")
    client.get("/somewhere/121.5503/29.8746")
    entries = [json.loads(line) for line in log]
    assert [entry["route"] for entry in entries] == [
        "/v1/stations/nearest", "/v1/stations/{code}", "unmatched",
    ]  # fmt: skip
    assert [entry["status"] for entry in entries] == [200, 404, 404]
    assert all(entry["ms"] >= 0 and entry["request_id"] for entry in entries)
    assert "121.5" not in "".join(log)
    assert "29.8" not in "".join(log)


def test_an_unforeseen_error_is_an_id_and_its_text_goes_nowhere(
    app: FastAPI, client: TestClient, log: list[str]
) -> None:
    @app.get("/boom")
    def boom(lon: float) -> None:
        raise RuntimeError(f"at {lon}")

    reply = client.get("/boom?lon=121.5503")
    assert reply.status_code == 500
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["request_id"] == reply.headers["x-request-id"]
    assert "121.55" not in reply.text + "".join(log)
    unexpected = json.loads(log[0])
    assert unexpected["error"] == "RuntimeError"
    assert unexpected["request_id"] == reply.headers["x-request-id"]
    assert any("boom" in frame for frame in unexpected["at"])


def test_request_ids_go_in_and_out_but_not_every_text(client: TestClient) -> None:
    def echoed(given: str) -> str:
        headers = {"X-Request-Id": given}
        return str(client.get("/v1/health/live", headers=headers).headers["x-request-id"])

    assert echoed("abcdef-123456") == "abcdef-123456"
    for hostile in ("x" * 65, "121.5503,29.8746", "short", "a b c d e f g h i"):
        assert echoed(hostile) != hostile


def test_pages_carry_a_strict_policy_with_a_fresh_nonce(client: TestClient) -> None:
    one, other = client.get("/console"), client.get("/console")
    policies = [reply.headers["content-security-policy"] for reply in (one, other)]
    assert policies[0] != policies[1]
    assert "unsafe" not in policies[0]
    assert "default-src 'none'" in policies[0]
    assert "frame-ancestors 'self'" in policies[0]
    nonce = policies[0].split("'nonce-")[1].split("'")[0]
    assert f'nonce="{nonce}"' in one.text
    assert one.headers["referrer-policy"] == "no-referrer"
    assert one.headers["x-content-type-options"] == "nosniff"


def test_tiles_open_the_policy_for_their_hosts_only() -> None:
    tiles = Tiles(url="https://{s}.tiles.example/{z}/{x}/{y}.png", subdomains="ab")
    assert tile_origins(tiles) == "https://a.tiles.example https://b.tiles.example"
    assert tile_origins(Tiles(url="https://t.example/{z}/{x}/{y}")) == "https://t.example"


def test_public_reads_may_be_embedded_but_never_with_credentials(client: TestClient) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    read = client.get("/v1/stations", headers=origin)
    assert read.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in read.headers
    preflight = client.options(
        "/v1/stations/NB-RS-0001", headers=origin | {"Access-Control-Request-Method": "PATCH"}
    )
    assert preflight.status_code == 400
    assert "PATCH" not in preflight.headers.get("access-control-allow-methods", "")


@pytest.mark.parametrize(
    ("params", "cookie", "accepted", "spoken"),
    [
        ({}, "", "", "zh"),
        ({}, "", "en-GB,en;q=0.9,zh;q=0.8", "en"),
        ({}, "", "fr;q=1,zh;q=0.4,en;q=0.5", "en"),
        ({}, "", "fr", "zh"),
        ({}, "", "en;q=x,,;q=", "zh"),
        ({}, "", "zh; q=0.1, en; q=0.9", "en"),
        ({}, "", "en;q=0", "zh"),
        ({}, 'odd="x; nuanyi_lang=en; {}=1', "zh", "en"),
        ({}, "nuanyi_lang=en", "zh", "en"),
        ({}, "nuanyi_lang=klingon; =;", "zh", "zh"),
        ({"lang": "zh"}, "nuanyi_lang=en", "en", "zh"),
        ({"lang": "klingon"}, "", "en", "en"),
    ],
)
def test_the_language_of_a_reply(
    client: TestClient, params: dict[str, str], cookie: str, accepted: str, spoken: str
) -> None:
    headers = {"Accept-Language": accepted, "Cookie": cookie}
    reply = client.get("/v1/stations/NB-RS-0001", params=params, headers=headers)
    assert reply.headers["content-language"] == spoken
    assert reply.json()["detail"] == reply.json()[f"detail_{spoken}"]
    assert {"Accept-Language", "Cookie"} <= set(reply.headers["vary"].split(", "))
    assert "set-cookie" not in reply.headers


def test_only_a_page_remembers_the_language(client: TestClient) -> None:
    cookie = client.get("/console?lang=en").headers["set-cookie"]
    assert cookie.startswith("nuanyi_lang=en;")
    assert client.get("/console").headers["content-language"] == "en"
    assert "set-cookie" not in client.get("/console?lang=klingon").headers


def test_addresses_that_are_not_there(client: TestClient) -> None:
    for method, address, status in (
        ("GET", "/v1/nothing", 404),
        ("POST", "/v1/stations", 405),
        ("GET", "/static/../pyproject.toml", 404),
        ("GET", "/static/%2e%2e/%2e%2e/pyproject.toml", 404),
    ):
        reply = client.request(method, address)
        assert reply.status_code == status
        assert reply.json()["detail_zh"]


def test_the_api_describes_itself_with_examples(client: TestClient) -> None:
    document = client.get("/v1/openapi.json").json()
    paths = document["paths"]
    assert {
        "/v1/stations/nearest", "/v1/stations", "/v1/stations/{code}", "/v1/session",
        "/v1/coverage", "/v1/coverage/cells", "/v1/coverage/map", "/v1/health",
    } <= set(paths)  # fmt: skip
    nearest = {each["name"]: each for each in paths["/v1/stations/nearest"]["get"]["parameters"]}
    assert set(nearest) == {
        "lon", "lat", "crs", "kind", "service", "open", "profile", "sort", "limit", "within_m",
        "at", "unknown", "access", "entry", "tier", "events", "no_app", "route",
    }  # fmt: skip
    assert nearest["lon"]["schema"]["examples"]
    for methods in paths.values():
        for operation in methods.values():
            assert operation.get("summary")
            assert operation.get("description")
    page = client.get("/docs")
    assert page.status_code == 200
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page.text)


def test_health(app: FastAPI, client: TestClient, engine: Engine) -> None:
    with Session(engine) as session:
        add_station(session, "NB-RS-0001")
        session.commit()
    body = client.get("/v1/health").json()
    assert body["status"] == "ok"
    assert body["database"] == "up"
    assert body["directory"] == {"stations": None, "as_of": None}  # it is not loaded yet
    app.state.directory.refresh()
    assert client.get("/v1/health").json()["directory"]["stations"] == 1
    assert body["version"].startswith("0.1.0+")
    assert client.get("/v1/health/live").status_code == 200
    assert client.get("/v1/health/ready").status_code == 200
    schema.downgrade(engine, "base")
    assert client.get("/v1/health/ready").status_code == 503


def test_the_database_away_is_503_and_heals_by_itself(tmp_path: Path) -> None:
    """A real server is stopped under the application, and started again."""

    def quiet(_line: str) -> None:
        pass

    url = local_postgres.ensure_running(tmp_path, progress=quiet)
    try:
        settings = Settings(database_url=SecretStr(url), data_dir=tmp_path)
        engine = make_engine(url, settings)
        schema.upgrade(engine)
        with Session(engine) as session:
            add_areas(session)
            add_station(session, "NB-RS-0001")
            session.commit()
        engine.dispose()
        app = create_app(settings)
        client = TestClient(app, base_url="http://127.0.0.1")
        assert client.get("/v1/stations/nearest", params=NEAR).json()["numberReturned"] == 1
        local_postgres.stop(tmp_path, progress=quiet)
        for address in (
            "/v1/stations/nearest?lon=121.5&lat=29.8",
            "/v1/stations",
            "/v1/stations/NB-RS-0001",
            "/v1/coverage",
            "/v1/areas",
            "/v1/health",
            "/v1/health/ready",
        ):
            reply = client.get(address)
            assert reply.status_code == 503, address
            assert int(reply.headers["retry-after"]) > 0
        login = {"login": "a", "password": "b"}
        assert client.post("/v1/session", json=login).status_code == 503
        assert client.get("/v1/health/live").status_code == 200
        assert client.get("/").status_code == 200
        local_postgres.ensure_running(tmp_path, progress=quiet)
        assert client.get("/v1/stations/nearest", params=NEAR).json()["numberReturned"] == 1
        assert client.get("/v1/health").json()["status"] == "ok"
        app.state.engine.dispose()
    finally:
        local_postgres.stop(tmp_path, progress=quiet)
