"""The calendar over HTTP, one-off closures, and what both do to every answer that says open."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api import examples_calendar
from geo.coordinates import LonLat
from stations import calendar
from tests.api.conftest import LogIn, Person
from tests.factories import add_station

WEST = LonLat(121.5, 29.8)
NEAREST = "/v1/stations/nearest?lon=121.5&lat=29.8&at="


@pytest.fixture(autouse=True)
def _stations(app: FastAPI, engine: Engine) -> None:
    with Session(engine) as session:
        add_station(
            session, "NB-RS-0001", WEST, area_code="330203",
            hours_text="工作日 8:30-17:30", hours="Mo-Fr 08:30-17:30; PH off",
        )  # fmt: skip
        session.commit()


@pytest.fixture
def administrator(log_in: LogIn) -> Person:
    return log_in("admin", role="administrator", areas=())


def register_version(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT version FROM register")).scalar_one())


def opening(client: TestClient, at: str) -> dict[str, Any]:
    (feature,) = client.get(NEAREST + at).json()["features"]
    found: dict[str, Any] = feature["properties"]["open"]
    return found


def test_the_calendar_of_a_year(client: TestClient) -> None:
    reply = client.get("/v1/calendar?year=2026")
    body = reply.json()
    assert body["provisional"] is False
    assert body.keys() == examples_calendar.CALENDAR.keys()
    assert {tuple(day) for day in body["days"]} == {tuple(examples_calendar.DAY)}
    for example in examples_calendar.CALENDAR["days"]:
        assert example in body["days"]
    assert (
        client.get(
            "/v1/calendar?year=2026", headers={"If-None-Match": reply.headers["etag"]}
        ).status_code
        == 304
    )
    assert client.get("/v1/calendar?year=2027").json()["provisional"] is True
    assert client.get("/v1/calendar").json()["year"] == datetime.now(UTC).year
    for year in ("1999", "2100", "soon", "20 26"):
        reply = client.get(f"/v1/calendar?year={year}")
        assert (reply.status_code, reply.json()["field"]) == (422, "year")


def test_nearest_goes_by_the_calendar(client: TestClient) -> None:
    assert opening(client, "2026-10-05T10:00")["state"] == "closed"
    assert opening(client, "2026-10-06T10:00")["state"] == "closed"
    assert opening(client, "2026-10-10T10:00")["state"] == "open"
    found = opening(client, "2027-10-01T10:00")
    assert (found["state"], found["note"], found["closed_for"]) == ("closed", "provisional", None)


def test_an_administrator_keeps_the_calendar(
    client: TestClient, engine: Engine, administrator: Person
) -> None:
    assert opening(client, "2026-11-24T10:00")["state"] == "open"
    reply = administrator.client.put(
        "/v1/calendar/2026-11-24",
        json={"working": False, "name": " 活动日 ", "name_en": "City day"},
        headers=administrator.headers,
    )
    assert reply.status_code == 200, reply.text
    assert reply.json() == {
        "date": "2026-11-24", "working": False, "name": "活动日", "name_en": "City day",
        "origin": "administrator",
    }  # fmt: skip
    assert register_version(engine) == 1
    assert opening(client, "2026-11-24T10:00")["state"] == "closed"
    listed = client.get("/v1/calendar?year=2026").json()
    assert reply.json() in listed["days"]
    assert listed["data_version"] == 1
    address = "/v1/calendar/2026-11-24"
    assert administrator.client.delete(address, headers=administrator.headers).status_code == 204
    assert register_version(engine) == 2
    assert opening(client, "2026-11-24T10:00")["state"] == "open"
    gone = administrator.client.delete(address, headers=administrator.headers)
    assert gone.status_code == 404
    assert "2026-11-24" in gone.json()["detail_zh"]


def test_a_year_is_marked_as_published(
    client: TestClient, engine: Engine, administrator: Person
) -> None:
    reply = administrator.client.put(
        "/v1/calendar/years/2027", json={"published": True}, headers=administrator.headers
    )
    assert reply.status_code == 200, reply.text
    assert reply.json()["provisional"] is False
    assert register_version(engine) == 1
    assert opening(client, "2027-10-01T10:00")["note"] is None


BAD_DAYS: list[tuple[str, object, str]] = [
    ("2026-02-30", {"working": True, "name": "x"}, "date"),
    ("20261124", {"working": True, "name": "x"}, "date"),
    ("1999-12-31", {"working": True, "name": "x"}, "date"),
    ("2100-01-01", {"working": True, "name": "x"}, "date"),
    ("2026-11-24", {"name": "x"}, "working"),
    ("2026-11-24", {"working": 1, "name": "x"}, "working"),
    ("2026-11-24", {"working": True}, "name"),
    ("2026-11-24", {"working": True, "name": "  "}, "name"),
    ("2026-11-24", {"working": True, "name": "a\u0000"}, "name"),
    ("2026-11-24", {"working": True, "name": "x" * 61}, "name"),
    ("2026-11-24", {"working": True, "name": "x", "kind": 3}, "kind"),
    ("2026-11-24", [], "body"),
]


def test_bad_days_name_the_field(engine: Engine, administrator: Person) -> None:
    for on, body, field in BAD_DAYS:
        reply = administrator.client.put(
            f"/v1/calendar/{on}", json=body, headers=administrator.headers
        )
        assert (reply.status_code, reply.json()["field"]) == (422, field), reply.text
    assert register_version(engine) == 0


def test_only_administrators_write_and_only_with_their_token(
    client: TestClient, engine: Engine, log_in: LogIn, administrator: Person
) -> None:
    day = {"working": False, "name": "活动日"}
    manager, planner = log_in(), log_in("planner", role="planner", areas=())
    for method, address, body in (
        ("PUT", "/v1/calendar/2026-11-24", day),
        ("PUT", "/v1/calendar/years/2027", {"published": True}),
        ("DELETE", "/v1/calendar/2026-11-24", None),
    ):
        assert client.request(method, address, json=body).status_code == 401
        assert administrator.client.request(method, address, json=body).status_code == 403
        for person in (manager, planner):
            reply = person.client.request(method, address, json=body, headers=person.headers)
            assert reply.status_code == 403
    assert register_version(engine) == 0
    with Session(engine) as session:
        assert calendar.current(session) is calendar.shipped()


# One-off closures of a listing


def test_closures_are_kept_shown_and_go_before_the_hours(client: TestClient, log_in: LogIn) -> None:
    manager = log_in()
    closures = [
        {"from": "2099-12-01", "until": "2099-12-03", "reason": " 设备\n检修 "},
        {"from": "2026-10-12T14:00", "until": "2026-10-12T08:00:00Z", "reason": "培训"},
    ]
    reply = manager.patch("NB-RS-0001", {"closures": closures}, 1)
    assert reply.status_code == 200, reply.text
    assert reply.json()["properties"]["closures"] == [
        {
            "starts_at": "2099-12-01T00:00:00+08:00",
            "ends_at": "2099-12-04T00:00:00+08:00",
            "reason": "设备 检修",
        }
    ]  # the other one is over, and still in the register
    found = opening(client, "2026-10-12T15:00")
    assert (found["state"], found["closed_for"]) == ("closed", "培训")
    assert opening(client, "2026-10-12T13:40")["state"] == "closes_soon"
    shown = client.get("/v1/stations/NB-RS-0001").json()["properties"]
    assert len(shown["closures"]) == 1
    assert manager.patch("NB-RS-0001", {"closures": closures}, 2).headers["etag"] == '"2"'
    assert manager.patch("NB-RS-0001", {"closures": None}, 2).status_code == 200
    assert opening(client, "2026-10-12T15:00")["state"] == "open"


def closure(**changes: object) -> dict[str, object]:
    return {"from": "2026-12-01", "until": "2026-12-03", "reason": "检修"} | changes


BAD_CLOSURES: list[tuple[object, str]] = [
    ([closure(until="2026-11-30")], "closures.0.until"),
    ([closure(), closure(**{"from": "2026-12-03T10:00", "until": "2026-12-03T10:00"})],
     "closures.1.until"),
    ([closure(until="2026-02-30")], "closures.0.until"),
    ([closure(until="tomorrow")], "closures.0.until"),
    ([closure(**{"from": "1999-12-31"})], "closures.0.from"),
    ([closure(**{"from": 3})], "closures.0.from"),
    ([closure(reason="  ")], "closures.0.reason"),
    ([closure(reason="x" * 201)], "closures.0.reason"),
    ([closure(reason="a\u0007b")], "closures.0.reason"),
    ([{"from": "2026-12-01", "until": "2026-12-03"}], "closures.0.reason"),
    ([closure(why="x")], "closures.0.why"),
    ([closure()] * 51, "closures"),
    ({}, "closures"),
    (["x"], "closures.0"),
]  # fmt: skip


def test_bad_closures_name_the_field_and_write_nothing(engine: Engine, log_in: LogIn) -> None:
    manager = log_in()
    for closures, field in BAD_CLOSURES:
        reply = manager.patch("NB-RS-0001", {"closures": closures}, 1)
        assert (reply.status_code, reply.json()["field"]) == (422, field), reply.text
    assert register_version(engine) == 0


def test_a_date_is_a_whole_day_of_shanghai_to_its_end(client: TestClient, log_in: LogIn) -> None:
    body = {"closures": [closure(**{"from": "2026-12-01", "until": "2026-12-01"})]}
    assert log_in().patch("NB-RS-0001", body, 1).status_code == 200
    assert opening(client, "2026-12-01T17:00")["closed_for"] == "检修"
    assert opening(client, "2026-12-02T08:45")["state"] == "open"
    assert opening(client, "2026-11-30T16:00")["closes_in_minutes"] == 90


def test_what_a_text_means_is_previewed_with_its_notes(client: TestClient) -> None:
    reply = client.post(
        "/v1/hours/preview", json={"hours_text": "夏季8:00-18:00，冬季8:30-17:30，节假日除外"}
    ).json()
    assert reply["hours"] == ("May 01-Sep 30 08:00-18:00; Oct 01-Apr 30 08:30-17:30; PH off")
    assert {"closed_for", "note"} <= reply["open"].keys()
