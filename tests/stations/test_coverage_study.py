"""What a coverage process holds between questions must never be seen in an answer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event, update
from sqlalchemy.orm import Session

from stations import coverage_surface
from stations.coverage_question import CoverageQuestion, checked
from stations.coverage_study import Desk, Study
from stations.register import next_version
from stations.station import Status
from stations.tables import Station
from tests.stations.coverage_town import MIDDLE, ROOT, SOUTH, add_station, load_town

CITY = CoverageQuestion(ROOT, on=date(2026, 11, 2))
HOURS = ("Mo-Fr 08:00-12:00,14:00-18:00", "24/7", None)


@pytest.fixture
def town(session: Session) -> Session:
    """A town with stations that open at different hours."""
    load_town(session)
    for number in range(9):
        hours = HOURS[number % 3]
        add_station(
            session,
            number,
            MIDDLE - 0.02 + 0.005 * number,
            SOUTH + 0.01,
            hours=hours,
            hours_text=hours,
        )
    return session


def at(hour: int, day: int = 2) -> CoverageQuestion:
    """Return the question about an hour of a day in November 2026."""
    return checked(replace(CITY, at=datetime.fromisoformat(f"2026-11-{day:02}T{hour:02}:30+08:00")))


def answered(desk: Desk, question: CoverageQuestion) -> tuple[dict[str, Any], bytes]:
    """Answer from a desk, without keeping."""
    return coverage_surface._answer(desk, desk.study(question), "surface")


def test_another_instant_of_the_day_is_answered_as_by_a_new_desk(
    town: Session, engine: Engine
) -> None:
    desk = Desk(engine)
    asked: Sequence[CoverageQuestion] = [
        at(10), at(13), checked(CITY), at(13), at(10, day=1), replace(at(9), minutes=5), at(13),
    ]  # fmt: skip
    answers = [answered(desk, question) for question in asked]
    assert answers == [answered(Desk(engine), question) for question in asked]
    assert len({str(report) for report, _ in answers}) > 3


def test_another_instant_asks_the_database_for_the_state_alone(
    town: Session, engine: Engine
) -> None:
    desk = Desk(engine)
    desk.study(at(10))
    statements: list[str] = []

    def heard(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", heard)
    try:
        noon: Study = desk.study(at(13))
    finally:
        event.remove(engine, "before_cursor_execute", heard)
    assert noon.question == at(13)
    assert [each for each in statements if "stations" in each or "areas" in each] == []


def test_a_change_between_two_instants_is_seen(town: Session, engine: Engine) -> None:
    desk = Desk(engine)
    before = desk.study(at(10))
    closed = update(Station).where(Station.code == "NB-RS-0001")
    town.execute(
        closed.values(status=Status.TEMPORARILY_CLOSED, register_version=next_version(town))
    )
    town.commit()
    after = desk.study(at(11))
    assert [place.code for place in before.standing.places if place.code == "NB-RS-0001"]
    assert not [place.code for place in after.standing.places if place.code == "NB-RS-0001"]
    assert after.data_version > before.data_version
