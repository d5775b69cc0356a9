"""Coverage along streets on real PostGIS: the far bank, and columns that are counted once."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from geo.cells import centres, text_to_cell
from geo.coordinates import LonLat
from geo.network import StreetNetwork
from stations import coverage, coverage_planning
from stations.coverage import CoverageQuestion
from stations.coverage_planning import SitesWanted
from stations.coverage_study import Desk
from stations.coverage_what_if import Edits
from stations.errors import NetworkReplacedError
from stations.register import next_version
from stations.tables import ReachColumn, Station
from tests.geo.towns import town as street_town
from tests.stations.coverage_town import (
    EAST,
    LEFT,
    MIDDLE,
    NORTH,
    RIGHT,
    ROOT,
    SOUTH,
    Computer,
    add_station,
    load_town,
    running_on,
)

RIVER = (29.814, 29.816)  # some 220 m of water, and no bridge
STEP = 0.001  # about a hundred metres


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> StreetNetwork:
    """A lattice of streets over the whole town, cut in two by a river that runs east."""
    lons = np.arange(LEFT, RIGHT + STEP / 2, STEP).round(4)
    lats = np.arange(SOUTH, NORTH + STEP / 2, STEP).round(4)
    number = {(x, y): 1 + x + len(lons) * y for x in range(len(lons)) for y in range(len(lats))}
    dry = [y for y, lat in enumerate(lats) if not RIVER[0] < lat < RIVER[1]]
    nodes = {
        number[x, y]: LonLat(float(lons[x]), float(lats[y])) for y in dry for x in range(len(lons))
    }
    street = {"highway": "residential"}
    ways = [([number[x, y] for x in range(len(lons))], street) for y in dry]
    for bank in ([y for y in dry if lats[y] <= RIVER[0]], [y for y in dry if lats[y] >= RIVER[1]]):
        ways += [([number[x, y] for y in bank], street) for x in range(len(lons))]
    return street_town(tmp_path_factory.mktemp("streets"), nodes, ways)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[LonLat]:
    """The stations whose columns were counted, one after the other."""
    found: list[LonLat] = []
    honest = StreetNetwork.column

    def column(self: StreetNetwork, rows: Any, station: Any, limit_minutes: float) -> Any:
        found.append(LonLat(float(station.lon[0]), float(station.lat[0])))
        return honest(self, rows, station, limit_minutes)

    monkeypatch.setattr(StreetNetwork, "column", column)
    return found


def test_the_far_bank_is_uncovered(
    session: Session, engine: Engine, network: StreetNetwork
) -> None:
    load_town(session)
    add_station(session, 1, 121.52, 29.8135)
    compute = Computer(engine, network)
    by_street = CoverageQuestion(ROOT, minutes=15, network=network.id)
    answer = coverage.report(session, by_street, compute)
    crow = coverage.report(session, replace(by_street, network=None), compute)
    assert (answer["method"], crow["method"]) == ("streets", "straight_line")
    assert (answer["detour_factor"], crow["detour_factor"]) == (None, 1.25)
    assert answer["network"]["id"] == network.id
    assert crow["network"] is None
    assert answer["demand"]["residents"]["not_routable"] == 0
    found = coverage.cells(session, by_street, 9, compute)
    straight = coverage.cells(session, replace(by_street, network=None), 9, compute)
    lat = np.array([_latitude(cell) for cell in found["cells"]])
    beyond = lat > RIVER[1]
    minutes = np.array(found["minutes"], dtype=np.float64)
    crows = dict(zip(straight["cells"], straight["minutes"], strict=True))
    assert np.isnan(minutes[beyond]).all()
    assert np.isfinite(minutes[lat < RIVER[0]]).any()
    near = [cell for cell, is_far in zip(found["cells"], beyond, strict=True) if is_far]
    assert any(crows[cell] is not None for cell in near)


def _latitude(cell: str) -> float:
    return float(centres(np.array([text_to_cell(cell)]))[1][0])


def test_an_edit_counts_only_the_columns_of_stations_that_moved(
    session: Session, engine: Engine, network: StreetNetwork, counted: list[LonLat]
) -> None:
    load_town(session)
    for number in range(1, 6):
        add_station(session, number, 121.50 + number / 200, 29.81)
    question = CoverageQuestion(ROOT, minutes=10, network=network.id)
    compute = Computer(engine, network)
    before = coverage.report(session, question, compute)
    assert len(counted) == 5
    session.execute(text("UPDATE stations SET name = 'x', capacity_per_day = 1"))
    next_version(session)
    session.commit()
    coverage.report(session, question, compute)
    other_process = Computer(engine, network)
    assert len(counted) == 5
    add_station(session, 6, 121.53, 29.825)
    after = coverage.report(session, question, other_process)
    assert len(counted) == 6
    assert session.scalar(select(func.count()).select_from(ReachColumn)) == 6
    assert after["demand"]["residents"]["served"] > before["demand"]["residents"]["served"]
    coverage.report(session, replace(question, minutes=11), compute)
    assert len(counted) == 12


def test_kept_columns_give_what_counting_gives(
    session: Session, engine: Engine, network: StreetNetwork
) -> None:
    load_town(session)
    for number in range(1, 6):
        add_station(session, number, 121.50 + number / 200, 29.81, capacity_per_day=10)
    question = CoverageQuestion(ROOT, minutes=10, network=network.id)
    answers = []
    for _ in range(2):
        session.execute(text("DELETE FROM coverage_results"))
        session.commit()
        answers.append(coverage.report(session, question, Computer(engine, network)))
    assert {**answers[0], "as_of": ""} == {**answers[1], "as_of": ""}


def test_another_network_than_the_processs_is_refused(
    session: Session, engine: Engine, network: StreetNetwork
) -> None:
    load_town(session)
    question = CoverageQuestion(ROOT, network="another")
    for here in (network, None):
        with pytest.raises(NetworkReplacedError):
            coverage.report(session, question, Computer(engine, here))


@pytest.fixture(scope="module")
def western(tmp_path_factory: pytest.TempPathFactory) -> StreetNetwork:
    """Streets in the western district alone."""
    lons = np.arange(LEFT, MIDDLE - 3 * STEP, STEP).round(4).tolist()
    lats = np.arange(SOUTH, NORTH + STEP / 2, STEP).round(4).tolist()
    number = {(lon, lat): 1 + k for k, (lon, lat) in enumerate(product(lons, lats))}
    nodes = {id_: LonLat(*place) for place, id_ in number.items()}
    street = {"highway": "residential"}
    ways = [([number[lon, lat] for lon in lons], street) for lat in lats]
    ways += [([number[lon, lat] for lat in lats], street) for lon in lons]
    return street_town(tmp_path_factory.mktemp("western"), nodes, ways)


def test_whom_no_street_leads_to_lacks_no_station_that_could_be_built(
    session: Session, engine: Engine, western: StreetNetwork
) -> None:
    load_town(session)
    add_station(session, 1, 121.505, 29.81)
    run = running_on(Desk(engine, lambda: western))
    asked = CoverageQuestion(ROOT, minutes=8, network=western.id)
    report = coverage.report(session, asked, Computer(engine, western))
    residents = report["demand"]["residents"]
    assert residents["not_routable"] > 0
    assert residents["uncovered"] > 0
    in_grid = coverage_planning.suggest(session, asked, SitesWanted(k=50), run)
    assert in_grid["lacking"] == residents["uncovered"]
    assert in_grid["sites"][-1]["cumulative_share"] == pytest.approx(1, abs=0.02)
    points = tuple(LonLat(each["lon"], each["lat"]) for each in in_grid["sites"])
    listed = coverage_planning.suggest(session, asked, SitesWanted(k=50, points=points), run)
    assert (listed["lacking"], listed["gain"]) == (in_grid["lacking"], in_grid["gain"])
    for wanted in (SitesWanted(k=3), SitesWanted(k=3, points=(LonLat(121.535, 29.81),))):
        east = coverage_planning.suggest(session, replace(asked, area=EAST), wanted, run)
        assert (east["sites"], east["lacking"]) == ([], 0)
        assert [each["code"] for each in east["remarks"]] == ["nobody_lacks"]


def test_a_station_off_the_streets_can_be_moved_to_one(
    session: Session, engine: Engine, western: StreetNetwork
) -> None:
    """As a planner would do first, and as the report is when it is done."""
    load_town(session)
    add_station(session, 1, 121.505, 29.81)
    lost = add_station(session, 2, 121.535, 29.81)
    run = running_on(Desk(engine, lambda: western))
    asked = CoverageQuestion(ROOT, minutes=8, network=western.id)
    before = coverage.report(session, asked, Computer(engine, western))
    assert before["stations"] == {"counted": 1, "left_out": {"not_routable": 1}}
    there = LonLat(121.512, 29.825)
    found = coverage_planning.what_if(session, asked, Edits(move=((lost, there),)), run)
    gone = coverage_planning.what_if(session, asked, Edits(close=(lost,)), run)
    assert gone["gain"]["residents_served"] == 0
    session.delete(session.scalars(select(Station).where(Station.code == lost)).one())
    session.flush()
    add_station(session, 2, *there)
    after = coverage.report(session, asked, Computer(engine, western))
    assert found["gain"]["residents_served"] > 0
    assert found["after"]["demand"] == after["demand"]
    assert found["before"]["demand"] == before["demand"]


def test_stations_say_whom_they_reach_and_how_far_streets_go(
    session: Session, engine: Engine, network: StreetNetwork
) -> None:
    load_town(session)
    add_station(session, 1, 121.52, 29.8135, checked={"hours": "2026-11-01"})
    add_station(session, 2, 121.52, 29.8062)
    add_station(session, 3, 121.52, 29.8163)
    compute = Computer(engine, network)
    question = CoverageQuestion(ROOT, minutes=15, network=network.id)
    answer = coverage.stations(session, question, compute)
    report = coverage.report(session, question, compute)
    assert answer["numberMatched"] == len(answer["stations"]) == 3
    by_code = {each["code"][-1]: each for each in answer["stations"]}
    for each in answer["stations"]:
        assert 0 < each["shed_ratio"] == round(each["cells"] / each["circle_cells"], 3)
        assert each["only_residents"] <= each["residents"]
        assert each["workers_served"] <= each["workers"]
    # a lattice holds 2 / pi of its circle, and the river takes most of the rest of one half
    assert by_code["1"]["shed_ratio"] < 0.55
    assert by_code["3"]["only_residents"] == by_code["3"]["residents"]
    single = {each["code"]: each["residents"] for each in report["single_points"]["stations"]}
    assert single == {each["code"]: each["only_residents"] for each in answer["stations"]}
    assert sum(single.values()) == report["backup"]["1"]
    crow = coverage.stations(session, replace(question, network=None), compute)
    assert {each["shed_ratio"] for each in crow["stations"]} == {None}
