"""Kept results: coverage surfaces in PostGIS, computed once and answered by every process."""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.coordinates import FloatArray
from geo.coverage import CellCoverage, by_cell
from geo.reach import IntArray
from stations.tables import CoverageResult, Register

MAX_RESULTS = 200
USED_AGAIN_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class KeptResult:
    """A computed surface of a root area.

    `figures` by area code, the codes of the sources they rest on, and whether any of it is made up.
    """

    data_version: int
    computed_at: datetime
    report: dict[str, Any]
    surface: bytes
    is_fresh: bool = True  # used within the last hour, as far as the table says


@dataclass(frozen=True, eq=False)
class Surface:
    """The demand rows of a root area, with what a map shows of each; shape (rows,)."""

    cell: IntArray
    leaf: NDArray[np.int16]  # index into leaf_codes
    minutes: NDArray[np.float32]  # inf where no station is in reach
    residents: NDArray[np.int32]
    workers: NDArray[np.int32]
    workers_served: NDArray[np.int32]
    stations: NDArray[np.int32]
    reached_by: NDArray[np.int32]
    routable: NDArray[np.bool_]
    leaf_codes: NDArray[np.str_]

    def to_bytes(self) -> bytes:
        """Pack as a compressed numpy archive: about 0.5 MB for 126,000 rows."""
        packed = io.BytesIO()
        np.savez_compressed(packed, **vars(self))
        return packed.getvalue()

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Surface":
        """Unpack what `to_bytes` packed."""
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in arrays.files})

    def cells(self, leaves: list[str]) -> CellCoverage:
        """Return the distinct cells of some leaf areas."""
        rows = np.isin(self.leaf, np.nonzero(np.isin(self.leaf_codes, leaves))[0])
        minutes: FloatArray = self.minutes[rows].astype(np.float64)
        return by_cell(
            self.cell[rows],
            minutes,
            residents=self.residents[rows].astype(np.int64),
            workers=self.workers[rows].astype(np.int64),
            workers_served=self.workers_served[rows].astype(np.int64),
            stations=self.stations[rows].astype(np.int64),
            reached_by=self.reached_by[rows].astype(np.int64),
            routable=self.routable[rows],
        )


def find(session: Session, key: str, *, with_surface: bool) -> KeptResult | None:
    """Return the kept result, if there is one; its surface, a third of a megabyte, only if asked.

    Without it `surface` is empty.
    """
    row = CoverageResult
    is_fresh = row.used_at > func.now() - USED_AGAIN_AFTER
    surface = row.surface if with_surface else literal(b"")
    query = select(row.data_version, row.computed_at, row.report, surface, is_fresh)
    found = session.execute(query.where(row.key == key)).one_or_none()
    return None if found is None else KeptResult(*found)


def find_and_mark_used(session: Session, key: str) -> KeptResult | None:
    """Return the kept result, if there is one, and remember that it is still asked for."""
    row = CoverageResult
    marked = update(row).where(row.key == key).values(used_at=func.now())
    returned = marked.returning(row.data_version, row.computed_at, row.report, row.surface)
    found = session.execute(returned).one_or_none()
    return None if found is None else KeptResult(*found)


def keep(
    session: Session, key: str, data_version: int, report: dict[str, Any], surface: bytes
) -> KeptResult:
    """Keep a result, and let go of what nobody will read: old versions, and the least used.

    The lock makes keepers wait for each other; readers it does not touch. What is returned is what
    readers find, in the order of names that PostgreSQL gives objects: the same bytes each time.
    """
    table = CoverageResult
    session.execute(text("LOCK TABLE coverage_results IN SHARE ROW EXCLUSIVE MODE"))
    values = {"data_version": data_version, "report": report, "surface": surface}
    upsert = insert(table).values(key=key, **values)
    kept = session.execute(
        upsert.on_conflict_do_update(
            index_elements=[table.key], set_={"used_at": func.now()}
        ).returning(table.computed_at, table.report)
    ).one()
    latest = select(Register.version).scalar_subquery()
    session.execute(delete(table).where(table.data_version < latest))
    least_used = select(table.key).order_by(table.used_at.desc(), table.key).offset(MAX_RESULTS)
    session.execute(delete(table).where(table.key.in_(least_used)))
    return KeptResult(data_version, kept.computed_at, kept.report, surface)
