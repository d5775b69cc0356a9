"""What a station meets, lacks, and what is unknown; the rule files; inspectors' answers."""

import random
from datetime import UTC, date, datetime, timedelta
from math import cos, radians
from pathlib import Path
from shutil import copytree
from typing import Any, get_args

import pytest
from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from stations import accounts, assessments, search, standards
from stations.accounts import Account
from stations.assessments import Answer
from stations.errors import (
    FileRefusedError,
    InvalidInputError,
    StationNotFoundError,
    UnknownTermError,
)
from stations.evidence import State
from stations.judging import bench, year_up_to
from stations.register import current_version
from stations.rule_files import SHIPPED, read_rules
from stations.rule_sets import (
    VOCABULARY,
    AllOf,
    AnyOf,
    AtLeast,
    Fact,
    FirstKnown,
    IfThen,
    Indicator,
    Rules,
    Service,
)
from stations.settings import REPOSITORY, Settings
from stations.standards import Judgement
from stations.station import Known
from stations.tables import Assessment, Event, Station
from tests.factories import CITY, add_areas, add_station

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ROOM = "NB-RS-0001"


@pytest.fixture
def inspector(session: Session) -> Account:
    add_areas(session)
    add_station(session, ROOM, area_code="330203", services_yes=["warmth"], services_no=["wifi"],
                checked={"services": "2026-10-01", "hours": "2026-09-01"})  # fmt: skip
    return account(session, "330203")


def account(session: Session, area: str) -> Account:
    number = accounts.add(
        session, login=f"m{area}", name="m", role="manager", password="an honest password",
        areas=(area,),
    )  # fmt: skip
    return Account(id=number, login=f"m{area}", name="m", role="manager", scope=())


def judge(session: Session, code: str = ROOM, **how: Any) -> dict[str, Judgement]:
    found = standards.gaps(session, code, rules=how.pop("rules", read_rules()), on=TODAY, **how)
    return {each.rule_set.code: each for each in found}


def states(judgement: Judgement) -> dict[str, str]:
    return {each.requirement.code: each.state.value for each in judgement.findings}


def answer(session: Session, who: Account, code: str = ROOM, **facts: Any) -> bool:
    said = [Answer(fact, given) for fact, given in facts.items()]
    return assessments.record(session, code, said, who, NOW, read_rules())


def add_events(session: Session, count: int, starts_at: datetime, **columns: Any) -> None:
    number = session.execute(text("SELECT count(*) FROM events")).scalar_one()
    for each in range(count):
        session.execute(
            insert(Event).values(
                {
                    "code": f"NB-EV-{number + each + 1:04}",
                    "kind": "health_check",
                    "title": "义诊",
                    "station_code": ROOM,
                    "starts_at": starts_at,
                    "ends_at": starts_at + timedelta(hours=2),
                    "access": "everyone",
                    "source_code": "test",
                    "register_version": 1,
                }
                | columns
            )
        )


# The shipped files


def test_the_shipped_files_are_read_and_say_what_is_not_verified() -> None:
    in_force = read_rules().in_force(TODAY)
    assert {"basic", "benchmark", "kit_10x", "double_15", "nursing_room"} <= set(in_force)
    assert len(read_rules().requirements("basic", TODAY)) == 8
    assert len(read_rules().requirements("benchmark", TODAY)) == 9
    assert len(read_rules().requirements("kit_10x", TODAY)) == 10
    for code in ("basic", "benchmark", "kit_10x", "nursing_room"):
        assert in_force[code].verified is False
        assert not any(each.verified for each in read_rules().requirements(code, TODAY))
    assert in_force["double_15"].verified is True
    plan = read_rules().plan(TODAY)
    assert plan is not None
    assert not any(
        each.verified
        for each in plan.indicator
        if each.at_least is not None or each.at_most is not None
    )


def test_which_sets_apply_depends_on_all_kinds_of_the_place(session: Session) -> None:
    add_areas(session)
    add_station(session, "NB-RS-0001")
    add_station(session, "NB-NR-0002", kind="nursing_room")
    add_station(session, "NB-NR-0003", kind="nursing_room", also_kinds=["rest_station"])
    add_station(session, "NB-CM-0004", kind="card_merchant")
    rest = {"basic", "benchmark", "kit_10x", "double_15"}
    assert set(judge(session, "NB-RS-0001")) == rest
    assert set(judge(session, "NB-NR-0002")) == {"nursing_room"}
    assert set(judge(session, "NB-NR-0003")) == rest | {"nursing_room"}
    assert judge(session, "NB-CM-0004") == {}


