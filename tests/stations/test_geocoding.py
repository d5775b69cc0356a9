"""Geocoders, against a server on this machine that answers as the providers describe."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat, convert
from stations import unplaced
from stations.errors import GeocoderError
from stations.geocoding import PROVIDERS, Geocoder, Provider
from stations.import_undo import undo
from stations.importing import apply_rows, ensure_source
from stations.reading import FileRow
from stations.station import GivenPosition, StationRow
from stations.tables import Station, StationHistory
from stations.unplaced import format_report, geocode, waiting, whole_address
from tests.factories import add_areas

KEY = "a-secret-key"
Reply = tuple[int, Any]


class Fake:
    """A provider on this machine: answers from a function, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer: Callable[[dict[str, str]], Reply] = lambda _asked: (200, {})
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                asked = {name: values[0] for name, values in query.items()}
                fake.asked.append(asked)
                status, body = fake.answer(asked)
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def provider(self, name: str) -> Provider:
        return replace(PROVIDERS[name], url=f"http://127.0.0.1:{self.server.server_port}/ask")

    def geocoder(self, name: str) -> Geocoder:
        return Geocoder(self.provider(name), SecretStr(KEY), interval_s=0, pause_s=0)


@pytest.fixture
def fake() -> Iterator[Fake]:
    fake = Fake()
    yield fake
    fake.server.shutdown()
    fake.server.server_close()


def amap(point: LonLat, level: str = "门牌号") -> Reply:
    return 200, {
        "status": "1",
        "info": "OK",
        "infocode": "10000",
        "count": "1",
        "geocodes": [
            {
                "formatted_address": "浙江省宁波市…",
                "province": "浙江省",
                "city": "宁波市",
                "district": "…",
                "street": [],
                "number": [],
                "adcode": "330203",
                "location": f"{point.lon:.6f},{point.lat:.6f}",
                "level": level,
            }
        ],
    }


def tianditu(point: LonLat, level: str = "门址", score: int = 100) -> Reply:
    location = {
        "score": score, "level": level, "lon": str(point.lon), "lat": str(point.lat),
        "keyWord": "…",
    }  # fmt: skip
    return 200, {"msg": "ok", "location": location, "searchVersion": "6.0.0", "status": "0"}


def test_amap_is_asked_and_read(fake: Fake) -> None:
    fake.answer = lambda _asked: amap(LonLat(121.5, 29.8))
    found = fake.geocoder("amap").find("中山路1号", "宁波市")
    assert found == GivenPosition(LonLat(121.5, 29.8), Datum.GCJ02)
    assert fake.asked == [{"address": "中山路1号", "city": "宁波市", "output": "JSON", "key": KEY}]


