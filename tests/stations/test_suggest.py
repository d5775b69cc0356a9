"""Where to build next: what is promised is what a what-if of the sites says."""

import random
from dataclasses import replace
from itertools import combinations

import pytest
from shapely import MultiPolygon, box
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from geo.cells import cell_of
from geo.coordinates import Datum, LonLat, convert
from geo.siting import Objective
from stations import coverage_planning, coverage_siting, register, tables
from stations.coverage import CoverageQuestion
from stations.coverage_planning import Run, SitesWanted
from stations.coverage_study import Desk
from stations.coverage_what_if import Edits, NewPlace
from stations.errors import InvalidInputError
from tests.stations.coverage_town import (
    LEFT,
    MIDDLE,
    NORTH,
    RIGHT,
    ROOT,
    SOUTH,
    WEST,
    ZONE,
    add_station,
    load_town,
    running_on,
)

CITY = CoverageQuestion(ROOT, minutes=8)
EVERYWHERE = MultiPolygon([box(LEFT - 1, SOUTH - 1, RIGHT + 1, NORTH + 1)])


@pytest.fixture
def town(session: Session) -> Session:
    load_town(session)
    add_station(session, 1, 121.508, 29.812, capacity_per_day=40)
    add_station(session, 2, 121.531, 29.809)
    return session


@pytest.fixture
def run(engine: Engine) -> Run:
    return running_on(Desk(engine))


def gained(town: Session, run: Run, points: list[LonLat], area: str = ROOT) -> int:
    edits = Edits(add=tuple(NewPlace(point) for point in points))
    found = coverage_planning.what_if(town, replace(CITY, area=area), edits, run)
    return int(found["gain"]["residents_served"])


def test_the_gains_are_those_of_building_them(town: Session, run: Run) -> None:
    found = coverage_planning.suggest(town, CITY, SitesWanted(k=3), run)
    sites = found["sites"]
    assert len(sites) == 3
    points = [LonLat(each["lon"], each["lat"]) for each in sites]
    for count in (1, 2, 3):
        assert sum(each["gain"] for each in sites[:count]) == gained(town, run, points[:count])
    assert (
        found["gain"] == found["what_if"]["gain"]["residents_served"] == gained(town, run, points)
    )
    assert found["gain"] <= found["bound"] <= found["lacking"]
    assert sites[-1]["cumulative_share"] == pytest.approx(
        found["gain"] / found["lacking"], abs=1e-4
    )
    for each in sites:
        assert sum(row["residents"] for row in each["areas"]) == each["gain"]
        assert each["label"] == f"+{sites.index(each) + 1}"


def test_exactly_the_best_pair_of_given_points(town: Session, run: Run) -> None:
    chance = random.Random(8)
    points = [LonLat(chance.uniform(LEFT, RIGHT), chance.uniform(SOUTH, NORTH)) for _ in range(7)]
    best = max(gained(town, run, list(pair)) for pair in combinations(points, 2))
    shifted = tuple(convert(each, Datum.WGS84, Datum.BD09) for each in points)
    wanted = SitesWanted(k=2, points=shifted, is_exact=True, datum=Datum.BD09)
    found = coverage_planning.suggest(town, CITY, wanted, run)
    assert found["grid_res"] is None
    assert found["candidates"] == 7
    assert found["gain"] == best
    assert found["proven_optimal"] is True
    assert found["gap"] == 0


def test_only_people_of_the_area_decide(town: Session, run: Run) -> None:
    found = coverage_planning.suggest(town, replace(CITY, area=WEST), SitesWanted(k=1), run)
    (site,) = found["sites"]
    assert site["lon"] <= MIDDLE + 0.003  # a cell on the border has its centre beyond it
    point = LonLat(site["lon"], site["lat"])
    assert site["gain"] == gained(town, run, [point], WEST)


