"""Standards, inspectors' answers and the scoreboard over HTTP."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api import examples_standards as examples
from api import serving
from geo.coordinates import Datum, LonLat, convert
from stations.errors import FileRefusedError
from stations.settings import Settings
from stations.tables import Area
from tests.api.conftest import LogIn, Person
from tests.factories import add_station

WEST = LonLat(121.5, 29.8)
HIDDEN = "NB-NR-0005"


@pytest.fixture(autouse=True)
def _stations(app: FastAPI, engine: Engine) -> None:
    with Session(engine) as session:
        session.execute(
            insert(Area).values(code="330203002", name="=西二镇", level="town",
                                parent_code="330203", counts_as_town=True, source_code="test")
        )  # fmt: skip
        for number, tier in enumerate(["benchmark", "basic", None, "smart_24h"], start=1):
            add_station(
                session, f"NB-RS-{number:04}", WEST, area_code="330203", tier=tier,
                town_code="330203001" if number < 4 else None,
                services_yes=["warmth"], checked={"services": "2026-10-01"},
            )  # fmt: skip
        add_station(
            session, HIDDEN, WEST, area_code="330203", kind="nursing_room", access="staff_only",
            also_kinds=["rest_station"], tier="benchmark",
        )  # fmt: skip
        session.commit()


def put(person: Person, code: str, body: Any, headers: dict[str, str] | None = None) -> Response:
    headers = person.headers if headers is None else headers
    return person.client.put(f"/v1/stations/{code}/assessments", json=body, headers=headers)


def one(fact: str, given: Any, **more: Any) -> dict[str, Any]:
    return {"assessments": [{"fact": fact, "answer": given} | more]}


def requirement(body: dict[str, Any], rule_set: str, code: str) -> dict[str, Any]:
    (found,) = [each for each in body["rule_sets"] if each["code"] == rule_set]
    (asked,) = [each for each in found["requirements"] if each["code"] == code]
    return dict(asked)


def test_a_station_is_judged_with_evidence(client: TestClient) -> None:
    reply = client.get("/v1/stations/NB-RS-0001/standards")
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "private, no-cache"
    body = reply.json()
    assert [each["code"] for each in body["rule_sets"]] == [
        "basic", "benchmark", "double_15", "kit_10x",
    ]  # fmt: skip
    warmth = requirement(body, "kit_10x", "warmth")
    assert warmth["state"] == "met"
    assert warmth["evidence"] == [
        {"fact": "warmth", "zh": "取暖", "en": "Warmth", "value": "yes", "unit": "",
         "on": "2026-10-01", "from": "listing", "state": "met"}
    ]  # fmt: skip
    for each in body["rule_sets"]:
        states = [asked["state"] for asked in each["requirements"]]
        for state in ("met", "missing", "unknown"):
            assert each[state] == states.count(state)
        assert each["passes"] is None
        assert each["verified"] is (each["code"] == "double_15")
    assert body["editable"] is False
    assert "facts" not in body


def test_what_may_not_be_seen_is_not_judged(client: TestClient, log_in: LogIn) -> None:
    for code in (HIDDEN, "NB-RS-9999", "x", "NB-RS-００１２"):
        assert client.get(f"/v1/stations/{code}/standards").status_code == 404
    assert log_in().client.get(f"/v1/stations/{HIDDEN}/standards").status_code == 200
    stranger = log_in("stranger", areas=("330212",))
    assert stranger.client.get(f"/v1/stations/{HIDDEN}/standards").status_code == 404


def test_an_inspection_is_kept_with_its_day(engine: Engine, log_in: LogIn) -> None:
    manager = log_in()
    body = {
        "assessments": [
            {"fact": "name_sign", "answer": "yes", "checked_on": "2026-11-01", "note": "牌在东门"},
            {"fact": "own_room", "answer": "no", "checked_on": "2026-11-01"},
        ]
    }
    reply = put(manager, "NB-RS-0001", body)
    assert reply.status_code == 200, reply.text
    answered = reply.json()
    sign = requirement(answered, "basic", "name_sign")
    assert sign["state"] == "met"
    assert sign["evidence"][0]["on"] == "2026-11-01"
    assert sign["evidence"][0]["from"] == "assessment"
    assert requirement(answered, "basic", "premises")["state"] == "missing"
    facts = {each["code"]: each for each in answered["facts"]}
    assert facts["name_sign"]["note"] == "牌在东门"
    assert facts["own_room"]["value"] == "no"
    assert facts["rules_on_wall"]["value"] is None
    # a visitor sees the same judgement, not the inspector's notes
    public = TestClient(manager.client.app).get("/v1/stations/NB-RS-0001/standards")
    assert requirement(public.json(), "basic", "name_sign")["state"] == "met"
    assert "牌在东门" not in public.text
    assert public.json()["data_version"] == answered["data_version"] == 1
    assert put(manager, "NB-RS-0001", body).json()["data_version"] == 1
    # what is not known any more is unknown again
    again = put(manager, "NB-RS-0001", one("own_room", None)).json()
    assert requirement(again, "basic", "premises")["state"] == "unknown"
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT count(*) FROM assessments")).scalar_one()
    assert kept == 3


def test_who_may_assess(log_in: LogIn, client: TestClient) -> None:
    body = one("name_sign", "yes")
    manager = log_in()
    assert client.put("/v1/stations/NB-RS-0001/assessments", json=body).status_code == 401
    assert put(manager, "NB-RS-0001", body, {}).status_code == 403
    assert put(log_in("p", role="planner", areas=()), "NB-RS-0001", body).status_code == 403
    assert put(log_in("e", areas=("330212",)), "NB-RS-0001", body).status_code == 404
    assert put(log_in("a", role="administrator", areas=()), "NB-RS-0001", body).status_code == 200
    assert put(manager, HIDDEN, one("room_m2", 6.5)).status_code == 200
    assert put(manager, "NB-RS-9999", body).status_code == 404


def test_edits_and_inspections_at_once_wait_for_each_other(engine: Engine, log_in: LogIn) -> None:
    manager = log_in()

    def write(number: int) -> int:
        if number % 2:
            return manager.patch("NB-RS-0001", {"phone": str(number)}, 1).status_code
        return put(manager, "NB-RS-0001", one("room_m2", number + 1)).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(write, range(12)))
    assert statuses[::2] == [200] * 6
    assert sorted(statuses[1::2]) == [200] + [412] * 5
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version FROM register")).scalar_one() == 7


BAD_ANSWERS: list[tuple[Any, str]] = [
    (one("golden_door", "yes"), "assessments.0.fact"),
    (one("name_sign", "maybe"), "assessments.0.answer"),
    (one("name_sign", True), "assessments.0.answer"),
    (one("name_sign", ["yes"]), "assessments.0.answer"),
    (one("name_sign", 3), "assessments.0.answer"),
    (one("room_m2", "no"), "assessments.0.answer"),
    (one("room_m2", -1), "assessments.0.answer"),
    (one("room_m2", 10**400), "assessments.0.answer"),
    (one("name_sign", "yes", checked_on="2999-01-01"), "assessments.0.checked_on"),
    (one("name_sign", "yes", checked_on="2026-02-30"), "assessments.0.checked_on"),
    (one("name_sign", "yes", checked_on=5), "assessments.0.checked_on"),
    (one("name_sign", "yes", colour="red"), "assessments.0.colour"),
    (one("name_sign", "yes", note="x" * 501), "assessments.0.note"),
    (one("name\u0000sign", "yes"), "assessments.0.fact"),
    ({"assessments": [{"fact": "name_sign"}]}, "assessments.0.answer"),
    ({"assessments": []}, "assessments"),
    ([], "body"),
]


def test_bad_answers(engine: Engine, log_in: LogIn) -> None:
    manager = log_in()
    for body, field in BAD_ANSWERS:
        reply = put(manager, "NB-RS-0001", body)
        assert reply.status_code == 422, body
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json()["field"] == field
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM assessments")).scalar_one() == 0


def test_numbers_of_the_scoreboard_are_the_lengths_of_their_lists(client: TestClient) -> None:
    for area in ("330200", "330203", "330212", "330203001"):
        body = client.get("/v1/scoreboard", params={"area": area}).json()
        assert body["area"] == area
        for each in body["indicators"]:
            behind = client.get(each["list"]).json()
            assert behind["numberMatched"] == behind["numberReturned"] == each["numerator"]
            assert len(behind["features"]) == each["numerator"]
            assert HIDDEN not in str(behind)
    assert client.get("/v1/scoreboard").json()["area"] == "330200"


def test_the_figures(client: TestClient) -> None:
    body = client.get("/v1/scoreboard").json()
    found = {each["code"]: each for each in body["indicators"]}
    assert body["counted"]["stations"] == 4
    assert body["towns"] == 3
    assert found["stations"]["value"] == 4
    assert found["stations"]["target"] is None
    share = found["benchmark_share"]
    assert (share["value"], share["numerator"], share["denominator"]) == (0.25, 1, 4)
    assert (share["unknown"], share["target"], share["met"]) == (1, 0.1, True)
    assert share["verified"] is False
    without = found["towns_without_benchmark"]
    assert (without["value"], without["at_most"], without["met"]) == (2, True, False)
    assert found["town_unknown"]["value"] == 1
    assert found["basic_unknown"]["value"] == 4
    behind = client.get("/v1/scoreboard/towns_without_benchmark").json()
    assert [each["id"] for each in behind["features"]] == ["330203002", "330212001"]
    assert behind["features"][0]["geometry"] is None
    assert behind["features"][0]["properties"]["area"] == {"code": "330203", "name": "西区"}
    unknown = client.get("/v1/scoreboard/benchmark_share", params={"state": "unknown"}).json()
    assert [each["id"] for each in unknown["features"]] == ["NB-RS-0003"]


def test_lists_are_paged_and_in_the_callers_datum(client: TestClient) -> None:
    for indicator, codes in (
        ("stations", [f"NB-RS-{number:04}" for number in range(1, 5)]),
        ("towns_without_benchmark", ["330203002", "330212001"]),
    ):
        address: str | None = f"/v1/scoreboard/{indicator}?limit=1&crs=gcj02"
        seen = []
        while address:
            body = client.get(address).json()
            assert body["numberMatched"] == len(codes)
            seen += [each["id"] for each in body["features"]]
            address = body["next"]
        assert seen == codes
    body = client.get("/v1/scoreboard/stations?crs=gcj02").json()
    shifted = convert(WEST, Datum.WGS84, Datum.GCJ02)
    assert body["features"][0]["geometry"]["coordinates"] == pytest.approx(list(shifted), abs=1e-7)


def test_unchanged_until_the_register_or_the_day_changes(client: TestClient, log_in: LogIn) -> None:
    reply = client.get("/v1/scoreboard")
    known = {"If-None-Match": reply.headers["etag"]}
    assert client.get("/v1/scoreboard", headers=known).status_code == 304
    at = {"at": "2026-01-05T12:00:00+08:00"}
    assert client.get("/v1/scoreboard", params=at, headers=known).status_code == 200
    assert client.get("/v1/scoreboard?format=csv", headers=known).status_code == 200
    rules = client.get("/v1/standards")
    assert client.get("/v1/standards", headers={"If-None-Match": rules.headers["etag"]}
                      ).status_code == 304  # fmt: skip
    put(log_in(), "NB-RS-0001", one("name_sign", "yes"))
    assert client.get("/v1/scoreboard", headers=known).status_code == 200
    listed = client.get("/v1/scoreboard", params=at).json()["indicators"][0]["list"]
    assert client.get(listed).json()["as_of"] == "2026-01-05"


def test_the_table_for_spreadsheets(client: TestClient) -> None:
    for lang, first, yes in (("zh", "区域", "是"), ("en", "area", "yes")):
        reply = client.get("/v1/scoreboard", params={"format": "csv", "lang": lang})
        assert reply.headers["content-type"] == "text/csv; charset=utf-8"
        assert 'filename="scoreboard-330200.csv"' in reply.headers["content-disposition"]
        assert reply.content.startswith(b"\xef\xbb\xbf")
        head, *rows = csv.reader(io.StringIO(reply.content.decode("utf-8-sig")))
        assert head[0] == first
        assert {len(row) for row in rows} == {len(head)}
        assert len(rows) == len(client.get("/v1/scoreboard").json()["indicators"])
        share = rows[1]
        assert share[5] == "0.25"
        assert share[8] == yes
        assert share[9:11] == ["1", "4"]
    named = client.get("/v1/scoreboard", params={"format": "csv", "area": "330203002"})
    assert "'=西二镇" in named.content.decode("utf-8-sig")


BAD_QUESTIONS = [
    ("/v1/scoreboard?area=999999", 404, "area"),
    ("/v1/scoreboard?area='; --", 422, "area"),
    ("/v1/scoreboard?at=noon", 422, "at"),
    ("/v1/scoreboard?at=2010-01-01T00:00", 422, "at"),
    ("/v1/scoreboard?format=pdf", 422, "format"),
    ("/v1/scoreboard/beauty", 404, "indicator"),
    ("/v1/scoreboard/stations?area=999999", 404, "area"),
    ("/v1/scoreboard/stations?state=maybe", 422, "state"),
    ("/v1/scoreboard/stations?limit=0", 422, "limit"),
    ("/v1/scoreboard/stations?cursor='x", 422, "cursor"),
    ("/v1/scoreboard/stations?crs=mars", 422, "crs"),
    ("/v1/stations/NB-RS-0001/standards?at=noon", 422, "at"),
]


def test_bad_questions(client: TestClient) -> None:
    for address, status, field in BAD_QUESTIONS:
        reply = client.get(address)
        assert reply.status_code == status, reply.text
        assert reply.json()["field"] == field


def test_a_server_with_bad_rules_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('type = "law"', encoding="utf-8")
    with pytest.raises(FileRefusedError, match=r"own\.toml: one of"):
        serving.serve(
            Settings(rules_dir=tmp_path), on_ready=lambda: None, progress=lambda _line: None
        )


def names(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: names(each) for key, each in value.items() if key != "left_out"}
    return [names(value[0])] if isinstance(value, list) and value else None


def test_the_examples_have_the_names_of_the_answers(log_in: LogIn) -> None:
    manager = log_in()
    answered = put(manager, "NB-RS-0001", examples.ASSESSMENTS | one("name_sign", "yes"))
    assert names(answered.json()) == names(examples.STATION_STANDARDS)
    for address, example in (
        ("/v1/standards", examples.STANDARDS),
        ("/v1/scoreboard", examples.SCOREBOARD),
        ("/v1/scoreboard/towns_without_benchmark", examples.BEHIND),
    ):
        assert names(manager.client.get(address).json()) == names(example), address
    assert put(manager, "NB-RS-0002", examples.ASSESSMENTS).status_code == 200
