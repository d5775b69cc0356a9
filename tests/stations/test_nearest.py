"""Nearest equals brute force on the ellipsoid, whatever the filters.

Every question is answered by PostGIS and by the directory, and the two must say the same.
"""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import Geod
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from geo.profiles import Profile, straight_line_minutes
from stations import calendar, knn, nearest
from stations.directory import Directory, DirectorySource
from stations.directory_columns import build
from stations.directory_reading import everything
from stations.filters import Filters
from stations.hours import open_state
from stations.knn import RegisterSource
from stations.nearest import Question
from stations.station import OpenStateName
from stations.station import Station as Value
from stations.tables import Station
from tests.factories import CITY, add_source, add_station, station_row

GEOD = Geod(ellps="WGS84")
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # 20:00 in Ningbo
RANDOM = random.Random(20261123)


def brute_force(points: dict[str, LonLat], origin: LonLat, within_m: int) -> list[tuple[int, str]]:
    codes = sorted(points)
    lon = np.array([points[code].lon for code in codes])
    lat = np.array([points[code].lat for code in codes])
    _, _, metres = GEOD.inv(np.full(len(lon), origin.lon), np.full(len(lat), origin.lat), lon, lat)
    ranked = sorted((round(m), code) for m, code in zip(metres, codes, strict=True))
    return [(m, code) for m, code in ranked if m <= within_m]


def ask(session: Session, origin: LonLat, **changes: object) -> nearest.Answer:
    values: dict[str, object] = {
        "origin": origin,
        "at": MONDAY_NOON,
        "within_m": 20_000,
        "limit": 5,
        "sort": "distance",
    }
    question = Question(**(values | changes))  # type: ignore[arg-type]
    found = nearest.answer(RegisterSource(session, question), question)
    directory = directory_of(session)
    again = nearest.answer(DirectorySource(directory, question), question)
    assert told(again, directory.code) == told(found, lambda held: held.code)
    # of far ones PostGIS looks at the first twenty in degrees only
    assert (again.nearest_m is None) == (found.nearest_m is None)
    if again.nearest_m is not None and found.nearest_m is not None:
        assert again.nearest_m == pytest.approx(found.nearest_m, rel=0.05)
    return found


def told(found: nearest.Answer, code_of: Callable[[Any], str]) -> tuple[Any, ...]:
    """All that an answer says, with codes in the place of what its source holds."""
    stations = [
        (code_of(each.held), each.distance_m, each.way, each.open, each.on_arrival, each.warnings)
        for each in found.stations
    ]
    return (stations, found.matched, found.examined, found.left_out)


_directories: dict[tuple[int, int], Directory] = {}


def directory_of(session: Session) -> Directory:
    """Lay the register out; once for each number of stations of a session."""
    count = session.scalars(select(func.count()).select_from(Station)).one()
    key = (id(session), count)
    if key not in _directories:
        _directories.clear()
        columns, pieces = build(everything(session), lambda station: station.code.encode())
        _directories[key] = Directory.of(1, calendar.current(session), columns, pieces)
    return _directories[key]


def spread(session: Session, points: dict[str, LonLat]) -> None:
    add_source(session)
    session.execute(insert(Station), [station_row(code, point) for code, point in points.items()])
    session.execute(text("ANALYZE stations"))


def random_points(count: int) -> dict[str, LonLat]:
    return {
        f"NB-RS-{number:04}": LonLat(RANDOM.gauss(121.6, 0.25), RANDOM.gauss(29.8, 0.2))
        for number in range(1, count + 1)
    }


def check_against_brute_force(session: Session, points: dict[str, LonLat], queries: int) -> None:
    for number in range(queries):
        origin = LonLat(RANDOM.uniform(120.9, 122.3), RANDOM.uniform(28.9, 30.5))
        within_m = (20_000, 3_000)[number % 2]
        expected = brute_force(points, origin, within_m)
        found = ask(session, origin, within_m=within_m)
        assert [(each.distance_m, each.held.code) for each in found.stations] == expected[:5]
        assert found.matched == len(expected)