# One station


def test_unknown_is_never_missing_and_evidence_has_its_day(
    session: Session, inspector: Account
) -> None:
    found = judge(session)
    kit = found["kit_10x"]
    assert states(kit) == dict.fromkeys(states(kit), "unknown") | {
        "warmth": "met",
        "wifi": "missing",
    }
    assert (kit.count(State.MET), kit.count(State.MISSING), kit.count(State.UNKNOWN)) == (1, 1, 8)
    assert kit.passes is False
    by_code = {each.requirement.code: each.evidence for each in kit.findings}
    (warmth,) = by_code["warmth"]
    assert (warmth.value, warmth.on, warmth.origin) == ("yes", date(2026, 10, 1), "listing")
    (rain,) = by_code["rain_gear"]
    assert (rain.value, rain.on) == ("unknown", None)
    basic = found["basic"]
    assert states(basic) == dict.fromkeys(states(basic), "unknown") | {"on_the_map": "met"}
    assert basic.passes is None


def test_a_station_with_everything_passes(session: Session, inspector: Account) -> None:
    services = ["warmth", "cooling", "drinking_water", "first_aid", "tables_chairs", "charging"]
    session.execute(update(Station).values(services_yes=services))
    yes = dict.fromkeys(["name_sign", "own_room", "rules_on_wall", "publicity"], Known.YES)
    answer(session, inspector, **yes)
    assert judge(session)["basic"].passes is None  # nothing is known of its activities
    add_events(session, 3, NOW - timedelta(days=30))
    found = judge(session)
    assert found["basic"].passes is True
    assert states(found["benchmark"])["service_events"] == "missing"
    add_events(session, 1, NOW - timedelta(days=3))
    found = judge(session)
    assert found["benchmark"].passes is True
    assert len(found["benchmark"].findings) == 9
    (events,) = found["benchmark"].findings[-1].evidence
    assert (events.value, events.on, events.origin) == (4, date(2026, 11, 20), "events")


EVENTS: list[tuple[datetime, dict[str, Any], str]] = [
    (datetime(2026, 11, 23, 8, tzinfo=UTC), {}, "met"),  # later that day
    (datetime(2026, 11, 23, 16, 1, tzinfo=UTC), {}, "unknown"),  # the next day in Shanghai
    (datetime(2025, 11, 23, 16, 1, tzinfo=UTC), {}, "met"),  # the 24th, a year before
    (datetime(2025, 11, 23, 15, 59, tzinfo=UTC), {}, "missing"),  # events are kept, none now
    (datetime(2026, 11, 1, tzinfo=UTC), {"status": "cancelled"}, "unknown"),
    (datetime(2026, 11, 1, tzinfo=UTC), {"access": "staff_only"}, "unknown"),
]


def test_which_events_count(session: Session) -> None:
    add_areas(session)
    found = []
    for number, (starts_at, columns, _state) in enumerate(EVENTS):
        code = f"NB-RS-{number:04}"
        add_station(session, code)
        add_events(session, 4, starts_at, station_code=code, **columns)
        found.append(states(judge(session, code)["benchmark"])["service_events"])
    assert found == [state for _starts_at, _columns, state in EVENTS]


def test_an_inspectors_no_stands_until_an_event_is_written_down(
    session: Session, inspector: Account
) -> None:
    answer(session, inspector, warm_activities=Known.NO)
    assert states(judge(session)["basic"])["warm_activities"] == "missing"
    add_events(session, 1, NOW - timedelta(days=3))
    assert states(judge(session)["basic"])["warm_activities"] == "met"


def test_an_inspector_goes_before_the_listing(session: Session, inspector: Account) -> None:
    session.execute(update(Station).values(services_yes=["name_sign"]))
    assert states(judge(session)["basic"])["name_sign"] == "met"
    answer(session, inspector, name_sign=Known.NO)
    assert states(judge(session)["basic"])["name_sign"] == "missing"


def test_a_year_before_a_leap_day() -> None:
    start, end = year_up_to(date(2028, 2, 28))
    assert (start.date(), end.date()) == (date(2027, 3, 1), date(2028, 2, 29))
    start, end = year_up_to(date(2028, 2, 29))
    assert (start.date(), end.date()) == (date(2027, 3, 1), date(2028, 3, 1))


