"""The calendar of China: days that the State Council gives off, and weekend days worked (调休).

The package `holidays` knows the law and the published arrangement of each year; what an
administrator writes into the register goes before it. A year whose arrangement is not published is
provisional: its festivals are right, the days moved round them are not known yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import IntEnum
from functools import cache, lru_cache

import holidays
from sqlalchemy import delete, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from stations.accounts import Account
from stations.register import hold, next_version
from stations.tables import CalendarDay, CalendarYear

FIRST_YEAR, LAST_YEAR = 2000, 2099

# An arrangement gives off weekdays near a festival, and takes weekend days for them from further
# away: 2026-09-20 was worked for 2026-10-06. Looked up in the arrangements of 2008 to 2026.
MOVED_WEEKDAY_WITHIN_DAYS = 6
MOVED_WEEKEND_WITHIN_DAYS = 14

EVE = "除夕"
EVE_OF = "春节"
MOVED_NAME = ("调休上班", "Working day (moved)")
SPRING_FESTIVAL_EN = "Spring Festival"
FESTIVALS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")


class DayKind(IntEnum):
    """What the calendar makes of a date."""

    ORDINARY = 0  # its weekday says it all
    HOLIDAY = 1  # given off
    WORKING = 2  # a weekend day that is worked for a day off elsewhere


@dataclass(frozen=True)
class Day:
    """A date about which the calendar says something. `origin`: published, or administrator."""

    kind: DayKind
    name: str
    name_en: str
    origin: str
    festivals: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DateFacts:
    """What hours need to know of a date."""

    month_day: int  # 1001 is the first of October
    weekday: int  # Monday is 0
    kind: DayKind
    festivals: frozenset[str]
    is_provisional: bool  # an arrangement not yet published may change what this date is


@dataclass(frozen=True, eq=False)
class Calendar:
    """What each date is. Values of one register state are one object, so that caches can hold it.

    `own_days` and `own_years` are the administrator's: days, and years published or not.
    """

    own_days: Mapping[date, Day] = field(default_factory=dict)
    own_years: Mapping[int, bool] = field(default_factory=dict)
    _facts: dict[int, DateFacts] = field(default_factory=dict, repr=False)
    _years: dict[int, Mapping[date, Day]] = field(default_factory=dict, repr=False)

    def day(self, on: date) -> Day | None:
        """Return what the calendar says of a date; None for an ordinary one."""
        return self._year(on.year).get(on)

    def days(self, year: int) -> dict[date, Day]:
        """Return all days of a year about which the calendar says something, in order."""
        return dict(sorted(self._year(year).items()))

    def is_provisional(self, year: int) -> bool:
        """Whether the arrangement of a year is not published yet, as far as is known here."""
        published = self.own_years.get(year)
        return not (_is_published(year) if published is None else published)

    def facts(self, ordinal: int) -> DateFacts:
        """Return what hours need to know of a date (`date.toordinal()`)."""
        known = self._facts.get(ordinal)
        if known is None:
            known = self._facts[ordinal] = self._facts_of(date.fromordinal(ordinal))
        return known

    def _facts_of(self, on: date) -> DateFacts:
        day = self.day(on)
        return DateFacts(
            month_day=on.month * 100 + on.day,
            weekday=on.weekday(),
            kind=DayKind.ORDINARY if day is None else day.kind,
            festivals=frozenset() if day is None else day.festivals,
            is_provisional=(day is None or day.origin != "administrator")
            and self._is_near_what_may_change(on),
        )

    def _is_near_what_may_change(self, on: date) -> bool:
        """Whether a date is that near to a festival of a year that is not published yet."""
        reach = MOVED_WEEKEND_WITHIN_DAYS if on.weekday() >= 5 else MOVED_WEEKDAY_WITHIN_DAYS
        first = date.fromordinal(max(on.toordinal() - reach, date.min.toordinal()))
        last = date.fromordinal(min(on.toordinal() + reach, date.max.toordinal()))
        return any(
            day.kind is DayKind.HOLIDAY and first <= near <= last
            for year in {first.year, last.year}
            if self.is_provisional(year)
            for near, day in self._year(year).items()
        )

    def _year(self, year: int) -> Mapping[date, Day]:
        known = self._years.get(year)
        if known is None:
            own = {on: day for on, day in self.own_days.items() if abs(on.year - year) <= 1}
            known = _merged(year, tuple(sorted(own.items()))) if _is_held(year) else {}
            self._years[year] = known
        return known


@cache
def shipped() -> Calendar:
    """Return the calendar of the package alone."""
    return Calendar()


def current(session: Session) -> Calendar:
    """Return the calendar as this transaction sees it: one small query.

    As long as its rows are the same it is the same object, whoever asks and whatever else the
    register says, so that what was worked out with it stays known.
    """
    row, year = CalendarDay, CalendarYear
    days = select(row.date, row.working, row.name, row.name_en, literal(value=False))
    years = select(
        func.make_date(year.year, 1, 1),
        year.published,
        literal(""),
        literal(""),
        literal(value=True),
    )
    written = session.execute(union_all(days, years).order_by(row.date)).all()
    return _calendar_of(
        tuple((on, is_so, name, en) for on, is_so, name, en, is_year in written if not is_year),
        tuple((on.year, is_so) for on, is_so, _name, _en, is_year in written if is_year),
    )


def set_day(
    session: Session, on: date, *, working: bool, name: str, name_en: str | None, account: Account
) -> int:
    """Write down what a date is, over what the package says; return the register version."""
    version = next_version(session)
    values = {
        "working": working,
        "name": name,
        "name_en": name_en,
        "register_version": version,
        "changed_by": account.id,
        "changed_at": func.now(),
    }
    session.execute(
        insert(CalendarDay)
        .values(date=on, **values)
        .on_conflict_do_update(index_elements=[CalendarDay.date], set_=values)
    )
    return version


def forget_day(session: Session, on: date) -> bool:
    """Take back what an administrator wrote of a date; False where nothing was written.

    The register is locked before the day, as in `set_day`: in another order both would wait for
    each other.
    """
    hold(session)
    found = session.scalars(
        delete(CalendarDay).where(CalendarDay.date == on).returning(CalendarDay.date)
    ).one_or_none()
    if found is not None:
        next_version(session)
    return found is not None


def set_year(session: Session, year: int, *, published: bool, account: Account) -> int:
    """Say that a year's arrangement is published, or is not; return the register version."""
    version = next_version(session)
    values = {
        "published": published,
        "register_version": version,
        "changed_by": account.id,
        "changed_at": func.now(),
    }
    session.execute(
        insert(CalendarYear)
        .values(year=year, **values)
        .on_conflict_do_update(index_elements=[CalendarYear.year], set_=values)
    )
    return version


