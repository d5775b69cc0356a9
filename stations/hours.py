"""Opening hours: Chinese text to OSM opening_hours syntax, and what a door does at an instant.

Hours are weekly, with seasons and with what they say of holidays; the days are the calendar's
(`stations/calendar.py`). What is not understood is unknown here, never open and never closed.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from opening_hours import OpeningHours, validate

from stations.calendar import Calendar, shipped
from stations.hours_rules import Schedule, compiled
from stations.hours_spans import NIGHT_BEGINS
from stations.hours_state import SHANGHAI, microseconds, shut_times, state_at
from stations.hours_table import HoursTable, OpenStates
from stations.hours_text import read_hours
from stations.hours_written import written
from stations.station import Closure, OpenState

__all__ = [
    "SHANGHAI",
    "HoursTable",
    "OpenStates",
    "open_state",
    "open_states",
    "parse_hours",
    "schedule_of",
]

# Written by somebody who knows the syntax: a rule for days, months or holidays, not a bare time.
COMMENT = re.compile('"[^"]*"')
SPAN = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")
OSM_WORDS = re.compile(r"\b(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH|off|[A-Z][a-z]{2} ?\d?)\b")


@lru_cache(maxsize=8192)
def parse_hours(text: str) -> str | None:
    """Return the hours that a text describes in OSM opening_hours syntax, None where it is unclear.

    Chinese, English and opening_hours texts are read; the result is one spelling per meaning. One
    word that is not understood makes the whole text unknown.
    """
    hours = read_hours(text)
    if hours is not None:
        spelled = written(hours)
        return spelled if schedule_of(spelled) is not None else None
    return _given_as_osm(text.strip())


def open_state(
    hours: str | None,
    at: datetime,
    *,
    soon_minutes: int = 30,
    calendar: Calendar | None = None,
    closures: Sequence[Closure] = (),
) -> OpenState:
    """Return what a station with these opening_hours does at an instant.

    `at` is aware of its offset; week, holidays and seasons are Asia/Shanghai's. A one-off closure
    goes before the hours. `calendar` None is the shipped one, without what administrators wrote.
    Hours that are missing, or that this module cannot evaluate truthfully, are unknown.
    """
    if at.utcoffset() is None:
        raise ValueError("an instant without an offset is none")
    return _state(
        hours, at.astimezone(SHANGHAI), soon_minutes, calendar or shipped(), tuple(closures)
    )


def open_states(
    hours_codes: NDArray[np.integer],
    texts: Sequence[str | None],
    at: datetime,
    *,
    soon_minutes: int = 30,
    calendar: Calendar | None = None,
    closures: Mapping[int, Sequence[Closure]] | None = None,
) -> OpenStates:
    """Return the state of many stations in one pass: `texts[hours_codes[i]]` are those of one.

    `closures` are by the station's place. The same as `open_state` one by one. Who asks again of
    the same stations keeps a `HoursTable`.
    """
    table = HoursTable.of(
        hours_codes,
        [None if text is None else schedule_of(text) for text in texts],
        calendar or shipped(),
        closures or {},
    )
    return table.states(at, soon_minutes=soon_minutes)


@lru_cache(maxsize=8192)
def _state(
    hours: str | None,
    at: datetime,
    soon_minutes: int,
    calendar: Calendar,
    closures: tuple[Closure, ...],
) -> OpenState:
    schedule = None if hours is None else schedule_of(hours)
    return state_at(schedule, calendar, shut_times(closures), microseconds(at), soon_minutes)


@lru_cache(maxsize=8192)
def schedule_of(hours: str) -> Schedule | None:
    """Return opening_hours syntax compiled; None for what cannot be evaluated truthfully."""
    return compiled(hours)


def _given_as_osm(text: str) -> str | None:
    """Return a text that is opening_hours syntax already, although more than this module writes."""
    if not COMMENT.sub("", text).isascii() or not OSM_WORDS.search(text):
        return None
    if COMMENT.search(text) and schedule_of(text) is None:
        return None
    spans = SPAN.findall(text)
    if not spans and not re.search("off|closed", text):
        return None
    times = re.findall(r"\d+:\d+", text)
    # 09:00-05:00 is more often five in the afternoon than a night of twenty hours
    slips = any(end <= start and int(start[:2]) * 60 < NIGHT_BEGINS for start, end in spans)
    if slips or any(not re.fullmatch(r"\d\d:\d\d", time) for time in times):
        return None
    if not validate(text) or OpeningHours(text, timezone=SHANGHAI).warnings:
        return None
    return text
