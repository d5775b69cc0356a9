"""The way back from an import of demand: the figures of before, kept until the next one."""

from typing import Any

from sqlalchemy import delete, exists, insert, not_, select
from sqlalchemy.orm import Session

from stations import demand_ground, register, tables
from stations.demand import add_rows
from stations.demand_sums import AreaSums, sums_of
from stations.errors import InvalidInputError

COLUMNS = ("cell", "area_code", "residents", "workers", "source_code")


def keep(session: Session) -> None:
    """Remember the demand as it is now, in the place of what was remembered."""
    then, now = tables.DemandBefore, tables.Demand
    session.execute(delete(then))
    rows = select(*(getattr(now, name) for name in COLUMNS))
    session.execute(insert(then).from_select(COLUMNS, rows))


def undo(session: Session) -> tuple[AreaSums, ...]:
    """Bring back the demand of before the last import; return the areas that differ, and how.

    What is there now is remembered in its place: to undo twice changes nothing. Raises
    InvalidInputError where nothing is remembered, or the areas have other cells since.
    """
    register.hold(session)
    then, part = tables.DemandBefore, tables.CellArea
    before = {
        (row.area_code, row.cell): (row.residents, row.workers, row.source_code)
        for row in session.scalars(select(then))
    }
    if not before:
        raise InvalidInputError(
            field="demand",
            problem_zh="没有可以撤回的人口导入",
            problem_en="there is no import of demand to take back",
        )
    there = exists().where(part.cell == then.cell, part.area_code == then.area_code)
    if session.scalar(select(then.cell).where(not_(there)).limit(1)) is not None:
        raise InvalidInputError(
            field="demand",
            problem_zh="导入人口之后，区域的边界已经改变，不能撤回；请重新导入人口",
            problem_en="boundaries have changed since: it cannot be taken back, import demand anew",
        )
    ground = demand_ground.load(session)
    every = ground.stored.keys() | before.keys()
    changed = {key[0] for key in every if ground.stored.get(key) != before.get(key)}
    keep(session)
    session.execute(delete(tables.Demand))
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for (code, cell), people in before.items():
        for name, value in zip(COLUMNS, (cell, code, *people), strict=True):
            columns[name].append(value)
    add_rows(session, columns)
    return tuple(sums_of(ground, before, changed))
