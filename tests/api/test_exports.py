"""Downloads over HTTP and `nuanyi export`: who gets what, and what cannot be had."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api import cli
from api.routes import exports
from geo.coordinates import LonLat
from stations.errors import NuanyiError
from stations.settings import load_settings
from tests.api.conftest import LogIn
from tests.factories import add_station

WEST, EAST = LonLat(121.5, 29.8), LonLat(121.6, 29.8)
PUBLIC = ["NB-NR-0005", "NB-RS-0001", "NB-RS-0002"]


@pytest.fixture(autouse=True)
def _stations(app: FastAPI, engine: Engine) -> None:
    with Session(engine) as session:
        add_station(session, "NB-RS-0001", WEST, area_code="330203")
        add_station(session, "NB-RS-0002", EAST, area_code="330212")
        add_station(
            session, "NB-NR-0003", WEST, area_code="330203", kind="nursing_room",
            access="staff_only", name="内部哺乳室",
        )  # fmt: skip
        add_station(session, "NB-RS-0004", None, town_code="330203001")
        add_station(session, "NB-NR-0005", WEST, area_code="330203", kind="nursing_room")
        session.commit()


def download(client: TestClient, **params: Any) -> Any:
    reply = client.get("/v1/export", params={"format": "geojson"} | params)
    assert reply.status_code == 200, reply.text
    return reply


def codes(client: TestClient, **params: Any) -> list[str]:
    return [each["id"] for each in json.loads(download(client, **params).content)["features"]]


def test_everybody_gets_the_public_stations_and_their_terms(client: TestClient) -> None:
    reply = download(client)
    assert reply.headers["content-type"] == "application/geo+json"
    assert (
        reply.headers["content-disposition"]
        == 'attachment; filename="nuanyi-stations-wgs84-v0.geojson"'
    )
    body = json.loads(reply.content)
    assert [each["id"] for each in body["features"]] == PUBLIC
    assert [source["code"] for source in body["sources"]] == ["test"]
    assert body["sources"][0]["licence"] == "none"
    assert codes(client, kind="nursing_room") == ["NB-NR-0005"]
    assert codes(client, area="330203") == ["NB-NR-0005", "NB-RS-0001"]
    assert codes(client, area="330200") == PUBLIC
    assert codes(client, area="330203001") == []


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "geojson", "gpkg"])
def test_a_staff_only_room_is_in_no_public_file(client: TestClient, file_format: str) -> None:
    content = download(client, format=file_format).content
    if file_format == "xlsx":
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        content = json.dumps(book.get_sheet_by_index(0).to_python(), ensure_ascii=False).encode()
    assert b"NB-RS-0001" in content
    for hidden in ("NB-NR-0003", "内部哺乳室", "NB-RS-0004"):
        assert hidden.encode() not in content


def test_people_get_all_that_they_may_edit(client: TestClient, log_in: LogIn) -> None:
    manager = log_in()
    mine = ["NB-NR-0003", "NB-NR-0005", "NB-RS-0001", "NB-RS-0004"]
    assert codes(manager.client, mine=True) == mine
    assert codes(manager.client, mine=True, kind="nursing_room") == mine[:2]
    assert codes(manager.client) == PUBLIC
    reply = download(manager.client, mine=True)
    assert reply.headers["cache-control"] == "private, no-store"
    assert "mine" in reply.headers["content-disposition"]
    administrator = log_in("boss", "administrator", ())
    assert len(codes(administrator.client, mine=True)) == 5
    planner = log_in("planner", "planner", ())
    for person, status in ((planner.client, 403), (client, 401)):
        refused = person.get("/v1/export", params={"format": "csv", "mine": "true"})
        assert refused.status_code == status


def test_who_has_this_version_is_told_so(client: TestClient) -> None:
    etag = download(client, format="csv").headers["etag"]
    again = client.get("/v1/export?format=csv", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    english = client.get("/v1/export?format=csv&lang=en", headers={"If-None-Match": etag})
    assert english.status_code == 200
    assert english.content.startswith(b'\xef\xbb\xbf"code","name"')


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("", 422, "format"),
        ("format=pdf", 422, "format"),
        ("format=csv&kind=pub", 422, "kind"),
        ("format=csv&crs=mars", 422, "crs"),
        ("format=gpkg&crs=gcj02", 422, "crs"),
        ("format=gpkg&crs=bd09", 422, "crs"),
        ("format=csv&area=999999", 404, "area"),
        ("format=csv&area=%22%0d%0ax", 422, "area"),
        ("format=csv&mine=perhaps", 422, "mine"),
    ],
)
def test_what_cannot_be_had_is_named(
    client: TestClient, query: str, status: int, field: str
) -> None:
    reply = client.get(f"/v1/export?{query}")
    assert reply.status_code == status
    assert reply.json()["field"] == field


def test_only_so_many_files_are_made_at_once(client: TestClient) -> None:
    for _ in range(exports.AT_ONCE):
        assert exports._places.acquire(blocking=False)
    try:
        reply = client.get("/v1/export?format=csv")
        assert reply.status_code == 503
        assert int(reply.headers["retry-after"]) > 0
    finally:
        for _ in range(exports.AT_ONCE):
            exports._places.release()
    for _ in range(exports.AT_ONCE + 1):  # and each gives its place back
        download(client)


def test_the_command_writes_a_file(
    database: URL, app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUANYI_DATABASE_URL", database.render_as_string(hide_password=False))
    monkeypatch.setenv("NUANYI_LANG", "en")
    load_settings.cache_clear()

    def run(*arguments: str) -> tuple[str, int]:
        try:
            ran = CliRunner().invoke(cli.cli, ["export", *arguments], catch_exceptions=False)
        except NuanyiError as error:
            return error.sentence("en"), 2
        return ran.stdout, ran.exit_code

    file = tmp_path / "stations.geojson"
    try:
        assert run(str(file)) == ("stations: 3\ndata_version: 0\n", 0)
        assert [each["id"] for each in json.loads(file.read_text())["features"]] == PUBLIC
        assert run(str(file), "--all")[0].startswith("stations: 5\n")
        assert run(str(file), "--kind", "rest_station", "--area", "330203")[0][:11] == "stations: 1"
        before = file.read_bytes()
        for wrong, field in (
            ((str(tmp_path / "stations.pdf"),), "format"),
            ((str(file), "--kind", "pub"), "--kind"),
            ((str(file), "--area", "1"), "area"),
            ((str(file), "--crs", "mars"), "--crs"),
            ((str(tmp_path / "a.gpkg"), "--crs", "gcj02"), "crs"),
            ((str(tmp_path / "nowhere" / "a.csv"),), "FILE"),
        ):
            sentence, code = run(*wrong)
            assert code == 2
            assert sentence.startswith(f"{field}: "), sentence
        assert file.read_bytes() == before
        assert sorted(each.name for each in tmp_path.iterdir()) == ["stations.geojson"]
    finally:
        load_settings.cache_clear()