SIZES: list[tuple[dict[str, float], str]] = [
    ({}, "unknown"),
    ({"building_m2": 3000, "visitors_per_day": 5000}, "met"),  # not held to a size
    ({"building_m2": 3000}, "unknown"),
    ({"building_m2": 5000}, "unknown"),
    ({"building_m2": 5000, "room_m2": 5.9}, "missing"),
    ({"building_m2": 5000, "room_m2": 6, "visitors_per_day": 0}, "met"),
    ({"building_m2": 5000, "room_m2": 6}, "unknown"),  # 10,000 visitors would ask for more
    ({"visitors_per_day": 5001, "room_m2": 5}, "missing"),
    ({"building_m2": 10000, "visitors_per_day": 10000, "room_m2": 6}, "met"),
    ({"building_m2": 10001, "room_m2": 9.9}, "missing"),
    ({"building_m2": 10001, "room_m2": 10}, "met"),
    ({"room_m2": 10}, "met"),  # enough for any building
]


def test_the_size_that_a_building_asks_for(session: Session, inspector: Account) -> None:
    found = []
    for number, (facts, _state) in enumerate(SIZES):
        code = f"NB-NR-{number:04}"
        add_station(session, code, area_code="330203", kind="nursing_room")
        if facts:
            answer(session, inspector, code, **facts)
        found.append((facts, states(judge(session, code)["nursing_room"])["size"]))
    assert found == SIZES


NEIGHBOURS: list[tuple[float, dict[str, Any], str]] = [
    (990, {}, "met"),
    (1010, {}, "missing"),
    (500, {"kind": "nursing_room", "access": "everyone"}, "missing"),
    (500, {"kind": "nursing_room", "also_kinds": ["rest_station"]}, "met"),
    (500, {"status": "temporarily_closed"}, "missing"),
    (500, {"access": "staff_only"}, "missing"),
]


def test_cross_coverage(session: Session) -> None:
    add_areas(session)
    for number, (metres, columns, state) in enumerate(NEIGHBOURS):
        here = LonLat(CITY.lon, CITY.lat - number / 10)
        add_station(session, f"NB-RS-{number:04}", here)
        near = LonLat(here.lon + metres / (111_320 * cos(radians(here.lat))), here.lat)
        add_station(session, f"NB-RS-1{number:03}", near, **columns)
        finding = judge(session, f"NB-RS-{number:04}")["double_15"].findings[-1]
        assert finding.requirement.code == "cross_coverage"
        assert finding.state.value == state
        assert finding.evidence[0].value == (1 if state == "met" else 0)


def test_an_unplaced_station_is_not_on_the_map_and_nothing_is_said_of_its_neighbours(
    session: Session, inspector: Account
) -> None:
    add_station(session, "NB-RS-0005", None, town_code="330203001")
    found = judge(session, "NB-RS-0005")
    assert states(found["double_15"])["cross_coverage"] == "unknown"
    assert states(found["basic"])["on_the_map"] == "missing"


def test_only_visible_stations_are_judged(session: Session, inspector: Account) -> None:
    add_station(session, "NB-NR-0007", kind="nursing_room", access="staff_only")
    assert judge(session, "NB-NR-0007")
    with pytest.raises(StationNotFoundError):
        judge(session, "NB-NR-0007", visible=search.IS_PUBLIC)
    session.execute(update(Station).values(withdrawn=True))
    with pytest.raises(StationNotFoundError):
        judge(session)


# Inspectors' answers


def test_the_answer_of_the_latest_day_holds(session: Session, inspector: Account) -> None:
    rules = read_rules()

    def say(given: Known | None, day: int) -> None:
        said = [Answer("name_sign", given, date(2026, 11, day))]
        assessments.record(session, ROOM, said, inspector, NOW, rules)

    def sign() -> tuple[str, Any]:
        finding = judge(session)["basic"].findings[0]
        return finding.state.value, finding.evidence[0].on

    say(Known.YES, 10)
    assert sign() == ("met", date(2026, 11, 10))
    say(Known.NO, 5)  # written down late
    assert sign() == ("met", date(2026, 11, 10))
    say(Known.NO, 10)
    assert sign() == ("missing", date(2026, 11, 10))
    say(None, 11)
    assert sign() == ("unknown", None)
    early = standards.gaps(session, ROOM, rules=rules, on=date(2026, 11, 7))
    assert early[0].findings[0].state is State.MISSING
    assert len(session.scalars(select(Assessment)).all()) == 4


