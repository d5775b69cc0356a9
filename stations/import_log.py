"""The imports so far, the latest first, and how many stations wait for a position."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from stations.tables import Account, Import, Source, Station


@dataclass(frozen=True)
class PastImport:
    """One import: which file of which source, what it did, who ran it, whether it was undone."""

    id: int
    source: str
    file_name: str
    file_sha256: str
    options: dict[str, Any]
    totals: dict[str, int]
    register_version: int | None
    by: str | None
    at: datetime
    undone_by: str | None
    undone_at: datetime | None


def past(session: Session, *, limit: int, before_id: int | None = None) -> list[PastImport]:
    """Return imports, the latest first, at most `limit`, from below an id on."""
    importer, undoer = aliased(Account), aliased(Account)
    query = (
        select(
            Import.id,
            Source.name.label("source"),
            Import.file_name,
            Import.file_sha256,
            Import.options,
            Import.totals,
            Import.register_version,
            importer.name.label("by"),
            Import.imported_at.label("at"),
            undoer.name.label("undone_by"),
            Import.undone_at,
        )
        .join(Source, Source.code == Import.source_code)
        .outerjoin(importer, importer.id == Import.imported_by)
        .outerjoin(undoer, undoer.id == Import.undone_by)
        .order_by(Import.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(Import.id < before_id)
    return [PastImport(**row) for row in session.execute(query).mappings()]


def waiting_for_position(session: Session) -> int:
    """Count the stations that have no position yet."""
    query = (
        select(func.count())
        .select_from(Station)
        .where(Station.position.is_(None), Station.withdrawn.is_(False))
    )
    return session.scalars(query).one()
