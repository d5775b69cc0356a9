"""GET stations and nearest: the contract's names, datums, pages, and bad input."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.schemas import ListingFeature, NearestList, StationList
from geo import cells
from geo.coordinates import Datum, LonLat, convert
from tests.factories import CITY, add_station

NEAR = {"lon": CITY.lon, "lat": CITY.lat}


@pytest.fixture
def five(app: FastAPI, engine: Engine) -> None:
    with Session(engine) as session:
        for number in range(1, 6):
            add_station(
                session,
                f"NB-RS-{number:04}",
                LonLat(CITY.lon, CITY.lat + number / 1000),
                area_code="330212",
                services_yes=["microwave"] if number % 2 else [],
                hours="24/7" if number < 3 else None,
                hours_text="全天" if number < 3 else "看情况",
            )
        session.commit()


@pytest.mark.usefixtures("five")
def test_nearest_has_the_names_of_the_contract(client: TestClient) -> None:
    body = client.get("/v1/stations/nearest", params=NEAR).json()
    NearestList.model_validate(body)
    assert body["numberMatched"] == 5
    assert body["numberReturned"] == 5
    names = ["crs", "lon", "lat", "profile", "speed_kmh", "at", "within_m"]
    assert body["query"].keys() >= set(names)
    first = body["features"][0]
    assert first["id"] == "NB-RS-0001"
    facts = first["properties"]
    assert facts["distance_m"] == 111
    assert facts["minutes"] == 1.7
    assert facts["method"] == "straight_line"
    assert facts["area"] == {"code": "330212", "name": "东区"}
    assert facts["open"]["state"] == "open"
    assert facts["open"]["on_arrival"] is True
    assert facts["services"]["microwave"] == "yes"
    assert facts["services"]["toilet"] == "unknown"
    assert set(facts["navigate"]) == {"amap", "tencent", "baidu", "apple"}


@pytest.mark.usefixtures("five")
def test_unknown_services_are_counted_not_denied(client: TestClient) -> None:
    wanting = NEAR | {"service": "microwave"}
    body = client.get("/v1/stations/nearest", params=wanting).json()
    assert [each["id"] for each in body["features"]] == ["NB-RS-0001", "NB-RS-0003", "NB-RS-0005"]
    assert body["left_out"] == {"service_unknown": 2}
    body = client.get("/v1/stations/nearest", params=wanting | {"unknown": "include"}).json()
    assert body["numberReturned"] == 5
    assert body["left_out"] == {}


@pytest.mark.usefixtures("five")
def test_open_on_arrival_counts_what_it_examined(client: TestClient) -> None:
    body = client.get("/v1/stations/nearest", params=NEAR | {"open": "on_arrival"}).json()
    assert body["numberMatched"] is None
    assert body["candidates_examined"] == 5
    states = [each["properties"]["open"]["state"] for each in body["features"]]
    assert states == ["open", "open", "unknown", "unknown", "unknown"]


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize("crs", list(Datum))
def test_coordinates_go_in_and_out_in_the_datum_of_the_caller(
    client: TestClient, crs: Datum
) -> None:
    here = convert(CITY, Datum.WGS84, crs)
    params = {"lon": here.lon, "lat": here.lat, "crs": crs.value}
    first = client.get("/v1/stations/nearest", params=params).json()["features"][0]
    there = convert(LonLat(CITY.lon, CITY.lat + 0.001), Datum.WGS84, crs)
    assert first["geometry"]["coordinates"] == [
        pytest.approx(there.lon, abs=1e-7),
        pytest.approx(there.lat, abs=1e-7),
    ]
    assert first["properties"]["distance_m"] == 111


@pytest.mark.usefixtures("five")
def test_navigation_links_are_gcj02_in_each_apps_own_order(client: TestClient) -> None:
    first = client.get("/v1/stations/nearest", params=NEAR).json()["features"][0]
    there = convert(LonLat(CITY.lon, CITY.lat + 0.001), Datum.WGS84, Datum.GCJ02)
    links = {name: urlsplit(url) for name, url in first["properties"]["navigate"].items()}
    assert all(link.scheme == "https" for link in links.values())
    values = {name: parse_qs(link.query) for name, link in links.items()}
    lon, lat = values["amap"]["to"][0].split(",")[:2]
    assert (float(lon), float(lat)) == pytest.approx(there, abs=1e-6)
    lat, lon = values["tencent"]["tocoord"][0].split(",")
    assert (float(lon), float(lat)) == pytest.approx(there, abs=1e-6)
    assert values["tencent"]["coord_type"] == ["2"]
    lat, lon = values["baidu"]["destination"][0].removeprefix("latlng:").split("|")[0].split(",")
    assert (float(lon), float(lat)) == pytest.approx(there, abs=1e-6)
    assert values["baidu"]["coord_type"] == ["gcj02"]
    lat, lon = values["apple"]["daddr"][0].split(",")
    assert (float(lon), float(lat)) == pytest.approx(there, abs=1e-6)


@pytest.mark.usefixtures("five")
def test_far_from_everything_is_an_answer_with_a_reason(client: TestClient) -> None:
    for lon, lat in ((122.9, 29.5), (-180, -90), (180, 90), (0, 0)):
        reply = client.get("/v1/stations/nearest", params={"lon": lon, "lat": lat, "lang": "en"})
        assert reply.status_code == 200
        assert reply.json()["features"] == []
        assert "km away" in reply.json()["reason"]


BAD_NEAREST: list[tuple[dict[str, Any], str]] = [
    ({"lat": 29.8}, "lon"),
    ({"lon": "nan", "lat": 29.8}, "lon"),
    ({"lon": "inf", "lat": 29.8}, "lon"),
    ({"lon": "一二一", "lat": 29.8}, "lon"),
    ({"lon": 181, "lat": 29.8}, "lon"),
    ({"lon": 121.5, "lat": -90.1}, "lat"),
    (NEAR | {"crs": "mars"}, "crs"),
    (NEAR | {"kind": "castle"}, "kind"),
    (NEAR | {"kind": "rest_station,"}, "kind"),
    (NEAR | {"service": "wifi,teleport"}, "service"),
    (NEAR | {"open": "maybe"}, "open"),
    (NEAR | {"profile": "swim"}, "profile"),
    (NEAR | {"sort": "beauty"}, "sort"),
    (NEAR | {"limit": 0}, "limit"),
    (NEAR | {"limit": 51}, "limit"),
    (NEAR | {"within_m": 20_001}, "within_m"),
    (NEAR | {"at": "yesterday"}, "at"),
    (NEAR | {"at": "0001-01-01T00:00"}, "at"),
    (NEAR | {"at": "2026-W47-1"}, "at"),
    (NEAR | {"at": "2026-11-23"}, "at"),
    (NEAR | {"at": "2026-02-30T12:00"}, "at"),
    (NEAR | {"at": "２０２６-11-23T12:00"}, "at"),
    (NEAR | {"at": "9999-12-31T23:59"}, "at"),
    (NEAR | {"unknown": "perhaps"}, "unknown"),
]


@pytest.mark.parametrize(("params", "field"), BAD_NEAREST)
def test_bad_input_names_the_field_in_both_languages(
    client: TestClient, params: dict[str, Any], field: str
) -> None:
    reply = client.get("/v1/stations/nearest", params=params)
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    body = reply.json()
    assert body["field"] == field
    assert body["detail"] == body["detail_zh"] != body["detail_en"]
    assert (
        client.get("/v1/stations/nearest", params=params | {"lang": "en"}).json()["detail"]
        == body["detail_en"]
    )


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    params=st.dictionaries(
        st.sampled_from(
            [
                "lon",
                "lat",
                "crs",
                "kind",
                "service",
                "open",
                "at",
                "limit",
                "within_m",
                "bbox",
                "cell",
                "cursor",
                "lang",
            ]
        ),
        st.one_of(st.text(max_size=30), st.floats().map(str), st.integers().map(str)),
        max_size=6,
    ),
    route=st.sampled_from(["/v1/stations/nearest", "/v1/stations", "/v1/areas"]),
)
def test_nothing_that_is_asked_gives_a_500(
    client: TestClient, params: dict[str, str], route: str
) -> None:
    try:
        reply = client.get(route, params=params)
    except UnicodeEncodeError:
        return  # the test client itself cannot send lone surrogates
    assert reply.status_code in {200, 422}
    if reply.status_code == 422:
        assert reply.json()["detail_zh"]


@pytest.mark.usefixtures("five")
def test_pages_of_a_list_hold_every_station_once(client: TestClient) -> None:
    address: str | None = "/v1/stations?limit=2&bbox=121,29,122,30&kind=rest_station"
    seen: list[str] = []
    while address is not None:
        body = client.get(address).json()
        StationList.model_validate(body)
        assert body["numberMatched"] == 5
        assert body["numberReturned"] == len(body["features"])
        seen += [each["id"] for each in body["features"]]
        address = body["next"]
        assert address is None or (address.startswith("/v1/") and "bbox=121" in address)
    assert seen == [f"NB-RS-{number:04}" for number in range(1, 6)]


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize("res", [5, 7, 9])
def test_lists_by_cell(client: TestClient, res: int) -> None:
    first = LonLat(CITY.lon, CITY.lat + 0.001)
    cell = cells.cell_of(first, res)
    expected = sum(
        cells.cell_of(LonLat(CITY.lon, CITY.lat + number / 1000), res) == cell
        for number in range(1, 6)
    )
    body = client.get("/v1/stations", params={"cell": cells.cell_to_text(cell)}).json()
    assert body["numberMatched"] == expected > 0


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "a,b,c,d"}, "bbox"),
        ({"bbox": "122,29,121,30"}, "bbox"),
        ({"bbox": "nan,29,121,30"}, "bbox"),
        ({"cell": "zz"}, "cell"),
        ({"cell": "8a30a1a8d937fff"}, "cell"),
        ({"limit": 2001}, "limit"),
        ({"cursor": "'; drop table stations"}, "cursor"),
        ({"kind": "castle"}, "kind"),
    ],
)
def test_bad_lists(client: TestClient, params: dict[str, Any], field: str) -> None:
    reply = client.get("/v1/stations", params=params)
    assert reply.status_code == 422
    assert reply.json()["field"] == field


@pytest.mark.usefixtures("five")
def test_lists_know_when_nothing_has_changed(client: TestClient) -> None:
    etag = client.get("/v1/stations").headers["etag"]
    assert client.get("/v1/stations", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.usefixtures("five")
def test_one_station(client: TestClient) -> None:
    reply = client.get("/v1/stations/NB-RS-0001")
    ListingFeature.model_validate(reply.json())
    assert reply.headers["etag"] == '"1"'
    assert reply.json()["properties"]["editable"] is False


@pytest.mark.parametrize("code", ["NB-RS-9999", "nonsense", "NB-RS-%00", "x" * 5000])
def test_no_such_station(client: TestClient, code: str) -> None:
    reply = client.get(f"/v1/stations/{code}")
    assert reply.status_code == 404
    assert reply.json()["detail_zh"]


def test_a_staff_only_room_is_nowhere_in_public(engine: Engine, client: TestClient) -> None:
    with Session(engine) as session:
        add_station(session, "NB-NR-0001", kind="nursing_room", access="staff_only")
        add_station(session, "NB-NR-0002", kind="nursing_room", access="unknown")
        session.commit()
    assert client.get("/v1/stations").json()["numberMatched"] == 0
    assert client.get("/v1/stations/nearest", params=NEAR).json()["features"] == []
    for code in ("NB-NR-0001", "NB-NR-0002"):
        assert client.get(f"/v1/stations/{code}").status_code == 404


@pytest.mark.usefixtures("five")
def test_words_by_commas_or_repeated(client: TestClient) -> None:
    base = f"/v1/stations/nearest?lon={CITY.lon}&lat={CITY.lat}"
    both = "&kind=nursing_room&kind=rest_station"
    assert client.get(base + both).json()["numberMatched"] == 5
    assert client.get(base + "&kind=nursing_room,rest_station").json()["numberMatched"] == 5
    assert client.get(base + "&kind=rest_station&kind=castle").json()["field"] == "kind"


@pytest.mark.parametrize(
    "at",
    ["2026-11-23T12:30", "2026-11-23t12:30:00z", "2026-11-23T12:30:00+08:00", "2026-11-23 12:30"],
)
def test_instants(client: TestClient, at: str) -> None:
    answer = client.get("/v1/stations/nearest", params=NEAR | {"at": at}).json()
    hour = "20:30" if at.endswith("z") else "12:30"
    assert answer["query"]["at"] == f"2026-11-23T{hour}:00+08:00"


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize("crs", list(Datum))
def test_a_box_in_any_datum_misses_no_station(client: TestClient, crs: Datum) -> None:
    points = [
        convert(LonLat(CITY.lon, CITY.lat + number / 1000), Datum.WGS84, crs)
        for number in range(1, 6)
    ]
    west, east = points[0].lon - 0.5, points[0].lon
    box = f"{west},{points[0].lat},{east},{max(point.lat for point in points)}"
    if crs is Datum.WGS84:
        assert client.get("/v1/stations", params={"bbox": box}).json()["numberMatched"] == 5
        return
    shown = client.get("/v1/stations", params={"bbox": box, "crs": crs.value}).json()
    inside = [point for point in points if point.lon <= east]
    assert shown["numberMatched"] >= len(inside)