def test_an_answer_that_holds_already_is_not_written_again(
    session: Session, inspector: Account
) -> None:
    before = current_version(session)
    assert answer(session, inspector, name_sign=Known.YES, own_room=Known.NO) is True
    assert current_version(session) == before + 1
    assert answer(session, inspector, name_sign=Known.YES) is False
    assert current_version(session) == before + 1
    (row, _other) = session.scalars(select(Assessment).order_by(Assessment.id)).all()
    assert (row.assessed_by, row.register_version) == (inspector.id, before + 1)


BAD_ANSWERS = [
    (Answer("golden_door", Known.YES), "assessments.0.fact"),
    (Answer("name_sign", 3.0), "assessments.0.answer"),
    (Answer("room_m2", Known.YES), "assessments.0.answer"),
    (Answer("room_m2", -1.0), "assessments.0.answer"),
    (Answer("room_m2", float("nan")), "assessments.0.answer"),
    (Answer("name_sign", Known.YES, date(2026, 11, 24)), "assessments.0.checked_on"),
    (Answer("name_sign", Known.YES, date(1999, 12, 31)), "assessments.0.checked_on"),
    (Answer("name_sign", Known.YES, None, "x" * 501), "assessments.0.note"),
    (Answer("name_sign", Known.YES, None, "a\0b"), "assessments.0.note"),
]


def test_bad_answers_name_the_entry(session: Session, inspector: Account) -> None:
    good = Answer("own_room", Known.YES)
    for given, field in BAD_ANSWERS:
        with pytest.raises((InvalidInputError, UnknownTermError)) as refused:
            assessments.record(session, ROOM, [given, good], inspector, NOW, read_rules())
        assert refused.value.field == field
    assert current_version(session) == 0
    assert session.scalars(select(Assessment)).all() == []


def test_a_stranger_finds_no_station_to_assess(session: Session, inspector: Account) -> None:
    with pytest.raises(StationNotFoundError):
        answer(session, account(session, "330212"), name_sign=Known.YES)


def test_answers_are_only_added_to(engine: Engine) -> None:
    with Session(engine) as session:
        add_areas(session)
        add_station(session, ROOM, area_code="330203")
        answer(session, account(session, "330203"), name_sign=Known.YES)
        session.commit()
    for statement in ("UPDATE assessments SET yes = false", "DELETE FROM assessments"):
        with pytest.raises(IntegrityError, match="only added to"), engine.begin() as connection:
            connection.execute(text(statement))


# Rule files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copytree(SHIPPED, tmp_path / "rules")
    return tmp_path / "rules"


SEVEN = """
type = "rule_set"
code = "basic"
version = "2027"
in_force_from = {day}
zh = "七个一"
en = "Seven ones"
kinds = ["rest_station"]
source_zh = "本市"
source_en = "the city"
verified = true
[[requirement]]
code = "water"
zh = "饮用水"
en = "Water"
needs = {{ service = "drinking_water" }}
"""


def test_a_new_version_is_a_new_file(session: Session, inspector: Account, folder: Path) -> None:
    (folder / "basic.2027.toml").write_text(SEVEN.format(day="2026-11-23"), encoding="utf-8")
    rules = read_rules(folder)
    assert rules.fingerprint != read_rules().fingerprint
    found = judge(session, rules=rules)
    assert found["basic"].rule_set.version == "2027"
    assert states(found["basic"]) == {"water": "unknown"}
    # what includes it follows
    assert list(states(found["benchmark"])) == ["water", "service_events"]
    # the day before, the old one holds
    (before, *_) = standards.gaps(session, ROOM, rules=rules, on=date(2026, 11, 22))
    assert (before.rule_set.version, len(before.findings)) == ("2024", 8)


