from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from seeds.load import seed
from seeds.population import CENSUS_DAY, latest_residents
from stations import tables
from stations.areas import SourceRow, upsert_sources
from stations.database import make_engine
from stations.demand import cell_shares, read_demand
from stations.register import current_version
from stations.settings import Settings
from tests.conftest import create_database, drop_database


@pytest.fixture
def seeded(server: URL, demo_template: URL) -> Iterator[Session]:
    """A session on a database of its own with the demo data."""
    url = create_database(server, demo_template.database)
    engine = make_engine(url, Settings())
    with Session(engine, autoflush=False) as session:
        yield session
    engine.dispose()
    drop_database(server, url)


def lift_time_limit(session: Session) -> None:
    """As the command line does: loading takes longer than any request may."""
    session.execute(text("SET LOCAL statement_timeout = 0"))


def everything(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the largest two and the words that migrating copies."""
    return {
        table.name: [
            tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))
        ]
        for table in tables.Table.metadata.sorted_tables
        if table.name not in {"terms", "cell_area", "demand"}
    }


def test_seeding_loads_everything_and_again_changes_nothing(seeded: Session) -> None:
    assert Counter(seeded.scalars(select(tables.Area.level))) == {
        "city": 1,
        "district": 10,
        "town": 162,
    }
    census = select(func.sum(tables.Population.residents)).where(
        tables.Population.on_date == CENSUS_DAY, tables.Population.area_code != "330200"
    )
    assert seeded.scalar(census) == 9_404_283
    demand = read_demand(seeded)
    for code, total in latest_residents().items():
        assert demand.residents[demand.area_codes == code].sum() == total
    assert demand.cells.tolist() == cell_shares(seeded).cells.tolist()

    station = tables.Station
    kinds = Counter(seeded.scalars(select(station.kind)))
    assert (kinds["rest_station"], kinds["nursing_room"], kinds.total()) == (600, 1050, 1950)
    assert seeded.scalar(select(func.count()).where(station.is_public)) == 1600
    district = func.left(station.town_code, 6)
    assert seeded.scalar(select(func.count()).where(station.area_code != district)) == 0
    assert seeded.scalar(select(func.count()).where(station.area_code.is_(None))) == 0

    before, version = everything(seeded), current_version(seeded)
    assert len(before["stations"]) == len(before["station_history"]) == 1950
    said: list[str] = []
    lift_time_limit(seeded)
    report = seed(seeded, said.append)
    seeded.commit()
    assert (report.added, report.changed, report.unchanged) == (0, 0, 1950)
    assert current_version(seeded) == version
    assert everything(seeded) == before
    assert read_demand(seeded).residents.tolist() == demand.residents.tolist()
    assert len(said) >= 4


def test_seeding_again_keeps_what_a_manager_changed(seeded: Session) -> None:
    station = seeded.scalars(
        select(tables.Station).where(tables.Station.source_key == "demo-rest_station-0001")
    ).one()
    station.hours_text = "每天 9:00-17:00"
    station.status = "temporarily_closed"
    station.version += 1
    station.updated_at = datetime(2026, 11, 20, tzinfo=UTC)
    seeded.commit()
    code, version = station.code, current_version(seeded)
    lift_time_limit(seeded)
    seed(seeded)
    seeded.commit()
    seeded.expire_all()
    kept = seeded.get_one(tables.Station, code)
    assert (kept.hours_text, kept.status) == ("每天 9:00-17:00", "temporarily_closed")
    assert kept.version == 2
    assert current_version(seeded) == version


def test_half_a_seeding_leaves_nothing(session: Session) -> None:
    class StoppedError(Exception):
        pass

    def stop_at_demand(line: str) -> None:
        if "outdoor workers" in line:
            raise StoppedError

    lift_time_limit(session)
    with pytest.raises(StoppedError):
        seed(session, stop_at_demand)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(tables.Area)) == 0
    assert current_version(session) == 0


def test_seeding_again_keeps_boundaries_residents_and_demand_of_an_operators_own(
    seeded: Session,
) -> None:
    area, population = tables.Area, tables.Population
    upsert_sources(seeded, [SourceRow("own", "自己的", "none", "")])
    mine = {"source_code": "own", "name": "自己的海曙"}
    seeded.execute(update(area).where(area.code == "330203").values(mine))
    seeded.execute(
        update(population)
        .where(population.area_code == "330203")
        .values(residents=7, source_code="own")
    )
    seeded.execute(update(tables.Demand).values(residents=1, source_code="own"))
    seeded.commit()
    before, demand = everything(seeded), read_demand(seeded)
    lift_time_limit(seeded)
    seed(seeded)
    seeded.commit()
    assert everything(seeded) == before
    again = read_demand(seeded)
    assert again.residents.tolist() == demand.residents.tolist()
