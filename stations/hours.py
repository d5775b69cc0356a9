"""Opening hours: Chinese text to OSM opening_hours syntax, and what a door does at an instant.

Simple weekly hours only: what depends on holidays or seasons is unknown here, never open and never
closed. 工作日 is read as Monday to Friday; a calendar of holidays and 调休 may refine it.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State, validate

from stations.hours_text import NIGHT_BEGINS, WHOLE_DAY, Week, read_week
from stations.hours_words import DAY_MINUTES, Span
from stations.station import OpenState, OpenStateName

SHANGHAI = ZoneInfo("Asia/Shanghai")
ALWAYS = "24/7"
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")

_DAY = f"(?:{'|'.join(DAYS)})"
_DAY_LIST = f"{_DAY}(?:-{_DAY})?(?:,{_DAY}(?:-{_DAY})?)*"
_SPAN = r"\d\d:[0-5]\d-\d\d:[0-5]\d"
_RULE = f"(?:{_DAY_LIST} )?(?:{_SPAN}(?:,{_SPAN})*|off|closed)"
WEEKLY = re.compile(f"{ALWAYS}|{_RULE}(?:(?:; ?|, ){_RULE})*")
ANY_SPAN = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)")

# Written by somebody who knows the syntax: a rule for days, months or holidays, not a bare time.
OSM_WORDS = re.compile(r"\b(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH|off|[A-Z][a-z]{2} ?\d?)\b")

UNKNOWN = OpenState(OpenStateName.UNKNOWN, None, None, None)


@lru_cache(maxsize=8192)
def parse_hours(text: str) -> str | None:
    """Return the hours that a text describes in OSM opening_hours syntax, None where it is unclear.

    Chinese, English and opening_hours texts are read; the result is one spelling per meaning for
    weekly hours. One word that is not understood makes the whole text unknown.
    """
    week = read_week(text)
    if week is not None:
        written = _written(week)
        return written if _compiled(written) is not None else None
    return _given_as_osm(text.strip())


def open_state(hours: str | None, at: datetime, *, soon_minutes: int = 30) -> OpenState:
    """Return what a station with these opening_hours does at an instant.

    `at` is aware of its offset; the week is Asia/Shanghai's. Hours that are missing, or that hold
    more than weekly rules, are unknown.
    """
    if at.utcoffset() is None:
        raise ValueError("an instant without an offset is none")
    if hours is None:
        return UNKNOWN
    return _state(hours, at.astimezone(SHANGHAI), soon_minutes)


@lru_cache(maxsize=8192)
def _state(hours: str, at: datetime, soon_minutes: int) -> OpenState:
    week = _compiled(hours)
    if week is None:
        return UNKNOWN
    is_open = week.state(at)[0] is State.OPEN
    change = _next_change(week, at, is_open=is_open)
    soon = change is not None and change - at <= timedelta(minutes=soon_minutes)
    if is_open:
        name = OpenStateName.CLOSES_SOON if soon else OpenStateName.OPEN
    else:
        name = OpenStateName.OPENS_SOON if soon else OpenStateName.CLOSED
    closes_in = (change - at) // timedelta(minutes=1) if is_open and change is not None else None
    return OpenState(name, is_open, closes_in, change)


def _next_change(week: OpeningHours, at: datetime, *, is_open: bool) -> datetime | None:
    """Return when the door next opens or closes; spans that touch are one."""
    change = week.next_change(at)
    while change is not None and (week.state(change)[0] is State.OPEN) is is_open:
        if change - at > timedelta(days=8):
            return None
        change = week.next_change(change)
    return change


@lru_cache(maxsize=8192)
def _compiled(hours: str) -> OpeningHours | None:
    """Compile weekly hours; None for what this module does not evaluate truthfully."""
    if not WEEKLY.fullmatch(hours):
        return None
    # The evaluator lets a later rule cut a night short at midnight, and reads a rule after a comma
    # as an addition, even where it says off.
    crosses_midnight = any(end > DAY_MINUTES for _start, end in _spans(hours))
    if (crosses_midnight and ";" in hours) or (", " in hours and re.search("off|closed", hours)):
        return None
    if any(start + DAY_MINUTES <= end != DAY_MINUTES for start, end in _spans(hours)):
        return None
    return OpeningHours(hours, timezone=SHANGHAI) if validate(hours) else None


def _spans(hours: str) -> Iterator[Span]:
    for match in ANY_SPAN.finditer(hours):
        start = int(match[1]) * 60 + int(match[2])
        end = int(match[3]) * 60 + int(match[4])
        yield start, end if end > start else end + DAY_MINUTES


def _given_as_osm(text: str) -> str | None:
    """Return a text that is opening_hours syntax already, although more than weekly rules."""
    if not text.isascii() or not OSM_WORDS.search(text):
        return None
    if not ANY_SPAN.search(text) and not re.search("off|closed", text):
        return None
    times = re.findall(r"\d+:\d+", text)
    if any(not re.fullmatch(r"\d\d:\d\d", time) for time in times):
        return None
    # 09:00-05:00 is more often five in the afternoon than a night of twenty hours
    wrapped = [start for start, end in _spans(text) if end > DAY_MINUTES]
    if any(start < NIGHT_BEGINS for start in wrapped):
        return None
    if not validate(text) or OpeningHours(text, timezone=SHANGHAI).warnings:
        return None
    return text


def _written(week: Week) -> str:
    """Write a week in one spelling: days with the same spans together, in the order of the week."""
    by_spans: dict[tuple[Span, ...], list[int]] = {}
    for day in sorted(week):
        by_spans.setdefault(week[day], []).append(day)
    if len(week) == len(DAYS) and len(by_spans) == 1:
        spans = week[0]
        return ALWAYS if spans == WHOLE_DAY else _written_spans(spans)
    rules = [f"{_written_days(days)} {_written_spans(spans)}" for spans, days in by_spans.items()]
    crosses_midnight = any(spans[-1][1] > DAY_MINUTES for spans in by_spans)
    return (", " if crosses_midnight else "; ").join(rules)


def _written_days(days: list[int]) -> str:
    runs = []
    for _offset, run in groupby(enumerate(days), lambda pair: pair[1] - pair[0]):
        names = [DAYS[day] for _place, day in run]
        runs.append(names[0] if len(names) == 1 else f"{names[0]}-{names[-1]}")
    return ",".join(runs)


def _written_spans(spans: tuple[Span, ...]) -> str:
    return ",".join(f"{_written_minute(start)}-{_written_minute(end)}" for start, end in spans)


def _written_minute(minute: int) -> str:
    shown = minute - DAY_MINUTES if minute > DAY_MINUTES else minute
    return f"{shown // 60:02d}:{shown % 60:02d}"
