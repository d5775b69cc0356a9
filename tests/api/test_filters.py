"""Filters of lists and of nearest: what is not known is left out, counted, never shown as no."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests.factories import CITY, add_station

LISTS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/stations", {}),
    ("/v1/stations/nearest", {"lon": CITY.lon, "lat": CITY.lat, "limit": 50}),
]


@pytest.fixture(autouse=True)
def _stations(app: FastAPI, engine: Engine) -> None:
    facts: list[dict[str, Any]] = [
        {"access": "everyone", "entry": ["walk_in"], "tier": "basic"},
        {"access": "members", "entry": ["app"], "tier": "benchmark"},
        {"access": "unknown", "entry": [], "tier": None},
        {"access": "staff_only", "entry": ["walk_in"], "tier": "basic"},
    ]
    with Session(engine) as session:
        for number, columns in enumerate(facts, start=1):
            add_station(session, f"NB-RS-{number:04}", CITY, **columns)
        session.commit()


ASKED: list[tuple[dict[str, Any], str, dict[str, int]]] = [
    ({}, "123", {}),
    ({"access": "everyone"}, "1", {"access_unknown": 1}),
    ({"access": "everyone,members"}, "12", {"access_unknown": 1}),
    ({"access": "unknown"}, "3", {}),
    ({"access": "everyone", "unknown": "include"}, "13", {}),
    ({"entry": "walk_in,ask_staff"}, "1", {"entry_unknown": 1}),
    ({"tier": "benchmark"}, "2", {"tier_unknown": 1}),
    ({"service": "wifi"}, "", {"service_unknown": 3}),
    ({"service": "wifi", "access": "everyone"}, "", {"service_unknown": 2}),
    ({"access": "staff_only"}, "", {"access_unknown": 1}),
]


def test_what_is_not_known_is_counted(client: TestClient) -> None:
    for address, here in LISTS:
        for asked, codes, left_out in ASKED:
            body = client.get(address, params=here | asked).json()
            found = [each["id"] for each in body["features"]]
            assert found == [f"NB-RS-000{code}" for code in codes], asked
            assert (body["numberMatched"], body["left_out"]) == (len(codes), left_out), asked


def test_unknown_words_name_the_filter(client: TestClient) -> None:
    for address, here in LISTS:
        for field in ("kind", "service", "access", "entry", "tier", "unknown"):
            reply = client.get(address, params=here | {field: "castle"})
            assert (reply.status_code, reply.json()["field"]) == (422, field)


def test_pages_keep_the_filters(client: TestClient) -> None:
    asked: dict[str, Any] = {"access": "everyone,members", "limit": 1}
    first = client.get("/v1/stations", params=asked).json()
    assert "access=everyone" in first["next"]
    second = client.get(first["next"]).json()
    assert [each["id"] for each in second["features"]] == ["NB-RS-0002"]
    assert second["left_out"] == {"access_unknown": 1}
