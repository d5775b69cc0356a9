"""Demo events (示例): made up from a fixed seed, round the day on which they are loaded.

What happens on a day depends on the day alone, so a second seeding on it makes the same events, and
one on a later day only those of the days that have come into view.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from seeds.demo_stations import NAME_BEGINS
from seeds.draws import Draws
from stations.event_writes import EventRow
from stations.hours import SHANGHAI
from stations.station import Access, StationRow

FILE = Path(__file__).with_name("demo_events.toml")

BENCHMARK = "benchmark"
CANCELLED_PERCENT = 4
DAYS_A_WEEK = 7
LAST_DRAWN_DAY_OF_YEAR = 350


class EventRules(BaseModel):
    """One sort of demo event. `begins` are hours of the day in Ningbo."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    weight: int
    title: str
    title_en: str
    begins: tuple[int, ...]
    minutes: int
    access: str
    capacity: int | None = None
    how_to_join: str | None = None


class Benchmark(BaseModel):
    """How many events a benchmark station holds in a year: weight by number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    events: dict[int, int]


class DemoEventRules(BaseModel):
    """All that demo_events.toml says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int
    days_ahead: int
    days_back: int
    per_week: int
    benchmark: Benchmark
    event: tuple[EventRules, ...] = Field(min_length=1)


@cache
def rules() -> DemoEventRules:
    """Return the shipped rules."""
    return DemoEventRules(**tomllib.loads(FILE.read_text(encoding="utf-8")))


def demo_events(stations: Sequence[StationRow], today: date) -> Iterator[EventRow]:
    """Make the demo events of the weeks round `today`, and those of its year at benchmark stations.

    The same ones for the same stations and day. None is at a staff-only place.
    """
    hosts = [
        station
        for station in stations
        if station.access not in {Access.STAFF_ONLY.value, Access.UNKNOWN.value}
        and station.kind in {"rest_station", "drivers_home", "service_centre", "activity_centre"}
    ]
    for back in range(-rules().days_back, rules().days_ahead + 1):
        yield from _of_day(hosts, today + timedelta(days=back))
    for station in hosts:
        if station.tier == BENCHMARK:
            yield from _of_year(station, today)


def _of_day(hosts: Sequence[StationRow], day: date) -> Iterator[EventRow]:
    draws = Draws(rules().seed, "events", day.isoformat())
    whole, rest = divmod(rules().per_week, DAYS_A_WEEK)
    count = whole + (draws.below(DAYS_A_WEEK) < rest)
    for number in range(1, count + 1):
        yield _event(f"{day.isoformat()}-{number}", draws, draws.one_of(hosts), day)


def _of_year(station: StationRow, today: date) -> Iterator[EventRow]:
    """Make the year's events of a benchmark station, but for what is not planned yet."""
    draws = Draws(rules().seed, "benchmark", today.year, str(station.source_id))
    count = draws.weighted(rules().benchmark.events)
    for number in range(1, count + 1):
        # one in each part of the year, so that they are spread over it
        part = LAST_DRAWN_DAY_OF_YEAR // count
        day = date(today.year, 1, 1) + timedelta(days=part * (number - 1) + draws.below(part))
        event = _event(f"{today.year}-{station.source_id}-{number}", draws, station, day)
        if day <= today + timedelta(days=rules().days_ahead):
            yield event


def _event(key: str, draws: Draws, station: StationRow, day: date) -> EventRow:
    weights: Mapping[EventRules, int] = {each: each.weight for each in rules().event}
    rule = draws.weighted(weights)
    begins = datetime.combine(day, time(draws.one_of(rule.begins)), SHANGHAI)
    cancelled = draws.below(100) < CANCELLED_PERCENT
    return EventRow(
        source_key=f"demo-event-{key}",
        station_key=str(station.source_id),
        kind=rule.kind,
        title=f"{NAME_BEGINS}{rule.title}",
        title_en=f"Demo: {rule.title_en[0].lower()}{rule.title_en[1:]}",
        starts_at=begins,
        ends_at=begins + timedelta(minutes=rule.minutes),
        access=rule.access,
        capacity=rule.capacity,
        how_to_join=rule.how_to_join,
        organiser=f"{NAME_BEGINS}工会",
        status="cancelled" if cancelled else "scheduled",
    )