def test_tianditu_is_asked_and_read(fake: Fake) -> None:
    fake.answer = lambda _asked: tianditu(LonLat(121.5, 29.8))
    found = fake.geocoder("tianditu").find("中山路1号", "宁波市")
    assert found == GivenPosition(LonLat(121.5, 29.8), Datum.WGS84)
    assert json.loads(fake.asked[0]["ds"]) == {"keyWord": "宁波市中山路1号"}
    assert fake.asked[0]["tk"] == KEY


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("amap", amap(LonLat(121.5, 29.8), "区县")),
        ("amap", amap(LonLat(121.5, 29.8), "道路")),
        ("amap", (200, {"status": "1", "infocode": "10000", "geocodes": []})),
        ("amap", (200, {"status": "0", "infocode": "30001", "info": "ENGINE_RESPONSE_DATA_ERROR"})),
        ("amap", (200, {"status": "1", "infocode": "10000", "geocodes": [{"location": []}]})),
        ("amap", (200, {"status": "1", "infocode": "10000", "geocodes": [{"location": "900,1"}]})),
        ("tianditu", tianditu(LonLat(121.5, 29.8), "村")),
        ("tianditu", tianditu(LonLat(121.5, 29.8), score=30)),
        ("tianditu", (200, {"status": "404", "msg": "no result"})),
        ("tianditu", (200, {"status": "0", "location": {"lon": "x", "lat": "y"}})),
    ],
)
def test_what_is_no_door_is_no_answer(fake: Fake, name: str, reply: Reply) -> None:
    fake.answer = lambda _asked: reply
    assert fake.geocoder(name).find("某村", "宁波市") is None


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("amap", (200, {"status": "0", "infocode": "10001", "info": "INVALID_USER_KEY"})),
        ("amap", (200, {"status": "0", "infocode": "10003", "info": "DAILY_QUERY_OVER_LIMIT"})),
        ("amap", (403, {})),
        ("amap", (302, {})),
        ("tianditu", (200, {"code": 301000, "msg": "非法Key"})),
        ("tianditu", (418, b"")),
    ],
)
def test_a_refusal_ends_it_without_the_key(fake: Fake, name: str, reply: Reply) -> None:
    fake.answer = lambda _asked: reply
    with pytest.raises(GeocoderError) as caught:
        fake.geocoder(name).find("某路", "宁波市")
    assert len(fake.asked) == 1
    assert KEY not in caught.value.sentence("zh") + caught.value.sentence("en")
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "bad",
    [
        (500, {}),
        (429, {}),
        (200, b"<html>"),
        (200, []),
        (200, b"x" * 1_000_001),
        (200, {"status": "0", "infocode": "10021", "info": "CUQPS_HAS_EXCEEDED_THE_LIMIT"}),
    ],
)
def test_it_asks_again_and_gives_up_in_the_end(fake: Fake, bad: Reply) -> None:
    replies = iter([bad, bad, amap(LonLat(121.5, 29.8))])
    fake.answer = lambda _asked: next(replies)
    assert fake.geocoder("amap").find("某路", "宁波市") is not None
    fake.asked.clear()
    fake.answer = lambda _asked: bad
    with pytest.raises(GeocoderError, match="attempts"):
        fake.geocoder("amap").find("某路", "宁波市")
    assert len(fake.asked) == 4


def test_nobody_there_and_no_https(fake: Fake) -> None:
    gone = replace(fake.provider("amap"), url="http://127.0.0.1:1/ask")
    with pytest.raises(GeocoderError, match="attempts") as caught:
        Geocoder(gone, SecretStr(KEY), interval_s=0, pause_s=0).find("某路", "宁波市")
    assert KEY not in str(caught.value)
    with pytest.raises(GeocoderError, match="https"):
        Geocoder(replace(gone, url="http://elsewhere.example/ask"), SecretStr(KEY))
    assert all(provider.url.startswith("https://") for provider in PROVIDERS.values())


def test_it_keeps_the_pace(fake: Fake) -> None:
    fake.answer = lambda _asked: amap(LonLat(121.5, 29.8))
    geocoder = Geocoder(fake.provider("amap"), SecretStr(KEY), interval_s=0.05)
    started = time.monotonic()
    for _ in range(4):
        geocoder.find("某路", "宁波市")
    assert time.monotonic() - started >= 0.15


@pytest.fixture
def ground(session: Session) -> Session:
    add_areas(session)
    ensure_source(session, "gov")
    rows = [
        StationRow("甲", "rest_station", None, source_id="1", address="中山路1号", district="西区"),
        StationRow("乙", "rest_station", None, source_id="2", address="市西区解放路2号"),
        StationRow("丙", "rest_station", None, source_id="3"),
        StationRow("丁", "nursing_room", None, source_id="4", address="某路", access="staff_only"),
        StationRow(
            "戊", "rest_station", None, source_id="5", address="远路", town_code="330212001"
        ),
        # withheld until somebody knows who may come in
        StationRow("己", "nursing_room", None, source_id="6", address="密路"),
        StationRow("庚", "nursing_room", None, source_id="7", address="旧路", status="closed"),
    ]
    apply_rows(session, [FileRow(n, row) for n, row in enumerate(rows)], "gov", dry_run=False)
    session.commit()
    return session


def stored(session: Session) -> Station:
    return session.scalars(select(Station).where(Station.code == "NB-RS-0001")).one()