def test_five_nearest_equal_brute_force_on_the_ellipsoid(session: Session) -> None:
    points = random_points(1_000)
    spread(session, points)
    check_against_brute_force(session, points, 500)


def test_real_places_equal_brute_force(session: Session, shared_data: Path) -> None:
    file = shared_data / "places" / "ningbo_osm_poi_centroids_wgs84.geojson"
    places = json.loads(file.read_text(encoding="utf-8"))["features"]
    points = {
        f"NB-RS-{number:04}": LonLat(*place["geometry"]["coordinates"])
        for number, place in enumerate(places, start=1)
    }
    assert len(points) == 1008
    spread(session, points)
    check_against_brute_force(session, points, 500)


@pytest.mark.parametrize("lat", [0.0, 60.0, 85.0, -89.9])
def test_high_latitudes_too(session: Session, lat: float) -> None:
    """Degrees mislead most where meridians meet: the walk must widen until metres agree."""
    points = {
        f"NB-RS-{number:04}": LonLat(
            RANDOM.uniform(100, 104), max(-90.0, min(90.0, RANDOM.gauss(lat, 0.05)))
        )
        for number in range(1, 800)
    }
    spread(session, points)
    for _ in range(20):
        origin = LonLat(RANDOM.uniform(100, 104), max(-90.0, min(90.0, RANDOM.gauss(lat, 0.05))))
        expected = brute_force(points, origin, 20_000)
        found = ask(session, origin)
        assert [(each.distance_m, each.held.code) for each in found.stations] == expected[:5]


def test_the_walk_uses_the_spatial_index(session: Session) -> None:
    spread(session, random_points(1_008))
    statements: list[str] = []
    for kinds in ((), ("rest_station",)):
        statement = knn.knn_statement(CITY, 20_000, Filters(kinds), 40).compile(
            dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True}
        )
        explained = text(f"EXPLAIN {statement}".replace(":", r"\:"))
        statements.append("\n".join(session.scalars(explained)))
    assert "ix_stations_public_geom" in statements[0]
    assert "ix_stations_kind_geom" in statements[1]
    assert all("Order By" in plan for plan in statements)


def test_rare_words_are_never_planned_without_looking_at_them(session: Session) -> None:
    """PostgreSQL plans a statement anew for each question: a plan for any word costs a rare one
    the walk through all stations.
    """
    spread(session, random_points(1_008))
    for number in range(20):
        session.execute(
            knn.knn_statement(CITY, 20_000, Filters((), ("microwave",)), 5 + number % 2)
        )
    plans = "SELECT custom_plans, generic_plans FROM pg_prepared_statements"
    planned = session.execute(text(f"{plans} WHERE statement ~ 'ST_Distance'")).all()
    assert sum(each.custom_plans for each in planned) >= 10
    assert all(each.generic_plans == 0 for each in planned)


def by_looking_at_each(
    session: Session, wanted: list[tuple[Value, int]], question: Question
) -> list[Value]:
    """Rank all wanted stations as the definitions say, door by door."""
    ranked = []
    for station, metres in wanted:
        minutes = straight_line_minutes(metres, question.profile)
        arrival = question.at + timedelta(minutes=minutes)
        judged = question.at if question.open == "now" else arrival
        closed = station.status.value == "temporarily_closed"
        is_open, closing = (False, None) if closed else door(session, station, judged)
        if not closed:
            _then, closing = door(session, station, arrival)
        if question.open != "any" and is_open is False:
            continue
        warned = closed or (closing is not None and closing < 10)
        last = question.open != "any" and is_open is None
        cost = 0.0 if question.sort == "distance" else minutes + warned
        unwarned = question.sort != "distance" and not warned
        ranked.append(((last, cost, unwarned, metres, station.code), station))
    return [station for _rank, station in sorted(ranked, key=lambda pair: pair[0])]


