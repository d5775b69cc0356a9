"""The 24-hour curve: each hour is what coverage at that instant says, unknown hours as a bound."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from stations import coverage
from stations.calendar import shipped
from stations.coverage import CoverageQuestion
from stations.coverage_hours import is_off, is_working
from stations.hours import SHANGHAI
from tests.stations.coverage_town import EAST, ROOT, Computer, add_station, load_town

# a Thursday; the Saturday of the next week is 调休, and the days before it are a holiday
ON = datetime(2026, 10, 1, 12, tzinfo=SHANGHAI)
CITY = CoverageQuestion(ROOT, minutes=10, on=ON.date())


@pytest.fixture
def compute(engine: Engine) -> Computer:
    return Computer(engine)


@pytest.fixture
def town(session: Session) -> Session:
    load_town(session)
    add_station(session, 1, 121.508, 29.812, hours_text="x", hours="Mo-Fr 08:00-20:00; PH off")
    add_station(session, 2, 121.512, 29.815, hours_text="x", hours="Mo-Su 06:00-11:30,13:00-23:30")
    add_station(session, 3, 121.531, 29.809)
    add_station(
        session, 4, 121.526, 29.822, hours_text="x", hours="24/7", status="temporarily_closed"
    )
    return session


def test_each_hour_is_what_coverage_at_that_instant_says(town: Session, compute: Computer) -> None:
    for area in (ROOT, EAST):
        curve = coverage.hours(town, replace(CITY, area=area), compute)
        for name in ("weekday", "weekend"):
            day = curve[name]
            for hour in (0, 6, 7, 12, 21, 23):
                at = datetime.combine(date.fromisoformat(day["date"]), time(hour), SHANGHAI)
                then = coverage.report(town, replace(CITY, area=area, at=at, on=None), compute)
                served = then["demand"]["residents"]["served"]
                assert day["residents_served"][hour] == served
                bound = then["served_if_unknown_open"]["residents"]
                assert day["residents_served_if_unknown_open"][hour] == bound
                assert day["stations_open"][hour] == then["stations"]["counted"]
                unknown = then["stations"]["left_out"].get("hours_unknown", 0)
                assert day["stations_hours_unknown"][hour] == unknown
                workers = then["demand"]["workers"]
                reached = workers["served"] + workers["without_capacity"]
                assert day["workers_in_reach"][hour] == reached


def test_the_curve_is_of_ordinary_days(town: Session, compute: Computer) -> None:
    curve = coverage.hours(town, CITY, compute)
    weekday, weekend = (date.fromisoformat(curve[name]["date"]) for name in ("weekday", "weekend"))
    days = shipped()
    assert is_working(weekday, days)
    assert is_off(weekend, days)
    assert weekday > ON.date() + timedelta(days=3)  # the National Day holiday
    assert curve["weekday"]["stations_open"][9] == 2
    assert curve["weekend"]["stations_open"][9] == 1
    assert curve["weekday"]["residents_served"][3] == 0
    assert all(
        low <= high
        for day in (curve["weekday"], curve["weekend"])
        for low, high in zip(
            day["residents_served"], day["residents_served_if_unknown_open"], strict=True
        )
    )
    assert {len(values) for values in curve["weekday"].values() if isinstance(values, list)} == {24}


def test_an_instant_in_the_question_only_names_the_day(town: Session, compute: Computer) -> None:
    asked_at = coverage.hours(town, replace(CITY, at=ON, on=None), compute)
    nominal = coverage.hours(town, CITY, compute)
    assert {**asked_at, "as_of": ""} == {**nominal, "as_of": ""}
