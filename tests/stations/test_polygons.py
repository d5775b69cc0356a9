"""Coverage inside a drawn polygon: whole people, divided by the share of each cell."""

import random
from typing import Any

import pytest
from shapely import MultiPolygon, Polygon, box
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat, convert
from stations import coverage_planning
from stations.coverage import CoverageQuestion
from stations.coverage_planning import Run
from stations.coverage_study import Desk
from stations.errors import InvalidInputError
from tests.stations.coverage_town import (
    EAST,
    LEFT,
    MIDDLE,
    NORTH,
    RIGHT,
    ROOT,
    SOUTH,
    WEST,
    add_station,
    load_town,
    residents,
    running_on,
)

CITY = CoverageQuestion(ROOT, minutes=10)


@pytest.fixture
def town(session: Session) -> Session:
    load_town(session)
    add_station(session, 1, 121.508, 29.812, capacity_per_day=40)
    add_station(session, 3, 121.531, 29.809, capacity_per_day=10)
    return session


@pytest.fixture
def run(engine: Engine) -> Run:
    return running_on(Desk(engine))


def inside(town: Session, run: Run, *parts: Polygon, datum: Datum = Datum.WGS84) -> dict[str, Any]:
    return coverage_planning.inside_polygon(town, CITY, MultiPolygon(parts), datum, run)


def people(found: dict[str, Any]) -> int:
    return int(found["demand"]["residents"]["total"])


def test_the_outline_of_an_area_holds_all_of_its_people(town: Session, run: Run) -> None:
    whole = inside(town, run, box(LEFT, SOUTH, RIGHT, NORTH))
    assert people(whole) == residents(town)
    assert whole["stations"]["counted"] == 2
    west = inside(town, run, box(LEFT, SOUTH, MIDDLE, NORTH))
    (row,) = [each for each in whole["areas"] if each["code"] == WEST]
    assert (west["demand"], west["backup"]) == (row["demand"], row["backup"])
    assert [each["code"] for each in west["areas"]] == [WEST]


def test_two_halves_are_the_whole_and_classes_add_up(town: Session, run: Run) -> None:
    """Each half is rounded by itself: they may differ from the whole by one person each."""
    chance = random.Random(3)
    whole = residents(town)
    for _ in range(5):
        cut = chance.uniform(LEFT, RIGHT)
        halves = [
            inside(town, run, box(LEFT, SOUTH, cut, NORTH)),
            inside(town, run, box(cut, SOUTH, RIGHT, NORTH)),
        ]
        assert sum(map(people, halves)) == pytest.approx(whole, abs=1)
        for half in halves:
            for who, classes in half["demand"].items():
                assert sum(n for name, n in classes.items() if name != "total") == classes["total"]
                rows = [row["demand"][who] for row in half["areas"]]
                assert {name: sum(row[name] for row in rows) for name in classes} == classes
            assert sum(half["backup"].values()) == people(half)


def test_a_polygon_in_gcj_02_is_the_same_place(town: Session, run: Run) -> None:
    corners = [(121.505, 29.805), (121.531, 29.806), (121.525, 29.824)]
    shifted = [convert(LonLat(*each), Datum.WGS84, Datum.GCJ02) for each in corners]
    plain = inside(town, run, Polygon(corners))
    found = inside(town, run, Polygon(shifted), datum=Datum.GCJ02)
    assert found["demand"] == plain["demand"]
    assert people(found) > 0


def test_outside_of_everything_it_says_so(town: Session, run: Run) -> None:
    found = inside(town, run, box(130, 40, 130.1, 40.1))
    assert people(found) == 0
    assert found["areas"] == []
    assert [each["code"] for each in found["remarks"]] == ["no_demand", "no_station"]


def test_where_hours_matter_unknown_ones_are_given_beside(town: Session, run: Run) -> None:
    found = inside(town, run, box(LEFT, SOUTH, RIGHT, NORTH))
    assert found["served_if_unknown_open"] is None
    assert {row["code"] for row in found["areas"]} == {WEST, EAST}


SQUARE = [(121.5, 29.8), (121.6, 29.8), (121.6, 29.9), (121.5, 29.9)]


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        (Polygon([(121.5, 29.8), (121.53, 29.82), (121.53, 29.8), (121.5, 29.82)]), "121.515"),
        (Polygon([(121.5, 29.8), (121.6, 29.9), (121.6, 29.7), (121.5, 29.85)]), "crosses"),
        (Polygon([(121.5, 29.8), (121.51, 29.8), (121.52, 29.8)]), "no area"),
        (Polygon(SQUARE, [[(0, 0), (1, 0), (1, 1)]]), "a hole lies outside"),
        (Polygon(SQUARE, [[(121, 29), (122, 29), (122, 30), (121, 30)]]), "a hole lies outside"),
        (box(181, 10, 190, 20), "longitudes"),
        (box(121, 91, 122, 95), "longitudes"),
    ],
)
def test_a_polygon_that_cannot_be_used_is_named(
    town: Session, run: Run, shape: Polygon, why: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        inside(town, run, shape)
    assert refused.value.field == "polygon"
    assert why in str(refused.value)