def test_the_folder_of_the_settings_is_used(
    session: Session, inspector: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.toml").write_text(SEVEN.format(day="2020-01-01"), encoding="utf-8")
    monkeypatch.setattr(standards, "load_settings", lambda: Settings(rules_dir=tmp_path))
    assert [each.rule_set.zh for each in standards.gaps(session, ROOM)] == ["七个一"]


def test_a_set_ends(folder: Path) -> None:
    ended = SEVEN.format(day="2026-11-23\nin_force_until = 2026-11-30")
    (folder / "kit_10x.2027.toml").write_text(
        ended.replace('"basic"', '"kit_10x"'), encoding="utf-8"
    )
    rules = read_rules(folder)
    assert rules.in_force(date(2026, 11, 22))["kit_10x"].version == "2024"
    assert rules.in_force(date(2026, 11, 30))["kit_10x"].version == "2027"
    assert "kit_10x" not in rules.in_force(date(2026, 12, 1))


BAD_FILES = [
    ("type = [", "TOML"),
    ('type = "law"', "应为其中之一：'rule_set', 'plan'"),
    (SEVEN.format(day="2026-11-23").replace("zh =", "zhong ="), "zh"),
    (SEVEN.format(day="2026-11-23").replace("drinking_water", "tea"), "没有“tea”"),
    (SEVEN.format(day="2026-11-23").replace("rest_station", "castle"), "没有“castle”"),
    (
        SEVEN.format(day="2026-11-23").replace("{ service =", "{ servise ="),
        "requirement.1.needs：条件须用其中之一：service, field",
    ),
    (
        SEVEN.format(day="2026-11-23").replace('{ service = "drinking_water"', '{ fact = "beauty"'),
        "没有“beauty”",
    ),
    (
        SEVEN.format(day="2026-11-23").replace(
            '{ service = "drinking_water"', '{ fact = "name_sign", at_least = 3'
        ),
        "“name_sign”若是数字",
    ),
    (
        SEVEN.format(day="2026-11-23").replace(
            '{ service = "drinking_water"', '{ of = [{ service = "wifi" }], at_least = 2'
        ),
        "只列了 1 项，不能要求 2 项",
    ),
    (
        SEVEN.format(day="2026-11-23").replace(
            '{ service = "drinking_water"', '{ all_of = [{ service = "wifi", colour = 3 }]'
        ),
        "requirement.1.needs.all_of.1.colour：没有这一项",
    ),
    (
        SEVEN.format(day="2026-11-23").replace(
            '{ service = "drinking_water"', '{ field = "tier", one_of = ["golden"]'
        ),
        "没有“golden”",
    ),
    (
        SEVEN.format(day="2026-11-23").replace(
            '{ service = "drinking_water"', '{ rule_set = "benchmark"'
        ),
        "绕回了自己",
    ),
    (
        SEVEN.format(day="2026-11-23").replace(
            '{ service = "drinking_water"', '{ rule_set = "seven"'
        ),
        "“seven”在 2026-11-23 没有生效的版本",
    ),
    (SEVEN.format(day="2024-01-01"), "同一天生效"),
    (SEVEN.format(day="2026-11-23").replace('"2027"', '"2024"'), "同一版本"),
    (SEVEN.format(day="2026-11-23").replace('"basic"', '"zhejiang_plan"'), "已是"),
    (SEVEN.format(day="2026-11-23\nin_force_until = 2026-11-22"), "早于"),
    (SEVEN.format(day="2026-11-23").split("[[")[0], "没有任何要求"),
    (SEVEN.format(day="2026-11-23") + SEVEN[SEVEN.index("[[") :].format(), "出现了两次"),
]


@pytest.mark.parametrize(("content", "problem"), BAD_FILES)
def test_a_bad_file_is_refused_with_a_sentence_that_names_it(
    folder: Path, content: str, problem: str
) -> None:
    (folder / "own.toml").write_text(content, encoding="utf-8")
    with pytest.raises(FileRefusedError) as refused:
        read_rules(folder)
    assert "own.toml" in refused.value.sentence("zh")
    assert problem in refused.value.sentence("zh")
    assert "own.toml" in refused.value.sentence("en")
    assert not any("\u4e00" <= mark <= "\u9fff" for mark in refused.value.sentence("en"))


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="no rule file"):
        read_rules(tmp_path)
    with pytest.raises(FileRefusedError, match="no rule file"):
        read_rules(tmp_path / "nowhere")
    (tmp_path / "gbk.toml").write_bytes("# 八有".encode("gb18030"))
    with pytest.raises(FileRefusedError, match="UTF-8"):
        read_rules(tmp_path)


# The oracle: rules as conditions of PostgreSQL against plain three-valued logic


