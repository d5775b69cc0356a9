"""Imports over HTTP: who may, what comes back, and what a sender can do wrong."""

import io
import json
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from openpyxl import Workbook, load_workbook
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from api import examples_imports as examples
from api.routes import imports
from tests.api.conftest import LogIn, Person

HEADER = "编号,名称,经度,纬度,地址\n"
GOOD = HEADER + "1,甲站,121.5,29.8,某路1号\n2,乙站,121.6,29.8,\n3,丙站,,,无坐标\n"
BAD = HEADER + "1,甲站,121.5,29.8,\n2,,121.6,29.8,\n"
FORM = {"datum": "wgs84", "kind": "rest_station", "source": "测试来源"}


@pytest.fixture
def boss(log_in: LogIn) -> Person:
    return log_in("boss", "administrator", ())


def send(
    person: Person,
    path: str,
    content: str | bytes = GOOD,
    name: str = "list.csv",
    **form: str,
) -> Response:
    data = content.encode() if isinstance(content, str) else content
    return person.client.post(
        f"/v1/imports{path}",
        files={"file": (name, data, "application/x-anything")},
        data=FORM | form,
        headers=person.headers,
    )


def names(value: Any) -> Any:
    """Return the names that a JSON value has, however deep."""
    if isinstance(value, dict):
        return {name: names(each) for name, each in value.items()}
    return [names(value[0])] if isinstance(value, list) and value else None


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM stations WHERE NOT withdrawn")))


def test_look_apply_list_and_take_back(boss: Person, engine: Engine) -> None:
    looked = send(boss, "/preview")
    assert looked.status_code == 200, looked.text
    body = looked.json()
    assert looked.headers["cache-control"] == "no-store"
    assert body["report"]["totals"] == {
        "read": 3, "added": 3, "changed": 0, "unchanged": 0, "unplaced": 1, "refused": 0,
    }  # fmt: skip
    assert [column["field"] for column in body["columns"]][1:4] == ["name", "lon", "lat"]
    assert names(body["columns"][0]) == names(examples.PREVIEW["columns"][0])
    assert count(engine) == 0

    done = send(boss, "")
    assert done.status_code == 200, done.text
    assert done.json() == {"id": 1, "totals": body["report"]["totals"]}
    assert names(done.json()) == names(examples.DONE)
    assert count(engine) == 3
    again = send(boss, "").json()
    assert (again["id"], again["totals"]["unchanged"]) == (None, 3)

    listed = boss.client.get("/v1/imports").json()
    assert (len(listed["imports"]), listed["waiting_for_position"]) == (1, 1)
    (past,) = listed["imports"]
    assert (past["file_name"], past["source"], past["by"]) == ("list.csv", "测试来源", "boss")
    assert names(listed) == names(examples.LIST)

    undone = boss.client.post("/v1/imports/1/undo", headers=boss.headers)
    assert undone.status_code == 200, undone.text
    assert undone.json() == {
        "id": 1, "totals": {"withdrawn": 3, "restored": 0, "kept": 0}, "kept": [],
    }  # fmt: skip
    assert undone.json().keys() == examples.UNDONE.keys()
    assert count(engine) == 0
    assert boss.client.get("/v1/imports").json()["imports"][0]["undone_by"] == "boss"
    twice = boss.client.post("/v1/imports/1/undo", headers=boss.headers)
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/import_undone")
    none = boss.client.post("/v1/imports/99/undo", headers=boss.headers)
    assert none.status_code == 404
    # nothing of it is public, and its page is gone
    assert boss.client.get("/v1/stations").json()["features"] == []
    assert boss.client.get("/v1/my/stations").json()["features"] == []
    assert boss.client.get("/v1/stations/NB-RS-0001").status_code == 404
    assert boss.patch("NB-RS-0001", {"phone": "1"}, 2).status_code == 404


def test_the_list_has_pages(boss: Person) -> None:
    for number in range(3):
        send(boss, "", HEADER + f"{number},站{number},,,\n")
    first = boss.client.get("/v1/imports?limit=2").json()
    assert [each["id"] for each in first["imports"]] == [3, 2]
    second = boss.client.get(first["next"]).json()
    assert ([each["id"] for each in second["imports"]], second["next"]) == ([1], None)


