"""The change feed over HTTP: pages, tombstones, ETag, and all that may be wrong in a question."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api import examples_changes
from geo.coordinates import Datum, LonLat, convert
from stations.importing import apply_rows, ensure_source
from stations.reading import FileRow
from stations.station import GivenPosition, StationRow
from tests.api.conftest import LogIn

WEST = LonLat(121.5, 29.8)


@pytest.fixture(autouse=True)
def _stations(app: FastAPI, engine: Engine) -> None:
    with Session(engine) as session:
        ensure_source(session, "gov", "CC-BY-4.0", "某区总工会")
        rows = [
            StationRow(
                name=f"{number}号",
                kind="rest_station",
                position=GivenPosition(WEST, Datum.WGS84),
                source_id=str(number),
                access="staff_only" if number == 3 else "everyone",
                hours_text="8:30-17:30",
                notes="门口有台阶",
            )
            for number in range(1, 6)
        ]
        numbered = [FileRow(number, row) for number, row in enumerate(rows, start=2)]
        apply_rows(session, numbered, "gov", dry_run=False)
        session.commit()


def read(client: TestClient, address: str = "/v1/changes", **params: Any) -> dict[str, Any]:
    reply = client.get(address, params=params or None)
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.json()
    return body


def ops(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["op"], each["code"]) for each in body["changes"]]


def test_a_reader_follows_the_register_page_by_page(client: TestClient, log_in: LogIn) -> None:
    first = read(client, since=0, limit=3, crs="gcj02")
    assert ops(first) == [("upsert", f"NB-RS-{number:04d}") for number in (1, 2, 4)]
    assert first["numberReturned"] == 3
    assert first["next"].startswith("/v1/changes?since=0&limit=3&crs=gcj02&cursor=")
    last = read(client, first["next"])
    assert ops(last) == [("upsert", "NB-RS-0005")]
    assert last["next"] is None
    assert (last["since"], last["data_version"]) == (0, 1)
    facts = last["changes"][0]["feature"]
    shown = convert(WEST, Datum.WGS84, Datum.GCJ02)
    assert facts["geometry"]["coordinates"] == [round(shown.lon, 7), round(shown.lat, 7)]
    assert facts["properties"]["notes"] == "门口有台阶"
    assert facts["properties"]["hours"] == "08:30-17:30"
    assert "open" not in facts["properties"]
    assert last["sources"] == [
        {
            "code": "gov",
            "name": "gov",
            "licence": "CC-BY-4.0",
            "attribution": "某区总工会",
            "url": None,
        }
    ]

    manager = log_in()
    assert manager.patch("NB-RS-0001", {"access": "staff_only"}, 1).status_code == 200
    assert manager.patch("NB-RS-0002", {"status": "temporarily_closed"}, 1).status_code == 200
    since = read(client, since=last["data_version"])
    assert since["data_version"] == 3
    assert since["changes"][0] == {"op": "delete", "code": "NB-RS-0001", "version": 2}
    assert ops(since)[1:] == [("upsert", "NB-RS-0002")]
    assert since["changes"][1]["feature"]["properties"]["status"] == "temporarily_closed"
    assert read(client, since=3)["changes"] == []


def test_a_staff_only_room_is_nowhere_in_the_feed(client: TestClient, log_in: LogIn) -> None:
    assert log_in().patch("NB-RS-0003", {"notes": "x"}, 1).status_code == 200
    for since in (0, 1, 2):
        assert "NB-RS-0003" not in client.get(f"/v1/changes?since={since}").text


def test_who_has_this_version_is_told_so(client: TestClient, log_in: LogIn) -> None:
    etag = client.get("/v1/changes").headers["etag"]
    assert etag == '"1"'
    known = {"If-None-Match": etag}
    unchanged = client.get("/v1/changes", headers=known)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    log_in().patch("NB-RS-0001", {"notes": "x"}, 1)
    assert client.get("/v1/changes", headers=known).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=-1", "since"),
        ("since=x", "since"),
        ("since=1.5", "since"),
        ("since=1_0", "since"),
        ("since=" + "9" * 30, "since"),
        ("since=2", "since"),
        ("limit=0", "limit"),
        ("limit=2001", "limit"),
        ("crs=mars", "crs"),
        ("cursor=", "cursor"),
        ("cursor=NB-RS-0001", "cursor"),
        ("cursor=1.1.nb'--", "cursor"),
        ("cursor=1.9.NB-RS-0001", "cursor"),
        ("cursor=9.1.NB-RS-0001", "cursor"),
        ("cursor=1.999999999999999999.NB-RS-0001", "cursor"),
        ("cursor=%00", "cursor"),
    ],
)
def test_what_cannot_be_asked_is_named(client: TestClient, query: str, field: str) -> None:
    reply = client.get(f"/v1/changes?{query}")
    assert reply.status_code == 422
    assert reply.json()["field"] == field
    assert reply.json()["detail_zh"]


def test_a_reader_from_before_a_restore_is_told_to_start_anew(client: TestClient) -> None:
    problem = client.get("/v1/changes?since=99&lang=en").json()
    assert "start anew from since=0" in problem["detail"]


def test_the_example_has_the_names_of_the_answer(client: TestClient, log_in: LogIn) -> None:
    log_in().patch("NB-RS-0002", {"status": "closed"}, 1)
    log_in("second").patch("NB-RS-0001", {"notes": "x"}, 1)
    shown, example = read(client, since=1), examples_changes.CHANGES
    assert shown.keys() == example.keys()
    assert shown["sources"][0].keys() == example["sources"][0].keys()
    by_op = {each["op"]: each for each in shown["changes"]}
    for change in example["changes"]:
        assert by_op[change["op"]].keys() == change.keys()
    feature = by_op["upsert"]["feature"]
    shown_feature = example["changes"][0]["feature"]
    assert feature.keys() == shown_feature.keys()
    assert shown_feature["properties"].keys() <= feature["properties"].keys()
