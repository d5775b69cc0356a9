"""Events over HTTP: lists, near a person, edits, and who may see and do what."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.schemas_events import (
    DetailedEventFeature,
    DetailedEventList,
    EventList,
    NearestListWithEvents,
    NewEvent,
    StaleEventProblem,
)
from geo.coordinates import Datum, LonLat, convert
from stations.hours import SHANGHAI
from stations.tables import Event, EventHistory
from tests.api.conftest import LogIn, Person
from tests.factories import CITY, add_station

WEST, EAST = LonLat(121.54, 29.87), LonLat(121.56, 29.87)
NOW = datetime.now(SHANGHAI).replace(second=0, microsecond=0)


def when(hours: float) -> str:
    return (NOW + timedelta(hours=hours)).isoformat()


def body(
    title: str = "流动体检", begins: float = 24, lasts: float = 2, **more: Any
) -> dict[str, Any]:
    return {
        "kind": "health_check",
        "title": title,
        "starts_at": when(begins),
        "ends_at": when(begins + lasts),
        "access": "everyone",
    } | more


@pytest.fixture(autouse=True)
def _stations(app: FastAPI, engine: Engine) -> None:
    with Session(engine) as session:
        add_station(session, "NB-RS-0001", WEST, area_code="330203", address="西路 1 号")
        add_station(session, "NB-RS-0002", EAST, area_code="330212")
        staff = {"kind": "nursing_room", "access": "staff_only"}
        add_station(session, "NB-NR-0003", WEST, area_code="330203", **staff)
        session.commit()


@pytest.fixture
def manager(log_in: LogIn) -> Person:
    return log_in()


@pytest.fixture
def administrator(log_in: LogIn) -> Person:
    return log_in("admin", "administrator", ())


def post(person: Person, sent: dict[str, Any]) -> Response:
    return person.client.post("/v1/events", json=sent, headers=person.headers)


def add(person: Person, **sent: Any) -> str:
    reply = post(person, body(**sent))
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def patch(person: Person, code: str, change: object, version: int | str | None) -> Response:
    headers = person.headers | {"Content-Type": "application/merge-patch+json"}
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    content = json.dumps(change)
    return person.client.patch(f"/v1/events/{code}", content=content, headers=headers)


def codes(client: TestClient, **params: Any) -> list[str]:
    reply = client.get("/v1/events", params=params)
    assert reply.status_code == 200, reply.text
    return [each["id"] for each in reply.json()["features"]]


def test_an_event_at_a_station(client: TestClient, engine: Engine, manager: Person) -> None:
    sent = body(
        title=" 流动体检\u200b车 ", title_en="Health check", station="NB-RS-0001", capacity=60,
        how_to_join="现场登记\n空腹前来", organiser="总工会", phone="12351", notes="带身份证",
    )  # fmt: skip
    reply = post(manager, sent)
    assert reply.status_code == 201, reply.text
    assert reply.headers["location"] == "/v1/events/NB-EV-0001"
    assert reply.headers["etag"] == '"1"'
    DetailedEventFeature.model_validate(reply.json())
    shown = client.get("/v1/events/NB-EV-0001").json()
    assert shown["geometry"]["coordinates"] == [WEST.lon, WEST.lat]
    facts = shown["properties"]
    assert facts["title"] == "流动体检车"
    assert facts["how_to_join"] == "现场登记\n空腹前来"
    assert facts["station"] == {"code": "NB-RS-0001", "name": "驿站 NB-RS-0001"}
    assert facts["address"] == "西路 1 号"
    assert facts["area"] == {"code": "330203", "name": "西区"}
    assert datetime.fromisoformat(facts["starts_at"]) == datetime.fromisoformat(sent["starts_at"])
    assert facts["starts_at"].endswith("+08:00")
    assert (facts["state"], facts["capacity"], facts["source"]) == ("upcoming", 60, "test")
    assert (facts["editable"], facts["public"]) == (False, True)
    with Session(engine) as session:
        (entry,) = session.scalars(select(EventHistory))
        register = session.execute(text("SELECT version FROM register")).scalar_one()
        assert (entry.action, entry.version, entry.register_version) == ("created", 1, register)
        assert entry.values["title"] == "流动体检车"
        assert entry.changed_by is not None
        assert session.get_one(Event, "NB-EV-0001").register_version == register


@pytest.mark.parametrize("crs", list(Datum))
def test_an_event_at_a_point_in_any_datum(
    client: TestClient, engine: Engine, manager: Person, crs: Datum
) -> None:
    lon, lat = convert(WEST, Datum.WGS84, crs)
    position = {"lon": lon, "lat": lat, "crs": crs.value}
    code = add(manager, position=position, address="广场", town_code="330203001")
    shown = client.get(f"/v1/events/{code}", params={"crs": crs.value}).json()
    assert shown["geometry"]["coordinates"] == pytest.approx([lon, lat], abs=1e-7)
    facts = shown["properties"]
    assert facts["given_position"] == position
    assert facts["area"] == {"code": "330203", "name": "西区"}
    assert (facts["station"], facts["address"], facts["source"]) == (None, "广场", "entered")
    with Session(engine) as session:
        stored = text("SELECT ST_X(geom), ST_Y(geom) FROM events")
        assert session.execute(stored).one() == pytest.approx(WEST, abs=1e-9)


HERE = {"lon": WEST.lon, "lat": WEST.lat}
BAD: list[tuple[dict[str, Any], str]] = [
    ({"kind": "castle"}, "kind"),
    ({"kind": None}, "kind"),
    ({"kind": "rest_station"}, "kind"),
    ({"title": "  "}, "title"),
    ({"title": None}, "title"),
    ({"title": "x" * 201}, "title"),
    ({"title": "a\u0000b"}, "title"),
    ({"title_en": "\ud800"}, "title_en"),
    ({"starts_at": "tomorrow"}, "starts_at"),
    ({"starts_at": None}, "starts_at"),
    ({"starts_at": "2026-12-01"}, "starts_at"),
    ({"starts_at": "1999-12-01T09:00"}, "starts_at"),
    ({"starts_at": "2026-12-01T09:00:30"}, "starts_at"),
    ({"ends_at": when(24)}, "ends_at"),
    ({"ends_at": when(23)}, "ends_at"),
    ({"ends_at": when(24 + 366 * 24 + 1)}, "ends_at"),
    ({"capacity": -1}, "capacity"),
    ({"capacity": 1.5}, "capacity"),
    ({"capacity": "60"}, "capacity"),
    ({"access": "nobody"}, "access"),
    ({"access": None}, "access"),
    ({"status": "gone"}, "status"),
    ({"source": "nowhere"}, "source"),
    ({"station": None}, "station"),
    ({"station": "NB-RS-9999"}, "station"),
    ({"station": "NB-RS-0002"}, "station"),
    ({"station": "\u0000"}, "station"),
    ({"position": HERE}, "position"),
    ({"station": None, "position": HERE | {"lon": 181}}, "position.lon"),
    ({"station": None, "position": HERE | {"crs": "mars"}}, "position.crs"),
    ({"station": None, "position": {"lon": 100.0, "lat": 20.0}}, "position"),
    ({"station": None, "position": {"lon": EAST.lon, "lat": EAST.lat}}, "position"),
    ({"station": None, "position": HERE, "town_code": "330212001"}, "town_code"),
    ({"code": "NB-EV-0007"}, "code"),
    ({"notes": "x" * 1001}, "notes"),
]


def test_a_bad_event_names_its_field(engine: Engine, manager: Person) -> None:
    code = add(manager, station="NB-RS-0001")
    headers = manager.headers | {"Content-Type": "application/json"}
    not_for_edits = ({"station": None}, {"position": HERE})  # an edit takes the other away
    for change, field in BAD:
        sent = json.dumps(body(station="NB-RS-0001") | change)
        replies = [manager.client.post("/v1/events", content=sent, headers=headers)]
        if change not in not_for_edits and field not in {"source", "code"}:
            replies.append(patch(manager, code, change, 1))
        for reply in replies:
            assert (reply.status_code, reply.json().get("field")) == (422, field), reply.text
            assert reply.json()["detail_zh"] != reply.json()["detail_en"]
    with Session(engine) as session:
        assert session.scalars(select(Event.version)).all() == [1]


REFUSED = [
    ("UPDATE events SET station_code = NULL", "station_or_point"),
    ("UPDATE events SET position = ST_GeogFromText('POINT(121.5 29.8)')", "ck_events_"),
    ("UPDATE events SET ends_at = starts_at", "ends_after_start"),
    ("UPDATE events SET ends_at = starts_at + interval '367 days'", "at_most_a_year"),
    ("UPDATE events SET capacity = -1", "capacity"),
    ("UPDATE events SET access = 'nobody'", "access"),
    ("UPDATE events SET status = 'gone'", "status"),
    ("UPDATE events SET title = ' '", "title"),
    ("UPDATE events SET kind = 'castle'", "events_check_terms"),
    ("UPDATE events SET code = 'NB-RS-0009'", "code"),
    ("UPDATE events SET area_code = '330203'", "area_of_point"),
    ("UPDATE event_history SET version = 2", "history is only added to"),
    ("DELETE FROM event_history", "history is only added to"),
    ("TRUNCATE event_history", "history is only added to"),
    ("DELETE FROM events", "fk_event_history_event_code"),
]


def test_the_database_itself_refuses(engine: Engine, manager: Person) -> None:
    add(manager, station="NB-RS-0001")
    for statement, constraint in REFUSED:
        with pytest.raises(IntegrityError, match=constraint), engine.begin() as connection:
            connection.execute(text(statement))


def test_past_events_leave_by_themselves(
    client: TestClient, engine: Engine, manager: Person
) -> None:
    add(manager, title="过去", begins=-5, station="NB-RS-0001")
    running = add(manager, title="正在", begins=-1, station="NB-RS-0001")
    coming = add(manager, title="将来", begins=48, station="NB-RS-0001")
    reply = client.get("/v1/events").json()
    EventList.model_validate(reply)
    assert [each["id"] for each in reply["features"]] == [running, coming]
    states = [each["properties"]["state"] for each in reply["features"]]
    assert states == ["running", "upcoming"]
    assert (reply["numberMatched"], reply["left_out"]) == (2, {})
    past = client.get("/v1/events", params={"from": when(-24), "until": when(30)}).json()
    assert [each["id"] for each in past["features"]] == [running]
    assert past["left_out"] == {"ended": 1}
    assert client.get("/v1/events/NB-EV-0001").json()["properties"]["state"] == "ended"
    mine = manager.client.get("/v1/my/events", params={"from": when(-24)}).json()
    DetailedEventList.model_validate(mine)
    assert [each["properties"]["state"] for each in mine["features"]] == [
        "ended", "running", "upcoming",
    ]  # fmt: skip
    with engine.begin() as connection:  # nobody writes, time passes
        connection.execute(
            text("UPDATE events SET starts_at = now() - interval '2 hours', "
                 "ends_at = now() WHERE code = :code"), {"code": running}
        )  # fmt: skip
    assert codes(client) == [coming]


def test_a_day_is_a_day_in_ningbo_and_the_last_is_included(
    client: TestClient, manager: Person
) -> None:
    day = (NOW + timedelta(days=3)).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    before = body(station="NB-RS-0001") | {
        "starts_at": (midnight - timedelta(hours=2)).isoformat(), "ends_at": midnight.isoformat(),
    }  # fmt: skip
    late = before | {
        "starts_at": (midnight + timedelta(hours=23)).isoformat(),
        "ends_at": (midnight + timedelta(hours=23, minutes=30)).isoformat(),
    }
    after = before | {
        "starts_at": (midnight + timedelta(hours=24)).isoformat(),
        "ends_at": (midnight + timedelta(hours=25)).isoformat(),
    }
    made = [post(manager, each).json()["id"] for each in (before, late, after)]
    assert codes(client, **{"from": day.isoformat(), "until": day.isoformat()}) == [made[1]]
    assert codes(client, until=day.isoformat()) == made[:2]
    assert codes(client, **{"from": day.isoformat()}) == made[1:]


def test_lists_filter_and_count_what_is_not_known(
    client: TestClient, administrator: Person
) -> None:
    everyone = add(administrator, station="NB-RS-0001")
    members = add(administrator, begins=25, station="NB-RS-0001", access="members", kind="culture")
    add(administrator, begins=26, station="NB-RS-0002", access="unknown")
    east = add(administrator, begins=27, position={"lon": EAST.lon, "lat": EAST.lat})
    cancelled = add(administrator, begins=28, station="NB-RS-0001")
    headers = administrator.headers
    assert administrator.client.delete(f"/v1/events/{cancelled}", headers=headers).is_success
    assert len(codes(client)) == 4
    assert client.get("/v1/events").json()["left_out"] == {"cancelled": 1}
    assert codes(client, station="NB-RS-0001") == [everyone, members]
    assert codes(client, kind="culture,reading") == [members]
    box = f"{WEST.lon - 0.001},29.8,{WEST.lon + 0.001},29.9"
    assert codes(client, bbox=box) == [everyone, members]
    shifted = convert(EAST, Datum.WGS84, Datum.BD09)
    tight = ",".join(
        str(each)
        for each in (shifted.lon - 1e-4, shifted.lat - 1e-4, shifted.lon + 1e-4, shifted.lat + 1e-4)
    )
    assert east in codes(client, bbox=tight, crs="bd09")
    assert codes(client, bbox=tight) == []
    open_to_all = client.get("/v1/events", params={"access": "everyone"}).json()
    assert [each["id"] for each in open_to_all["features"]] == [everyone, east]
    assert open_to_all["numberMatched"] == 2
    assert open_to_all["left_out"] == {"cancelled": 1, "access_unknown": 1}


def test_pages_hold_every_event_once(client: TestClient, manager: Person) -> None:
    made = [add(manager, begins=24 + n // 3, station="NB-RS-0001") for n in range(8)]
    address: str | None = "/v1/events?limit=3&kind=health_check"
    seen: list[str] = []
    while address is not None:
        page = client.get(address).json()
        assert (page["numberMatched"], page["numberReturned"]) == (8, len(page["features"]))
        seen += [each["id"] for each in page["features"]]
        address = page["next"]
        assert address is None or "kind=health_check" in address
    assert seen == made


BAD_LISTS: list[tuple[dict[str, Any], str]] = [
    ({"bbox": "1,2,3"}, "bbox"),
    ({"kind": "rest_station"}, "kind"),
    ({"kind": "health_check,"}, "kind"),
    ({"access": "nobody"}, "access"),
    ({"station": "castle"}, "station"),
    ({"station": "NB-RS-" + "1" * 60}, "station"),
    ({"from": "yesterday"}, "from"),
    ({"from": "2026-13-01"}, "from"),
    ({"until": "2026-02-30"}, "until"),
    ({"from": "2027-01-02", "until": "2027-01-01"}, "until"),
    ({"limit": 0}, "limit"),
    ({"limit": 2001}, "limit"),
    ({"cursor": "x"}, "cursor"),
    ({"cursor": "1.NB-EV-0001"}, "cursor"),
    ({"crs": "mars"}, "crs"),
]


def test_bad_lists(client: TestClient) -> None:
    for params, field in BAD_LISTS:
        reply = client.get("/v1/events", params=params)
        assert (reply.status_code, reply.json().get("field")) == (422, field)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    params=st.dictionaries(
        st.sampled_from(
            ["bbox", "station", "kind", "access", "from", "until", "crs", "limit", "cursor"]
        ),
        st.one_of(
            st.text(max_size=20),
            st.integers().map(str),
            st.dates().map(str),
            st.datetimes().map(lambda moment: moment.isoformat()),
            st.sampled_from(["health_check", "everyone", "NB-RS-0001", "1700000000.NB-EV-0001"]),
        ),
        max_size=4,
    )
)
def test_nothing_that_is_asked_gives_a_500(client: TestClient, params: dict[str, str]) -> None:
    try:
        reply = client.get("/v1/events", params=params)
    except UnicodeEncodeError:
        return  # the test client itself cannot send lone surrogates
    assert reply.status_code in {200, 422}
    if reply.status_code == 422:
        assert reply.json()["detail_zh"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=4,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(change=st.dictionaries(st.sampled_from(sorted(NewEvent.model_fields)), JSON, max_size=4))
def test_nothing_that_is_written_gives_a_500(manager: Person, change: dict[str, Any]) -> None:
    content = json.dumps(body(station="NB-RS-0001") | change)
    headers = manager.headers | {"Content-Type": "application/json"}
    reply = manager.client.post("/v1/events", content=content, headers=headers)
    assert reply.status_code in {201, 422}, reply.text


def test_an_event_that_is_not_there(client: TestClient, manager: Person) -> None:
    headers = manager.headers
    for code in ("NB-EV-0001", "x", "NB-RS-0001", "NB-EV-%00", "NB-EV-" + "1" * 60):
        assert client.get(f"/v1/events/{code}").status_code == 404
        assert patch(manager, code, {"title": "x"}, 1).status_code == 404
        assert manager.client.delete(f"/v1/events/{code}", headers=headers).status_code == 404


def test_edits_ask_for_the_version_read(engine: Engine, manager: Person) -> None:
    code = add(manager, station="NB-RS-0001")
    assert patch(manager, code, {"title": "改"}, None).status_code == 428
    reply = patch(manager, code, {"title": "改", "capacity": 30}, 1)
    assert (reply.status_code, reply.headers["etag"]) == (200, '"2"')
    stale = patch(manager, code, {"title": "再改"}, 1)
    assert stale.status_code == 412
    StaleEventProblem.model_validate(stale.json())
    assert stale.json()["current"]["properties"]["title"] == "改"
    same = patch(manager, code, {"title": "改", "capacity": 30, "station": "NB-RS-0001"}, 2)
    assert (same.status_code, same.headers["etag"]) == (200, '"2"')
    with Session(engine) as session:
        assert session.scalars(select(EventHistory.version)).all() == [1, 2]


def test_of_many_edits_at_once_exactly_one_wins(engine: Engine, manager: Person) -> None:
    code = add(manager, station="NB-RS-0001")
    with ThreadPoolExecutor(8) as pool:
        changes = ({"capacity": n} for n in range(8))
        replies = list(pool.map(lambda change: patch(manager, code, change, 1), changes))
    assert sorted(reply.status_code for reply in replies) == [200] + [412] * 7
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version FROM register")).scalar_one() == 2


def test_events_and_listings_written_at_once_do_not_lock_each_other_out(
    engine: Engine, manager: Person
) -> None:
    """The station's row comes before the register's for both, or they would wait for each other."""

    def write(number: int) -> int:
        if number % 2:
            return post(manager, body(title=f"活动 {number}", station="NB-RS-0001")).status_code
        version = manager.client.get("/v1/stations/NB-RS-0001").json()["properties"]["version"]
        return manager.patch("NB-RS-0001", {"phone": str(number)}, version).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(write, range(24)))
    assert set(statuses) <= {200, 201, 412}
    assert statuses[1::2] == [201] * 12
    with Session(engine) as session:
        assert len(set(session.scalars(select(Event.code)))) == 12


def test_a_cancelled_event_can_be_read_and_taken_up_again(
    client: TestClient, engine: Engine, manager: Person
) -> None:
    code = add(manager, station="NB-RS-0001")
    headers = manager.headers
    assert manager.client.delete(f"/v1/events/{code}").status_code == 403
    stale = manager.client.delete(f"/v1/events/{code}", headers=headers | {"If-Match": '"7"'})
    assert stale.status_code == 412
    reply = manager.client.delete(f"/v1/events/{code}", headers=headers)
    assert reply.json()["properties"]["state"] == "cancelled"
    again = manager.client.delete(f"/v1/events/{code}", headers=headers)
    assert (again.status_code, again.headers["etag"]) == (200, '"2"')
    assert codes(client) == []
    assert client.get(f"/v1/events/{code}").json()["properties"]["state"] == "cancelled"
    assert patch(manager, code, {"status": "scheduled"}, 2).status_code == 200
    assert codes(client) == [code]
    with Session(engine) as session:
        actions = session.scalars(select(EventHistory.action).order_by(EventHistory.version))
        assert actions.all() == ["created", "cancelled", "updated"]


def test_an_event_moves_between_a_station_and_a_point(client: TestClient, manager: Person) -> None:
    code = add(manager, station="NB-RS-0001")
    facts = patch(manager, code, {"position": HERE}, 1).json()["properties"]
    assert (facts["station"], facts["given_position"]) == (None, HERE | {"crs": "wgs84"})
    assert patch(manager, code, {"town_code": "330203001"}, 2).status_code == 200
    assert patch(manager, code, {"position": None}, 3).status_code == 422
    reply = patch(manager, code, {"station": "NB-RS-0001"}, 3)
    facts = reply.json()["properties"]
    assert (facts["station"]["code"], facts["given_position"]) == ("NB-RS-0001", None)
    assert facts["town_code"] is None
    assert patch(manager, code, {"station": None}, 4).status_code == 422
    swap = {"station": None, "position": HERE}
    assert patch(manager, code, swap, 4).json()["properties"]["station"] is None
    assert client.get(f"/v1/events/{code}").json()["geometry"]["coordinates"] == list(WEST)


def test_permission_is_a_condition_on_rows(
    client: TestClient, log_in: LogIn, manager: Person, administrator: Person
) -> None:
    west = add(administrator, station="NB-RS-0001")
    east = add(administrator, station="NB-RS-0002")
    west_point = add(administrator, position=HERE)
    east_point = add(administrator, position={"lon": EAST.lon, "lat": EAST.lat})
    for code, status in ((west, 200), (west_point, 200), (east, 404), (east_point, 404)):
        assert patch(manager, code, {"title": "我的"}, 1).status_code == status
    assert patch(administrator, east, {"title": "都行"}, 1).status_code == 200
    away = {"position": {"lon": EAST.lon, "lat": EAST.lat}}
    assert patch(manager, west_point, away, 2).json()["field"] == "position"
    assert patch(manager, west_point, {"station": "NB-RS-0002"}, 2).json()["field"] == "station"
    mine = manager.client.get("/v1/my/events").json()
    assert [each["id"] for each in mine["features"]] == [west, west_point]
    town = log_in("town", "manager", ("330203001",))
    assert post(town, body(position=HERE)).json()["field"] == "position"
    assert post(town, body(position=HERE, town_code="330203001")).status_code == 201
    planner = log_in("planner", "planner", ())
    assert post(planner, body(station="NB-RS-0001")).status_code == 403
    assert planner.client.get("/v1/my/events").json()["features"] == []
    assert client.post("/v1/events", json=body(station="NB-RS-0001")).status_code == 401
    assert client.get("/v1/my/events").status_code == 401
    no_csrf = Person(manager.client, {})
    assert post(no_csrf, body(station="NB-RS-0001")).status_code == 403


def test_events_that_are_not_public_are_nowhere_public(
    client: TestClient, engine: Engine, manager: Person
) -> None:
    hidden = [
        add(manager, station="NB-NR-0003"),
        add(manager, station="NB-RS-0001", access="staff_only"),
        add(manager, position=HERE, access="staff_only"),
    ]
    near: dict[str, Any] = {"lon": WEST.lon, "lat": WEST.lat, "events": "include"}
    listed = client.get("/v1/events", params={"from": when(-1000)}).json()
    assert (listed["features"], listed["numberMatched"], listed["left_out"]) == ([], 0, {})
    answer = client.get("/v1/stations/nearest", params=near).json()
    assert (answer["events"], answer["events_matched"]) == ([], 0)
    assert [each["properties"]["events"] for each in answer["features"]] == [[]]
    for code in hidden:
        assert client.get(f"/v1/events/{code}").status_code == 404
        facts = manager.client.get(f"/v1/events/{code}").json()["properties"]
        assert (facts["public"], facts["editable"]) == (False, True)
    visible = add(manager, station="NB-RS-0001")
    assert codes(client) == [visible]
    version = manager.client.get("/v1/stations/NB-RS-0001").json()["properties"]["version"]
    assert manager.patch("NB-RS-0001", {"access": "staff_only"}, version).status_code == 200
    assert codes(client) == []
    assert client.get(f"/v1/events/{visible}").status_code == 404


def test_an_event_at_a_station_that_is_closed_for_now_is_flagged(
    client: TestClient, manager: Person
) -> None:
    add(manager, station="NB-RS-0001")
    assert manager.patch("NB-RS-0001", {"status": "temporarily_closed"}, 1).status_code == 200
    (shown,) = client.get("/v1/events").json()["features"]
    assert shown["properties"]["warnings"] == ["temporarily_closed"]


def test_events_near_a_person_come_when_asked_for(client: TestClient, manager: Person) -> None:
    at_station = add(manager, station="NB-RS-0001")
    near_point = add(manager, begins=-1, position={"lon": WEST.lon, "lat": WEST.lat + 0.002})
    add(manager, position={"lon": WEST.lon - 0.3, "lat": WEST.lat})
    add(manager, begins=30 * 24, station="NB-RS-0001")
    add(manager, begins=-8, station="NB-RS-0001")
    params = {"lon": WEST.lon, "lat": WEST.lat}
    plain = client.get("/v1/stations/nearest", params=params).json()
    assert "events" not in plain
    assert "events" not in plain["features"][0]["properties"]
    asked: dict[str, Any] = params | {"events": "include", "crs": "wgs84"}
    answer = client.get("/v1/stations/nearest", params=asked).json()
    NearestListWithEvents.model_validate(answer)
    assert [each["id"] for each in answer["events"]] == [at_station, near_point]
    assert answer["events_matched"] == 2
    facts = answer["events"][1]["properties"]
    assert (facts["distance_m"], facts["minutes"], facts["state"]) == (222, 3.3, "running")
    assert set(facts["navigate"]) == {"amap", "tencent", "baidu", "apple"}
    (short,) = answer["features"][0]["properties"]["events"]
    assert (short["code"], short["state"]) == (at_station, "upcoming")
    later = client.get("/v1/stations/nearest", params=asked | {"at": when(25)}).json()
    assert [each["id"] for each in later["events"]] == [at_station]
    assert later["events"][0]["properties"]["state"] == "running"
    past = client.get("/v1/stations/nearest", params=asked | {"at": when(-7)}).json()
    assert [each["id"] for each in past["events"]] == [at_station, near_point]
    one = client.get("/v1/stations/nearest", params=asked | {"limit": 1}).json()
    assert (len(one["events"]), one["events_matched"]) == (1, 2)
    assert client.get("/v1/stations/nearest", params=asked | {"events": "x"}).status_code == 422


def test_events_are_told_where_no_station_is_near(
    client: TestClient, administrator: Person
) -> None:
    far = LonLat(121.2, 29.6)
    code = add(administrator, position={"lon": far.lon, "lat": far.lat})
    params: dict[str, Any] = {"lon": far.lon, "lat": far.lat, "events": "include"}
    answer = client.get("/v1/stations/nearest", params=params).json()
    assert answer["features"] == []
    assert [each["id"] for each in answer["events"]] == [code]


@pytest.fixture
def statements(app: FastAPI) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(app.state.engine, "before_cursor_execute", note)
    yield seen
    event.remove(app.state.engine, "before_cursor_execute", note)


def test_nearest_does_not_pay_for_events_that_it_is_not_asked_for(
    client: TestClient, statements: list[str]
) -> None:
    client.get("/v1/stations/nearest", params={"lon": CITY.lon, "lat": CITY.lat})
    assert statements
    assert not any("events" in statement for statement in statements)


def test_the_list_is_told_to_be_unchanged_for_a_minute(
    client: TestClient, manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(manager, station="NB-RS-0001")
    moment = NOW + timedelta(seconds=10)
    monkeypatch.setattr("api.dependencies.now", lambda: moment)
    etag = client.get("/v1/events").headers["etag"]
    again = client.get("/v1/events", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    add(manager, station="NB-RS-0001")
    assert client.get("/v1/events", headers={"If-None-Match": etag}).status_code == 200
    etag = client.get("/v1/events").headers["etag"]
    moment = NOW + timedelta(seconds=70)
    assert client.get("/v1/events", headers={"If-None-Match": etag}).status_code == 200
