"""Writes of an import, for all rows at once: codes, new and changed listings, their history."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import bindparam, func, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.orm import Session

from stations import code_counters, history, search_index
from stations.bulk import copy_columns
from stations.matching import Memory
from stations.register import next_version
from stations.tables import Import, Station
from stations.taxonomy import taxonomy

WRITTEN_AT_A_TIME = 2_000

JSON_COLUMNS = ("checked", "closures", "imported")


def new_codes(session: Session, prefix: str, wanted: Sequence[tuple[str, str | None]]) -> list[str]:
    """Return a code for each (kind, code in the file or None), raising the counters.

    Codes in the file count first, so that no new number meets them.
    """
    needed: dict[str, int] = defaultdict(int)
    given: dict[str, int] = {}
    for kind, code in wanted:
        if code is None:
            needed[f"{prefix}-{taxonomy().kind[kind].letters}"] += 1
        else:
            beginning, _, number = code.rpartition("-")
            given[beginning] = max(given.get(beginning, 0), int(number))
    last = code_counters.take(session, given, needed)
    codes = []
    for kind, code in wanted:
        if code is None:
            beginning = f"{prefix}-{taxonomy().kind[kind].letters}"
            last[beginning] += 1
            codes.append(f"{beginning}-{last[beginning]:04d}")
        else:
            codes.append(code)
    return codes


@dataclass(frozen=True)
class ImportedFile:
    """The file of an import, as its `imports` row keeps it."""

    name: str = ""
    sha256: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


def write(
    session: Session,
    *,
    source_code: str,
    added: Sequence[dict[str, Any]],
    changed: Sequence[dict[str, Any]],
    memories: Mapping[str, Memory],
    file: ImportedFile,
    totals: Mapping[str, int],
    account_id: int | None,
) -> int | None:
    """Write new and changed listings with their history, and what the source said of each.

    Each row of `added` holds every column but the register's version. `changed` holds those taken
    up again too; `memories` is by the code of listings that were there. Takes a register version
    only where a listing is added or changed. Returns the id of the import; None where there was
    nothing to write.
    """
    if not (added or changed or memories):
        return None
    remember(
        session,
        [{"station_code": code, "what": memory.what} for code, memory in memories.items()],
    )
    version = next_version(session) if added or changed else None
    import_id = session.scalars(
        plain_insert(Import)
        .values(
            source_code=source_code,
            file_name=file.name,
            file_sha256=file.sha256,
            options=dict(file.options),
            totals=dict(totals),
            remembered={code: memory.changed for code, memory in memories.items()},
            register_version=version,
            imported_by=account_id,
        )
        .returning(Import.id)
    ).one()
    if version is None:
        return import_id
    if added:
        _add(session, added, version)
    update_listings(session, changed, version)
    codes = [row["code"] for row in (*added, *changed)]
    history.record(
        session,
        codes,
        action="imported",
        register_version=version,
        account_id=account_id,
        import_id=import_id,
    )
    search_index.refresh(session, codes)
    return import_id


def _add(session: Session, rows: Sequence[dict[str, Any]], version: int) -> None:
    """Append new listings by COPY, some at a time, for the columns are copies."""
    for start in range(0, len(rows), WRITTEN_AT_A_TIME):
        some = rows[start : start + WRITTEN_AT_A_TIME]
        columns: dict[str, Sequence[Any]] = {
            name: [
                Jsonb(row[name]) if name in JSON_COLUMNS and row[name] is not None else row[name]
                for row in some
            ]
            for name in rows[0]
        }
        columns["register_version"] = [version] * len(some)
        copy_columns(session, Station.__tablename__, columns)


def update_listings(session: Session, rows: Sequence[dict[str, Any]], version: int) -> None:
    """Write the columns of each listing, named by its `code`, as of a register version."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[tuple(sorted(row))].append(row)
    for group in groups.values():  # each is one statement for many rows
        _update(session, group, version)


def _update(session: Session, rows: list[dict[str, Any]], version: int) -> None:
    table = Station.__table__
    names = [name for name in rows[0] if name != "code"]
    statement = (
        update(table)  # type: ignore[arg-type]
        .where(table.c.code == bindparam("station_code"))
        .values(
            {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
            | {
                "version": table.c.version + 1,
                "register_version": version,
                "updated_at": func.now(),
            }
        )
    )
    for start in range(0, len(rows), WRITTEN_AT_A_TIME):
        session.execute(
            statement,
            [
                {"station_code": row["code"], **{f"new_{name}": row[name] for name in names}}
                for row in rows[start : start + WRITTEN_AT_A_TIME]
            ],
        )


def remember(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write the whole memory, `what`, of each listing, `station_code`; that is no new version."""
    if not rows:
        return
    table = Station.__table__
    session.execute(
        update(table)  # type: ignore[arg-type]
        .where(table.c.code == bindparam("station_code"))
        .values(imported=bindparam("what", type_=table.c.imported.type)),
        rows,
    )