def test_of_too_many_cells_the_most_promising_are_looked_at(
    town: Session, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = coverage_planning.suggest(town, CITY, SitesWanted(k=1), run)
    assert fine["grid_res"] == 9
    monkeypatch.setattr(coverage_siting, "MOST_CANDIDATES", 20)
    coarse = coverage_planning.suggest(town, CITY, SitesWanted(k=1), run)
    assert coarse["grid_res"] == 9
    assert coarse["candidates"] == 20
    assert coarse["candidates_possible"] == fine["candidates"] == fine["candidates_possible"]
    assert [each["code"] for each in coarse["remarks"]] == ["candidates_thinned"]
    assert fine["remarks"] == []
    cells = {cell_of(LonLat(each["lon"], each["lat"]), 9) for each in coarse["sites"]}
    assert len(cells) == 1
    assert 0.9 * fine["gain"] < coarse["gain"] <= fine["bound"]


def test_of_too_many_cells_those_where_one_may_build_are_looked_at(
    town: Session, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is forbidden must not take the places of what is not."""
    fine = coverage_planning.suggest(town, CITY, SitesWanted(k=3), run)
    best = {(each["lon"], each["lat"]) for each in fine["sites"]}
    there = MultiPolygon([box(min(lon for lon, _ in best) - 0.001, 29, 123, 31)])
    free = SitesWanted(k=3, forbidden=(there,))
    whole = coverage_planning.suggest(town, CITY, free, run)
    usable = whole["candidates"] - whole["candidates_forbidden"]
    assert 0 < usable < whole["candidates"]
    monkeypatch.setattr(coverage_siting, "MOST_CANDIDATES", usable)
    thinned = coverage_planning.suggest(town, CITY, free, run)
    assert thinned["candidates"] == thinned["candidates_possible"] == usable
    assert thinned["candidates_forbidden"] == whole["candidates_forbidden"]
    assert [each["gain"] for each in thinned["sites"]] == [each["gain"] for each in whole["sites"]]
    assert "forbidden_left_out" in {each["code"] for each in thinned["remarks"]}
    none = coverage_planning.suggest(town, CITY, SitesWanted(k=3, forbidden=(EVERYWHERE,)), run)
    assert none["candidates"] == 0
    assert none["candidates_forbidden"] == whole["candidates"]
    assert [each["code"] for each in none["remarks"]] == ["no_site_possible"]
    assert none["lacking"] > 0


def test_fewer_sites_than_wanted_are_said_in_words(town: Session, run: Run) -> None:
    point = LonLat(121.526, 29.822)
    found = coverage_planning.suggest(town, CITY, SitesWanted(k=5, points=(point,) * 5), run)
    assert len(found["sites"]) == 1
    assert [each["code"] for each in found["remarks"]] == ["fewer_sites"]


def test_spacing_backup_and_the_worst_off(town: Session, run: Run) -> None:
    backup = coverage_planning.suggest(
        town, CITY, SitesWanted(k=2, objective=Objective.BACKUP, spacing_m=300), run
    )
    two = backup["what_if"]["gain"]["backup"]
    assert two["2"] + two["3+"] == backup["gain"] > 0
    worst = coverage_planning.suggest(
        town, CITY, SitesWanted(k=1, objective=Objective.WORST_OFF), run
    )
    whole = coverage_planning.suggest(town, CITY, SitesWanted(k=1), run)
    assert 0 < worst["lacking"] < whole["lacking"]


def test_what_candidates_reach_has_a_limit(
    town: Session, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A coarser grid where there is one; else the count and the limit are said."""
    fine = coverage_planning.suggest(town, CITY, SitesWanted(k=2), run)
    points = tuple(LonLat(121.505 + n / 5_000, 29.815) for n in range(60))
    monkeypatch.setattr(coverage_siting, "MOST_PAIRS", 300)
    coarse = coverage_planning.suggest(town, CITY, SitesWanted(k=2), run)
    assert 0 < coarse["candidates"] < fine["candidates"] == coarse["candidates_possible"]
    with pytest.raises(InvalidInputError, match="at most 300") as refused:
        coverage_planning.suggest(town, CITY, SitesWanted(k=2, points=points), run)
    assert refused.value.field == "points"
    monkeypatch.setattr(coverage_siting, "MOST_PAIRS", 1)
    with pytest.raises(InvalidInputError, match="at most 1:") as refused:
        coverage_planning.suggest(town, CITY, SitesWanted(k=2), run)
    assert refused.value.field == "minutes"


def test_nowhere_and_nobody_are_said_in_words(town: Session, run: Run) -> None:
    none = coverage_planning.suggest(town, CITY, SitesWanted(k=2, forbidden=(EVERYWHERE,)), run)
    assert none["sites"] == []
    assert none["candidates_forbidden"] == none["candidates"] > 0
    assert [each["code"] for each in none["remarks"]] == ["no_site_possible"]
    served = coverage_planning.suggest(town, replace(CITY, minutes=60), SitesWanted(k=2), run)
    assert served["sites"] == []
    assert [each["code"] for each in served["remarks"]] == ["nobody_lacks"]
    town.execute(update(tables.Demand).values(residents=0, workers=0))
    register.next_version(town)
    town.commit()
    for empty in (
        coverage_planning.suggest(town, CITY, SitesWanted(k=2), run),
        coverage_planning.what_if(town, CITY, Edits((NewPlace(LonLat(121.52, 29.81)),)), run),
    ):
        assert [each["code"] for each in empty["remarks"]] == ["no_demand"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (SitesWanted(k=0), "k"),
        (SitesWanted(k=51), "k"),
        (SitesWanted(k=1, points=(LonLat(121.5, 29.8),) * 3_001), "points"),
        (SitesWanted(k=1, forbidden=(EVERYWHERE, MultiPolygon())), "forbidden.1"),
    ],
)
def test_what_cannot_be_used_is_named(
    town: Session, run: Run, wanted: SitesWanted, field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        coverage_planning.suggest(town, CITY, wanted, run)
    assert refused.value.field == field
    with pytest.raises(InvalidInputError):
        coverage_planning.suggest(town, replace(CITY, area=ZONE), SitesWanted(k=1), run)
