"""`GET /v1/taxonomy`, one place of several kinds, and a new kind by one table in one file."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from geo.coordinates import Datum
from stations import schema
from stations.importing import import_rows
from stations.reading import read_file
from stations.station import Known
from stations.taxonomy import FACETS, TAXONOMY_FILE, taxonomy
from tests.api.conftest import LogIn
from tests.factories import CITY, add_station
from tests.stations.test_taxonomy import KIND

NEAR: dict[str, Any] = {"lon": CITY.lon, "lat": CITY.lat}


def test_the_taxonomy_is_told_whole(client: TestClient) -> None:
    told = client.get("/v1/taxonomy").json()
    assert list(told) == list(FACETS)
    for facet in FACETS:
        assert [term["code"] for term in told[facet]] == list(taxonomy().facet(facet))
        assert all(term["zh"] and term["en"] and term["icon"] for term in told[facet])
    assert {group["code"] for group in told["service_group"]} == {
        service["facet"] for service in told["service"]
    }


def test_a_place_of_several_kinds_is_one_place(
    app: FastAPI, client: TestClient, engine: Engine
) -> None:
    with Session(engine) as session:
        kinds = ["reading_room", "mediation_studio"]
        add_station(session, "NB-RS-0001", CITY, also_kinds=kinds, area_code="330203")
        session.commit()
    for wanted in (
        "rest_station",
        "reading_room",
        "rest_station,reading_room",
        "reading_room,mediation_studio",
        None,
    ):
        params = {} if wanted is None else {"kind": wanted}
        for address, more in (("/v1/stations/nearest", NEAR), ("/v1/stations", {})):
            body = client.get(address, params=params | more).json()
            assert [each["id"] for each in body["features"]] == ["NB-RS-0001"]
            assert body["numberMatched"] == 1
    assert client.get("/v1/stations", params={"kind": "craft_school"}).json()["features"] == []


def forget_the_taxonomy() -> None:
    """Empty everything that is kept by a cache, as in a program that starts anew."""
    ours = [module for name, module in sys.modules.items() if name.startswith(("stations", "api"))]
    for module in ours:
        for thing in vars(module).values():
            if callable(getattr(thing, "cache_clear", None)):
                thing.cache_clear()


@pytest.fixture
def with_bath_houses(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    file = tmp_path / "taxonomy.toml"
    file.write_text(TAXONOMY_FILE.read_text(encoding="utf-8") + KIND, encoding="utf-8")
    monkeypatch.setattr("stations.taxonomy.TAXONOMY_FILE", file)
    forget_the_taxonomy()
    schema.upgrade(engine)  # as at every start: the words go into their table
    yield
    forget_the_taxonomy()


@pytest.mark.usefixtures("with_bath_houses")
def test_a_new_kind_is_one_table_in_the_file(
    app: FastAPI, client: TestClient, engine: Engine, log_in: LogIn, tmp_path: Path
) -> None:
    file = tmp_path / "浴室.csv"
    file.write_text(
        f"名称,类型,开放对象,经度,纬度,淋浴\n东门浴室,浴室,谁都可以进,{CITY.lon},{CITY.lat},是\n",
        encoding="utf-8",
    )
    with Session(engine) as session:
        rows = read_file(file, datum=Datum.WGS84)
        report = import_rows(session, rows, source_name="总工会", dry_run=False)
        assert (report.added, report.refused) == (1, 0), report.lines
        add_station(session, "NB-RS-0001", CITY, area_code="330203")
        session.commit()
    told = client.get("/v1/taxonomy").json()["kind"]
    assert [kind["code"] for kind in told][-1] == "bath_house"
    assert (told[-1]["zh_short"], told[-1]["icon"]) == ("浴室", "shower")
    for address, more in (("/v1/stations/nearest", NEAR), ("/v1/stations", {})):
        body = client.get(address, params={"kind": "bath_house"} | more).json()
        assert [each["id"] for each in body["features"]] == ["NB-BH-0001"]
        assert body["features"][0]["properties"]["services"]["shower"] == Known.YES
    manager = log_in()
    reply = manager.patch("NB-RS-0001", {"also_kinds": ["bath_house"]}, 1)
    assert reply.json()["properties"]["also_kinds"] == ["bath_house"]
    both = client.get("/v1/stations", params={"kind": "bath_house"}).json()
    assert [each["id"] for each in both["features"]] == ["NB-BH-0001", "NB-RS-0001"]
    assert client.get("/v1/stations", params={"kind": "barn"}).status_code == 422
    exported = client.get("/v1/export", params={"format": "csv", "kind": "bath_house"})
    assert "职工浴室" in exported.content.decode("utf-8-sig")
    found = client.get("/v1/search", params={"q": "东门"}).json()["features"]
    assert [each["properties"]["kind"] for each in found] == ["bath_house"]
