"""Demand: whole residents and outdoor workers per H3 cell and leaf area, and the cells' shares.

Rows come and go in the order of area code and cell.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Executable, delete, select, text
from sqlalchemy.orm import Session

from geo.cells import CellArray
from geo.coordinates import FloatArray
from stations import tables
from stations.bulk import copy_columns
from stations.errors import InvalidInputError
from stations.register import next_version

RESOLUTION = 9

CodeArray = NDArray[np.str_]
IntArray = NDArray[np.int64]


class CellShares(NamedTuple):
    """Share of res-9 cells in leaf areas, shape (n,), in the order of area code and cell."""

    cells: CellArray
    area_codes: CodeArray
    shares: FloatArray


class DemandRows(NamedTuple):
    """Whole residents and outdoor workers of a cell's part in a leaf area, shape (n,)."""

    cells: CellArray
    area_codes: CodeArray
    residents: IntArray
    workers: IntArray


def replace_demand(session: Session, demand: DemandRows, source_code: str) -> bool:
    """Make the demand exactly this; return whether it differed from what was stored.

    Raises InvalidInputError for rows that belong to no stored part of a cell, or negative numbers.
    """
    if min(demand.residents.min(initial=0), demand.workers.min(initial=0)) < 0:
        raise InvalidInputError(
            field="demand",
            problem_zh="人数不能为负数",
            problem_en="numbers of people cannot be negative",
        )
    ordered = _in_order(demand)
    same = _same(ordered, read_demand(session, source_code))
    if same and not has_other_demand(session, source_code):
        return False
    shares = cell_shares(session)
    known = set(zip(shares.area_codes.tolist(), shares.cells.tolist(), strict=True))
    keys = list(zip(ordered.area_codes.tolist(), ordered.cells.tolist(), strict=True))
    if not known.issuperset(keys) or len(set(keys)) < len(keys):
        raise InvalidInputError(
            field="demand",
            problem_zh="有的网格不属于已载入的区域，或出现了两次",
            problem_en="a cell is outside the loaded areas, or is given twice",
        )
    session.execute(delete(tables.Demand))
    columns: dict[str, Sequence[Any]] = {
        "cell": ordered.cells.tolist(),
        "area_code": ordered.area_codes.tolist(),
        "residents": ordered.residents.tolist(),
        "workers": ordered.workers.tolist(),
        "source_code": [source_code] * len(keys),
    }
    add_rows(session, columns)
    return True


def add_rows(session: Session, columns: Mapping[str, Sequence[Any]]) -> None:
    """Write columns of `tables.Demand`, whose rows are gone by now, and raise the version."""
    copy_columns(session, tables.Demand.__tablename__, columns)
    session.execute(text("ANALYZE demand"))
    next_version(session)


def cell_shares(session: Session) -> CellShares:
    """Return the stored shares of cells in leaf areas."""
    row = tables.CellArea
    found, codes, shares = _columns(session, select(row.cell, row.area_code, row.share), 3)
    cells, area_codes = np.array(found, dtype=np.int64), np.array(codes, dtype=np.str_)
    order = np.lexsort((cells, area_codes))
    return CellShares(cells[order], area_codes[order], np.array(shares, dtype=np.float64)[order])


def read_demand(session: Session, source_code: str | None = None) -> DemandRows:
    """Return the stored demand in the order of area code and cell; of one source, or of all."""
    row = tables.Demand
    query = select(row.cell, row.area_code, row.residents, row.workers)
    if source_code is not None:
        query = query.where(row.source_code == source_code)
    cells, codes, residents, workers = _columns(session, query, 4)
    return _in_order(
        DemandRows(
            np.array(cells, dtype=np.int64),
            np.array(codes, dtype=np.str_),
            np.array(residents, dtype=np.int64),
            np.array(workers, dtype=np.int64),
        )
    )


def _columns(session: Session, query: Executable, count: int) -> Sequence[Sequence[Any]]:
    rows = session.execute(query).all()
    return list(zip(*rows, strict=True)) if rows else [()] * count


def _in_order(demand: DemandRows) -> DemandRows:
    order = np.lexsort((demand.cells, demand.area_codes))
    return DemandRows(
        demand.cells[order],
        demand.area_codes[order],
        demand.residents[order],
        demand.workers[order],
    )


def _same(one: DemandRows, other: DemandRows) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def has_other_demand(session: Session, source_code: str) -> bool:
    """Whether there is demand from another source than this."""
    other = select(tables.Demand.cell).where(tables.Demand.source_code != source_code).limit(1)
    return session.scalar(other) is not None
