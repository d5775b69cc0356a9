"""Writes to one listing: row, version, history and register version in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from stations import history, placing, search, search_index
from stations.accounts import Account, may_edit
from stations.errors import (
    InvalidInputError,
    OutsideServedAreaError,
    StaleVersionError,
    StationNotFoundError,
)
from stations.hours import SHANGHAI, parse_hours
from stations.import_report import shown
from stations.plain_text import is_plain, require_plain, tidied
from stations.register import next_version
from stations.staff_only import says_staff_only
from stations.station import Access, Closure, GivenPosition, Known
from stations.tables import Area, Station
from stations.taxonomy import taxonomy

TEXT_FIELDS = ("name", "name_en", "brand", "address", "phone", "hours_text", "notes", "way_in")
STAFF_TEXTS = ("name", "aliases", "brand", "address", "phone", "hours_text", "notes", "way_in")
SEVERAL_LINES_FIELDS = ("address", "hours_text", "notes")
ONE_TERM_FIELDS = ("status", "access")
TERM_LIST_FIELDS = {"entry": "entry", "also_kinds": "kind"}
TEXT_MAX_LENGTH = {"name": 200, "name_en": 200, "brand": 100, "phone": 50}
OTHER_TEXT_MAX_LENGTH = 1_000
MAX_CLOSURES = 50
MAX_ALIASES = 20
REASON_MAX_LENGTH = 200
FIRST_CLOSURE_YEAR, LAST_CLOSURE_YEAR = 2000, 2199

# An edit of these is a look at them, so the listing says that they were checked on that day.
CHECKED_BY_EDIT = {
    "hours_text": "hours",
    "services": "services",
    "status": "status",
    "access": "access",
}
CHECKABLE = ("hours", "services", "status", "access", "position", "address")


@dataclass(frozen=True)
class Update:
    """A merge patch: only the fields in `values` change; None clears where that is possible."""

    values: dict[str, Any]
    services: dict[str, Known]
    position: GivenPosition | None
    checked: tuple[str, ...] = ()


def update(
    session: Session,
    code: str,
    expected_version: int,
    change: Update,
    account: Account,
    at: datetime,
) -> None:
    """Change a listing that this person may edit and that nobody changed since it was read.

    Raises StationNotFoundError for a stranger's station too, StaleVersionError with the current
    version, and InvalidInputError, UnknownTermError or OutsideServedAreaError naming the field. A
    change that changes nothing writes nothing.
    """
    row = _locked(session, code, may_edit(account))
    if row.version != expected_version:
        raise StaleVersionError(field="If-Match", current_version=row.version)
    _apply(session, row, change, at)
    if not session.is_modified(row):
        return
    row.version += 1
    row.register_version = next_version(session)
    row.updated_at = at
    session.flush()
    if change.position is not None and not search.is_among(session, code, may_edit(account)):
        raise placing.out_of_reach()
    history.record(
        session,
        [code],
        action="updated",
        register_version=row.register_version,
        account_id=account.id,
    )
    search_index.refresh(session, [code])


def _locked(session: Session, code: str, editable: ColumnElement[bool]) -> Station:
    """Lock the row before the register: everybody in this order, so that nobody deadlocks."""
    row = session.scalars(
        select(Station)
        .where(Station.code == code, editable)
        .with_for_update(of=Station)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise StationNotFoundError(code=code)
    return row


def _apply(session: Session, row: Station, change: Update, at: datetime) -> None:
    for field, value in change.values.items():
        if field != "town_code":
            setattr(row, field, _checked(field, value, row.kind))
    if row.name in row.aliases:  # a listing is not called twice by one name
        row.aliases = [alias for alias in row.aliases if alias != row.name]
    _check_staff_words(row, change)
    if "hours_text" in change.values:
        row.hours = parse_hours(row.hours_text) if row.hours_text else None
    if change.services:
        _set_services(row, change.services)
    if change.position is not None:
        _place(session, row, change.position)
    if "town_code" in change.values:  # after the position, which decides the district
        row.town_code = _checked_town(session, row, change.values["town_code"])
    _mark_checked(row, change, at)


def _check_staff_words(row: Station, change: Update) -> None:
    """Refuse a text that says staff only beside an access that lets others in.

    An import would take the word for it, so that the register's own export would not come back as
    it went.
    """
    if row.access == Access.STAFF_ONLY.value:
        return
    for field in STAFF_TEXTS:
        if field not in change.values and "access" not in change.values:
            continue
        is_name, is_way = field in ("name", "aliases"), field in ("address", "way_in")
        held = getattr(row, field)
        for text in held if field == "aliases" else (held,):
            if text and says_staff_only(text, is_name=is_name, is_way=is_way):
                raise InvalidInputError(
                    field=field if field in change.values else "access",
                    problem_zh=f"“{shown(text)}”是说仅供员工：请改这句话，或把“谁可以进”改成仅供员工",
                    problem_en=f"“{shown(text)}” says staff only: change these words, "
                    "or the access to staff only",
                )


def _checked(field: str, value: Any, kind: str) -> Any:
    if field in TEXT_FIELDS:
        return _checked_text(field, value)
    if field in ONE_TERM_FIELDS:
        return taxonomy().require(field, value, field)
    if field in TERM_LIST_FIELDS:
        facet = TERM_LIST_FIELDS[field]
        return sorted({taxonomy().require(facet, each, field) for each in value} - {kind})
    if field == "capacity_per_day":
        return value
    if field == "closures":
        return kept_closures(value)
    if field == "aliases":
        return _checked_aliases(value or ())
    raise InvalidInputError(
        field=field, problem_zh="这一项不能修改", problem_en="this cannot be changed"
    )


def kept_closures(closures: Sequence[Closure]) -> list[dict[str, str]]:
    """Check one-off closures and return them as they are kept, by their beginning.

    Raises InvalidInputError naming the closure by its place in what was given.
    """
    if len(closures) > MAX_CLOSURES:
        raise InvalidInputError(
            field="closures",
            problem_zh=f"最多 {MAX_CLOSURES} 项",
            problem_en=f"at most {MAX_CLOSURES} entries",
        )
    kept = []
    for place, each in enumerate(closures):
        reason = tidied(each.reason, one_line=True)
        if not reason or len(reason) > REASON_MAX_LENGTH or not is_plain(reason):
            raise InvalidInputError(
                field=f"closures.{place}.reason",
                problem_zh=f"请写明原因（1 到 {REASON_MAX_LENGTH} 个字符）",
                problem_en=f"a reason is needed, of 1 to {REASON_MAX_LENGTH} characters",
            )
        for name, moment in (("from", each.starts_at), ("until", each.ends_at)):
            if not FIRST_CLOSURE_YEAR <= moment.year <= LAST_CLOSURE_YEAR:
                raise InvalidInputError(
                    field=f"closures.{place}.{name}",
                    problem_zh=f"年份应在 {FIRST_CLOSURE_YEAR} 到 {LAST_CLOSURE_YEAR} 之间",
                    problem_en=f"a year from {FIRST_CLOSURE_YEAR} to {LAST_CLOSURE_YEAR} is needed",
                )
        if each.ends_at <= each.starts_at:
            raise InvalidInputError(
                field=f"closures.{place}.until",
                problem_zh="应晚于开始的时间",
                problem_en="it must be after the beginning",
            )
        kept.append((_whole_second(each.starts_at), _whole_second(each.ends_at), reason))
    return [
        {"starts_at": starts.isoformat(), "ends_at": ends.isoformat(), "reason": reason}
        for starts, ends, reason in sorted(kept)
    ]


def _whole_second(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI).replace(microsecond=0)


def _set_services(row: Station, services: dict[str, Known]) -> None:
    has, has_not = set(row.services_yes), set(row.services_no)
    for code, known in services.items():
        taxonomy().require("service", code, f"services.{code}")
        has.discard(code)
        has_not.discard(code)
        if known is Known.YES:
            has.add(code)
        elif known is Known.NO:
            has_not.add(code)
    row.services_yes, row.services_no = sorted(has), sorted(has_not)


def _place(session: Session, row: Station, given: GivenPosition) -> None:
    row.position_verified = True  # a person says so, whatever a geocoder said before
    if (row.given_lon, row.given_lat, row.given_datum) == (*given.point, given.datum.value):
        return
    (placed,) = placing.place(session, [given])
    if placed.area_code is None:
        raise OutsideServedAreaError(field="position")
    moved = placed.area_code != row.area_code
    for column, value in placed.columns.items():
        setattr(row, column, value)
    if moved:  # the town was one of the district that it left
        row.town_code = None


def _mark_checked(row: Station, change: Update, at: datetime) -> None:
    looked_at = set(change.checked)
    looked_at |= {CHECKED_BY_EDIT[field] for field in change.values if field in CHECKED_BY_EDIT}
    if change.services:
        looked_at.add("services")
    for each in sorted(looked_at):
        if each not in CHECKABLE:
            raise InvalidInputError(
                field="checked",
                problem_zh=f"没有“{each}”这一项",
                problem_en=f"there is no “{each}”",
            )
    if looked_at:
        today = at.astimezone(SHANGHAI).date().isoformat()
        row.checked = {**row.checked, **dict.fromkeys(sorted(looked_at), today)}


def _checked_text(field: str, value: str | None) -> str | None:
    text = (
        None if value is None else tidied(value, one_line=field not in SEVERAL_LINES_FIELDS) or None
    )
    if text is None:
        if field == "name":
            raise InvalidInputError(
                field=field, problem_zh="名称不能为空", problem_en="a name is needed"
            )
        return None
    return require_plain(text, field, TEXT_MAX_LENGTH.get(field, OTHER_TEXT_MAX_LENGTH))


def _checked_aliases(values: Sequence[str]) -> list[str]:
    """Return other names in their order, each once; InvalidInputError for too many of them."""
    names = [tidied(value, one_line=True) for value in values]
    found = list(dict.fromkeys(name for name in names if name))
    if len(found) > MAX_ALIASES:
        raise InvalidInputError(
            field="aliases",
            problem_zh=f"最多 {MAX_ALIASES} 个",
            problem_en=f"at most {MAX_ALIASES} of them",
        )
    return [require_plain(name, "aliases", TEXT_MAX_LENGTH["name"]) for name in found]


def _checked_town(session: Session, row: Station, value: str | None) -> str | None:
    if value is None:
        return None
    town = session.execute(
        select(Area.level, Area.parent_code).where(Area.code == value)
    ).one_or_none()
    if town is None or town.level != "town":
        raise InvalidInputError(
            field="town_code",
            problem_zh=f"没有编号为“{value}”的镇街",
            problem_en=f"no town “{value}”",
        )
    if row.area_code is not None and town.parent_code != row.area_code:
        raise InvalidInputError(
            field="town_code",
            problem_zh="这个镇街不在站点所在的区（县、市）",
            problem_en="this town is not in the station's district",
        )
    return value
