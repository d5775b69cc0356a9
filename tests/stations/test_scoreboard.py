"""The scoreboard against brute force, and each number against the list behind it."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update
from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from stations import scoreboard
from stations.errors import AreaNotFoundError, IndicatorNotFoundError, InvalidInputError
from stations.evidence import State
from stations.rule_files import SHIPPED, read_rules
from stations.scoreboard import Figure, Scoreboard
from stations.tables import Area, Assessment, Station
from tests.factories import add_areas, add_station

AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CITY, WEST, EAST = "330200", "330203", "330212"
TOWNS = {
    WEST: ["330203001", "330203002", "330203003"],
    EAST: ["330212001", "330212002"],
}
ZONE = "330203999"  # a development zone among the towns, which counts as none
AREAS = [CITY, WEST, EAST, *TOWNS[WEST], *TOWNS[EAST]]
ASSESSED = ("name_sign", "own_room", "rules_on_wall", "publicity", "warm_activities")
BASIC_SERVICES = ("tables_chairs", "charging", "warmth", "cooling", "drinking_water", "first_aid")


def add_ground(session: Session) -> None:
    add_areas(session)
    for code, parent in [("330203002", WEST), ("330203003", WEST), ("330212002", EAST)]:
        add_town(session, code, parent)
    add_town(session, ZONE, WEST, counts_as_town=False)


def add_town(session: Session, code: str, parent: str, *, counts_as_town: bool = True) -> None:
    session.execute(
        insert(Area).values(
            code=code, name=f"镇{code}", level="town", parent_code=parent, source_code="test",
            counts_as_town=counts_as_town,
        )
    )  # fmt: skip


def board(session: Session, area: str = CITY, **how: Any) -> Scoreboard:
    return scoreboard.scoreboard(session, area, AT, rules=how.pop("rules", read_rules()))


def figures(session: Session, area: str = CITY, **how: Any) -> dict[str, Figure]:
    return {each.indicator.code: each for each in board(session, area, **how).figures}


def some_stations(chance: random.Random, count: int) -> list[dict[str, Any]]:
    """Stations of every sort, as plain facts; a place of each is drawn by the caller."""
    made: list[dict[str, Any]] = []
    for number in range(count):
        district = chance.choice([WEST, EAST])
        town = chance.choice([*TOWNS[district], *TOWNS[district], None])
        if district == WEST and chance.random() < 0.1:
            town = ZONE
        services = {each: chance.choice([True, True, True, None, False]) for each in BASIC_SERVICES}
        if chance.random() < 0.4:
            services = dict.fromkeys(BASIC_SERVICES, True)
        facts = {each: chance.choice([True, True, None, False]) for each in ASSESSED}
        if chance.random() < 0.4:
            facts = dict.fromkeys(ASSESSED, True)
        made.append(
            {
                "code": f"NB-RS-{number:04}",
                "kind": chance.choice(["rest_station"] * 5 + ["nursing_room", "card_merchant"]),
                "also_kinds": [],
                "tier": chance.choice(["basic", "basic", "benchmark", "smart_24h", None]),
                "hours": chance.choice(["24/7", "Mo-Fr 08:00-18:00", None]),
                "status": chance.choice(["active"] * 6 + ["temporarily_closed", "closed"]),
                "access": chance.choice(["everyone"] * 5 + ["staff_only", "unknown"]),
                "area_code": district if chance.random() < 0.9 else None,
                "town_code": town,
                "placed": chance.random() < 0.9,
                "services": services,
                "facts": facts,
            }
        )
        if made[-1]["kind"] == "nursing_room" and chance.random() < 0.5:
            made[-1]["also_kinds"] = ["rest_station"]
    return made


def store(session: Session, made: list[dict[str, Any]]) -> None:
    for one in made:
        columns = {
            name: one[name]
            for name in ("kind", "also_kinds", "tier", "hours", "status", "access", "area_code",
                         "town_code")
        } | {
            "hours_text": None if one["hours"] is None else "文字",
            "withheld_when_unknown": one["kind"] == "nursing_room",
            "services_yes": [each for each, has in one["services"].items() if has is True],
            "services_no": [each for each, has in one["services"].items() if has is False],
        }  # fmt: skip
        add_station(session, one["code"], LonLat(121.5, 29.8) if one["placed"] else None, **columns)
        rows = [
            {"station_code": one["code"], "fact": fact, "yes": yes,
             "checked_on": date(2026, 11, 1), "register_version": 1}
            for fact, yes in one["facts"].items()
        ]  # fmt: skip
        session.execute(insert(Assessment), rows)


def counts(one: dict[str, Any]) -> bool:
    public = one["status"] == "active" and one["access"] != "staff_only" and one["placed"]
    if one["kind"] == "nursing_room" and one["access"] == "unknown":
        public = False
    return public and "rest_station" in {one["kind"], *one["also_kinds"]}


def lies_in(one: dict[str, Any], area: str) -> bool:
    place = one["town_code"] or one["area_code"]
    if area == CITY:
        return True
    return place is not None and str(place).startswith(area)


def basic(one: dict[str, Any]) -> bool | None:
    said = [*one["services"].values(), *one["facts"].values()]
    return False if False in said else None if None in said else True


def equals(value: Any, wanted: Any) -> bool | None:
    return None if value is None else bool(value == wanted)


CONDITIONS: dict[str, Callable[[dict[str, Any]], bool | None]] = {
    "stations": lambda _one: True,
    "benchmark_share": lambda one: equals(one["tier"], "benchmark"),
    "smart_24h_share": lambda one: equals(one["tier"], "smart_24h"),
    "always_open_share": lambda one: equals(one["hours"], "24/7"),
    "benchmark_per_town": lambda one: equals(one["tier"], "benchmark"),
    "town_unknown": lambda one: True if one["town_code"] else None,
    "basic_passes": basic,
    "basic_missing": basic,
    "basic_unknown": basic,
}
WANTED = {"basic_missing": False, "basic_unknown": None, "town_unknown": None}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_figures_and_lists_equal_brute_force(session: Session, seed: int) -> None:
    add_ground(session)
    made = some_stations(random.Random(seed), 150)
    store(session, made)
    for area in AREAS:
        counted = [one for one in made if counts(one) and lies_in(one, area)]
        towns = [each for each in (*TOWNS[WEST], *TOWNS[EAST]) if each.startswith(area[:6])]
        towns = [*TOWNS[WEST], *TOWNS[EAST]] if area == CITY else towns
        towns = [area] if len(area) > 6 else towns
        found = board(session, area)
        assert (found.counted, found.towns) == (len(counted), len(towns))
        for figure in found.figures:
            code = figure.indicator.code
            if code == "towns_without_benchmark":
                has = {one["town_code"] for one in counted if one["tier"] == "benchmark"}
                without = [town for town in towns if town not in has]
                listed = scoreboard.towns_behind(session, area, AT, code)
                assert [each.town.code for each in listed] == without
                assert figure.numerator == figure.value == len(without)
                continue
            wanted = WANTED.get(code, True)
            behind = [one["code"] for one in counted if CONDITIONS[code](one) is wanted]
            unknown = [one for one in counted if CONDITIONS[code](one) is None]
            assert figure.numerator == len(behind), code
            assert figure.unknown == (0 if wanted is None else len(unknown))
            of = {"share": len(counted), "per_town": len(towns)}.get(figure.indicator.measure)
            assert figure.denominator == of
            value = len(behind) if of is None else len(behind) / of if of else None
            assert figure.value == pytest.approx(value, abs=1e-6)
            stations, matched = scoreboard.stations_behind(session, area, AT, code)
            assert [each.code for each in stations] == behind
            assert matched == len(behind)


def worlds(made: list[dict[str, Any]]) -> list[list[tuple[str | None, str | None]]]:
    """All that the unknown may turn out to be: a tier and a place (or none of the towns)."""
    choices = []
    for one in made:
        tiers = ["benchmark", "basic"] if one["tier"] is None else [one["tier"]]
        places: list[str | None] = [one["town_code"]]
        if one["town_code"] is None:
            possible = TOWNS.get(one["area_code"], [*TOWNS[WEST], *TOWNS[EAST]])
            places = [None, *possible]
        choices.append([(tier, place) for tier in tiers for place in places])
    return [list(world) for world in product(*choices)]


def test_a_verdict_holds_in_every_world_that_the_unknown_allows(session: Session) -> None:
    add_ground(session)
    seen: set[tuple[str, bool | None]] = set()
    for seed in range(40):
        chance = random.Random(seed)
        made: list[dict[str, Any]] = []
        for number in range(chance.randint(4, 9)):
            known = chance.random() < 0.7
            district = chance.choice([WEST, EAST])
            made.append(
                {
                    "code": f"NB-RS-{number:04}",
                    "tier": chance.choice(["benchmark", "benchmark", "basic"]) if known else None,
                    "town_code": chance.choice(TOWNS[district]) if known else None,
                    "area_code": district if chance.random() < 0.8 else None,
                }
            )
            if known and number < 3 and chance.random() < 0.5:
                made[-1]["town_code"] = None
        if len([one for one in made if None in (one["tier"], one["town_code"])]) > 4:
            continue
        savepoint = session.begin_nested()
        for one in made:
            columns = {name: one[name] for name in ("tier", "town_code", "area_code")}
            add_station(session, one["code"], **columns)
        found = figures(session)
        all_towns = [*TOWNS[WEST], *TOWNS[EAST]]
        verdicts: dict[str, set[bool]] = {}
        for world in worlds(made):
            such = [place for tier, place in world if tier == "benchmark"]
            judged = {
                "benchmark_share": len(such) >= 0.1 * len(made),
                "benchmark_per_town": len(such) >= 1.5 * len(all_towns),
                "towns_without_benchmark": set(all_towns) <= set(such),
            }
            for code, met in judged.items():
                verdicts.setdefault(code, set()).add(met)
        for code, possible in verdicts.items():
            sure = possible.pop() if len(possible) == 1 else None
            assert found[code].met is sure, (seed, code)
            seen.add((code, sure))
        savepoint.rollback()
    assert {sure for code, sure in seen if code == "towns_without_benchmark"} >= {False, None}


def test_targets_are_the_plans_and_unverified(session: Session) -> None:
    add_ground(session)
    for number in range(10):
        add_station(
            session, f"NB-RS-{number:04}", area_code=WEST, town_code=TOWNS[WEST][number % 3],
            tier="benchmark" if number == 0 else "basic",
        )  # fmt: skip
    found = figures(session)
    share = found["benchmark_share"]
    assert (share.value, share.target, share.met) == (0.1, 0.1, True)  # a tenth is a tenth
    assert found["stations"].target is None  # the province's target is not the city's
    assert found["stations"].met is None
    assert found["smart_24h_share"].met is False
    per_town = found["benchmark_per_town"]
    assert (per_town.denominator, per_town.target, per_town.met) == (5, 1.5, False)
    assert found["always_open_share"].target is None
    assert not share.indicator.verified
    assert figures(session, EAST)["benchmark_share"].value is None
    assert figures(session, EAST)["benchmark_share"].met is None


def test_towns_are_counted_from_the_register(session: Session) -> None:
    add_ground(session)
    assert board(session).towns == 5
    session.execute(update(Area).where(Area.code == ZONE).values(counts_as_town=True))
    assert board(session).towns == 6
    assert board(session, WEST).towns == 4
    assert board(session, TOWNS[EAST][0]).towns == 1


def test_what_is_left_out_is_said_and_staff_only_never_shows(session: Session) -> None:
    add_ground(session)
    nowhere: dict[str, Any] = {"area_code": None}
    add_station(session, "NB-RS-0001", area_code=WEST)
    add_station(session, "NB-RS-0002", area_code=WEST, status="temporarily_closed")
    add_station(session, "NB-RS-0003", None, area_code=None, town_code=TOWNS[WEST][0])
    add_station(session, "NB-RS-0004", **nowhere)
    add_station(session, "NB-RS-0005", area_code=WEST, withdrawn=True)
    before = [board(session, area).left_out for area in AREAS]
    for number in range(6, 9):
        hidden: dict[str, Any] = {"access": "staff_only", "also_kinds": ["rest_station"]}
        add_station(
            session, f"NB-NR-{number:04}", None if number == 8 else LonLat(121.5, 29.8),
            kind="nursing_room", area_code=WEST, town_code=TOWNS[WEST][0], tier="benchmark",
            status="temporarily_closed" if number == 7 else "active", **hidden,
        )  # fmt: skip
    assert [board(session, area).left_out for area in AREAS] == before
    by_area = dict(zip(AREAS, before, strict=True))
    assert by_area[CITY] == {"temporarily_closed": 1}
    assert by_area[WEST] == {"temporarily_closed": 1, "area_unknown": 1}
    assert by_area[EAST] == {"area_unknown": 1}
    assert by_area[TOWNS[WEST][1]] == {"area_unknown": 1, "town_unknown": 1}
    for code in ("stations", "benchmark_share", "town_unknown"):
        for state in (None, *State):
            listed, _matched = scoreboard.stations_behind(session, CITY, AT, code, state=state)
            assert {each.code for each in listed} <= {"NB-RS-0001", "NB-RS-0004"}


def test_a_zone_has_the_stations_inside_it(session: Session) -> None:
    add_ground(session)
    add_station(session, "NB-RS-0001", LonLat(121.4, 29.8), area_code=WEST)
    add_station(session, "NB-RS-0002", LonLat(121.5, 29.8), area_code=WEST)
    shape = "SRID=4326;MULTIPOLYGON(((121.3 29.7,121.45 29.7,121.45 29.9,121.3 29.9,121.3 29.7)))"
    session.execute(
        insert(Area).values(code="Z1", name="片区", level="zone", parent_code=WEST,
                            boundary=shape, source_code="test")
    )  # fmt: skip
    found = board(session, "Z1")
    assert (found.counted, found.towns) == (1, 0)
    assert figures(session, "Z1")["benchmark_per_town"].value is None
    listed, _matched = scoreboard.stations_behind(session, "Z1", AT, "stations")
    assert [each.code for each in listed] == ["NB-RS-0001"]


def test_a_list_is_paged_without_gaps(session: Session) -> None:
    add_ground(session)
    for number in range(7):
        add_station(session, f"NB-RS-{number:04}", area_code=WEST)
    seen: list[str] = []
    after = None
    while True:
        page, matched = scoreboard.stations_behind(
            session, CITY, AT, "stations", after_code=after, limit=3
        )
        assert matched == 7
        seen += [each.code for each in page[:3]]
        if len(page) <= 3:
            break
        after = seen[-1]
    assert seen == [f"NB-RS-{number:04}" for number in range(7)]


def test_a_plan_is_a_file_too(session: Session, tmp_path: Path) -> None:
    add_ground(session)
    add_station(session, "NB-RS-0001", area_code=WEST)
    folder = tmp_path / "rules"
    copytree(SHIPPED, folder)
    old = (folder / "zhejiang_plan.2024.toml").read_text(encoding="utf-8")
    new = old.replace('version = "2024"', 'version = "2026"').replace(
        "in_force_from = 2024-01-01", "in_force_from = 2026-06-01"
    )
    new = new.replace("at_least = 12000", "at_least = 2").replace('["330000"]', '["330200"]')
    (folder / "zhejiang_plan.2026.toml").write_text(new, encoding="utf-8")
    rules = read_rules(folder)
    assert board(session, rules=rules).plan.version == "2026"
    total = figures(session, rules=rules)["stations"]
    assert (total.target, total.met) == (2, False)
    assert figures(session, WEST, rules=rules)["stations"].target is None


def test_what_there_is_not(session: Session) -> None:
    add_ground(session)
    with pytest.raises(AreaNotFoundError):
        board(session, "999999")
    with pytest.raises(IndicatorNotFoundError):
        scoreboard.stations_behind(session, CITY, AT, "beauty")
    with pytest.raises(InvalidInputError, match="no plan"):
        scoreboard.scoreboard(session, CITY, datetime(2020, 1, 1, tzinfo=UTC))


def test_the_scoreboard_only_reads(engine: Engine) -> None:
    with Session(engine) as session:
        add_ground(session)
        session.commit()
    with Session(engine) as session:
        session.connection(execution_options={"postgresql_readonly": True})
        assert board(session).counted == 0
        assert session.query(Station).count() == 0
