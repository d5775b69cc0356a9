"""Takes a whole import back: what it added is withdrawn, what it changed is as it was before.

Each field is compared three ways, by the history: what it was before the import, what the import
made of it, and what it is now. It goes back only where it still is what the import made of it; what
somebody changed since stays, and is told. A room is not opened that another source still calls
staff-only, or that a person confirmed to be so. A station that the import added is withdrawn where
nobody changed it since and no other source speaks of it. A withdrawn station is in no list and no
answer, a tombstone in the change feed, and its number is never given to another; the same file
imported again takes it up under its code as if it were new. What the source said is forgotten too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, Text, and_, any_, cast, func, literal, select, update
from sqlalchemy.orm import Session, aliased

from geo.coordinates import Datum, LonLat
from stations import history, import_writes, placing, search_index
from stations.errors import ImportNotFoundError, ImportUndoneError
from stations.import_locks import busy_named, wait_for_other_imports
from stations.import_writes import update_listings
from stations.matching import NEW_STATION
from stations.register import next_version
from stations.station import Access, GivenPosition
from stations.tables import Area, Import, Station, StationHistory
from stations.three_way import GIVEN, Values, held, one_by_one, three_way

CONTENT = tuple(name for name in NEW_STATION if name != "position")

AT_A_TIME = 1_000

FOUND_BY_GEOCODER = (*GIVEN, "h3_9", "area_code", "position_verified")
"""What no person said: it keeps no station from being withdrawn."""


WHY_KEPT = {
    "changed": ("导入以后改过，没有撤回", "changed since the import, so it stays"),
    "staff_only": (
        "别的来源也说仅供员工，或有人确认过，没有撤回",
        "another source says staff only too, or somebody confirmed it, so it stays",
    ),
}


@dataclass(frozen=True)
class Kept:
    """Something of the import that stays. `field` may be `all`.

    `reason`: `changed` since, or `staff_only`, which another source or a person says of it too.
    """

    code: str
    field: str
    reason: str = "changed"


@dataclass(frozen=True)
class UndoReport:
    """What became of a whole import: stations withdrawn, stations changed back, fields kept."""

    import_id: int
    withdrawn: int = 0
    restored: int = 0
    kept: tuple[Kept, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class Touched:
    """A listing before an import (None: it was not there), after it, and now."""

    code: str
    before: Values | None
    after: Values
    now: Values
    is_known: bool = True  # False: the history does not tell what it was

    @property
    def was_added(self) -> bool:
        """Whether the import added it, or took it up again."""
        return self.before is None or bool(self.before.get("withdrawn"))


def undo(session: Session, import_id: int, account_id: int | None = None) -> UndoReport:
    """Take an import back in the session's transaction, as one register version.

    Where all of it stays, since it was changed afterwards, nothing is done and it can be taken back
    later. Raises ImportNotFoundError, and ImportUndoneError the second time.
    """
    changes: dict[str, dict[str, Any]] = {}
    kept: list[Kept] = []
    with busy_named():
        wait_for_other_imports(session)
        record = _locked_import(session, import_id)
        looking = session.begin_nested()
        for some in _touched(session, record):
            found: dict[str, dict[str, Any]] = {}
            for each in some:
                change, stays = _change_back(each, record.source_code)
                kept += [Kept(each.code, name) for name in stays]
                if "access" in change and _is_staff_only_still(each, record.source_code):
                    del change["access"]
                    kept.append(Kept(each.code, "access", "staff_only"))
                if change:
                    found[each.code] = change
            _place_back(session, found)
            _settle_areas(session, found, {each.code: each.now for each in some})
            _forget(session, record, some, found)
            changes |= found
    if kept and not changes:
        # a later import or a person holds all of it: it can be tried again once that is gone
        looking.rollback()
        return UndoReport(import_id, kept=tuple(kept))
    looking.commit()
    version = _write(session, changes, import_id, account_id)
    session.execute(
        update(Import)
        .where(Import.id == import_id)
        .values(undone_by=account_id, undone_at=func.now(), undone_register_version=version)
    )
    withdrawn = sum(bool(change.get("withdrawn")) for change in changes.values())
    return UndoReport(import_id, withdrawn, len(changes) - withdrawn, tuple(kept))


def format_undo(report: UndoReport, lang: str) -> str:
    """Return the report as text; the last three lines are the totals."""
    lines = []
    for each in report.kept:
        name = {"all": "整条记录", "*": "整条记录"}.get(each.field, each.field)
        zh, en = WHY_KEPT[each.reason]
        lines.append(
            f"{each.code}: kept: {each.field}: {en}"
            if lang == "en"
            else f"{each.code}：保留：{name}：{zh}"
        )
    lines += [
        f"withdrawn: {report.withdrawn}",
        f"restored: {report.restored}",
        f"kept: {len(report.kept)}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _locked_import(session: Session, import_id: int) -> Import:
    record = session.scalars(
        select(Import)
        .where(Import.id == import_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if record is None:
        raise ImportNotFoundError(id=import_id)
    if record.undone_at is not None:
        raise ImportUndoneError(id=import_id)
    return record


def _touched(session: Session, record: Import) -> Iterator[list[Touched]]:
    """Yield what the import wrote or remembered of, some at a time, locked in order of codes."""
    written = session.scalars(
        select(StationHistory.station_code).where(
            StationHistory.import_id == record.id, StationHistory.action == "imported"
        )
    )
    codes = sorted({*written, *record.remembered})
    for start in range(0, len(codes), AT_A_TIME):
        some = codes[start : start + AT_A_TIME]
        now = list(_locked_listings(session, some))
        by_code = _written(session, record.id, some)
        found = []
        for each in now:
            if each["code"] in by_code:
                version, before, after = by_code[each["code"]]
                is_known = version == 1 or before is not None
                found.append(Touched(each["code"], before, after, each, is_known))
            else:  # only remembered
                found.append(Touched(each["code"], each, each, each))
        yield found


def _written(
    session: Session, import_id: int, codes: Sequence[str]
) -> dict[str, tuple[int, Values | None, Values]]:
    """Return version, and values before and after it, of the listings that an import wrote."""
    earlier = aliased(StationHistory)
    query = (
        select(
            StationHistory.station_code,
            StationHistory.version,
            earlier.values.label("before"),
            StationHistory.values,
        )
        .outerjoin(
            earlier,
            and_(
                earlier.station_code == StationHistory.station_code,
                earlier.version == StationHistory.version - 1,
            ),
        )
        .where(
            StationHistory.import_id == import_id,
            StationHistory.action == "imported",
            StationHistory.station_code == any_(cast(literal(codes, ARRAY(Text)), ARRAY(Text))),
        )
    )
    return {
        row.station_code: (row.version, row.before, row.values) for row in session.execute(query)
    }


def _locked_listings(session: Session, codes: Sequence[str]) -> Iterator[Values]:
    columns = [getattr(Station, name) for name in CONTENT]
    query = (
        select(
            Station.code,
            *columns,
            Station.imported,
            Station.withdrawn,
            Station.source_code,
            Station.source_key,
        )
        .where(Station.code == any_(cast(literal(list(codes), ARRAY(Text)), ARRAY(Text))))
        .order_by(Station.code)
        .with_for_update(of=Station)
    )
    for row in session.execute(query).mappings():
        yield dict(row)


def _change_back(each: Touched, source_code: str) -> tuple[dict[str, Any], list[str]]:
    """Return the columns that go back, and the fields that stay."""
    if not each.is_known:
        return {}, ["all"]
    if not each.was_added or each.before is None:
        if each.before is None:
            return _withdrawal(each, source_code)
        return three_way(each.before, each.after, each.now)
    change, stays = _withdrawal(each, source_code)
    if change:  # it was taken up again: now it is what it was when it had been withdrawn
        back, _none = three_way(each.before, each.after, each.now)
        origin = {name: each.before[name] for name in ("source_code", "source_key")}
        change = {**back, **origin, **change}
    return change, stays


def _is_staff_only_still(each: Touched, source_code: str) -> bool:
    """Whether a room is its staff's whatever this import said of it.

    A later day of checking is all that a person leaves who confirms what is written already.
    """
    if each.now["access"] != Access.STAFF_ONLY:
        return False
    said = (said for source, said in (each.now["imported"] or {}).items() if source != source_code)
    if any(what.get("access") == Access.STAFF_ONLY for what in said):
        return True
    checked = [(values.get("checked") or {}).get("access") for values in (each.after, each.now)]
    return checked[0] != checked[1]


def _withdrawal(each: Touched, source_code: str) -> tuple[dict[str, Any], list[str]]:
    found_since = each.after.get("given_datum") is None and not each.now["position_verified"]
    looked_at = [name for name in CONTENT if not (found_since and name in FOUND_BY_GEOCODER)]
    is_same = all(each.now[name] == held(each.after, name) for name in looked_at)
    others = set(each.now["imported"] or {}) - {source_code}
    if each.now["withdrawn"] or not is_same or others:
        return {}, ["all"]
    return {"withdrawn": True}, []


def _place_back(session: Session, changes: Mapping[str, dict[str, Any]]) -> None:
    """Find cell and area anew of positions that go back: areas may have been replaced since."""
    moving = [change for change in changes.values() if "given_datum" in change]
    placed = [change for change in moving if change["given_datum"] is not None]
    positions = [
        GivenPosition(
            LonLat(change["given_lon"], change["given_lat"]), Datum(change["given_datum"])
        )
        for change in placed
    ]
    for change, found in zip(placed, placing.place(session, positions), strict=True):
        change.update(found.columns)
    for change in moving:
        if change["given_datum"] is None:
            change["position"] = None


def _settle_areas(
    session: Session, changes: Mapping[str, dict[str, Any]], now: Mapping[str, Values]
) -> None:
    """Leave out areas that are gone, and a town that is not in the district of the position."""
    named = {
        change[name]
        for change in changes.values()
        for name in ("area_code", "town_code")
        if change.get(name) is not None
    }
    rows = session.execute(select(Area.code, Area.parent_code).where(Area.code.in_(named)))
    there = {row.code: row.parent_code for row in rows}
    for code, change in changes.items():
        for name in ("area_code", "town_code"):
            if change.get(name) is not None and change[name] not in there:
                change[name] = None
        area = change.get("area_code", now[code]["area_code"])
        town = change.get("town_code")
        if "town_code" in change and town is not None and area is not None:
            is_placed = change.get("given_datum", now[code]["given_datum"]) is not None
            moved_since = "given_datum" not in change and is_placed
            if moved_since and there[town] != area:
                change["town_code"] = None


def _forget(
    session: Session,
    record: Import,
    touched: Sequence[Touched],
    changes: Mapping[str, dict[str, Any]],
) -> None:
    """Put back what the source had said, and forget all that it said of withdrawn listings."""
    source = record.source_code
    mended = []
    for each in touched:
        if changes.get(each.code, {}).get("withdrawn"):
            changes[each.code]["imported"] = None
        elif each.code in record.remembered:
            all_said: dict[str, Any] = dict(each.now["imported"] or {})
            said = _said_before(record.remembered[each.code], all_said.pop(source, {}))
            what = {**all_said, source: said} if said else all_said
            mended.append({"station_code": each.code, "what": what or None})
    import_writes.remember(session, mended)


def _said_before(changed: Mapping[str, Sequence[Any]], said: Values) -> dict[str, Any]:
    before = {name: pair[0] for name, pair in changed.items() if pair[0] is not None}
    after = {name: pair[1] for name, pair in changed.items()}
    services_before = before.pop("services", {})
    services_after = after.pop("services", {})
    held = dict(said)
    answers = held.pop("services", {})
    merged, _stays = one_by_one(before, after, held)
    answers, _stays = one_by_one(services_before, services_after, answers)
    return {**merged, **({"services": answers} if answers else {})}


def _write(
    session: Session,
    changes: Mapping[str, dict[str, Any]],
    import_id: int,
    account_id: int | None,
) -> int:
    version = next_version(session)
    update_listings(
        session, [{"code": code, **change} for code, change in changes.items()], version
    )
    codes = list(changes)
    history.record(
        session,
        codes,
        action="undone",
        register_version=version,
        account_id=account_id,
        import_id=import_id,
    )
    search_index.refresh(session, codes)
    return version