def truth(needs: Any, facts: dict[str, Any]) -> bool | None:  # noqa: PLR0911
    if isinstance(needs, AllOf):
        inner = [truth(each, facts) for each in needs.all_of]
        return False if False in inner else None if None in inner else True
    if isinstance(needs, AnyOf):
        inner = [truth(each, facts) for each in needs.any_of]
        return True if True in inner else None if None in inner else False
    if isinstance(needs, AtLeast):
        inner = [truth(each, facts) for each in needs.of]
        if inner.count(True) >= needs.at_least:
            return True
        return None if inner.count(True) + inner.count(None) >= needs.at_least else False
    if isinstance(needs, FirstKnown):
        inner = [truth(each, facts) for each in needs.first_known]
        return next((each for each in inner if each is not None), None)
    if isinstance(needs, IfThen):
        first, second = truth(needs.if_, facts), truth(needs.then, facts)
        if first is False or second is True:
            return True
        return None if None in (first, second) else False
    if isinstance(needs, Service):
        known: bool | None = facts["services"].get(needs.service)
        return known
    assert isinstance(needs, Fact)
    value = facts["facts"].get(needs.fact)
    if needs.at_least is None:
        return None if value is None else bool(value)
    return None if value is None else bool(value >= needs.at_least)


SERVICES = ("wifi", "warmth", "toilet", "books")


def an_expression(chance: random.Random, depth: int) -> Any:
    if depth == 0 or chance.random() < 0.2:
        return chance.choice(
            [
                Service(service=chance.choice(SERVICES)),
                Fact(fact=chance.choice(["name_sign", "own_room"])),
                Fact(fact="room_m2", at_least=chance.choice([4, 6, 10])),
            ]
        )
    inner = tuple(an_expression(chance, depth - 1) for _ in range(chance.randint(1, 4)))
    return chance.choice(
        [
            AllOf(all_of=inner),
            AnyOf(any_of=inner),
            AtLeast(of=inner, at_least=chance.randint(1, len(inner))),
            IfThen(**{"if": inner[0], "then": inner[-1]}),
            FirstKnown(first_known=inner),
        ]
    )


def test_postgresql_judges_as_three_valued_logic_does(session: Session) -> None:
    chance = random.Random(15)
    add_areas(session)
    known: dict[str, dict[str, Any]] = {}
    for number in range(60):
        code = f"NB-RS-{number:04}"
        services = {each: chance.choice([True, False, None]) for each in SERVICES}
        facts: dict[str, Any] = {}
        for fact in ("name_sign", "own_room"):
            facts[fact] = chance.choice([True, False, None])
        facts["room_m2"] = chance.choice([None, 3.0, 6.0, 12.0])
        known[code] = {"services": services, "facts": facts}
        add_station(
            session, code,
            services_yes=[each for each in SERVICES if services[each] is True],
            services_no=[each for each in SERVICES if services[each] is False],
        )  # fmt: skip
        for fact, value in facts.items():
            column = "number" if fact == "room_m2" else "yes"
            row = {"station_code": code, "fact": fact, column: value}
            session.execute(
                insert(Assessment).values(row | {"checked_on": TODAY, "register_version": 1})
            )
    asked = [an_expression(chance, 3) for _ in range(150)]
    desk = bench(read_rules(), TODAY, asked)
    columns = [desk.condition(each).label(f"c{number}") for number, each in enumerate(asked)]
    rows = session.execute(select(Station.code, *columns).select_from(desk.rows)).all()
    assert len(rows) == 60
    for code, *found in map(list, rows):
        assert found == [truth(each, known[code]) for each in asked]
    # one alone is judged as all together
    alone = bench(read_rules(), TODAY, asked, code="NB-RS-0007")
    columns = [alone.condition(each).label(f"c{number}") for number, each in enumerate(asked)]
    one = session.execute(
        select(*columns).select_from(alone.rows).where(Station.code == "NB-RS-0007")
    ).one()
    assert list(one) == [truth(each, known["NB-RS-0007"]) for each in asked]


def test_rules_are_read_once(folder: Path) -> None:
    rules: Rules = read_rules(folder)
    assert read_rules(folder) is rules


def test_every_word_of_the_vocabulary_is_documented() -> None:
    documented = (REPOSITORY / "docs" / "rules.md").read_text(encoding="utf-8")
    table = [line for line in documented.splitlines() if line.startswith("|")]
    for word in VOCABULARY:
        assert any(f"{word} = " in line for line in table), word
    for measure in get_args(Indicator.model_fields["measure"].annotation):
        assert any(line.startswith(f"| `{measure}`") for line in table), measure
