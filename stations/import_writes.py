"""Writes of an import, for all rows at once: codes, new and changed listings, their history."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from stations import history
from stations.matching import Existing
from stations.register import next_version
from stations.tables import CodeCounter, Station
from stations.taxonomy import taxonomy

# A statement takes at most 65,535 parameters, and the history takes one a listing.
HISTORY_BATCH = 5_000


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
    last = _raise_counters(session, given, needed)
    codes = []
    for kind, code in wanted:
        if code is None:
            beginning = f"{prefix}-{taxonomy().kind[kind].letters}"
            last[beginning] += 1
            codes.append(f"{beginning}-{last[beginning]:04d}")
        else:
            codes.append(code)
    return codes


def _raise_counters(
    session: Session, given: Mapping[str, int], needed: Mapping[str, int]
) -> dict[str, int]:
    """Raise each counter past the given numbers and by the needed ones; return where to start."""
    begin_after = {}
    for beginning in sorted({*given, *needed}):
        at_least = given.get(beginning, 0)
        more = needed.get(beginning, 0)
        statement = insert(CodeCounter).values(prefix=beginning, last_number=at_least + more)
        raised = statement.on_conflict_do_update(
            index_elements=[CodeCounter.prefix],
            set_={"last_number": func.greatest(CodeCounter.last_number, at_least) + more},
        ).returning(CodeCounter.last_number)
        begin_after[beginning] = session.scalars(raised).one() - more
    return begin_after


def write(
    session: Session,
    *,
    source_code: str,
    added: Sequence[dict[str, Any]],
    changed: Sequence[dict[str, Any]],
    said: Sequence[tuple[Existing, dict[str, Any]]],
    account_id: int | None,
) -> None:
    """Write new and changed listings with their history, and what the source said of each.

    Takes a register version only where a listing is added or changed.
    """
    _remember(session, source_code, said)
    if added or changed:
        version = next_version(session)
        if added:
            common = {"source_code": source_code, "register_version": version}
            session.execute(plain_insert(Station), [{**row, **common} for row in added])
        for rows in _by_columns(changed):
            _update(session, rows, version)
        codes = [row["code"] for row in (*added, *changed)]
        for start in range(0, len(codes), HISTORY_BATCH):
            some = codes[start : start + HISTORY_BATCH]
            history.record(
                session, some, action="imported", register_version=version, account_id=account_id
            )


def _by_columns(rows: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Group rows that change the same columns: each group is one statement for many rows."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[tuple(sorted(row))].append(row)
    return list(groups.values())


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
    session.execute(
        statement,
        [
            {"station_code": row["code"], **{f"new_{name}": row[name] for name in names}}
            for row in rows
        ],
    )


def _remember(
    session: Session, source_code: str, said: Sequence[tuple[Existing, dict[str, Any]]]
) -> None:
    """Keep what the source says now of listings that were there, where that is new."""
    changed = []
    for existing, now in said:
        last = existing.said_by(source_code)
        merged = {**last, **now}
        if "services" in now:
            merged["services"] = {**last.get("services", {}), **now["services"]}
        if merged != last:
            what = {**existing.imported, source_code: merged}
            changed.append({"station_code": existing.code, "what": what})
    if not changed:
        return
    table = Station.__table__
    session.execute(
        update(table)  # type: ignore[arg-type]
        .where(table.c.code == bindparam("station_code"))
        .values(imported=bindparam("what", type_=table.c.imported.type)),
        changed,
    )
