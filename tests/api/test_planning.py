"""What planners ask over HTTP: polygons, what if, scenarios; and who may not."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from api import examples_coverage
from stations.coverage_siting import MOST_CANDIDATES
from tests.api.conftest import LogIn, Person, lent_app
from tests.stations.coverage_town import EAST, ROOT, WEST, add_station, load_town

ADD: dict[str, Any] = {"add": [{"lon": 121.526, "lat": 29.822}], "minutes": 10}
SQUARE = {
    "type": "Polygon",
    "coordinates": [
        [[121.505, 29.805], [121.53, 29.805], [121.53, 29.82], [121.505, 29.82], [121.505, 29.805]]
    ],
}


@pytest.fixture
def app(database: URL, engine: Engine) -> Iterator[FastAPI]:
    with Session(engine) as session:
        load_town(session)
        add_station(session, 1, 121.508, 29.812, capacity_per_day=5)
        add_station(session, 2, 121.531, 29.809)
    with lent_app(database) as app:
        yield app


@pytest.fixture
def planner(log_in: LogIn) -> Person:
    return log_in("planner", "planner", ())


def post(person: Person, path: str, body: object, **headers: str) -> Any:
    return person.client.post(path, json=body, headers=person.headers | headers)


def test_what_if_over_http(planner: Person) -> None:
    reply = post(planner, "/v1/coverage/what-if", ADD)
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["area"] == ROOT
    assert body["gain"]["residents_served"] > 0
    assert [row["code"] for row in body["areas"]] == [WEST, EAST]
    assert reply.headers["cache-control"] == "private, no-store"
    assert body.keys() == examples_coverage.WHAT_IF.keys()
    assert body["cells"].keys() == examples_coverage.WHAT_IF["cells"].keys()
    assert body["remarks"] == []
    at_sea = post(planner, "/v1/coverage/what-if", {"add": [*ADD["add"], {"lon": 0, "lat": 0}]})
    (remark,) = at_sea.json()["remarks"]
    assert remark["code"] == "added_reaches_nobody"
    assert remark["zh"].startswith("新站 2 ")
    moved = {"move": [{"code": "NB-RS-0001", "lon": 121.51, "lat": 29.81}], "close": ["NB-RS-0002"]}
    assert post(planner, "/v1/coverage/what-if", moved).status_code == 200


def test_suggest_over_http(planner: Person) -> None:
    asked = {"k": 2, "minutes": 10, "exact": True, "forbidden": [SQUARE]}
    reply = post(planner, "/v1/coverage/suggest", asked)
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body.keys() == examples_coverage.SUGGEST.keys()
    example = examples_coverage.SUGGEST
    assert body["sites"][0].keys() == example["sites"][0].keys()
    assert body["sites"][0]["areas"][0].keys() == example["sites"][0]["areas"][0].keys()
    assert body["what_if"].keys() == example["what_if"].keys()
    assert body["what_if"]["areas"][0].keys() == example["what_if"]["areas"][0].keys()
    assert body["siting_method"] == "exact"
    assert 0 < body["gain"] <= body["bound"]
    assert body["candidates_forbidden"] > 0


def test_inside_over_http(planner: Person) -> None:
    reply = post(planner, "/v1/coverage", {"polygon": SQUARE, "minutes": 10})
    assert reply.status_code == 200, reply.text
    body = reply.json()
    whole = planner.client.get("/v1/coverage?minutes=10").json()
    assert 0 < body["demand"]["residents"]["total"] < whole["demand"]["residents"]["total"]
    assert {row["code"] for row in body["areas"]} == {WEST, EAST}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/coverage", {"polygon": SQUARE, "minutes": 0}, "minutes"),
        ("/v1/coverage", {}, "polygon"),
        ("/v1/coverage", {"polygon": {"type": "Point", "coordinates": [1, 2]}}, "polygon"),
        (
            "/v1/coverage",
            {"polygon": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1]]]}},
            "polygon",
        ),
        (
            "/v1/coverage",
            {
                "polygon": {
                    "type": "Polygon",
                    "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]],
                }
            },
            "polygon",
        ),
        ("/v1/coverage/what-if", {}, "add"),
        ("/v1/coverage/what-if", {"add": [{"lon": 181, "lat": 0}]}, "add.0.lon"),
        ("/v1/coverage/what-if", {"add": [{"lon": 121}]}, "add.0.lat"),
        ("/v1/coverage/what-if", {"close": ["x"]}, "close.0"),
        ("/v1/coverage/what-if", ADD | {"area": "999999"}, "area"),
        ("/v1/coverage/what-if", ADD | {"kind": ["castle"]}, "kind"),
        ("/v1/coverage/what-if", ADD | {"at": "noon"}, "at"),
        ("/v1/coverage/what-if", ADD | {"colour": "red"}, "colour"),
        ("/v1/coverage/suggest", {"k": 0}, "k"),
        ("/v1/coverage/suggest", {"k": 51}, "k"),
        ("/v1/coverage/suggest", {"objective": "glory"}, "objective"),
        ("/v1/coverage/suggest", {"points": [{"lon": 1}]}, "points.0.lat"),
        ("/v1/coverage/suggest", {"spacing_m": -1}, "spacing_m"),
        (
            "/v1/coverage/suggest",
            {"forbidden": [SQUARE, {"type": "Polygon", "coordinates": [[[0, 0]] * 4]}]},
            "forbidden.1",
        ),
        ("/v1/scenarios", ADD, "name"),
        ("/v1/scenarios", ADD | {"name": "  "}, "name"),
        ("/v1/scenarios", {"name": "a"}, "add"),
        (
            "/v1/scenarios",
            {"name": "a", "add": ADD["add"] * 90, "close": [f"x{n}" for n in range(20)]},
            "add",
        ),
        ("/v1/scenarios", ADD | {"name": "a", "area": "999999"}, "area"),
        ("/v1/scenarios", {"name": "a", "close": ["NB-RS-0001", "NB-RS-9999"]}, "close.1"),
        (
            "/v1/scenarios",
            {"name": "a", "move": [{"code": "NB-RS-9999", "lon": 121.5, "lat": 29.8}]},
            "move.0.code",
        ),
    ],
)
def test_bad_input_is_named(planner: Person, path: str, body: object, field: str) -> None:
    reply = post(planner, path, body)
    assert reply.status_code in {404, 422}
    assert reply.json()["field"].startswith(field)
    assert reply.json()["detail_zh"] != reply.json()["detail_en"]
    assert planner.client.get("/v1/scenarios").json()["scenarios"] == []


def test_as_many_candidates_as_it_says_may_be_sent(planner: Person) -> None:
    points = [
        {"lon": 121.5 + 0.0000123456 * number, "lat": 29.8123456789012}
        for number in range(MOST_CANDIDATES)
    ]
    reply = post(planner, "/v1/coverage/suggest", {"k": 1, "minutes": 10, "points": points})
    assert reply.status_code == 200, reply.text
    assert reply.json()["candidates"] == MOST_CANDIDATES
    many = post(planner, "/v1/coverage/suggest", {"k": 1, "points": [*points, points[0]]})
    assert (many.status_code, many.json()["field"]) == (422, "points")
    for words in (many.json()["detail_en"], many.json()["detail_zh"]):
        assert "3000" in words.replace(",", "")
        assert "3001" in words.replace(",", "")


def test_numbers_that_no_scenario_has(planner: Person) -> None:
    for number in ("0", "-1", str(2**63), str(10**30)):
        reply = planner.client.get(f"/v1/scenarios/compare?id={number}")
        assert reply.status_code == 422, number
        assert reply.json()["field"].startswith("id")


def test_only_planners_may(planner: Person, log_in: LogIn) -> None:
    manager = log_in("manager", "manager", (WEST,))
    asked = (
        ("/v1/coverage", {"polygon": SQUARE}),
        ("/v1/coverage/what-if", ADD),
        ("/v1/coverage/suggest", {"k": 1}),
        ("/v1/scenarios", ADD | {"name": "a"}),
    )
    for path, body in asked:
        assert post(manager, path, body).status_code == 403
        assert planner.client.post(path, json=body).status_code == 403  # without the CSRF token
    manager.client.cookies.clear()
    for path, body in asked:
        assert manager.client.post(path, json=body, headers=planner.headers).status_code == 401
    assert manager.client.get("/v1/scenarios").status_code == 401


def test_a_question_never_holds_one_connection_and_waits_for_another(
    app: FastAPI, planner: Person
) -> None:
    """Else as many askers at once as there are connections would stop everybody."""
    held, most = 0, 0

    def lent(*_event: object) -> None:
        nonlocal held, most
        held += 1
        most = max(most, held)

    def returned(*_event: object) -> None:
        nonlocal held
        held -= 1

    event.listen(app.state.engine, "checkout", lent)
    event.listen(app.state.engine, "checkin", returned)
    for path, body in (
        ("/v1/coverage", {"polygon": SQUARE}),
        ("/v1/coverage/what-if", ADD),
        ("/v1/coverage/suggest", {"k": 1}),
    ):
        assert post(planner, path, body).status_code == 200
        assert planner.client.post(path, json=body).status_code == 403
        assert (held, most) == (0, 1), path
    planner.client.cookies.clear()
    assert post(planner, "/v1/coverage/what-if", ADD).status_code == 401
    assert (held, most) == (0, 1)


def test_scenarios_are_kept_shared_and_compared(planner: Person, log_in: LogIn) -> None:
    other = log_in("other", "planner", ())
    body = ADD | {"name": " 东边  加一站 ", "crs": "gcj02", "area": EAST}
    made = post(planner, "/v1/scenarios", body)
    assert made.status_code == 201, made.text
    kept = made.json()
    assert kept["name"] == "东边 加一站"
    assert kept["edits"]["add"][0]["lon"] != 121.526  # kept in WGS-84
    assert kept["question"]["area"] == EAST
    assert post(planner, "/v1/scenarios", body).json()["field"] == "name"
    address = f"/v1/scenarios/{kept['id']}"
    assert other.client.get(address).status_code == 404
    assert other.client.get("/v1/scenarios").json()["scenarios"] == []
    change = planner.client.patch(address, json={"shared": True}, headers=planner.headers)
    assert change.json()["shared"] is True
    seen = other.client.get("/v1/scenarios").json()["scenarios"]
    assert [(each["name"], each["mine"], each["owner"]) for each in seen] == [
        ("东边 加一站", False, "planner")
    ]
    for refused in (
        other.client.patch(address, json={"name": "mine"}, headers=other.headers),
        other.client.delete(address, headers=other.headers),
    ):
        assert refused.status_code == 404
    second = post(planner, "/v1/scenarios", {"close": ["NB-RS-0001"], "name": "关一站"}).json()
    pair = f"/v1/scenarios/compare?id={kept['id']}&id={second['id']}"
    compared = planner.client.get(pair).json()["compared"]
    assert [each["scenario"]["name"] for each in compared] == ["东边 加一站", "关一站"]
    assert compared[0]["answer"]["gain"]["residents_served"] > 0
    assert compared[1]["answer"]["gain"]["residents_served"] < 0
    assert other.client.get(pair).status_code == 404
    taken = planner.client.patch(address, json={"name": "关一站"}, headers=planner.headers)
    assert (taken.status_code, taken.json()["field"]) == (422, "name")
    gone = planner.client.delete(address, headers=planner.headers)
    assert gone.status_code == 204
    assert planner.client.get(address).status_code == 404
