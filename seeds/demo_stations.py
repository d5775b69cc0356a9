"""Demo stations (示例): made up from a fixed seed, for looking around before real lists come in.

1,950 in all: 600 rest stations, 1,050 nursing rooms of which 350 are staff-only, and 30 of each
other kind; so 1,600 in public lists. No name is a person's or a firm's, and none has a telephone.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from seeds.demo_places import Ground, Place, draw_place, ground, weights_ladder
from seeds.demo_rules import NONE, KindRules, rules
from seeds.draws import Draws
from stations.areas import AreaRow
from stations.demand import DemandRows
from stations.station import Access, Known, StationRow, Status
from stations.taxonomy import taxonomy

NAME_BEGINS = "示例"

ALL_DAY = "全天"
SMART_TIER = "smart_24h"
SMART_ENTRY = {"qr_code": 70, "app": 15, "door_code": 8, "card": 7}


def demo_stations(areas: Sequence[AreaRow], demand: DemandRows) -> Iterator[StationRow]:
    """Make all demo stations, the same ones each time, in the order of demo_stations.toml.

    `areas` holds the districts with their boundaries, and the towns; `demand` says where people
    are.
    """
    on = ground(areas, demand)
    names: Counter[str] = Counter()
    for kind in rules().kind:
        yield from _of_kind(kind, on, names)


def _of_kind(kind: KindRules, on: Ground, names: Counter[str]) -> Iterator[StationRow]:
    draws = Draws(rules().seed, "stations", kind.code)
    ladder = weights_ladder(on, kind.place_by)
    tiers = _dealt(draws, kind.tiers, kind.count)
    levels = _dealt(draws, kind.levels, kind.count)
    staff_only = _dealt(draws, {Access.STAFF_ONLY.value: kind.staff_only}, kind.count)
    statuses = _dealt(draws, {Status.TEMPORARILY_CLOSED.value: kind.temporarily_closed}, kind.count)
    no_capacity = _dealt(draws, {NONE: kind.capacity_unknown}, kind.count)
    for index in range(kind.count):
        place = draw_place(draws, on, ladder, rules().gcj02_percent)
        brand = draws.weighted(kind.brands) if kind.brands else None
        host = draws.one_of(kind.staff_hosts if staff_only[index] else kind.hosts)
        access = draws.weighted(kind.access)
        entry = draws.weighted(kind.entry)
        hours_text = draws.weighted(kind.hours)
        smart_entry = draws.weighted(SMART_ENTRY)
        is_smart = tiers[index] == SMART_TIER
        yield StationRow(
            name=_name(kind, place, brand, host, names),
            name_en=_name_en(kind, place, index + 1),
            kind=kind.code,
            position=place.position,
            source_id=f"demo-{kind.code}-{index + 1:04d}",
            also_kinds=tuple(
                code for code, percent in kind.also_kinds.items() if draws.below(100) < percent
            ),
            brand=brand,
            tier=tiers[index],
            level=levels[index],
            status=statuses[index] or Status.ACTIVE.value,
            access=staff_only[index] or access,
            entry=_words(smart_entry if is_smart else entry),
            services={code: _known(draws, odds) for code, odds in kind.services.items()},
            address=f"{place.district.name}{place.town.name}示例路{draws.below(999) + 1}号",
            hours_text=ALL_DAY if is_smart else _word(hours_text),
            capacity_per_day=None if no_capacity[index] else kind.capacity_per_day,
            town_code=place.town.code,
            checked_on=_checked_on(draws),
        )


def _dealt(draws: Draws, counts: dict[str, int], length: int) -> list[str | None]:
    """Deal exactly these numbers of words over `length` stations; the others get None."""
    words: list[str | None] = [word for word, count in counts.items() for _ in range(count)]
    if len(words) > length:
        raise ValueError("more words than stations")
    words += [None] * (length - len(words))
    draws.shuffle(words)
    return words


def _name(kind: KindRules, place: Place, brand: str | None, host: str, names: Counter[str]) -> str:
    what = brand or taxonomy().kind[kind.code].zh_short
    name = f"{NAME_BEGINS}{what}·{place.town.name}{host}"
    names[name] += 1
    return name if names[name] == 1 else f"{name}{names[name]}号"


def _name_en(kind: KindRules, place: Place, number: int) -> str:
    what = taxonomy().kind[kind.code].en
    return f"Demo {what[0].lower()}{what[1:]} {number}, {place.district.name_en}"


def _word(word: str) -> str | None:
    return None if word == NONE else word


def _words(word: str) -> tuple[str, ...]:
    return () if word == NONE else (word,)


def _known(draws: Draws, odds: tuple[int, int, int]) -> Known:
    yes, no, unknown = odds
    return draws.weighted({Known.YES: yes, Known.NO: no, Known.UNKNOWN: unknown})


def _checked_on(draws: Draws) -> date:
    """Draw a day of the year; recent days come more often, since the later of two is taken."""
    days = rules().checked_days
    return rules().checked_from + timedelta(days=max(draws.below(days), draws.below(days)))
