import numpy as np
import pytest
from shapely import MultiPolygon, box
from sqlalchemy.orm import Session

from stations.areas import AreaRow, SourceRow, replace_areas, upsert_sources
from stations.demand import DemandRows, cell_shares, read_demand, replace_demand
from stations.errors import InvalidInputError
from stations.register import current_version

WEST = AreaRow(
    "11", "西区", "district", "test", boundary=MultiPolygon([box(121.50, 29.80, 121.51, 29.81)])
)
EAST = AreaRow(
    "12", "东区", "district", "test", boundary=MultiPolygon([box(121.51, 29.80, 121.52, 29.81)])
)


@pytest.fixture
def demand(session: Session) -> DemandRows:
    """Two districts are loaded; people are not yet."""
    upsert_sources(session, [SourceRow(code, code, "-", "-") for code in ("test", "census")])
    replace_areas(session, [WEST, EAST])
    shares = cell_shares(session)
    residents = np.arange(len(shares.cells), dtype=np.int64)
    return DemandRows(shares.cells, shares.area_codes, residents, residents // 25)


def assert_same(one: DemandRows, other: DemandRows) -> None:
    for column, expected in zip(one, other, strict=True):
        assert column.tolist() == expected.tolist()


def test_demand_comes_back_as_it_went_in(session: Session, demand: DemandRows) -> None:
    assert len(read_demand(session).cells) == 0
    assert replace_demand(session, demand, "test") is True
    found = read_demand(session)
    assert_same(found, demand)
    assert found.cells.dtype == found.residents.dtype == found.workers.dtype == np.int64
    assert len(read_demand(session, "census").cells) == 0


def test_the_same_demand_in_any_order_writes_nothing(session: Session, demand: DemandRows) -> None:
    replace_demand(session, demand, "test")
    version = current_version(session)
    backwards = DemandRows(
        demand.cells[::-1],
        demand.area_codes[::-1],
        demand.residents[::-1],
        demand.workers[::-1],
    )
    assert replace_demand(session, backwards, "test") is False
    assert current_version(session) == version


def test_new_demand_takes_the_place_of_all_old(session: Session, demand: DemandRows) -> None:
    replace_demand(session, demand, "test")
    version = current_version(session)
    west = demand.area_codes == "11"
    fewer = DemandRows(
        demand.cells[west], demand.area_codes[west], demand.residents[west], demand.workers[west]
    )
    assert replace_demand(session, fewer, "census") is True
    assert_same(read_demand(session), fewer)
    assert len(read_demand(session, "test").cells) == 0
    assert current_version(session) == version + 1


def test_the_same_people_from_another_source_are_written(
    session: Session, demand: DemandRows
) -> None:
    replace_demand(session, demand, "test")
    assert replace_demand(session, demand, "census") is True
    assert_same(read_demand(session, "census"), demand)


def test_a_cell_in_two_districts_is_two_rows(session: Session, demand: DemandRows) -> None:
    replace_demand(session, demand, "test")
    found = read_demand(session)
    twice = [cell for cell in set(found.cells.tolist()) if (found.cells == cell).sum() == 2]
    assert len(twice) >= 3


@pytest.mark.parametrize("fault", ["elsewhere", "twice", "negative", "other district"])
def test_demand_that_cannot_be_is_refused_and_the_old_stays(
    session: Session, demand: DemandRows, fault: str
) -> None:
    replace_demand(session, demand, "test")
    version = current_version(session)
    wrong = DemandRows(
        demand.cells.copy(), demand.area_codes.copy(), demand.residents.copy(), demand.workers
    )
    if fault == "elsewhere":
        wrong.cells[0] = 617700169958293503
    elif fault == "twice":
        wrong.cells[1] = wrong.cells[0]
    elif fault == "negative":
        wrong.residents[3] = -1
    else:
        wrong.area_codes[0] = "99"
    with pytest.raises(InvalidInputError) as error:
        replace_demand(session, wrong, "test")
    assert error.value.field == "demand"
    assert_same(read_demand(session), demand)
    assert current_version(session) == version