def door(session: Session, station: Value, at: datetime) -> tuple[bool | None, int | None]:
    found = open_state(
        station.hours, at, calendar=calendar.current(session), closures=station.closures
    )
    return found.is_open, found.closes_in_minutes


@pytest.mark.parametrize("sort", ["distance", "minutes"])
@pytest.mark.parametrize("open_at", ["any", "now", "on_arrival"])
@pytest.mark.parametrize("unknown", [False, True])
def test_filters_equal_brute_force(
    session: Session, sort: str, open_at: str, unknown: bool
) -> None:
    """Whatever the filters, the answer is that of ranking everything."""
    add_source(session)
    hours = ["24/7", "Mo-Fr 08:00-17:00", "Mo-Su 08:00-20:15", "Mo-Su 20:20-23:00", None]
    rows = []
    for number, (code, point) in enumerate(random_points(600).items()):
        text_of = hours[number % 5]
        rows.append(
            station_row(
                code,
                LonLat(121.55 + (point.lon - 121.6) / 8, 29.87 + (point.lat - 29.8) / 8),
                kind=("rest_station", "nursing_room", "drivers_home")[number % 3],
                also_kinds=["reading_room"] if number % 7 == 0 else [],
                services_yes=["microwave"] if number % 4 == 0 else [],
                services_no=["microwave"] if number % 4 == 1 else [],
                hours=text_of,
                hours_text=text_of,
                status="temporarily_closed" if number % 11 == 0 else "active",
                access="staff_only" if number % 13 == 0 else "members",
            )
        )
    columns = sorted({name for row in rows for name in row})
    session.execute(insert(Station), [{name: row.get(name) for name in columns} for row in rows])
    filters = Filters(("reading_room", "nursing_room"), ("microwave",), unknown)
    for _ in range(12):
        origin = LonLat(RANDOM.gauss(121.55, 0.02), RANDOM.gauss(29.87, 0.02))
        everything = knn.knn(session, origin, 20_000, Filters(), 10_000)
        assert everything.certain_m == float("inf")
        wanted = [
            (station, metres)
            for station, metres in everything.found
            if {station.kind, *station.also_kinds} & {"reading_room", "nursing_room"}
            and metres <= 3_000
        ]
        may = [pair for pair in wanted if "microwave" not in pair[0].services_no]
        has = [pair for pair in may if "microwave" in pair[0].services_yes]
        question = Question(
            origin=origin,
            at=MONDAY_NOON,
            within_m=3_000,
            limit=4,
            open=open_at,  # type: ignore[arg-type]
            sort=sort,  # type: ignore[arg-type]
        )
        ranked = by_looking_at_each(session, may if unknown else has, question)
        found = ask(
            session,
            origin,
            within_m=3_000,
            limit=4,
            filters=filters,
            open=open_at,
            sort=sort,
        )
        assert [each.held.code for each in found.stations] == [
            station.code for station in ranked[:4]
        ]
        if open_at == "any":
            assert found.matched == len(may if unknown else has)
        else:
            assert found.matched is None
        assert found.left_out.get("service_unknown", 0) == (0 if unknown else len(may) - len(has))


def at_metres(north_m: float) -> LonLat:
    lon, lat, _ = GEOD.fwd(CITY.lon, CITY.lat, 0.0, north_m)
    return LonLat(lon, lat)


def test_a_closing_station_goes_below_one_of_less_than_a_minute_more(session: Session) -> None:
    add_station(session, "NB-RS-0001", at_metres(100), hours="Mo-Su 08:00-20:05", hours_text="x")
    add_station(session, "NB-RS-0002", at_metres(160), hours="24/7", hours_text="x")
    add_station(session, "NB-RS-0003", at_metres(180), hours="24/7", hours_text="x")
    found = ask(session, CITY, sort="minutes", open="on_arrival").stations
    assert straight_line_minutes(60, Profile.WALK) < 1 < straight_line_minutes(80, Profile.WALK)
    assert [each.held.code for each in found] == ["NB-RS-0002", "NB-RS-0001", "NB-RS-0003"]
    assert found[1].warnings == ("closing_soon",)
    by_distance = ask(session, CITY, sort="distance", open="on_arrival").stations
    assert [each.distance_m for each in by_distance] == [100, 160, 180]