def test_columns_are_corrected_by_letter_or_title(boss: Person) -> None:
    table = "甲,乙\n某站,某路\n"
    mapping = json.dumps({"A": "name", "乙": "address"})
    report = send(boss, "/preview", table, mapping=mapping).json()
    assert [column["field"] for column in report["columns"]] == ["name", "address"]
    assert report["report"]["totals"]["added"] == 1
    for wrong in ("[]", "{", '{"A": 1}', '{"A": "no_field"}', '{"Z": "name"}'):
        refused = send(boss, "/preview", table, mapping=wrong)
        assert (refused.status_code, refused.json()["field"]) == (422, "mapping"), wrong


def test_the_file_comes_back_with_remarks(boss: Person) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["编号", "名称", "经度", "纬度"], [1, "甲站", 121.5, 29.8], [2, None, 121.6, 29.8]):
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    reply = send(boss, "/remarks", content.getvalue(), "站点 表.xlsx")
    assert reply.status_code == 200, reply.text
    assert (
        "filename*=UTF-8''%E7%AB%99%E7%82%B9%20%E8%A1%A8-" in reply.headers["content-disposition"]
    )
    read = load_workbook(io.BytesIO(reply.content)).active
    assert read is not None
    rows = [list(row) for row in read.iter_rows(values_only=True)]
    assert rows[0] == ["编号", "名称", "经度", "纬度", "导入意见"]
    assert rows[1][4] is None
    assert str(rows[2][4]).startswith("未收：")


def test_only_administrators_with_their_token(
    client: TestClient, log_in: LogIn, boss: Person
) -> None:
    manager = log_in("manager", "manager", ("330203",))
    planner = log_in("planner", "planner", ())
    for path in ("", "/preview", "/remarks"):
        assert send(Person(client, {}), path).status_code == 401
        assert send(manager, path).status_code == 403
        assert send(planner, path).status_code == 403
        assert send(Person(boss.client, {"X-CSRF-Token": "wrong"}), path).status_code == 403
    assert client.get("/v1/imports").status_code == 401
    assert manager.client.get("/v1/imports").status_code == 403
    assert client.post("/v1/imports/1/undo").status_code == 401
    assert manager.client.post("/v1/imports/1/undo", headers=manager.headers).status_code == 403


@pytest.mark.parametrize(
    ("form", "content", "name", "field"),
    [
        ({"datum": "mars"}, GOOD, "a.csv", "datum"),
        ({"datum": ""}, GOOD, "a.csv", "datum"),
        ({"kind": "castle"}, GOOD, "a.csv", "kind"),
        ({"source": ""}, GOOD, "a.csv", "source"),
        ({"source": "a/b"}, GOOD, "a.csv", "source"),
        ({"outside": "perhaps"}, GOOD, "a.csv", "outside"),
        ({"encoding": "ebcdic"}, GOOD, "a.csv", "encoding"),
        ({"url": "javascript:alert(1)"}, GOOD, "a.csv", "url"),
        ({}, GOOD, "a.exe", "file"),
        ({}, GOOD, "../../../etc/passwd", "file"),
        ({}, GOOD, "a.xlsx", "file"),
        ({}, b"PK\x03\x04 no zip", "a.xlsx", "file"),
        ({}, b"", "a.csv", "file"),
        ({}, b"\x00\x01\x02", "a.csv", "file"),
        ({}, "{}", "a.geojson", "file"),
        ({}, "a,b\n1,2\n", "a.csv", "name"),
    ],
)
def test_what_cannot_be_used_is_named(
    boss: Person, form: dict[str, str], content: str | bytes, name: str, field: str
) -> None:
    for path in ("/preview", ""):
        refused = send(boss, path, content, name, **form)
        assert refused.status_code == 422, (path, refused.text)
        assert refused.json()["field"] == field


def test_no_file_and_no_form(boss: Person) -> None:
    missing = boss.client.post("/v1/imports", data=FORM, headers=boss.headers)
    assert missing.status_code == 415  # without a file it is no multipart form
    text_for_file = boss.client.post(
        "/v1/imports", files={"other": ("a.csv", b"x")}, data=FORM, headers=boss.headers
    )
    assert (text_for_file.status_code, text_for_file.json()["field"]) == (422, "file")
    headers = boss.headers | {"Content-Type": "multipart/form-data; boundary=x"}
    broken = boss.client.post("/v1/imports", content=b"--x\r\nnonsense", headers=headers)
    assert broken.status_code == 422


def test_a_file_that_is_too_large_is_not_read(boss: Person) -> None:
    refused = send(boss, "/preview", b"x" * 20_000_001)
    assert refused.status_code == 413
    # other routes keep their small limit
    body = b"[" + b"1," * 40_000 + b"1]"
    assert boss.client.post("/v1/session", content=body).status_code == 413


