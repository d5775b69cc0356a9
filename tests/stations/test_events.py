"""Events near a point against brute force, events of a year, and seeds' events."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.orm import Session

from geo.coordinates import BoundingBox, LonLat
from stations import events
from stations.event_writes import EventRow, add_new
from stations.events import EventState, Wanted
from stations.register import current_version
from stations.tables import Event, EventHistory
from tests.factories import CITY, add_areas, add_source, add_station

AT = datetime(2026, 12, 1, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def add_event(session: Session, number: int, **columns: object) -> str:
    code = f"NB-EV-{number:04d}"
    point = columns.pop("point", None)
    row: dict[str, object] = {
        "code": code,
        "kind": "health_check",
        "title": code,
        "starts_at": AT + HOUR,
        "ends_at": AT + 2 * HOUR,
        "access": "everyone",
        "source_code": "test",
        "register_version": 1,
    }
    if isinstance(point, LonLat):
        row |= {
            "position": f"SRID=4326;POINT({point.lon!r} {point.lat!r})",
            "given_lon": point.lon,
            "given_lat": point.lat,
            "given_datum": "wgs84",
        }
    session.execute(insert(Event).values(row | columns))
    return code


@pytest.mark.parametrize("seed", range(3))
def test_near_and_in_a_box_are_what_looking_at_every_event_finds(
    session: Session, seed: int
) -> None:
    chance = random.Random(seed)
    add_source(session)

    def somewhere() -> LonLat:
        return LonLat(
            CITY.lon + chance.uniform(-0.03, 0.03), CITY.lat + chance.uniform(-0.03, 0.03)
        )

    wanted_codes, place = set(), {}
    stations: dict[str, tuple[LonLat | None, bool]] = {}
    for number in range(40):
        code, point = f"NB-RS-{number:04d}", None if chance.random() < 0.1 else somewhere()
        access = chance.choice(["everyone", "staff_only", "unknown"])
        status = chance.choice(["active", "active", "closed"])
        add_station(session, code, point, access=access, status=status)
        is_public = access != "staff_only" and status == "active" and point is not None
        stations[code] = (point, is_public)
    for number in range(300):
        begins = AT + timedelta(hours=chance.uniform(-60, 60))
        ends = begins + timedelta(hours=chance.uniform(1, 30))
        access = chance.choice(["everyone", "everyone", "staff_only", "unknown"])
        status = chance.choice(["scheduled", "scheduled", "cancelled"])
        columns = {"starts_at": begins, "ends_at": ends, "access": access, "status": status}
        station = chance.choice(list(stations)) if chance.random() < 0.6 else None
        point = somewhere() if station is None else stations[station][0]
        where = {"point": point} if station is None else {"station_code": station}
        code = add_event(session, number, **columns, **where)
        visible = access != "staff_only" and (station is None or stations[station][1])
        in_time = ends > AT and begins < AT + 24 * HOUR
        if visible and in_time and status == "scheduled" and point is not None:
            wanted_codes.add(code)
            place[code] = point
    wanted = Wanted(since=AT, until=AT + 24 * HOUR)
    measured = text(
        "SELECT round(ST_Distance(ST_MakePoint(:a, :b)::geography, "
        "ST_MakePoint(:c, :d)::geography))"
    )
    metres = {
        code: int(
            session.execute(
                measured, {"a": point.lon, "b": point.lat, "c": CITY.lon, "d": CITY.lat}
            ).scalar_one()
        )
        for code, point in place.items()
    }
    for within_m in (300, 1_500, 20_000):
        expected = {code for code in wanted_codes if metres[code] <= within_m}
        found, matched = events.near(session, CITY, within_m, wanted, limit=1_000)
        assert {each.event.code: each.distance_m for each in found} == {
            code: metres[code] for code in expected
        }
        assert matched == len(expected)
        order = [(each.distance_m, each.event.starts_at, each.event.code) for each in found]
        assert order == sorted(order)
        few, matched = events.near(session, CITY, within_m, wanted, limit=3)
        assert ([each.event.code for each in few], matched) == (
            [each.event.code for each in found[:3]],
            len(expected),
        )
    box = BoundingBox(CITY.lon, CITY.lat - 0.01, CITY.lon + 0.02, CITY.lat + 0.02)
    inside = {
        code
        for code, point in place.items()
        if box.west <= point.lon <= box.east and box.south <= point.lat <= box.north
    }
    page = events.page(session, Wanted(AT, AT + 24 * HOUR, box=box), AT, after=None, limit=500)
    assert {each.code for each in page.events} == inside
    assert page.matched == len(inside)


def test_an_event_has_ended_when_it_ends(session: Session) -> None:
    add_source(session)
    add_event(session, 1, point=CITY)
    event = events.get(session, "NB-EV-0001", events.IS_PUBLIC)
    moments = [AT, AT + HOUR - timedelta(seconds=1), AT + HOUR, AT + 2 * HOUR]
    assert [event.state(moment) for moment in moments] == [
        EventState.UPCOMING, EventState.UPCOMING, EventState.RUNNING, EventState.ENDED,
    ]  # fmt: skip


def row(number: int, station: str = "one", **changes: object) -> EventRow:
    values: dict[str, object] = {
        "source_key": f"event-{number}",
        "station_key": station,
        "kind": "culture",
        "title": "演出",
        "title_en": None,
        "starts_at": AT,
        "ends_at": AT + HOUR,
        "access": "everyone",
    }
    return EventRow(**(values | changes))  # type: ignore[arg-type]


def test_a_source_adds_each_of_its_events_once(engine: Engine) -> None:
    with Session(engine) as session:
        add_areas(session)
        add_station(session, "NB-RS-0001", source_key="one")
        add_station(session, "NB-RS-0002", source_key="gone", withdrawn=True)
        assert add_new(session, "test", [row(1), row(2), row(3, "nowhere"), row(4, "gone")]) == 2
        session.commit()
        assert current_version(session) == 1
        assert add_new(session, "test", [row(1, title="别的"), row(2)]) == 0
        assert current_version(session) == 1
        assert add_new(session, "test", [row(2), row(5)]) == 1
        session.commit()
        stored = session.execute(select(Event.code, Event.title).order_by(Event.code)).all()
        assert [tuple(each) for each in stored] == [
            ("NB-EV-0001", "演出"), ("NB-EV-0002", "演出"), ("NB-EV-0003", "演出"),
        ]  # fmt: skip
        kept = session.scalars(select(EventHistory.action)).all()
        assert kept == ["created"] * 3
