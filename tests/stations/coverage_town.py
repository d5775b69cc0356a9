"""A small city for coverage tests: two districts side by side, a town without a shape, demand."""

from dataclasses import replace
from typing import Any

import numpy as np
from shapely import MultiPolygon, box
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from geo.cells import cell_of
from geo.coordinates import LonLat
from geo.network import StreetNetwork
from stations import coverage_surface
from stations.areas import AreaRow, SourceRow, replace_areas, upsert_sources
from stations.coverage import CoverageQuestion
from stations.coverage_planning import Run
from stations.coverage_question import What
from stations.coverage_results import KeptResult
from stations.coverage_study import Desk
from stations.demand import DemandRows, cell_shares, replace_demand
from stations.register import next_version
from stations.tables import Demand, Station

ROOT, WEST, EAST, TOWN, ZONE = "330200", "330203", "330205", "330203001", "330299"
LEFT, MIDDLE, RIGHT, SOUTH, NORTH = 121.50, 121.52, 121.54, 29.80, 29.83


def load_town(session: Session, *, with_demand: bool = True) -> None:
    """Load areas and demand: every cell has residents, about a quarter of them has workers."""
    source = SourceRow(code="demo", name="示例", licence="CC0", attribution="示例数据")
    upsert_sources(session, [source])
    replace_areas(
        session,
        [
            _area(ROOT, "示例市", "city", None, (LEFT, RIGHT)),
            _area(WEST, "西区", "district", ROOT, (LEFT, MIDDLE)),
            _area(EAST, "东区", "district", ROOT, (MIDDLE, RIGHT)),
            _area(TOWN, "西街道", "town", WEST, None),
            _area(ZONE, "开发区", "zone", ROOT, (LEFT, MIDDLE)),
        ],
    )
    if with_demand:
        shares = cell_shares(session)
        rows = np.arange(len(shares.cells))
        demand = DemandRows(shares.cells, shares.area_codes, 100 + rows, (rows % 4 == 0) * 8)
        replace_demand(session, demand, "demo")
    session.commit()


class Computer:
    """Computes in this process what a server computes in its coverage process, and counts."""

    def __init__(self, engine: Engine, network: StreetNetwork | None = None) -> None:
        self.desk = Desk(engine, lambda: network)
        self.computed: list[CoverageQuestion] = []

    def __call__(
        self, question: CoverageQuestion, data_version: int, what: What = "surface"
    ) -> KeptResult:
        self.computed.append(replace(question, on=None))
        assert data_version > 0
        return coverage_surface.compute(self.desk, question, what)


def add_station(session: Session, number: int, lon: float, lat: float, **values: Any) -> str:
    """Add a public rest station and commit; `values` are columns of its row."""
    point = func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    code = f"NB-RS-{number:04d}"
    area = None if not LEFT <= lon <= RIGHT else WEST if lon < MIDDLE else EAST
    row = {
        "kind": "rest_station",
        "access": "everyone",
        "area_code": area,
        "capacity_per_day": None,
    } | values
    session.add(
        Station(
            code=code,
            name=f"示例{number}",
            position=func.geography(point),
            given_lon=lon,
            given_lat=lat,
            given_datum="wgs84",
            h3_9=cell_of(LonLat(lon, lat), 9),
            source_code="demo",
            register_version=next_version(session),
            **row,
        )
    )
    session.commit()
    return code


def residents(session: Session) -> int:
    """Sum the residents in the database."""
    return session.scalars(select(func.sum(Demand.residents))).one()


def _area(
    code: str, name: str, level: str, parent: str | None, span: tuple[float, float] | None
) -> AreaRow:
    boundary = None if span is None else MultiPolygon([box(span[0], SOUTH, span[1], NORTH)])
    return AreaRow(
        code=code,
        name=name,
        level=level,
        source_code="demo",
        parent_code=parent,
        boundary=boundary,
    )


def running_on(desk: Desk) -> Run:
    """Do planners' jobs in this process."""

    def run(job: Any, asked: Any) -> Any:
        return job(desk, asked)

    return run