def test_a_file_without_coordinates_needs_no_datum(boss: Person) -> None:
    reply = send(boss, "/preview", "名称,地址\n甲站,某路\n", datum="")
    assert reply.json()["report"]["totals"]["added"] == 1


def test_one_file_at_a_time_and_nothing_is_left_behind(
    boss: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    held = threading.Semaphore(0)
    monkeypatch.setattr(imports, "_one_at_a_time", held)
    busy = send(boss, "/preview")
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    held.release()
    assert send(boss, "/preview").status_code == 200
    assert send(boss, "/preview", "x", "a.xlsx").status_code == 422
    assert send(boss, "/remarks", BAD).status_code == 200
    assert list(tmp_path.iterdir()) == []


def test_stations_without_a_position_wait_in_a_list(boss: Person) -> None:
    send(boss, "")
    waiting = boss.client.get("/v1/my/stations?unplaced=true").json()
    assert [each["properties"]["name"] for each in waiting["features"]] == ["丙站"]
    assert boss.client.get("/v1/my/stations").json()["numberMatched"] == 3
    public = boss.client.get("/v1/stations").json()
    assert "丙站" not in json.dumps(public, ensure_ascii=False)


def test_the_document_describes_the_form(client: TestClient) -> None:
    paths = client.get("/v1/openapi.json").json()["paths"]
    for path in ("/v1/imports", "/v1/imports/preview", "/v1/imports/remarks"):
        post = paths[path]["post"]
        form = post["requestBody"]["content"]["multipart/form-data"]["schema"]
        assert {"file", "source", "mapping"} <= form["properties"].keys()
    answer = paths["/v1/imports/preview"]["post"]["responses"]["200"]["content"]
    assert answer["application/json"]["example"] == examples.PREVIEW


def test_the_properties_of_a_geojson_are_shown_and_corrected_by_name(boss: Person) -> None:
    features = [
        {"type": "Feature", "geometry": None, "properties": {"名称": "甲站", "说法": None}},
        {"type": "Feature", "geometry": None, "properties": {"名称": "乙站", "说法": "某路1号"}},
    ]
    document = json.dumps({"type": "FeatureCollection", "features": features})
    looked = send(boss, "/preview", document, "a.geojson").json()
    assert looked["columns"] == [
        {"letter": "名称", "title": "名称", "field": "name", "guessed": False, "sample": "甲站"},
        {"letter": "说法", "title": "说法", "field": None, "guessed": False, "sample": "某路1号"},
    ]
    mapping = json.dumps({looked["columns"][1]["letter"]: "address"})
    again = send(boss, "/preview", document, "a.geojson", mapping=mapping).json()
    assert [column["field"] for column in again["columns"]] == ["name", "address"]


def test_a_sheet_is_named(boss: Person) -> None:
    book = Workbook()
    for title, name in (("甲", "甲站"), ("乙", "乙站")):
        sheet = book.create_sheet(title)
        sheet.append(["名称", "电话" if title == "甲" else "地址", "备注"])
        sheet.append([name, "1", "x"])
    file = io.BytesIO()
    book.save(file)
    looked = send(boss, "/preview", file.getvalue(), "a.xlsx", sheet="乙").json()
    assert looked["columns"][0]["sample"] == "乙站"
    refused = send(boss, "/preview", file.getvalue(), "a.xlsx", sheet="丙")
    assert (refused.status_code, refused.json()["field"]) == (422, "sheet")
    assert "甲" in refused.json()["detail_zh"]


def test_the_columns_come_with_the_one_that_is_missing(boss: Person) -> None:
    """No title is known: the answer names what is there, and a mapping reads it."""
    lines = "单位,东经值,北纬值,在哪\n一号驿站,121.55,29.87,解放路 1 号\n"
    refused = send(boss, "/preview", lines, "list.csv", kind="rest_station")
    assert refused.status_code == 422
    assert refused.json()["field"] == "name"
    columns = refused.json()["columns"]
    assert [(each["letter"], each["title"], each["sample"]) for each in columns] == [
        ("A", "单位", "一号驿站"),
        ("B", "东经值", "121.55"),
        ("C", "北纬值", "29.87"),
        ("D", "在哪", "解放路 1 号"),
    ]
    mapping = '{"A": "name", "B": "lon", "C": "lat", "D": "address"}'
    read = send(boss, "/preview", lines, "list.csv", kind="rest_station", mapping=mapping)
    assert read.status_code == 200
    assert read.json()["report"]["totals"]["added"] == 1
