from collections import Counter
from datetime import date, timedelta

import pytest

from seeds.demo_events import demo_events, rules
from stations.event_writes import EventRow
from stations.hours import SHANGHAI
from stations.station import StationRow
from stations.taxonomy import taxonomy

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def made(demo: list[StationRow]) -> list[EventRow]:
    return list(demo_events(demo, TODAY))


def day_of(event: EventRow) -> date:
    return event.starts_at.astimezone(SHANGHAI).date()


def test_events_are_to_come_whenever_the_demo_is_loaded(demo: list[StationRow]) -> None:
    for today in (TODAY, date(2027, 1, 1), date(2028, 2, 29), date(2031, 7, 15)):
        ahead = [each for each in demo_events(demo, today) if day_of(each) > today]
        assert len(ahead) >= 30
        assert max(map(day_of, ahead)) <= today + timedelta(days=rules().days_ahead)


def test_the_same_day_gives_the_same_events_and_the_next_one_adds_to_them(
    demo: list[StationRow], made: list[EventRow]
) -> None:
    assert list(demo_events(demo, TODAY)) == made
    keyed = {each.source_key: each for each in made}
    assert len(keyed) == len(made)
    tomorrow = list(demo_events(demo, TODAY + timedelta(days=1)))
    assert all(keyed.get(each.source_key, each) == each for each in tomorrow)
    new = [each for each in tomorrow if each.source_key not in keyed]
    assert 0 < len(new) <= 10


def test_all_say_that_they_are_made_up(made: list[EventRow]) -> None:
    assert all(each.title.startswith("示例") for each in made)
    assert all((each.title_en or "").startswith("Demo: ") for each in made)


def test_all_words_are_in_the_taxonomy(made: list[EventRow]) -> None:
    words = taxonomy()
    assert {each.kind for each in made} <= words.event_kind.keys()
    assert {each.access for each in made} <= words.access.keys()
    assert {each.status for each in made} == words.event_status.keys()
    assert len({each.kind for each in made}) >= 8


def test_none_is_at_a_staff_only_place(demo: list[StationRow], made: list[EventRow]) -> None:
    staff_only = {row.source_id for row in demo if row.access == "staff_only"}
    assert staff_only
    assert not staff_only & {each.station_key for each in made}
    assert all(each.access != "staff_only" for each in made)


def test_a_part_of_the_benchmark_stations_holds_four_a_year(
    demo: list[StationRow], made: list[EventRow]
) -> None:
    benchmark = {row.source_id for row in demo if row.tier == "benchmark"}
    held = Counter(each.station_key for each in made if each.status == "scheduled")
    enough = [code for code in benchmark if held[str(code)] >= 4]
    assert len(benchmark) / 4 < len(enough) < len(benchmark)
