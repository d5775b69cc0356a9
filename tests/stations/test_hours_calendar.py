"""Hours on the days that the calendar changes, in seasons and in one-off closures."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stations import calendar
from stations.calendar import Calendar, Day, DayKind
from stations.coverage_places import Place, standing
from stations.coverage_question import CoverageQuestion
from stations.hours import SHANGHAI, HoursTable, open_state, open_states, parse_hours, schedule_of
from stations.hours_rules import compiled
from stations.hours_state import state_at
from stations.hours_table import NOT_CLOSING, STATE_NAMES
from stations.station import Closure, OpenState

Spans = tuple[tuple[int, int], ...]
Week = Mapping[int, Spans]

# As the State Council published them (国办发明电〔2025〕7号), typed in by hand.
HOLIDAYS = {
    *(date(2026, 2, day) for day in range(15, 24)),
    *(date(2026, 9, day) for day in range(25, 28)),
    *(date(2026, 10, day) for day in range(1, 8)),
}
WORKING = {date(2026, 2, 14), date(2026, 2, 28), date(2026, 9, 20), date(2026, 10, 10)}
WINDOWS = {"春节": (date(2026, 2, 9), 28), "国庆": (date(2026, 9, 14), 35)}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def state(text: str, instant: str, **more: object) -> OpenState:
    hours = parse_hours(text)
    assert hours is not None
    return open_state(hours, at(instant), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "instant", "expected", "change"),
    [
        ("工作日 8:30-17:30", "2026-10-05T10:00", "closed", "2026-10-08T08:30"),
        ("工作日 8:30-17:30", "2026-09-30T17:45", "closed", "2026-10-08T08:30"),
        ("工作日 8:30-17:30", "2026-10-09T17:45", "closed", "2026-10-10T08:30"),
        ("工作日 8:30-17:30", "2026-10-10T10:00", "open", "2026-10-10T17:30"),
        ("工作日 22:00-次日6:00", "2026-10-01T05:00", "open", "2026-10-01T06:00"),
        ("工作日 22:00-次日6:00", "2026-10-01T23:00", "closed", "2026-10-08T22:00"),
        # no word of holidays: closed at night whatever is meant, and in doubt by day
        ("周一至周五 8:30-17:30", "2026-10-05T03:00", "closed", "2026-10-05T08:30"),
        ("周一至周五 8:30-17:30", "2026-10-05T08:15", "closed", "2026-10-05T08:30"),
        ("周一至周五 8:30-17:30", "2026-10-05T08:30", "unknown", None),
        ("周一至周五 8:30-17:30", "2026-10-04T10:00", "closed", "2026-10-05T08:30"),
        ("周一至周五全天", "2026-09-30T23:40", "closes_soon", "2026-10-01T00:00"),
        ("周二至周日 9:00-17:00", "2026-10-10T10:00", "open", "2026-10-10T17:00"),
        ("周一至周六 9:00-17:00", "2026-09-20T10:00", "unknown", None),
        # two hours, both of which are open then
        ("周一至周五8:00-20:00，周六日9:00-18:00", "2026-10-05T10:00", "open", "2026-10-05T18:00"),
        ("周一至周五8:00-20:00，周六日9:00-18:00", "2026-10-05T19:00", "unknown", None),
        ("工作日8:00-20:00，周末9:00-18:00", "2026-10-05T10:00", "unknown", None),
        ("8:30-17:30", "2026-10-05T10:00", "open", "2026-10-05T17:30"),
        ("24小时", "2026-02-17T10:00", "open", None),
        ("24小时（春节除外）", "2026-02-14T10:00", "open", "2026-02-15T00:00"),
        # over a season's edge
        ("夏季8:00-18:30，冬季8:30-17:30", "2026-09-30T18:15", "closes_soon", "2026-09-30T18:30"),
        ("夏季8:00-18:30，冬季8:30-17:30", "2026-09-30T19:00", "closed", "2026-10-01T08:30"),
        ("7月1日-8月31日 9:00-21:00", "2026-11-24T10:00", "closed", "2027-07-01T09:00"),
        ("夏季19:00-次日1:00，冬季18:00-24:00", "2026-10-01T00:30", "closes_soon",
         "2026-10-01T01:00"),
    ],
)  # fmt: skip
def test_days_that_the_calendar_changed(
    text: str, instant: str, expected: str, change: str | None
) -> None:
    found = state(text, instant)
    assert found.state == expected
    assert found.next_change == (None if change is None else at(change))
    assert found.note == ("holiday_unknown" if expected == "unknown" else None)


@pytest.mark.parametrize(
    ("text", "instant", "note"),
    [
        ("工作日 8:30-17:30", "2027-10-01T10:00", "provisional"),
        ("工作日 8:30-17:30", "2027-10-08T10:00", "provisional"),  # may be given off
        ("工作日 8:30-17:30", "2027-09-26T10:00", "provisional"),  # a Sunday that may be worked
        ("工作日 8:30-17:30", "2027-07-14T10:00", None),
        ("工作日 8:30-17:30", "2026-12-26T10:00", "provisional"),  # for the new year's day of 2027
        ("工作日 8:30-17:30", "2026-10-08T10:00", None),
        ("8:30-17:30", "2027-10-01T10:00", None),  # whatever is published
        ("24小时", "2027-10-01T10:00", None),
        ("周一至周五 8:30-17:30", "2027-10-01T10:00", "holiday_unknown"),
    ],
)
def test_a_year_that_is_not_published_says_so_where_it_matters(
    text: str, instant: str, note: str | None
) -> None:
    assert state(text, instant).note == note


def test_what_an_administrator_wrote_goes_first() -> None:
    day = Day(DayKind.WORKING, "调休上班", "", "administrator")
    off = Day(DayKind.HOLIDAY, "城市活动日", "", "administrator")
    own = Calendar(
        own_days={date(2027, 9, 26): day, date(2026, 11, 24): off}, own_years={2027: True}
    )
    assert state("工作日 8:30-17:30", "2027-09-26T10:00", calendar=own).state == "open"
    assert state("工作日 8:30-17:30", "2027-10-01T10:00", calendar=own).note is None
    assert state("工作日 8:30-17:30", "2026-11-24T10:00", calendar=own).state == "closed"
    assert state("工作日 8:30-17:30", "2026-11-24T10:00").state == "open"


# One-off closures


def closed(start: str, end: str, reason: str = "检修") -> Closure:
    return Closure(at(start), at(end), reason)


@pytest.mark.parametrize(
    ("text", "instant", "expected", "closes_in", "change", "reason"),
    [
        ("8:00-18:00", "2026-11-24T10:00", "closed", None, "2026-11-25T08:00", "检修"),
        ("8:00-18:00", "2026-11-24T07:45", "closed", None, "2026-11-25T08:00", None),
        ("8:00-18:00", "2026-11-23T19:00", "closed", None, "2026-11-25T08:00", None),
        ("8:00-18:00", "2026-11-26T13:40", "closes_soon", 20, "2026-11-26T14:00", None),
        ("8:00-18:00", "2026-11-26T12:00", "open", 120, "2026-11-26T14:00", None),
        ("8:00-18:00", "2026-11-26T15:45", "opens_soon", None, "2026-11-26T16:00", "盘点"),
        ("24小时", "2026-11-26T12:00", "open", 120, "2026-11-26T14:00", None),
        ("24小时", "2026-11-26T15:00", "closed", None, "2026-11-26T16:00", "盘点"),
        ("工作日 8:30-17:30", "2026-11-26T14:30", "closed", None, "2026-11-26T16:00", "盘点"),
    ],
)
def test_a_closure_goes_before_the_hours(
    text: str,
    instant: str,
    expected: str,
    closes_in: int | None,
    change: str,
    reason: str | None,
) -> None:
    closures = [
        closed("2026-11-26T14:00", "2026-11-26T16:00", "盘点"),
        closed("2026-11-24T08:00", "2026-11-25T00:00"),
    ]
    found = state(text, instant, closures=closures)
    assert found.state == expected
    assert found.closes_in_minutes == closes_in
    assert found.next_change == at(change)
    assert found.closed_for == reason


def test_a_closure_of_a_station_of_unknown_hours_is_known() -> None:
    closures = [closed("2026-11-24T08:00", "2026-11-25T00:00")]
    found = open_state(None, at("2026-11-24T23:45"), closures=closures)
    assert (found.state, found.closed_for) == ("closed", "检修")
    assert found.next_change == at("2026-11-25T00:00")
    assert open_state(None, at("2026-11-25T00:00"), closures=closures).state == "unknown"
    assert open_state(None, at("2026-11-23T00:00"), closures=closures).state == "unknown"


def test_closures_that_touch_or_overlap_are_one() -> None:
    closures = [
        closed("2026-11-24T09:00", "2026-11-24T11:00", "一"),
        closed("2026-11-24T10:00", "2026-11-24T12:00", "二"),
        closed("2026-11-24T12:00", "2026-11-24T12:30", "三"),
        closed("2026-11-24T09:30", "2026-11-24T09:40", "四"),
    ]
    for minute, reason in ((9 * 60, "一"), (9 * 60 + 35, "一"), (11 * 60, "二"), (12 * 60, "三")):
        instant = at("2026-11-24T00:00") + timedelta(minutes=minute)
        found = open_state("24/7", instant, closures=closures)
        assert found.closed_for == reason
        assert found.next_change == at("2026-11-24T12:30")


def test_a_closure_is_the_same_instant_wherever_it_was_written() -> None:
    closure = Closure(
        datetime(2026, 11, 24, 0, tzinfo=UTC), datetime(2026, 11, 24, 1, tzinfo=UTC), "检修"
    )
    assert open_state("24/7", at("2026-11-24T08:30"), closures=[closure]).closed_for == "检修"
    assert open_state("24/7", at("2026-11-24T09:00"), closures=[closure]).is_open


# Minute by minute: a door painted over weeks that hold a festival, as the oracle.

CLOSED, OPEN, DOUBTFUL = 0, 1, 2
NAMES = "一二三四五六日"


@st.composite
def span_lists(draw: st.DrawFn) -> Spans:
    edges = [
        each * 30 for each in sorted(draw(st.sets(st.integers(0, 47), min_size=2, max_size=4)))
    ]
    spans = [pair for place, pair in enumerate(pairwise(edges)) if place % 2 == 0]
    if draw(st.booleans()) and spans[0][0] > 0:
        start = max(17 * 60, spans[-1][1])
        if start < 1440:
            spans.append((start, 1440 + draw(st.integers(0, spans[0][0] // 30)) * 30))
    return tuple(spans)


def clock(minute: int) -> str:
    return f"{minute % 1440 // 60 if minute != 1440 else 24:02d}:{minute % 60:02d}"


def chinese(spans: Spans) -> str:
    return "、".join(
        f"{clock(start)}至{'次日' if end > 1440 else ''}{clock(end)}" for start, end in spans
    )


def minutes_of(spans: Spans) -> frozenset[int]:
    return frozenset(minute for start, end in spans for minute in range(start, end))


def readings(week: Week, day: date, *, off_on_holidays: bool) -> list[frozenset[int]]:
    """What a text may mean on a date, each as the minutes that begin with it."""
    by_day = [minutes_of(week.get(each, ())) for each in range(7)]
    today = by_day[day.weekday()]
    if day in HOLIDAYS:
        if off_on_holidays:
            return [frozenset()]
        if len(set(by_day)) == 1:
            return [today]
        return [today, by_day[5], by_day[6], *([frozenset()] if frozenset() in by_day else [])]
    if day in WORKING:
        if not today:
            return by_day[:5] + ([] if off_on_holidays else [today])
        return [today, *([each for each in by_day[:5] if each] or [frozenset()])]
    return [today]


def painted(week: Week, first: date, days: int, *, off_on_holidays: bool) -> list[int]:
    line = [CLOSED] * ((days + 2) * 1440)
    for place in range(-1, days):
        may = readings(week, first + timedelta(days=place), off_on_holidays=off_on_holidays)
        sure, ever = frozenset.intersection(*may), frozenset.union(*may)
        for minute in ever:
            spot = place * 1440 + minute
            if spot >= 0:
                line[spot] = OPEN if minute in sure or line[spot] == OPEN else DOUBTFUL
    return line[: days * 1440]


def agrees(found: OpenState, line: Sequence[int], minute: int, first: datetime) -> None:
    assert {True: OPEN, False: CLOSED, None: DOUBTFUL}[found.is_open] == line[minute]
    if line[minute] == DOUBTFUL:
        assert found.next_change is None
        return
    ahead = next(
        (n for n in range(1, len(line) - minute) if line[minute + n] != line[minute]), None
    )
    if ahead is None:
        assert found.next_change is None or found.next_change >= first + timedelta(
            minutes=len(line)
        )
        return
    assert found.next_change == first + timedelta(minutes=minute + ahead)
    assert found.closes_in_minutes == (ahead if line[minute] == OPEN else None)
    soon = ahead <= 30 and (line[minute] == OPEN or line[minute + ahead] == OPEN)
    assert (found.state in ("opens_soon", "closes_soon")) is soon


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(WINDOWS)),
    st.lists(span_lists(), min_size=1, max_size=3),
    st.lists(st.integers(0, 3), min_size=7, max_size=7),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 150)), max_size=3),
    st.lists(st.integers(0, 28 * 1440 - 1), min_size=1, max_size=25),
)
def test_open_state_agrees_with_painting_every_minute_of_a_festival(
    window: str,
    choices: list[Spans],
    by_day: list[int],
    off_on_holidays: bool,
    shut: list[tuple[int, int]],
    minutes: list[int],
) -> None:
    first, days = WINDOWS[window]
    week = {day: choices[pick] for day, pick in enumerate(by_day) if pick < len(choices)}
    if not week:
        return
    text = "；".join(f"周{NAMES[day]} {chinese(spans)}" for day, spans in week.items())
    hours = parse_hours(text + ("；法定节假日休息" if off_on_holidays else ""))
    assert hours is not None
    line = painted(week, first, days, off_on_holidays=off_on_holidays)
    midnight = datetime(first.year, first.month, first.day, tzinfo=SHANGHAI)
    closures = []
    for start, length in shut:  # in steps of 45 minutes
        begin, end = start * 45, (start + length) * 45
        line[begin:end] = [CLOSED] * len(line[begin:end])
        closures.append(
            Closure(midnight + timedelta(minutes=begin), midnight + timedelta(minutes=end), "检修")
        )
    for minute in minutes:
        instant = midnight + timedelta(minutes=minute)
        agrees(open_state(hours, instant, closures=closures), line, minute, midnight)


@settings(max_examples=40)
@given(span_lists(), span_lists(), st.integers(0, 364), st.integers(0, 1439))
def test_seasons_agree_with_the_dates(summer: Spans, winter: Spans, day: int, minute: int) -> None:
    hours = parse_hours(f"夏季{chinese(summer)}，冬季{chinese(winter)}，节假日休息")
    if hours is None:  # a night of one season would run into the other's morning
        return
    instant = at("2026-01-01T00:00") + timedelta(days=day, minutes=minute)

    def begun(on: date) -> frozenset[int]:
        special = calendar.shipped().day(on)
        if special is not None and special.kind is DayKind.HOLIDAY:
            return frozenset()
        return minutes_of(summer if 5 <= on.month <= 9 else winter)

    today = instant.date()
    is_open = minute in begun(today) or minute + 1440 in begun(today - timedelta(days=1))
    assert open_state(hours, instant).is_open is is_open


# All stations in one pass

HOURS = [
    None,
    "24/7",
    "08:30-17:30",
    "Mo-Fr 08:30-17:30",
    "Mo-Fr 08:30-17:30; PH off",
    "22:00-06:00",
    "Mo-Fr 08:30-12:00,14:00-18:30; Sa-Su,PH 09:00-16:00",
    "May 01-Sep 30 08:00-18:30; Oct 01-Apr 30 08:30-17:30",
    '24/7; PH off "春节"',
    "sunrise-sunset",
    "off",
]


@settings(max_examples=80)
@given(
    st.lists(st.integers(0, len(HOURS) - 1), min_size=1, max_size=30),
    st.dictionaries(
        st.integers(0, 29),
        st.lists(st.tuples(st.integers(-3000, 3000), st.integers(1, 3000)), max_size=4),
        max_size=10,
    ),
    st.integers(0, 400 * 1440),
    st.integers(0, 59),
    st.sampled_from([0, 30, 90]),
)
def test_many_states_in_one_pass_are_those_of_each(
    codes: list[int],
    shut: dict[int, list[tuple[int, int]]],
    minute: int,
    second: int,
    soon: int,
) -> None:
    instant = at("2026-01-01T00:00") + timedelta(minutes=minute, seconds=second)
    whole = instant - timedelta(seconds=second)
    closures = {
        place: [
            Closure(
                whole + timedelta(minutes=start), whole + timedelta(minutes=start + length), "检修"
            )
            for start, length in each
        ]
        for place, each in shut.items()
        if place < len(codes)
    }
    found = open_states(np.array(codes), HOURS, instant, soon_minutes=soon, closures=closures)
    for place, code in enumerate(codes):
        one = open_state(HOURS[code], instant, soon_minutes=soon, closures=closures.get(place, ()))
        assert STATE_NAMES[found.state[place]] is one.state
        closes_in = found.closes_in_minutes[place]
        assert (None if closes_in == NOT_CLOSING else closes_in) == one.closes_in_minutes
        assert bool(found.is_open()[place]) is (one.is_open is True)
        assert bool(found.is_unknown()[place]) is (one.is_open is None)


def test_a_table_asks_each_text_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    schedules = [None if text is None else schedule_of(text) for text in HOURS]
    table = HoursTable.of(
        np.arange(5000) % len(HOURS),
        schedules,
        calendar.shipped(),
        {7: [closed("2026-11-24T08:00", "2026-11-30T00:00")]},
    )

    def counted(schedule: Any, *more: Any) -> OpenState:
        asked.append(schedule)
        return state_at(schedule, *more)

    monkeypatch.setattr("stations.hours_table.state_at", counted)
    table.states(at("2026-11-24T10:00"))
    assert asked == schedules


@given(st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]( \d\d:\d\d-\d\d:\d\d| off|,|;| PH){1,6}"))
@settings(max_examples=300)
def test_any_stored_hours_are_compiled_or_unknown_and_never_an_error(text: str) -> None:
    assert (compiled(text) is None) == (schedule_of(text) is None)
    assert open_state(text, at("2026-10-05T10:00")).state in set(STATE_NAMES)


WORDS = [
    "周一至周五",
    "工作日",
    "节假日",
    "法定节假日",
    "除外",
    "休息",
    "夏季",
    "冬季",
    "5月1日",
    "9月30日",
    "5-9月",
    "至",
    "，",
    "；",
    "（",
    "）",
    "、",
    "8:30-17:30",
    "14:00-18:30",
    "22:00-次日6:00",
    "全天",
    "24小时",
    "春节",
    "国庆",
    "除",
    "外",
    "午休",
    "12:00-13:00",
    "中午",
    "双休日",
    "每天",
    "周一",
    "闭馆",
    "不休",
    "含",
    "其他时间",
    "上午",
    "下午",
    "晚上",
    "8点",
    "工作时间",
    "全年",
    "及",
    "和",
    "延长",
]


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map("".join))
@settings(max_examples=500)
def test_any_words_are_read_or_unknown_and_what_is_read_can_be_evaluated(text: str) -> None:
    hours = parse_hours(text)
    if hours is not None:
        assert parse_hours(hours) == hours
        assert compiled(hours) is not None


def test_coverage_at_an_instant_goes_by_calendar_and_closures() -> None:
    shut = Closure(
        datetime(2026, 10, 12, tzinfo=SHANGHAI), datetime(2026, 10, 13, tzinfo=SHANGHAI), "检修"
    )
    place = Place(
        "NB-RS-0001", None, 1, 121.5, 29.8, None, "active", "Mo-Fr 08:30-17:30; PH off", "test",
        closures=(shut,),
    )  # fmt: skip

    def counted(day: int) -> int:
        at = datetime(2026, 10, day, 10, tzinfo=SHANGHAI)
        return int(standing([place], CoverageQuestion("330200", at=at)).counted.sum())

    assert [counted(day) for day in (5, 9, 10, 12, 13)] == [0, 1, 1, 0, 1]