def test_open_is_judged_when_the_courier_arrives(session: Session) -> None:
    """At 20:00 it is open for five minutes more; the walk takes ten."""
    hours = {"hours": "Mo-Su 08:00-20:05", "hours_text": "8:00-20:05"}
    add_station(session, "NB-RS-0001", at_metres(667), **hours)
    on_arrival = ask(session, CITY, open="on_arrival", sort="minutes")
    assert on_arrival.stations == []
    assert on_arrival.left_out == {"closed": 1}
    (now,) = ask(session, CITY, open="now").stations
    assert now.open.is_open is True
    assert now.on_arrival is False
    (by_bike,) = ask(session, CITY, open="on_arrival", profile=Profile.EBIKE).stations
    assert by_bike.on_arrival is True


def test_unknown_hours_come_last_and_closed_doors_not_at_all(session: Session) -> None:
    add_station(session, "NB-RS-0001", at_metres(50))
    add_station(session, "NB-RS-0002", at_metres(60), status="temporarily_closed")
    add_station(session, "NB-RS-0003", at_metres(900), hours="24/7", hours_text="全天")
    found = ask(session, CITY, open="on_arrival", within_m=1_000).stations
    assert [each.held.code for each in found] == ["NB-RS-0003", "NB-RS-0001"]
    anyhow = ask(session, CITY, within_m=1_000).stations
    assert [each.held.code for each in anyhow] == ["NB-RS-0001", "NB-RS-0002", "NB-RS-0003"]
    assert anyhow[1].warnings == ("temporarily_closed",)
    assert anyhow[1].open.state is OpenStateName.CLOSED


def test_trucks_stop_where_they_can_park(session: Session) -> None:
    """Known parking first, then where nobody knows, then where there is none; metres, if asked."""
    for code, north_m, yes, no in (
        ("NB-RS-0001", 100, [], ["truck_parking"]),
        ("NB-RS-0002", 200, [], []),
        ("NB-RS-0003", 9_000, ["truck_parking"], []),
        ("NB-RS-0004", 7_000, ["truck_parking"], []),
        ("NB-RS-0005", 300, [], []),
    ):
        add_station(session, code, at_metres(north_m), services_yes=yes, services_no=no)

    def found(**asked: Any) -> list[int]:
        answer = ask(session, CITY, **{"within_m": 20_000, "sort": "minutes", **asked})
        return [int(each.held.code[-1]) for each in answer.stations]

    assert found(profile=Profile.TRUCK) == [4, 3, 2, 5, 1]
    assert found(profile=Profile.TRUCK, limit=1) == [4]
    assert found(profile=Profile.TRUCK, limit=3) == [4, 3, 2]
    assert found(profile=Profile.TRUCK, sort="distance") == [1, 2, 5, 4, 3]
    assert found(profile=Profile.EBIKE) == [1, 2, 5, 4, 3]


def test_what_is_not_public_is_never_near(session: Session) -> None:
    add_station(session, "NB-NR-0001", kind="nursing_room", access="staff_only")
    add_station(session, "NB-NR-0002", kind="nursing_room", access="unknown")
    add_station(session, "NB-RS-0003", access="staff_only")
    add_station(session, "NB-RS-0004", status="planned")
    add_station(session, "NB-RS-0005", status="closed")
    add_station(session, "NB-RS-0006", point=None)
    found = ask(session, CITY)
    assert found.stations == []
    assert found.matched == 0
    assert found.nearest_m is None


def test_nothing_near_says_how_far_the_nearest_is(session: Session) -> None:
    add_station(session, "NB-RS-0001", at_metres(5_000))
    found = ask(session, CITY, within_m=1_000)
    assert found.stations == []
    assert found.nearest_m == 5_000
