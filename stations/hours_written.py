"""Writes hours that were understood in opening_hours syntax: one spelling for one meaning."""

from itertools import groupby

from stations.hours_rules import ALWAYS, DAYS, MONTHS
from stations.hours_seasons import Dates
from stations.hours_spans import NIGHT_BEGINS
from stations.hours_text import Hours
from stations.hours_week import WHOLE_DAY, Week
from stations.hours_words import DAY_MINUTES, EVERY_DAY, HOLIDAY_DAY, Span

OFF, UNKNOWN = "off", "unknown"


def written(hours: Hours) -> str:
    """Write days with the same spans together, in the order of the week, season by season."""
    crosses_midnight = any(
        span[1] > DAY_MINUTES for _dates, week in hours.seasons for spans in week.values()
        for span in spans
    )  # fmt: skip
    rules = [
        rule
        for dates, week in hours.seasons
        for rule in _written_week(dates, week, with_holidays=not crosses_midnight)
    ]
    text = (", " if crosses_midnight else "; ").join(rules)
    if hours.holidays is None:
        return text
    if hours.holidays in (OFF, UNKNOWN):
        festivals = "、".join(sorted(hours.festivals))
        return f"{text}; PH {hours.holidays}" + (f' "{festivals}"' if festivals else "")
    (_dates, week) = hours.seasons[0]
    return f"{text}; PH {_written_spans(week[HOLIDAY_DAY])}" if crosses_midnight else text


def _written_week(dates: Dates | None, week: Week, *, with_holidays: bool) -> list[str]:
    by_spans: dict[tuple[Span, ...], list[int]] = {}
    for day in sorted(week):
        if day != HOLIDAY_DAY or with_holidays:
            by_spans.setdefault(week[day], []).append(day)
    season = "" if dates is None else f"{_written_day(dates[0])}-{_written_day(dates[1])} "
    if len(by_spans) == 1 and set(week) >= EVERY_DAY:
        (spans,) = by_spans
        if spans == WHOLE_DAY and not season:
            return [ALWAYS]
        return [season + _written_spans(spans)]
    return [
        f"{season}{_written_days(days)} {_written_spans(spans)}" for spans, days in by_spans.items()
    ]


def _written_day(month_day: int) -> str:
    return f"{MONTHS[month_day // 100 - 1]} {month_day % 100:02d}"


def _written_days(days: list[int]) -> str:
    runs = []
    weekdays = [day for day in days if day != HOLIDAY_DAY]
    for _offset, run in groupby(enumerate(weekdays), lambda pair: pair[1] - pair[0]):
        names = [DAYS[day] for _place, day in run]
        runs.append(names[0] if len(names) == 1 else f"{names[0]}-{names[-1]}")
    return ",".join([*runs, "PH"] if HOLIDAY_DAY in days else runs)


def _written_spans(spans: tuple[Span, ...]) -> str:
    return ",".join(f"{_written_minute(start)}-{_written_end(start, end)}" for start, end in spans)


def _written_end(start: int, end: int) -> str:
    # 06:00-02:00 would be read as a slip; 06:00-26:00 cannot be
    past_midnight = end > DAY_MINUTES and start >= NIGHT_BEGINS
    return _written_minute(end - DAY_MINUTES if past_midnight else end)


def _written_minute(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
