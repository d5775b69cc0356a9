"""The calendar: the package's days, whole holidays, provisional years, and an administrator's."""

import threading
import time
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from stations import accounts, calendar
from stations.accounts import Account
from stations.calendar import DayKind
from stations.register import current_version, next_version

# The State Council's arrangements, typed in by hand: holidays from and to, weekend days worked.
PUBLISHED = {
    2025: (
        ["01-01/01-01", "01-28/02-04", "04-04/04-06", "05-01/05-05", "05-31/06-02", "10-01/10-08"],
        ["01-26", "02-08", "04-27", "09-28", "10-11"],
    ),
    2026: (
        ["01-01/01-03", "02-15/02-23", "04-04/04-06", "05-01/05-05", "06-19/06-21",
         "09-25/09-27", "10-01/10-07"],
        ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("year", PUBLISHED)
def test_a_year_is_as_published(year: int) -> None:
    holidays, worked = PUBLISHED[year]
    off = set()
    for each in holidays:
        first, last = (date.fromisoformat(f"{year}-{end}") for end in each.split("/"))
        off |= {first + timedelta(days=n) for n in range((last - first).days + 1)}
    days = calendar.shipped().days(year)
    assert {on for on, day in days.items() if day.kind is DayKind.HOLIDAY} == off
    assert {f"{on:%m-%d}" for on, day in days.items() if day.kind is DayKind.WORKING} == set(worked)
    assert not calendar.shipped().is_provisional(year)


def test_days_have_the_names_of_their_festival() -> None:
    shipped = calendar.shipped()
    names = {on: shipped.day(on) for on in (date(2026, 2, 15), date(2026, 2, 16))}
    assert [(day.name, day.name_en) for day in names.values() if day] == [
        ("春节", "Spring Festival"),
        ("除夕", "Chinese New Year's Eve"),
    ]
    assert all(day and day.festivals == {"春节"} for day in names.values())
    october = shipped.day(date(2026, 10, 6))
    assert october is not None
    assert (october.name, october.name_en, october.origin) == (
        "国庆节",
        "National Day",
        "published",
    )
    assert shipped.day(date(2026, 10, 8)) is None


def test_a_year_that_the_package_does_not_know_is_provisional() -> None:
    shipped = calendar.shipped()
    assert [year for year in range(2001, 2028) if shipped.is_provisional(year)] == [2027]
    assert shipped.is_provisional(2099)
    first = shipped.day(date(2027, 10, 1))
    assert first is not None
    assert first.kind is DayKind.HOLIDAY  # by law, whatever is published


def test_dates_beyond_the_calendar_are_ordinary() -> None:
    for on in (date(1900, 10, 1), date(2150, 10, 1), date.min, date.max):
        assert calendar.shipped().day(on) is None


@pytest.fixture
def administrator(session: Session) -> Account:
    account_id = accounts.add(
        session, login="admin", name="admin", role="administrator", password="an honest password"
    )
    return Account(id=account_id, login="admin", name="admin", role="administrator", scope=())


def test_without_rows_the_shipped_calendar_is_current(session: Session) -> None:
    assert calendar.current(session) is calendar.shipped()


def test_an_administrators_days_go_first(session: Session, administrator: Account) -> None:
    def write(on: date, name: str, *, working: bool) -> None:
        calendar.set_day(
            session, on, working=working, name=name, name_en=None, account=administrator
        )

    before = current_version(session)
    write(date(2027, 10, 6), "国庆节", working=False)
    write(date(2027, 10, 9), "调休上班", working=True)  # a Saturday
    write(date(2027, 2, 10), "上班", working=True)  # a Wednesday that the package gives off
    write(date(2027, 10, 8), "国庆节", working=False)  # before a Saturday that is worked
    assert current_version(session) == before + 4
    found = calendar.current(session)
    kinds = {
        on: None if (day := found.day(on)) is None else day.kind
        for on in (
            date(2027, 10, 6), date(2027, 10, 9), date(2027, 2, 10), date(2027, 10, 10),
            date(2027, 10, 1), date(2027, 10, 12),
        )
    }  # fmt: skip
    assert list(kinds.values()) == [
        DayKind.HOLIDAY, DayKind.WORKING, DayKind.ORDINARY, None, DayKind.HOLIDAY, None,
    ]  # fmt: skip
    assert found.is_provisional(2027)
    assert found.facts(date(2027, 10, 1).toordinal()).is_provisional
    assert not found.facts(date(2027, 10, 6).toordinal()).is_provisional  # somebody looked
    calendar.set_year(session, 2027, published=True, account=administrator)
    found = calendar.current(session)
    assert not found.is_provisional(2027)
    assert not found.facts(date(2027, 10, 1).toordinal()).is_provisional
    assert calendar.current(session) is found
    assert calendar.forget_day(session, date(2027, 10, 6))
    assert not calendar.forget_day(session, date(2027, 10, 6))
    assert calendar.current(session).day(date(2027, 10, 6)) is None


def test_writing_a_day_again_changes_it(session: Session, administrator: Account) -> None:
    on = date(2026, 11, 24)
    for working in (False, True):
        calendar.set_day(
            session, on, working=working, name="活动日", name_en="Day", account=administrator
        )
    day = calendar.current(session).day(on)
    assert day is not None
    assert (day.kind, day.origin) == (DayKind.ORDINARY, "administrator")


def test_a_day_is_written_and_forgotten_at_once_without_a_deadlock(
    engine: Engine, session: Session, administrator: Account
) -> None:
    on = date(2026, 11, 24)

    def write(into: Session) -> None:
        calendar.set_day(into, on, working=False, name="甲", name_en=None, account=administrator)

    write(session)
    session.commit()
    found: list[bool] = []

    def forget() -> None:
        with Session(engine) as own, own.begin():
            found.append(calendar.forget_day(own, on))

    before = current_version(session)
    with Session(engine) as writer, writer.begin():
        next_version(writer)  # the first thing that writing a day does
        thread = threading.Thread(target=forget)
        thread.start()
        wait_until_one_waits(session)
        write(writer)  # and then it needs the day
    thread.join()
    assert found == [True]
    session.rollback()
    assert calendar.current(session).day(on) is None
    assert current_version(session) == before + 3


def wait_until_one_waits(session: Session) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(200):
        if session.scalar(waiting):
            return
        session.rollback()  # a transaction sees one state of who waits
        time.sleep(0.05)
    pytest.fail("nobody waits for a lock")


def test_forgetting_a_day_of_which_nothing_was_written_is_no_version(session: Session) -> None:
    before = current_version(session)
    assert not calendar.forget_day(session, date(2026, 11, 24))
    assert current_version(session) == before
