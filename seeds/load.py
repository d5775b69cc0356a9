"""Load everything that is shipped: sources, areas, populations, demand, demo stations and events.

In this order, since each names the one before. Every step compares first, so a second run takes
seconds, writes nothing, and leaves the register's version as it was.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy.orm import Session

from seeds import sources
from seeds.areas import read_areas
from seeds.demand import spread
from seeds.demo_assessments import demo_assessments
from seeds.demo_events import demo_events
from seeds.demo_stations import demo_stations
from seeds.population import latest_residents, read_populations
from stations.areas import (
    AreaRow,
    list_areas,
    populations_of_others,
    replace_areas,
    set_populations,
    upsert_sources,
)
from stations.assessments import add_first
from stations.demand import DemandRows, cell_shares, has_other_demand, replace_demand
from stations.event_writes import add_new
from stations.hours import SHANGHAI
from stations.importing import FileRow, ImportReport, apply_rows

Progress = Callable[[str], None]


def seed(
    session: Session, progress: Progress = lambda _line: None, today: date | None = None
) -> ImportReport:
    """Load all shipped data in the session's transaction; return the demo stations' report.

    The caller commits. Stations and events that a manager edited keep the edits, and so do
    boundaries, residents and demand that an operator loaded from another source. Demo events lie
    round `today`, which is the day in Ningbo unless told otherwise.
    """
    areas = read_areas()
    load_areas(session, areas, progress)
    progress("正在生成示例人口分布 / Spreading demo residents and outdoor workers")
    demand = demo_demand(session, areas)
    if has_other_demand(session, sources.DEMO):
        progress("已有自己的人口分布，保留 / There is demand of your own; it stays")
    else:
        replace_demand(session, demand, sources.DEMO)
    progress("正在载入示例站点 / Loading demo stations")
    stations = list(demo_stations(areas, demand))
    rows = (FileRow(number, station) for number, station in enumerate(stations, start=1))
    report = apply_rows(session, rows, sources.DEMO, dry_run=False, progress=progress)
    progress("正在载入示例活动 / Loading demo events")
    add_new(session, sources.DEMO, list(demo_events(stations, today or _today())))
    progress("正在载入示例检查结果 / Loading demo inspections")
    add_first(session, sources.DEMO, demo_assessments(stations), today or _today())
    return report


def _today() -> date:
    return datetime.now(SHANGHAI).date()


def load_areas(session: Session, areas: list[AreaRow], progress: Progress) -> None:
    """Load sources, areas with the cells of the districts, and populations."""
    progress("正在载入数据来源 / Loading sources")
    shipped = {source.code for source in sources.read_sources()}
    upsert_sources(session, sources.read_sources())
    own = {area.code for area in list_areas(session) if area.source_code not in shipped}
    if own:
        progress(f"{len(own)} 个区域有自己的边界，保留 / areas have boundaries of your own")
    progress(f"正在载入 {len(areas)} 个区域 / Loading {len(areas)} areas")
    replace_areas(session, [area for area in areas if area.code not in own], progress)
    progress("正在载入人口 / Loading populations of 2020 and 2024")
    kept = populations_of_others(session, shipped)
    rows = read_populations()
    set_populations(session, [row for row in rows if (row.area_code, row.on_date) not in kept])


def demo_demand(session: Session, areas: list[AreaRow]) -> DemandRows:
    """Spread the latest residents over the stored cells of the districts, without storing it."""
    towns = Counter(area.parent_code for area in areas if area.level == "town")
    residents = latest_residents()
    centres = {code: towns[code] for code in residents}
    return spread(cell_shares(session), residents, centres)
