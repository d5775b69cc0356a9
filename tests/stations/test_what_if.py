"""What if: gains are after less before, whatever is added, moved and closed."""

import random
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from geo.coverage import cover
from stations import coverage, coverage_planning, coverage_surface
from stations.coverage import CoverageQuestion
from stations.coverage_planning import Run
from stations.coverage_question import What, checked
from stations.coverage_results import KeptResult
from stations.coverage_study import Desk
from stations.coverage_what_if import Edits, NewPlace, try_out
from stations.errors import InvalidInputError, NoBoundaryError
from stations.register import next_version
from stations.tables import Station
from tests.stations.coverage_town import (
    EAST,
    LEFT,
    NORTH,
    RIGHT,
    ROOT,
    SOUTH,
    TOWN,
    WEST,
    ZONE,
    add_station,
    load_town,
    running_on,
)

CITY = CoverageQuestion(ROOT, minutes=10)
CHANCE = random.Random(12)


@pytest.fixture
def town(session: Session) -> Session:
    load_town(session)
    add_station(session, 1, 121.508, 29.812, capacity_per_day=40)
    add_station(session, 2, 121.512, 29.815, capacity_per_day=20)
    add_station(session, 3, 121.531, 29.809, capacity_per_day=10)
    add_station(session, 4, RIGHT + 0.002, 29.825)
    return session


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


@pytest.fixture
def run(desk: Desk) -> Run:
    return running_on(desk)


def report(session: Session, desk: Desk, question: CoverageQuestion) -> dict[str, Any]:
    def compute(
        question: CoverageQuestion, data_version: int, what: What = "surface"
    ) -> KeptResult:
        assert data_version > 0
        return coverage_surface.compute(desk, question, what)

    return coverage.report(session, question, compute)


def point() -> LonLat:
    return LonLat(CHANCE.uniform(LEFT, RIGHT), CHANCE.uniform(SOUTH, NORTH))


def test_it_says_what_the_report_would_say_if_it_were_done(
    town: Session, desk: Desk, run: Run
) -> None:
    """Added, moved and closed for real, the report is `after`, and was `before`."""
    for _ in range(6):
        places = [NewPlace(point(), CHANCE.choice([None, 0, 15])) for _ in range(2)]
        there = point()
        edits = Edits(tuple(places), (("NB-RS-0002", there),), ("NB-RS-0003",))
        now = report(town, desk, CITY)
        found = coverage_planning.what_if(town, CITY, edits, run)
        in_parts = [
            coverage_planning.what_if(town, replace(CITY, area=row["code"]), edits, run)
            for row in found["areas"]
        ]
        saved = town.get_one(Station, "NB-RS-0003").status
        for number, place in enumerate(places, start=50):
            add_station(town, number, *place.point, capacity_per_day=place.capacity_per_day)
        old = town.get_one(Station, "NB-RS-0002")
        capacity = old.capacity_per_day
        town.delete(old)
        town.get_one(Station, "NB-RS-0003").status = "closed"
        town.flush()
        add_station(town, 2, *there, capacity_per_day=capacity)
        then = report(town, desk, CITY)
        told = [(found, now, then)]
        for row in found["areas"]:
            parts = [{part["code"]: part for part in each["areas"]} for each in (now, then)]
            told += [(row, *(each[row["code"]] for each in parts))]
        for what, before, after in told:
            for name in ("demand", "backup"):
                assert what["before"][name] == before[name]
                assert what["after"][name] == after[name]
            served = [each["demand"]["residents"]["served"] for each in (before, after)]
            assert what["gain"]["residents_served"] == served[1] - served[0]
            served = [each["demand"]["workers"]["served"] for each in (before, after)]
            assert what["gain"]["workers_served"] == served[1] - served[0]
            assert sum(what["gain"]["backup"].values()) == 0
        for each in (found, *in_parts):  # whose cells on an edge hold those who live inside alone
            for people in ("residents", "workers"):
                gained = sum(each["cells"][f"{people}_gained"])
                assert gained == each["gain"][f"{people}_served"]
        for number in (50, 51, 2):
            town.delete(town.get_one(Station, f"NB-RS-{number:04d}"))
        town.get_one(Station, "NB-RS-0003").status = saved
        town.flush()
        add_station(town, 2, 121.512, 29.815, capacity_per_day=20)


def test_one_column_is_that_of_a_full_recompute(town: Session, desk: Desk) -> None:
    asked = checked(CITY)
    place = NewPlace(point(), 7)
    tried = try_out(desk, asked, Edits(add=(place,)))
    add_station(town, 99, *place.point, capacity_per_day=7)
    again = desk.study(asked)
    whole = cover(again.blocks, again.ground.demand, again.standing.capacity)
    for name in ("minutes", "reached_by", "workers_served", "only_station"):
        assert getattr(tried.after, name).tolist() == getattr(whole, name).tolist(), name


def test_a_district_is_told_of_alone(town: Session, run: Run) -> None:
    edits = Edits(add=(NewPlace(LonLat(121.526, 29.822)),))
    city = coverage_planning.what_if(town, CITY, edits, run)
    for code in (WEST, EAST):
        alone = coverage_planning.what_if(town, CoverageQuestion(code, minutes=10), edits, run)
        (row,) = [each for each in city["areas"] if each["code"] == code]
        assert alone["gain"] == row["gain"]
        assert alone["areas"] == []
    assert city["added"][0]["label"] == "+1"
    assert city["added"][0]["residents"] >= city["added"][0]["only_residents"] > 0
    assert city["added"][0]["only_residents"] == city["gain"]["residents_served"]


@pytest.mark.parametrize(
    ("edits", "field"),
    [
        (Edits(), "add"),
        (Edits(add=(NewPlace(LonLat(121.5, 29.8)),) * 101), "add"),
        (Edits(close=("NB-RS-0099",)), "close.0"),
        (Edits(close=("NB-RS-0001", "NB-RS-0005")), "close.1"),
        (Edits(move=(("NB-RS-0099", LonLat(121.5, 29.8)),)), "move.0.code"),
        (Edits(move=(("NB-RS-0001", LonLat(121.5, 29.8)),), close=("NB-RS-0001",)), "move"),
        (Edits(move=(("NB-RS-0001", LonLat(121.5, 29.8)),) * 2), "move"),
    ],
)
def test_what_cannot_be_tried_is_named(town: Session, run: Run, edits: Edits, field: str) -> None:
    add_station(town, 5, 121.51, 29.81, status="temporarily_closed")
    next_version(town)
    town.commit()
    with pytest.raises(InvalidInputError) as refused:
        coverage_planning.what_if(town, CITY, edits, run)
    assert refused.value.field == field


def test_zones_and_towns_are_refused(town: Session, run: Run) -> None:
    edits = Edits(close=("NB-RS-0001",))
    with pytest.raises(InvalidInputError):
        coverage_planning.what_if(town, CoverageQuestion(ZONE), edits, run)
    with pytest.raises(NoBoundaryError):
        coverage_planning.what_if(town, CoverageQuestion(TOWN), edits, run)
