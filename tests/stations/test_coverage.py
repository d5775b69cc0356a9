"""Coverage of listed areas on real PostGIS."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from pyproj import Geod
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from geo.cells import centres, text_to_cell
from geo.coordinates import LonLat
from stations import coverage, coverage_results
from stations.area_tree import current_tree
from stations.coverage import CoverageQuestion
from stations.coverage_question import What
from stations.coverage_results import KeptResult
from stations.demand import read_demand
from stations.errors import (
    AreaNotFoundError,
    InvalidInputError,
    NoBoundaryError,
    NoDemandError,
    UnknownTermError,
)
from stations.register import next_version
from stations.tables import CoverageResult, Register, Station
from tests.stations.coverage_town import (
    EAST,
    RIGHT,
    ROOT,
    TOWN,
    WEST,
    Computer,
    add_station,
    load_town,
    residents,
)

CITY = CoverageQuestion(ROOT, minutes=10)
HALF_METRE_MINUTES = 0.008


@pytest.fixture
def compute(engine: Engine) -> Computer:
    return Computer(engine)


@pytest.fixture
def town(session: Session) -> Session:
    """Two stations west, one east, one just beyond the eastern border that still reaches in."""
    load_town(session)
    add_station(session, 1, 121.508, 29.812, capacity_per_day=40)
    add_station(session, 2, 121.512, 29.815, capacity_per_day=20)
    add_station(session, 3, 121.531, 29.809, capacity_per_day=10)
    add_station(session, 4, RIGHT + 0.002, 29.825)
    return session


Report = Callable[[CoverageQuestion], dict[str, Any]]


@pytest.fixture
def report(town: Session, compute: Computer) -> Report:
    return lambda question: coverage.report(town, question, compute)


def _numbers(report: dict[str, Any]) -> dict[str, int]:
    demand, backup = report["demand"], report["backup"]
    return {
        **{f"residents {name}": count for name, count in demand["residents"].items()},
        **{f"workers {name}": count for name, count in demand["workers"].items()},
        **{f"backup {name}": count for name, count in backup.items()},
    }


def _set_status(session: Session, code: str, status: str) -> None:
    session.execute(update(Station).where(Station.code == code).values(status=status))
    next_version(session)
    session.commit()


def test_the_districts_add_up_to_the_city(report: Report, town: Session) -> None:
    city = report(CITY)
    assert [part["code"] for part in city["areas"]] == [WEST, EAST]
    for name, count in _numbers(city).items():
        assert count == sum(_numbers(part)[name] for part in city["areas"]), name
    assert city["demand"]["residents"]["total"] == residents(town)
    classes = city["demand"]["residents"]
    assert 0 < classes["served"] < classes["total"]
    assert city["demand"]["workers"]["without_capacity"] > 0
    assert city["stations"]["counted"] == 3


def test_a_district_asked_for_alone_reads_as_in_the_citys_table(report: Report) -> None:
    city = report(CITY)
    for row in city["areas"]:
        alone = report(replace(CITY, area=row["code"]))
        assert _numbers(alone) == _numbers(row)
        assert alone["stations"]["counted"] == row["stations"]
        assert alone["areas"] == []


def test_figures_are_those_of_brute_force_on_the_ellipsoid(report: Report, town: Session) -> None:
    stations = [(121.508, 29.812), (121.512, 29.815), (121.531, 29.809), (RIGHT + 0.002, 29.825)]
    demand = read_demand(town)
    lon, lat = centres(demand.cells)
    expected = dict.fromkeys(["0", "1", "2", "3+"], 0)
    for x, y, people in zip(lon, lat, demand.residents.tolist(), strict=True):
        metres = [Geod(ellps="WGS84").inv(x, y, *station)[2] for station in stations]
        minutes = [m * 1.25 / (5000 / 60) for m in metres]
        assert all(abs(m - CITY.minutes) > HALF_METRE_MINUTES for m in minutes)
        reached = sum(m <= CITY.minutes for m in minutes)
        expected["3+" if reached >= 3 else str(reached)] += people
    assert report(CITY)["backup"] == expected


def test_an_answer_says_how_it_was_made(report: Report, town: Session) -> None:
    answer = report(CITY)
    said = {
        name: answer[name]
        for name in ("area", "minutes", "kinds", "profile", "method", "speed_kmh", "at")
    }
    assert said == {
        "area": ROOT,
        "minutes": 10,
        "kinds": ["rest_station"],
        "profile": "walk",
        "method": "straight_line",
        "speed_kmh": 5.0,
        "at": None,
    }
    assert answer["data_version"] == town.scalars(select(Register.version)).one()
    assert datetime.fromisoformat(answer["as_of"]).utcoffset() is not None
    assert answer["demo"] is True
    assert [source["attribution"] for source in answer["sources"]] == ["示例数据"]


def test_a_kept_result_answers_for_all_areas(report: Report, compute: Computer) -> None:
    first = report(CITY)
    assert json.dumps(report(CITY)) == json.dumps(first)  # the same bytes
    report(replace(CITY, area=EAST))
    assert compute.computed == [CITY]


def test_an_edit_makes_kept_results_old(report: Report, compute: Computer, town: Session) -> None:
    before = report(CITY)
    add_station(town, 5, 121.526, 29.822)
    after = report(CITY)
    assert len(compute.computed) == 2
    assert after["data_version"] > before["data_version"]
    assert after["demand"]["residents"]["served"] > before["demand"]["residents"]["served"]
    kept = town.scalars(select(CoverageResult.data_version)).all()
    assert kept == [after["data_version"]]


def test_demand_is_loaded_again_only_when_it_changed(
    report: Report, compute: Computer, town: Session
) -> None:
    report(CITY)
    ground = compute.desk.grounds[ROOT]
    report(replace(CITY, minutes=11))
    assert compute.desk.grounds[ROOT] is ground
    town.execute(text("UPDATE demand SET residents = residents + 1"))
    next_version(town)
    town.commit()
    assert report(CITY)["demand"]["residents"]["total"] == residents(town)


def test_the_table_of_results_is_bounded(
    report: Report, town: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage_results, "MAX_RESULTS", 3)
    for minutes in range(5, 11):
        report(replace(CITY, minutes=minutes))
    assert town.scalar(select(func.count()).select_from(CoverageResult)) == 3


def test_a_result_long_unused_is_marked_when_it_is_used_again(
    report: Report, compute: Computer, town: Session
) -> None:
    first = report(CITY)
    town.execute(text("UPDATE coverage_results SET used_at = now() - interval '2 hours'"))
    town.commit()
    assert report(CITY) == first
    recent = select(func.bool_and(CoverageResult.used_at > func.now() - text("interval '1 hour'")))
    assert town.scalar(recent) is True


def test_a_closed_station_is_left_out_and_said_so(report: Report, town: Session) -> None:
    open_city = report(CITY)
    town.execute(
        text("UPDATE stations SET status = 'temporarily_closed' WHERE code = 'NB-RS-0003'")
    )
    next_version(town)
    town.commit()
    city = report(CITY)
    assert city["stations"] == {"counted": 2, "left_out": {"temporarily_closed": 1}}
    assert [part["stations"] for part in city["areas"]] == [2, 0]
    assert city["demand"]["residents"]["served"] < open_city["demand"]["residents"]["served"]


def test_at_an_instant_only_stations_known_to_be_open_count(report: Report, town: Session) -> None:
    for code, hours in (("0001", "Mo-Su 08:00-20:00"), ("0002", "Mo-Su 08:00-12:00")):
        town.execute(
            text("UPDATE stations SET hours_text = 'x', hours = :hours WHERE code = :code"),
            {"hours": hours, "code": f"NB-RS-{code}"},
        )
    next_version(town)
    town.commit()
    nominal = report(CITY)
    assert nominal["served_if_unknown_open"] is None
    at = replace(CITY, at=datetime.fromisoformat("2026-11-02T12:30:20+08:00"))
    noon = report(at)
    assert noon["at"] == "2026-11-02T12:30:00+08:00"
    assert noon["stations"] == {"counted": 1, "left_out": {"closed_then": 1, "hours_unknown": 1}}
    served = noon["demand"]["residents"]["served"]
    if_open = noon["served_if_unknown_open"]["residents"]
    assert served < if_open < nominal["demand"]["residents"]["served"]
    for people in ("residents", "workers"):
        parts = [part["served_if_unknown_open"][people] for part in noon["areas"]]
        assert sum(parts) == noon["served_if_unknown_open"][people]
    night = report(replace(CITY, at=datetime.fromisoformat("2026-11-02T02:30:00+08:00")))
    assert night["demand"]["residents"]["served"] == 0
    assert night["demand"]["residents"]["uncovered"] == residents(town)


def test_an_instant_without_an_offset_is_shanghais(report: Report) -> None:
    naive = report(replace(CITY, at=datetime.fromisoformat("2026-11-02T12:30:00")))
    utc = report(replace(CITY, at=datetime.fromisoformat("2026-11-02T04:30:59+00:00")))
    assert naive == utc


def test_a_place_of_several_kinds_counts_for_each_and_once(report: Report, town: Session) -> None:
    add_station(town, 6, 121.526, 29.822, kind="reading_room", also_kinds=["rest_station"])
    assert report(CITY)["stations"]["counted"] == 4
    both = report(replace(CITY, kinds=("reading_room", "rest_station", "reading_room")))
    assert both["stations"]["counted"] == 4
    assert both["kinds"] == ["rest_station", "reading_room"]
    assert report(replace(CITY, kinds=("reading_room",)))["stations"]["counted"] == 1


def test_staff_only_and_withheld_rooms_are_in_no_figure(report: Report, town: Session) -> None:
    rooms = replace(CITY, kinds=("nursing_room",))
    empty = _numbers(report(rooms))
    add_station(town, 7, 121.526, 29.822, kind="nursing_room", access="staff_only")
    add_station(
        town, 8, 121.51, 29.81, kind="nursing_room", access="unknown", withheld_when_unknown=True
    )
    add_station(town, 9, 121.51, 29.81, kind="nursing_room", status="closed")
    for question in (rooms, replace(rooms, at=datetime.fromisoformat("2026-11-02T12:30:00+08:00"))):
        answer = report(question)
        assert answer["stations"] == {"counted": 0, "left_out": {}}
        assert _numbers(answer) == empty


def test_a_station_beyond_the_border_reaches_in_but_is_not_the_areas(
    report: Report, town: Session
) -> None:
    reached = report(replace(CITY, area=EAST))["demand"]["residents"]["served"]
    _set_status(town, "NB-RS-0004", "closed")
    without = report(replace(CITY, area=EAST))
    assert without["demand"]["residents"]["served"] < reached
    assert without["stations"]["counted"] == 1


def test_cells_hold_the_same_people_as_the_report(
    report: Report, town: Session, compute: Computer
) -> None:
    for area in (ROOT, WEST, EAST):
        question = replace(CITY, area=area)
        expected = report(question)
        for res in (9, 8, 7):
            found = coverage.cells(town, question, res, compute)
            assert found["res"] == res
            names = ("cells", "minutes", "residents", "uncovered", "stations")
            assert len({len(found[name]) for name in names}) == 1
            assert found["cells"] == sorted(set(found["cells"]))
            people = expected["demand"]["residents"]
            assert sum(found["residents"]) == people["total"]
            assert sum(found["uncovered"]) == people["uncovered"]
            assert sum(found["stations"]) == expected["stations"]["counted"]
    assert compute.computed == [CITY]


def test_a_fine_cells_minutes_are_those_to_its_nearest_station(
    town: Session, compute: Computer
) -> None:
    found = coverage.cells(town, replace(CITY, area=WEST), 9, compute)
    stations = [LonLat(121.508, 29.812), LonLat(121.512, 29.815), LonLat(121.531, 29.809)]
    assert None in found["minutes"]
    for cell, minutes in zip(found["cells"], found["minutes"], strict=True):
        lon, lat = (float(value[0]) for value in centres(np.array([text_to_cell(cell)])))
        nearest = min(Geod(ellps="WGS84").inv(lon, lat, *at)[2] for at in stations)
        if minutes is None:
            assert nearest * 1.25 / (5000 / 60) > CITY.minutes
        else:
            assert minutes == pytest.approx(nearest * 1.25 / (5000 / 60), abs=0.051)


@pytest.mark.parametrize("res", [0, 4, 10, 15])
def test_cells_finer_than_the_demand_or_too_coarse_are_refused(
    town: Session, compute: Computer, res: int
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        coverage.cells(town, CITY, res, compute)
    assert refused.value.field == "res"
    assert "5 to 9 is needed" in str(refused.value)


@pytest.mark.parametrize(
    ("question", "error", "field"),
    [
        (replace(CITY, area="999999"), AreaNotFoundError, "area"),
        (replace(CITY, area=TOWN), NoBoundaryError, "area"),
        (replace(CITY, kinds=("castle",)), UnknownTermError, "kind"),
        (replace(CITY, profile="horse"), UnknownTermError, "profile"),
        (replace(CITY, minutes=0), InvalidInputError, "minutes"),
        (replace(CITY, minutes=61), InvalidInputError, "minutes"),
    ],
)
def test_a_question_that_cannot_be_answered_names_its_field(
    report: Report, question: CoverageQuestion, error: type[Exception], field: str
) -> None:
    with pytest.raises(error) as refused:
        report(question)
    assert getattr(refused.value, "field", None) == field


def test_without_demand_there_is_no_coverage(session: Session, compute: Computer) -> None:
    load_town(session, with_demand=False)
    with pytest.raises(NoDemandError):
        coverage.report(session, CITY, compute)


def test_without_stations_everybody_is_uncovered(session: Session, compute: Computer) -> None:
    load_town(session)
    city = coverage.report(session, CITY, compute)
    people = city["demand"]["residents"]
    assert people["uncovered"] == people["total"] == residents(session)
    assert city["stations"] == {"counted": 0, "left_out": {}}


def test_waiting_for_a_computation_holds_no_connection(
    town: Session, engine: Engine, compute: Computer
) -> None:
    held: list[int] = []

    def looking(
        question: CoverageQuestion, data_version: int, what: What = "surface"
    ) -> KeptResult:
        held.append(engine.pool.checkedout())  # type: ignore[attr-defined]
        return compute(question, data_version, what)

    coverage.report(town, CITY, looking)
    assert held == [0]


def test_what_was_looked_at_later_does_not_count_then(town: Session, compute: Computer) -> None:
    checked = {"hours": "2025-01-01", "services": "2026-11-20"}
    hours = {"hours_text": "全天", "hours": "24/7"}
    add_station(town, 9, 121.52, 29.82, checked=checked, **hours)
    for at, count in (("2024-12-31", 0), ("2025-01-01", 1), ("2025-08-01", 0), ("2026-11-21", 1)):
        asked = replace(CITY, at=datetime.fromisoformat(f"{at}T10:00+08:00"))
        found = coverage.report(town, asked, compute)
        assert found["effective"]["stations"] == count, at


def test_the_tree_in_memory_is_that_of_the_register(session: Session) -> None:
    load_town(session)
    before = current_tree(session)
    assert current_tree(session) is before
    assert before.within(WEST, ROOT)
    session.execute(text("UPDATE areas SET name = '别名' WHERE code = :code"), {"code": WEST})
    next_version(session)
    session.rollback()
    assert current_tree(session) is before
    session.execute(text("UPDATE areas SET name = '别名' WHERE code = :code"), {"code": WEST})
    next_version(session)
    session.commit()
    assert current_tree(session).bounded(WEST).name == "别名"
