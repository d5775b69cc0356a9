"""PATCH, sessions, scope, CSRF, and the brake on guessing passwords."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from geo.coordinates import LonLat
from stations.tables import Station, StationHistory
from tests.api.conftest import PASSWORD, LogIn
from tests.factories import add_station

WEST, EAST = LonLat(121.5, 29.8), LonLat(121.6, 29.8)


@pytest.fixture(autouse=True)
def _stations(app: FastAPI, engine: Engine) -> None:
    with Session(engine) as session:
        add_station(session, "NB-RS-0001", WEST, area_code="330203")
        add_station(session, "NB-RS-0002", EAST, area_code="330212")
        add_station(
            session, "NB-NR-0003", WEST, area_code="330203", kind="nursing_room",
            access="staff_only",
        )  # fmt: skip
        add_station(session, "NB-RS-0004", None, town_code="330203001")
        session.commit()


def history(engine: Engine, code: str) -> list[StationHistory]:
    with Session(engine) as session:
        found = select(StationHistory).where(StationHistory.station_code == code)
        return list(session.scalars(found.order_by(StationHistory.version)))


def register_version(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT version FROM register")).scalar_one())


def test_an_edit_is_kept_with_its_history(engine: Engine, log_in: LogIn) -> None:
    manager = log_in()
    body = {
        "name": " 暖心驿站 ",
        "hours_text": "周一至周五 8:30-12:00、14:00-18:30",
        "services": {"microwave": "yes", "toilet": "no"},
        "status": "temporarily_closed",
        "capacity_per_day": 80,
        "town_code": "330203001",
        "checked": ["access"],
    }
    reply = manager.patch("NB-RS-0001", body, 1)
    assert reply.status_code == 200, reply.text
    facts = reply.json()["properties"]
    assert reply.headers["etag"] == '"2"'
    assert facts["version"] == 2
    assert facts["name"] == "暖心驿站"
    assert facts["hours"] == "Mo-Fr 08:30-12:00,14:00-18:30"
    assert facts["services"]["microwave"] == "yes"
    assert facts["services"]["toilet"] == "no"
    assert facts["services"]["wifi"] == "unknown"
    assert facts["status"] == "temporarily_closed"
    assert facts["editable"] is True
    assert set(facts["checked"]) == {"hours", "services", "status", "access"}
    (entry,) = history(engine, "NB-RS-0001")
    assert entry.version == 2
    assert entry.action == "updated"
    assert entry.values["name"] == "暖心驿站"
    assert entry.values["lon"] == WEST.lon
    assert entry.register_version == register_version(engine) == 1
    seen = TestClient(manager.client.app).get("/v1/stations/NB-RS-0001").json()
    assert seen["properties"]["hours_text"] == body["hours_text"]


def test_hours_that_are_not_understood_are_unknown_and_shown(log_in: LogIn) -> None:
    facts = log_in().patch("NB-RS-0001", {"hours_text": "看老板心情"}, 1).json()["properties"]
    assert facts["hours"] is None
    assert facts["open"]["state"] == "unknown"
    assert facts["open"]["text"] == "看老板心情"


def test_an_edit_that_changes_nothing_writes_nothing(engine: Engine, log_in: LogIn) -> None:
    manager = log_in()
    reply = manager.patch("NB-RS-0001", {"name": "驿站 NB-RS-0001", "notes": None}, 1)
    assert reply.status_code == 200
    assert reply.headers["etag"] == '"1"'
    assert register_version(engine) == 0
    assert history(engine, "NB-RS-0001") == []


def test_a_stale_edit_is_told_what_is_current(engine: Engine, log_in: LogIn) -> None:
    manager = log_in()
    assert manager.patch("NB-RS-0001", {"phone": "0574"}, 1).status_code == 200
    reply = manager.patch("NB-RS-0001", {"phone": "12351"}, 1)
    assert reply.status_code == 412
    body = reply.json()
    assert body["current_version"] == 2
    assert body["current"]["properties"]["phone"] == "0574"
    assert len(history(engine, "NB-RS-0001")) == 1
    assert manager.patch("NB-RS-0001", {"phone": "12351"}, 2).status_code == 200


@pytest.mark.parametrize("tag", ["abc", "0", "99999999999999", "1.0"])
def test_a_version_that_never_was_is_stale(log_in: LogIn, tag: str) -> None:
    assert log_in().patch("NB-RS-0001", {"phone": "1"}, tag).status_code == 412


def test_of_many_at_once_exactly_one_wins(engine: Engine, log_in: LogIn) -> None:
    manager = log_in()
    with ThreadPoolExecutor(8) as pool:
        replies = list(
            pool.map(lambda n: manager.patch("NB-RS-0001", {"phone": str(n)}, 1), range(8))
        )
    assert sorted(reply.status_code for reply in replies) == [200] + [412] * 7
    assert register_version(engine) == 1


def test_without_if_match(log_in: LogIn) -> None:
    reply = log_in().patch("NB-RS-0001", {"phone": "1"}, None)
    assert reply.status_code == 428
    assert reply.json()["field"] == "If-Match"


BAD_EDITS = [
    ({"name": ""}, "name"),
    ({"name": None}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"name": "a\u0000b"}, "name"),
    ({"notes": "\ud800"}, "notes"),
    ({"status": "gone"}, "status"),
    ({"status": None}, "status"),
    ({"access": "nobody"}, "access"),
    ({"entry": ["window"]}, "entry"),
    ({"entry": "walk_in"}, "entry"),
    ({"also_kinds": ["castle"]}, "also_kinds"),
    ({"services": {"teleport": "yes"}}, "services.teleport"),
    ({"services": {"wifi": "maybe"}}, "services.wifi"),
    ({"services": []}, "services"),
    ({"capacity_per_day": -1}, "capacity_per_day"),
    ({"capacity_per_day": 1.5}, "capacity_per_day"),
    ({"capacity_per_day": True}, "capacity_per_day"),
    ({"town_code": "999999999"}, "town_code"),
    ({"town_code": "330203"}, "town_code"),
    ({"town_code": "330212001"}, "town_code"),
    ({"checked": ["soul"]}, "checked"),
    ({"position": None}, "position"),
    ({"position": {"lon": 121.5}}, "position.lat"),
    ({"position": {"lon": 200, "lat": 29.8}}, "position.lon"),
    ({"position": {"lon": 121.5, "lat": 29.8, "crs": "mars"}}, "position.crs"),
    ({"position": {"lon": 29.8, "lat": 60.5}}, "position"),
    ({"code": "NB-RS-0009"}, "code"),
    ({"is_public": True}, "is_public"),
    ([], "body"),
    ("text", "body"),
    (None, "body"),
]


@pytest.mark.parametrize(("body", "field"), BAD_EDITS)
def test_bad_edits_name_the_field_and_write_nothing(
    engine: Engine, log_in: LogIn, body: object, field: str
) -> None:
    manager = log_in()
    good: dict[str, object] = {"phone": "0574", "services": {"toilet": "yes"}}
    mixed = good | body if isinstance(body, dict) else body
    reply = manager.patch("NB-RS-0001", mixed, 1)
    assert reply.status_code == 422, reply.text
    assert reply.json()["field"].split(".[")[0].startswith(field)
    assert register_version(engine) == 0
    with Session(engine) as session:
        row = session.get_one(Station, "NB-RS-0001")
        assert (row.phone, row.services_yes, row.version) == (None, [], 1)


def test_a_weakened_tag_and_invisible_names(log_in: LogIn) -> None:
    manager = log_in()
    headers = manager.headers | {"If-Match": 'W/"1"'}
    path = "/v1/stations/NB-RS-0001"
    assert manager.client.patch(path, json={"phone": "1"}, headers=headers).status_code == 200
    for name in ("\u200b", "\u00a0\u200b\ufeff", "\u3000"):
        assert manager.patch("NB-RS-0001", {"name": name}, 2).status_code == 422
    reply = manager.patch("NB-RS-0001", {"name": " 甲\u200b站\n\u3000二楼 "}, 2)
    assert reply.json()["properties"]["name"] == "甲站 二楼"


@pytest.mark.parametrize("body", [b'{"name": "\xff"}', b"[" * 20_000, b'{"a": ' * 5_000])
def test_a_body_that_cannot_be_read(log_in: LogIn, body: bytes) -> None:
    manager = log_in()
    headers = manager.headers | {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    reply = manager.client.patch("/v1/stations/NB-RS-0001", content=body, headers=headers)
    assert reply.status_code == 422
    assert reply.json()["field"] == "body"


def test_broken_json_and_too_much_of_it(log_in: LogIn) -> None:
    manager = log_in()
    headers = manager.headers | {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    broken = manager.client.patch("/v1/stations/NB-RS-0001", content=b"{", headers=headers)
    assert broken.status_code == 422
    huge = manager.client.patch(
        "/v1/stations/NB-RS-0001", content=b'{"notes": "' + b"x" * 200_000, headers=headers
    )
    assert huge.status_code == 413
    assert huge.json()["detail_zh"]
    unannounced = manager.client.patch(
        "/v1/stations/NB-RS-0001", content=iter([b"x" * 40_000] * 5), headers=headers
    )
    assert unannounced.status_code == 413


def test_a_move_outside_the_served_area_is_refused(log_in: LogIn) -> None:
    manager = log_in()
    reply = manager.patch("NB-RS-0001", {"position": {"lon": 120.0, "lat": 29.8}}, 1)
    assert reply.status_code == 422
    assert reply.json()["type"] == "/problems/outside_served_area"
    near = manager.patch("NB-RS-0001", {"position": {"lon": 120.99, "lat": 29.8}}, 1)
    assert near.status_code == 200


def test_a_move_within_ones_area_leaves_the_old_town_behind(log_in: LogIn) -> None:
    city = log_in("city", areas=("330200",))
    assert city.patch("NB-RS-0001", {"town_code": "330203001"}, 1).status_code == 200
    east = {"lon": EAST.lon, "lat": EAST.lat}
    facts = city.patch("NB-RS-0001", {"position": east}, 2).json()["properties"]
    assert facts["area"]["code"] == "330212"
    assert facts["town_code"] is None


def test_nobody_moves_a_station_out_of_the_own_scope(engine: Engine, log_in: LogIn) -> None:
    west = log_in()
    east = {"position": {"lon": EAST.lon, "lat": EAST.lat}}
    reply = west.patch("NB-RS-0001", east, 1)
    assert reply.status_code == 422
    assert reply.json()["field"] == "position"
    assert history(engine, "NB-RS-0001") == []
    assert register_version(engine) == 0


def test_wide_blanks_and_emoji_are_text(log_in: LogIn) -> None:
    manager = log_in()
    notes = "一楼\u3000进门左转\u00a0\U0001f469\u200d\U0001f373\r\n二楼\t右转"
    facts = manager.patch("NB-RS-0001", {"notes": notes}, 1).json()["properties"]
    assert facts["notes"] == notes.replace("\r\n", "\n")
    turned = manager.patch("NB-RS-0001", {"name": "abc\u202edef"}, 2)
    assert turned.status_code == 422


@pytest.mark.parametrize("content_type", ["text/plain", "application/json-patch+json", ""])
def test_a_patch_says_what_it_is(log_in: LogIn, content_type: str) -> None:
    manager = log_in()
    headers = manager.headers | {"If-Match": '"1"', "Content-Type": content_type}
    reply = manager.client.patch("/v1/stations/NB-RS-0001", content=b"{}", headers=headers)
    assert reply.status_code in {415, 422}
    assert reply.json()["detail_zh"]


def test_a_move_in_gcj02_is_kept_as_given_and_stored_as_wgs84(
    engine: Engine, log_in: LogIn
) -> None:
    reply = log_in().patch(
        "NB-RS-0001", {"position": {"lon": 121.504158, "lat": 29.797417, "crs": "gcj02"}}, 1
    )
    lon, lat = reply.json()["geometry"]["coordinates"]
    assert lon == pytest.approx(121.5, abs=2e-4)
    assert lat == pytest.approx(29.8, abs=2e-4)
    with Session(engine) as session:
        row = session.get_one(Station, "NB-RS-0001")
        assert (row.given_lon, row.given_datum) == (121.504158, "gcj02")


def test_scope_is_a_condition_a_stranger_sees_nothing(log_in: LogIn) -> None:
    west = log_in()
    assert west.patch("NB-RS-0002", {"phone": "1"}, 1).status_code == 404
    assert west.patch("NB-NR-0003", {"phone": "1"}, 1).status_code == 200
    assert west.patch("NB-RS-0004", {"phone": "1"}, 1).status_code == 200
    mine = west.client.get("/v1/my/stations").json()
    assert [each["id"] for each in mine["features"]] == ["NB-NR-0003", "NB-RS-0001", "NB-RS-0004"]
    assert west.client.get("/v1/stations/NB-NR-0003").status_code == 200
    east = log_in("east", areas=("330212",))
    assert east.client.get("/v1/stations/NB-NR-0003").status_code == 404
    city = log_in("city", areas=("330200",))
    assert city.client.get("/v1/my/stations").json()["numberMatched"] == 4
    admin = log_in("admin", role="administrator", areas=())
    assert admin.client.get("/v1/my/stations?q=0002").json()["numberMatched"] == 1
    planner = log_in("planner", role="planner", areas=())
    assert planner.patch("NB-RS-0001", {"phone": "1"}, 1).status_code == 403
    assert planner.client.get("/v1/my/stations").json()["numberMatched"] == 0


def test_writes_need_the_sessions_own_token(log_in: LogIn) -> None:
    one, other = log_in("one"), log_in("other")
    for token in (None, "", "nonsense", "ü", other.headers["X-CSRF-Token"]):
        headers = {"If-Match": '"1"'} | ({} if token is None else {"X-CSRF-Token": token})
        reply = one.client.patch(
            "/v1/stations/NB-RS-0001",
            json={"phone": "1"},
            headers={name.encode(): value.encode() for name, value in headers.items()},
        )
        assert reply.status_code == 403
    assert one.client.delete("/v1/session").status_code == 403


def test_log_out_ends_the_session_itself(log_in: LogIn) -> None:
    manager = log_in()
    cookie = manager.client.cookies["nuanyi_session"]
    assert manager.client.get("/v1/session").json()["account"]["login"] == "manager"
    assert manager.client.delete("/v1/session", headers=manager.headers).status_code == 204
    manager.client.cookies.set("nuanyi_session", cookie)
    assert manager.client.get("/v1/session").json() == {"account": None, "csrf_token": None}
    assert manager.patch("NB-RS-0001", {"phone": "1"}, 1).status_code == 401
    assert manager.client.get("/v1/my/stations").status_code == 401


def test_the_session_cookie_is_out_of_reach_of_scripts(log_in: LogIn) -> None:
    manager = log_in()
    reply = manager.client.post("/v1/session", json={"login": "manager", "password": PASSWORD})
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_the_database_holds_no_secret(engine: Engine, log_in: LogIn) -> None:
    manager = log_in()
    token = manager.client.cookies["nuanyi_session"]
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT s::text, a::text FROM sessions s, accounts a")).all()
    stored = " ".join(f"{row[0]} {row[1]}" for row in rows)
    assert token not in stored
    assert PASSWORD not in stored
    assert "$argon2id$" in stored


def test_guessing_is_slowed_down(client: TestClient, log_in: LogIn) -> None:
    log_in()
    wrong = {"login": "manager", "password": "wrong password"}
    for _ in range(4):
        assert client.post("/v1/session", json=wrong).status_code == 401
    assert client.post("/v1/session", json=wrong | {"login": "nobody"}).status_code == 401
    assert client.post("/v1/session", json=wrong).status_code == 401
    reply = client.post("/v1/session", json=wrong)
    assert reply.status_code == 429
    assert 0 < int(reply.headers["retry-after"]) <= 900
    right = client.post("/v1/session", json=wrong | {"password": PASSWORD})
    assert right.status_code == 429


def test_many_guesses_at_once_gain_nothing(client: TestClient, log_in: LogIn) -> None:
    log_in()
    wrong = {"login": "manager", "password": "wrong password"}
    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda _: client.post("/v1/session", json=wrong), range(12)))
    looked_at = [reply for reply in replies if reply.status_code == 401]
    assert len(looked_at) <= 5
    assert {reply.status_code for reply in replies} <= {401, 429}


@pytest.mark.parametrize(
    "body",
    [{}, {"login": "a"}, {"login": 1, "password": "x"}, [], "x", {"login": "a\0", "password": "x"},
     {"login": "a", "password": "x" * 10_000}],
)  # fmt: skip
def test_a_malformed_login(client: TestClient, body: object) -> None:
    assert client.post("/v1/session", json=body).status_code == 422


def test_hours_preview(client: TestClient) -> None:
    body = {"hours_text": "每天 ６：００—２２：００"}
    reply = client.post("/v1/hours/preview", json=body).json()
    assert reply["understood"] is True
    assert reply["hours"] == "06:00-22:00"
    reply = client.post("/v1/hours/preview", json={"hours_text": "随缘"}).json()
    assert reply["understood"] is False
    assert reply["open"]["state"] == "unknown"


def test_the_way_in_is_edited_and_read_by_all_lists(log_in: LogIn) -> None:
    manager = log_in()
    way_in = "2 号门进，坐电梯到三楼"
    reply = manager.patch("NB-RS-0001", {"way_in": f" {way_in} "}, 1)
    assert reply.json()["properties"]["way_in"] == way_in
    anybody = TestClient(manager.client.app)
    near = anybody.get("/v1/stations/nearest", params={"lon": WEST.lon, "lat": WEST.lat}).json()
    assert near["features"][0]["properties"]["way_in"] == way_in
    cleared = manager.patch("NB-RS-0001", {"way_in": None}, 2).json()
    assert cleared["properties"]["way_in"] is None


def test_a_position_that_nobody_looked_at_warns_until_a_person_sets_it(
    engine: Engine, log_in: LogIn
) -> None:
    with Session(engine) as session:
        add_station(
            session, "NB-RS-0009", WEST, area_code="330203", position_verified=False
        )  # fmt: skip
        session.commit()
    manager = log_in()
    anybody = TestClient(manager.client.app)

    def warnings() -> list[str]:
        near = anybody.get("/v1/stations/nearest", params={"lon": WEST.lon, "lat": WEST.lat})
        (found,) = [one for one in near.json()["features"] if one["id"] == "NB-RS-0009"]
        listed: list[str] = found["properties"]["warnings"]
        return listed

    assert warnings() == ["position_unverified"]
    position = {"lon": WEST.lon + 0.001, "lat": WEST.lat, "crs": "wgs84"}
    reply = manager.patch("NB-RS-0009", {"position": position}, 1)
    assert reply.status_code == 200, reply.text
    assert reply.json()["properties"]["position_verified"] is True
    assert warnings() == []


def test_other_names_are_edited_and_found(log_in: LogIn) -> None:
    manager = log_in()
    body = {"name": "鼓楼驿站", "aliases": [" 小哥加油站 ", "老站", "老站", "鼓楼驿站", ""]}
    reply = manager.patch("NB-RS-0001", body, 1)
    assert reply.status_code == 200, reply.text
    assert reply.json()["properties"]["aliases"] == ["小哥加油站", "老站"]
    found = manager.client.get("/v1/search", params={"q": "小哥加油站"}).json()
    assert "NB-RS-0001" in str(found)
    # the name becomes one of them, and is then none any more
    assert manager.patch("NB-RS-0001", {"name": "老站"}, 2).json()["properties"]["aliases"] == [
        "小哥加油站"
    ]
    assert manager.patch("NB-RS-0001", {"aliases": None}, 3).json()["properties"]["aliases"] == []
    for wrong in (["x" * 201], ["a\u202eb"], [f"站{n}" for n in range(21)], "老站"):
        refused = manager.patch("NB-RS-0001", {"aliases": wrong}, 4)
        assert refused.status_code == 422, refused.text
        assert refused.json()["field"].startswith("aliases")


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"way_in": "内部电梯，内部使用"}, "way_in"),
        ({"notes": "仅供员工"}, "notes"),
        ({"name": "内部驿站"}, "name"),
        ({"aliases": ["内部驿站"]}, "aliases"),
    ],
)
def test_words_for_staff_only_and_an_open_door_do_not_go_together(
    log_in: LogIn, engine: Engine, patch: dict[str, object], field: str
) -> None:
    """An import takes such words for what they say: the register's own export has to come back."""
    with Session(engine) as session:
        add_station(session, "NB-RS-0777", LonLat(121.5, 29.87), area_code="330203")
        session.commit()
    person = log_in()
    refused = person.patch("NB-RS-0777", patch, 1)
    assert refused.status_code == 422
    assert refused.json()["field"] == field
    closed = person.patch("NB-RS-0777", patch | {"access": "staff_only"}, 1)
    assert closed.status_code == 200
    opened = person.patch("NB-RS-0777", {"access": "everyone"}, 2)
    assert opened.status_code == 422
    assert opened.json()["field"] == "access"
    inside = person.patch("NB-RS-0777", {"way_in": "商场内部一楼"}, 2)
    assert inside.status_code == 200
