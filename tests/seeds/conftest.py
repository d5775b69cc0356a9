from collections import Counter

import numpy as np
import pytest

from geo.cells import cover
from seeds.areas import read_areas, read_districts, read_towns
from seeds.demand import spread
from seeds.demo_stations import demo_stations
from seeds.population import latest_residents
from stations.areas import AreaRow
from stations.demand import RESOLUTION, CellShares, DemandRows
from stations.station import StationRow


@pytest.fixture(scope="session")
def areas() -> list[AreaRow]:
    return read_areas()


@pytest.fixture(scope="session")
def shares() -> CellShares:
    """The shares as loading stores them, without a database."""
    parts = []
    for district in read_districts():
        assert district.boundary is not None
        parts.append((district.code, cover(district.boundary, RESOLUTION)))
    return CellShares(
        np.concatenate([found.cells for _, found in parts]),
        np.array([code for code, found in parts for _ in found.cells]),
        np.concatenate([found.shares for _, found in parts]),
    )


@pytest.fixture(scope="session")
def towns_by_district() -> dict[str, int]:
    return dict(Counter(str(town.parent_code) for town in read_towns()))


@pytest.fixture(scope="session")
def demand(shares: CellShares, towns_by_district: dict[str, int]) -> DemandRows:
    return spread(shares, latest_residents(), towns_by_district)


@pytest.fixture(scope="session")
def demo(areas: list[AreaRow], demand: DemandRows) -> list[StationRow]:
    return list(demo_stations(areas, demand))