def test_who_waits_and_what_is_asked(ground: Session) -> None:
    found = waiting(ground)
    # none without an address, and none whose address is not for others
    assert [each.code for each in found] == ["NB-RS-0001", "NB-RS-0002", "NB-RS-0004"]
    assert [whole_address(each, "市") for each in found] == [
        "市西区中山路1号",
        "市西区解放路2号",
        "市东区远路",
    ]


def test_answers_are_kept_as_given_and_unverified(
    fake: Fake, engine: Engine, ground: Session
) -> None:
    point = LonLat(121.3, 29.9)
    shifted = convert(point, Datum.WGS84, Datum.GCJ02)
    answers = {
        "市西区中山路1号": amap(shifted),
        "市西区解放路2号": amap(LonLat(118.8, 32.1)),  # another city
        "市东区远路": amap(shifted),  # another district
    }
    fake.answer = lambda asked: answers[asked["address"]]
    report = geocode(engine, fake.geocoder("amap"), root_area="330200")
    assert (report.asked, report.placed, report.not_found, report.waiting) == (3, 1, 0, 6)
    assert report.held_back == 2
    assert report.dropped == [
        ("NB-RS-0002", "outside_served_area"),
        ("NB-RS-0004", "other_district"),
    ]
    assert format_report(report, "en").splitlines()[-6:] == [
        "asked: 3", "placed: 1", "not found: 0", "dropped: 2", "held back: 2", "waiting: 6",
    ]  # fmt: skip
    ground.rollback()
    station = ground.scalars(select(Station).where(Station.code == "NB-RS-0001")).one()
    assert not station.position_verified
    assert station.is_public
    assert station.given_datum == "gcj02"
    assert (station.given_lon, station.given_lat) == pytest.approx(shifted, abs=1e-6)
    assert station.version == 2
    history = ground.scalars(select(StationHistory).where(StationHistory.version == 2)).one()
    assert history.register_version == station.register_version
    # the file that has no coordinates still changes nothing, and taking it back takes the guess too
    assert undo(ground, 1).withdrawn == 7
    ground.rollback()
    # a file that says the same as the geocoder makes it sure
    given = GivenPosition(LonLat(station.given_lon or 0, station.given_lat or 0), Datum.GCJ02)
    sure = StationRow("甲", "rest_station", given, source_id="1")
    assert apply_rows(ground, [FileRow(2, sure)], "gov", dry_run=False).changed == 1
    ground.expire_all()
    assert stored(ground).position_verified


def test_what_was_placed_stays_where_the_provider_then_refuses(
    fake: Fake, engine: Engine, ground: Session
) -> None:
    replies = iter(
        [amap(LonLat(121.3, 29.9)), (200, {"status": "0", "infocode": "10003", "info": "x"})]
    )
    fake.answer = lambda _asked: next(replies)
    report = geocode(engine, fake.geocoder("amap"), root_area="330200")
    assert (report.asked, report.placed) == (1, 1)
    assert report.stopped is not None
    assert KEY not in report.stopped.sentence("en")


def test_what_somebody_changed_meanwhile_is_left_alone(
    fake: Fake, engine: Engine, ground: Session
) -> None:
    def answer(_asked: dict[str, str]) -> Reply:
        with engine.begin() as connection:
            connection.execute(update(Station).values(version=Station.version + 1))
        return amap(LonLat(121.3, 29.9))

    fake.answer = answer
    report = geocode(engine, fake.geocoder("amap"), root_area="330200", limit=1)
    assert report.dropped == [("NB-RS-0001", "changed_meanwhile")]


def test_a_room_that_becomes_staff_only_meanwhile_is_asked_about_no_more(
    fake: Fake, engine: Engine, ground: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(question: dict[str, str]) -> Reply:
        asked.append(question["address"])
        with engine.begin() as connection:
            connection.execute(
                update(Station).values(access="staff_only", version=Station.version + 1)
            )
        return amap(LonLat(121.3, 29.9))

    monkeypatch.setattr(unplaced, "AT_A_TIME", 1)
    fake.answer = answer
    report = geocode(engine, fake.geocoder("amap"), root_area="330200")
    assert asked == ["市西区中山路1号"]
    assert (report.asked, report.held_back) == (1, 5)
