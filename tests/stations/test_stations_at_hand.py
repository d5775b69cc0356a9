"""Stations held for map after map are those that the register has now."""

from collections.abc import Callable

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from geo.coordinates import BoundingBox
from stations import search, stations_at_hand
from stations.register import next_version
from stations.station import Station as ListedStation
from stations.stations_at_hand import StationsAtHand
from stations.tables import Station
from tests.stations.coverage_town import LEFT, MIDDLE, NORTH, RIGHT, SOUTH, add_station, load_town

CITY = BoundingBox(LEFT, SOUTH, RIGHT, NORTH)
WEST = BoundingBox(LEFT, SOUTH, MIDDLE, NORTH)


@pytest.fixture
def town(session: Session) -> Session:
    """A town with a station on either side."""
    load_town(session)
    add_station(session, 1, LEFT + 0.01, SOUTH + 0.01)
    add_station(session, 2, RIGHT - 0.01, SOUTH + 0.01)
    return session


def test_they_are_read_again_when_something_changed(
    town: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_hand = StationsAtHand()
    reads: list[BoundingBox] = []
    read = search.all_in_box

    def counted(session: Session, box: BoundingBox) -> list[ListedStation]:
        reads.append(box)
        return read(session, box)

    monkeypatch.setattr(search, "all_in_box", counted)
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: add_station(town, 3, MIDDLE, SOUTH + 0.02),
        lambda: town.execute(delete(Station).where(Station.code == "NB-RS-0001")),
    ]
    for step in steps:
        step()
        next_version(town)
        town.commit()
        for box in (CITY, CITY, WEST, CITY):
            assert at_hand(town, box) == read(town, box)
    assert len(reads) == 3 * len(steps)


def test_more_than_it_may_hold_are_read_each_time(
    town: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stations_at_hand, "MOST_HELD", 1)
    at_hand = StationsAtHand()
    assert at_hand(town, CITY) == at_hand(town, CITY) == search.all_in_box(town, CITY)
    assert at_hand(town, CITY) is not at_hand(town, CITY)
