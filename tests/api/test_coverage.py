"""GET coverage, its cells and its map over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api import examples, examples_coverage
from tests.api.conftest import lent_app
from tests.stations.coverage_town import EAST, ROOT, TOWN, add_station, load_town


@pytest.fixture
def app(database: URL, engine: Engine) -> Iterator[FastAPI]:
    with Session(engine) as session:
        load_town(session)
        add_station(session, 1, 121.53, 29.815, capacity_per_day=5)
        add_station(session, 2, 121.51, 29.815, kind="nursing_room", access="staff_only")
    with lent_app(database) as app:
        yield app


def classes(demand: dict[str, int]) -> int:
    parts = ("served", "without_capacity", "uncovered", "not_routable")
    return sum(demand[part] for part in parts)


def test_the_report_adds_up(client: TestClient) -> None:
    body: dict[str, Any] = client.get("/v1/coverage").json()
    assert body["area"] == ROOT
    assert body["minutes"] == 15
    assert body["kinds"] == ["rest_station"]
    assert body["method"] == "straight_line"
    for who in ("residents", "workers"):
        assert classes(body["demand"][who]) == body["demand"][who]["total"] > 0
        for part in body["demand"][who]:
            rows = [row["demand"][who][part] for row in body["areas"]]
            assert sum(rows) == body["demand"][who][part]
    assert body["demand"]["residents"]["without_capacity"] == 0
    assert body["demand"]["residents"]["not_routable"] == 0
    assert body["demand"]["residents"]["served"] > 0
    assert sum(body["backup"].values()) == body["demand"]["residents"]["total"]
    alone = client.get("/v1/coverage", params={"area": EAST}).json()
    (row,) = [row for row in body["areas"] if row["code"] == EAST]
    assert alone["demand"] == row["demand"]
    assert alone["areas"] == []
    cells = client.get("/v1/coverage/cells").json()
    assert sum(cells["residents"]) == body["demand"]["residents"]["total"]
    assert sum(cells["stations"]) == 1
    assert len({len(cells[each]) for each in ("cells", "minutes", "residents", "stations")}) == 1


def test_the_examples_have_the_names_of_the_answers(client: TestClient) -> None:
    def names(value: object) -> object:
        if isinstance(value, dict):
            return {key: names(each) for key, each in value.items() if key not in UNFIXED}
        return [names(value[0])] if isinstance(value, list) and value else None

    for address, example in (
        ("/v1/coverage", examples_coverage.COVERAGE),
        ("/v1/coverage/cells", examples_coverage.CELLS),
        ("/v1/coverage/hours", examples_coverage.HOURS),
        ("/v1/coverage/stations", examples_coverage.REACH),
        ("/v1/areas?level=city", examples.AREAS),
        ("/v1/sources", examples.SOURCES),
        ("/v1/health", examples.HEALTH),
    ):
        assert names(client.get(address).json()) == names(example), address
    shown = client.get("/v1/taxonomy").json()
    assert shown.keys() == examples.TAXONOMY.keys()
    assert shown["kind"][0] == examples.TAXONOMY["kind"][0]


UNFIXED = {"residents", "left_out", "minutes"}  # their names are days and reasons; null where none


def test_the_map_is_a_page_of_ours(client: TestClient) -> None:
    for layer in ("minutes", "gap"):
        reply = client.get("/v1/coverage/map", params={"layer": layer, "lang": "en"})
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/html")
        nonce = reply.headers["content-security-policy"].split("'nonce-")[1].split("'")[0]
        assert reply.text.count("<script") == reply.text.count(f'nonce="{nonce}"') - (
            reply.text.count("<style") + reply.text.count("<link")
        )
        assert "NB-RS-0002" not in reply.text


@pytest.mark.parametrize(
    ("params", "status", "slug"),
    [
        ({"area": TOWN}, 422, "no_boundary"),
        ({"area": "999999"}, 404, "area_not_found"),
        ({"area": "'; --"}, 422, "invalid_input"),
        ({"minutes": 0}, 422, "invalid_input"),
        ({"minutes": 61}, 422, "invalid_input"),
        ({"kind": "castle"}, 422, "unknown_term"),
        ({"profile": "swim"}, 422, "invalid_input"),
        ({"at": "noon"}, 422, "invalid_input"),
    ],
)
def test_bad_questions(client: TestClient, params: dict[str, Any], status: int, slug: str) -> None:
    for route in ("", "/cells", "/map", "/hours", "/stations"):
        reply = client.get(f"/v1/coverage{route}", params=params)
        assert reply.status_code == status
        assert reply.json()["type"] == f"/problems/{slug}"
    for res in (10, 12):
        refused = client.get(f"/v1/coverage/cells?res={res}").json()
        assert refused["field"] == "res"
        cells = len(client.get("/v1/coverage/cells").json()["cells"])
        assert str(cells * 7 ** (res - 9))[:2] in refused["detail_en"]  # how many there would be
    assert client.get("/v1/coverage/map?layer=beauty").json()["field"] == "layer"
