"""What no public answer tells of, not even by a number: staff-only, withheld, unplaced rows."""

import re
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from geo.coordinates import LonLat
from tests.factories import add_station

WEST = LonLat(121.5, 29.8)
WHEN = re.compile('"as_of":"[^"]*"')
AT = "at=2026-11-24T10:00:00%2B08:00"

ANSWERS = (
    f"/v1/scoreboard?{AT}",
    f"/v1/scoreboard?area=330203&{AT}",
    f"/v1/scoreboard/stations?{AT}",
    f"/v1/scoreboard/stations?state=unknown&{AT}",
    f"/v1/scoreboard/towns_without_benchmark?{AT}",
    f"/v1/stations/nearest?lon=121.5&lat=29.8&limit=50&service=wifi&{AT}",
    f"/v1/stations/nearest?lon=121.5&lat=29.8&limit=50&service=wifi&unknown=include&{AT}",
    "/v1/stations?bbox=121,29,122,30",
    "/v1/stations?bbox=121,29,122,30&service=wifi",
    "/v1/search?q=%E9%A9%BF%E7%AB%99",
    "/v1/events",
    "/v1/changes?since=0",
    "/v1/export?format=csv",
    "/v1/areas",
    "/v1/sources",
)

HIDDEN: tuple[dict[str, Any], ...] = (
    {"access": "staff_only"},
    {"access": "staff_only", "status": "temporarily_closed"},
    {"point": None},
    {"point": None, "access": "unknown"},
    {"point": None, "status": "temporarily_closed"},
    {"kind": "nursing_room", "access": "unknown", "also_kinds": ["rest_station"]},
    {"status": "planned"},
    {"withdrawn": True},
)


def add(engine: Engine, code: str, **columns: Any) -> None:
    named = {"name": "爱心驿站", "area_code": "330203", "town_code": "330203001"}
    with Session(engine) as session:
        add_station(session, code, columns.pop("point", WEST), **(named | columns))
        session.commit()


def answers(client: TestClient) -> dict[str, str]:
    found = {}
    for path in ANSWERS:
        reply = client.get(path)
        assert reply.status_code == 200, (path, reply.text)
        found[path] = WHEN.sub('"as_of":""', reply.text)
    return found


@pytest.mark.parametrize("place", range(len(HIDDEN)))
def test_no_public_answer_and_no_public_number_tells_of_it(
    client: TestClient, engine: Engine, place: int
) -> None:
    add(engine, "NB-RS-0001", services_yes=["wifi"])
    add(engine, "NB-RS-0002", tier="benchmark")
    add(engine, "NB-RS-0003", status="temporarily_closed")
    before = answers(client)
    hidden = HIDDEN[place]
    letters = "NR" if hidden.get("kind") == "nursing_room" else "RS"
    add(engine, f"NB-{letters}-0004", tier="benchmark", services_yes=["wifi"], **hidden)
    assert answers(client) == before