@lru_cache(maxsize=16)
def _calendar_of(
    days: tuple[tuple[date, bool, str, str | None], ...], years: tuple[tuple[int, bool], ...]
) -> Calendar:
    if not days and not years:
        return shipped()
    own = {}
    for on, working, name, name_en in days:
        if not working:
            kind = DayKind.HOLIDAY
        else:
            kind = DayKind.WORKING if on.weekday() >= 5 else DayKind.ORDINARY
        festivals = frozenset(festival for festival in FESTIVALS if festival in name)
        if EVE in name:
            festivals |= {EVE_OF}
        own[on] = Day(kind, name, name_en or name, "administrator", festivals)
    return Calendar(own_days=own, own_years=dict(years))


@lru_cache(maxsize=1024)
def _merged(year: int, own: tuple[tuple[date, Day], ...]) -> Mapping[date, Day]:
    """Return the special days of a year, with the weekends that a holiday runs through.

    The State Council announces "1 to 7 October", weekend days included; the package lists only
    what is not a weekend day anyway.
    """
    named: dict[date, Day] = {}
    for each in (year - 1, year, year + 1):
        named |= _package_days(each)
    mine = dict(own)
    named |= mine
    off = {on for on, day in named.items() if day.kind is DayKind.HOLIDAY}
    for start in sorted(off):
        for step in (-1, 1):
            on = start + timedelta(days=step)
            while on.weekday() >= 5 and on not in named:
                named[on] = _of_the_festival(named[start])
                on += timedelta(days=step)
    return {on: day for on, day in named.items() if on.year == year}


@cache
def _package_days(year: int) -> dict[date, Day]:
    """Return what the package knows of a year: festivals, days moved to them, days worked."""
    if not _is_held(year):
        return {}
    listed = holidays.country_holidays("CN", years=year, language="zh_CN")
    english = holidays.country_holidays("CN", years=year, language="en_US")
    days: dict[date, Day] = {}
    statutory: list[tuple[date, Day]] = []
    moved: list[date] = []
    for on in sorted(on for on in listed if on.year == year):
        if "调休" in listed[on]:
            moved.append(on)
            continue
        name = listed[on].replace("（补假）", "").replace("农历", "").replace("; ", "、")
        name_en = english[on].replace(" (observed)", "").replace("; ", ", ")
        name_en = name_en.replace("Chinese New Year (Spring Festival)", SPRING_FESTIVAL_EN)
        festivals = frozenset(festival for festival in FESTIVALS if festival in name)
        if EVE in name:
            festivals |= {EVE_OF}
        day = Day(DayKind.HOLIDAY, name, name_en, "published", festivals)
        statutory.append((on, day))
        days[on] = day
    for on in moved:
        # a day off moved here lengthens the festival that it is nearest to
        _gap, day = min(
            ((abs((on - fest).days), each) for fest, each in statutory), key=lambda pair: pair[0]
        )
        days[on] = _of_the_festival(day)
    for on in listed.weekend_workdays:
        if on.year == year:
            days[on] = Day(DayKind.WORKING, *MOVED_NAME, "published")
    return days


def _is_held(year: int) -> bool:
    return FIRST_YEAR <= year <= LAST_YEAR


def _of_the_festival(day: Day) -> Day:
    """Return what a day off beside a festival's day is called: the eve is one day only."""
    return replace(day, name=EVE_OF, name_en=SPRING_FESTIVAL_EN) if day.name == EVE else day


@cache
def _is_published(year: int) -> bool:
    """Whether the package holds a year's arrangement.

    Every arrangement from 2001 to 2026 moves working days to weekends, and the law alone never
    does: a year without such a day is one that the package does not know yet.
    """
    return any(day.kind is DayKind.WORKING for day in _package_days(year).values())
