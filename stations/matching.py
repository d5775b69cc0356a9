"""Finds the listings that rows speak of, and compares what a source says with what it last said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, RowMapping, Text, any_, cast, literal, or_, select
from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat
from stations.hours import parse_hours
from stations.station import Access, GivenPosition, Known, StationRow, Status
from stations.tables import Station

PLAIN_FIELDS = (
    "name",
    "name_en",
    "brand",
    "tier",
    "level",
    "status",
    "access",
    "address",
    "phone",
    "hours_text",
    "capacity_per_day",
    "town_code",
    "notes",
)
LIST_FIELDS = ("also_kinds", "entry")

# A date of checking in a file is about the facts that the row itself holds.
CHECKED_FACTS = {
    "hours_text": "hours",
    "services": "services",
    "status": "status",
    "access": "access",
    "position": "position",
    "address": "address",
}

NEW_STATION: dict[str, Any] = {
    **dict.fromkeys(PLAIN_FIELDS),
    "status": Status.ACTIVE.value,
    "access": Access.UNKNOWN.value,
    "also_kinds": [],
    "entry": [],
    "services_yes": [],
    "services_no": [],
    "hours": None,
    "checked": {},
    "position": None,
    "given_lon": None,
    "given_lat": None,
    "given_datum": None,
    "h3_9": None,
    "area_code": None,
}
"""The columns of a station of which nothing is known yet, in the form in which they are written."""


@dataclass(frozen=True)
class Existing:
    """A listing as it is before the import. `is_of_source`: it came from this import's source."""

    code: str
    source_key: str | None
    is_of_source: bool
    kind: str
    area_code: str | None
    is_placed: bool
    given: GivenPosition | None
    imported: dict[str, Any]
    columns: dict[str, Any]

    def said_by(self, source_code: str) -> dict[str, Any]:
        """Return what a source last said of this place, by field."""
        return dict(self.imported.get(source_code, {}))


def find(
    session: Session, *, codes: Sequence[str], source_code: str, keys: Sequence[str], locking: bool
) -> list[Existing]:
    """Return the listings that have one of the codes, or one of the source's keys.

    Locked in the order of codes, before the register is, as every writer does.
    """
    columns = [getattr(Station, name) for name in (*NEW_STATION, "code", "kind")]
    columns.remove(Station.position)
    query = (
        select(*columns, Station.source_code, Station.source_key, Station.imported)
        .where(
            or_(
                Station.code == any_(cast(literal(list(codes)), ARRAY(Text))),
                (Station.source_code == source_code)
                & (Station.source_key == any_(cast(literal(list(keys)), ARRAY(Text)))),
            )
        )
        .order_by(Station.code)
    )
    if locking:
        query = query.with_for_update(of=Station)
    return [_existing(row, source_code) for row in session.execute(query).mappings()]


def _existing(row: RowMapping, source_code: str) -> Existing:
    columns = {name: row[name] for name in NEW_STATION if name != "position"}
    given = None
    if row["given_datum"] is not None:
        given = GivenPosition(LonLat(row["given_lon"], row["given_lat"]), Datum(row["given_datum"]))
    return Existing(
        code=row["code"],
        source_key=row["source_key"],
        is_of_source=row["source_code"] == source_code,
        kind=row["kind"],
        area_code=row["area_code"],
        is_placed=given is not None,
        given=given,
        imported=row["imported"] or {},
        columns=columns,
    )


def said(row: StationRow) -> dict[str, Any]:
    """Return what a row says, by field, as JSON; what it does not say is not there."""
    found: dict[str, Any] = {
        name: value for name in PLAIN_FIELDS if (value := getattr(row, name)) is not None
    }
    for name in LIST_FIELDS:
        if (words := getattr(row, name)) is not None:
            found[name] = sorted(set(words))
    if row.services:
        found["services"] = {code: row.services[code].value for code in sorted(row.services)}
    if row.checked_on is not None:
        found["checked_on"] = row.checked_on.isoformat()
    if row.position is not None:
        found["position"] = [*row.position.point, row.position.datum.value]
    return found


def anew(now: Mapping[str, Any], last: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a source says now and did not say last time; services one by one."""
    found = {name: value for name, value in now.items() if last.get(name) != value}
    if "services" in found:
        before = last.get("services", {})
        found["services"] = {
            code: answer for code, answer in now["services"].items() if before.get(code) != answer
        }
    return found


def column_values(
    row: StationRow, changes: Mapping[str, Any], existing: Existing | None
) -> dict[str, Any]:
    """Return the columns that the changes give another value, without the position's."""
    held = dict(NEW_STATION if existing is None else existing.columns)
    new = {name: changes[name] for name in PLAIN_FIELDS if name in changes}
    if "hours_text" in new:
        new["hours"] = parse_hours(new["hours_text"])
    for name in LIST_FIELDS:
        if name in changes:
            new[name] = [word for word in changes[name] if word != row.kind]
    if "services" in changes:
        new |= _services(changes["services"], held)
    if "checked_on" in changes:
        new["checked"] = _checked(row, changes["checked_on"], held["checked"])
    if existing is None:
        return {"kind": row.kind, **held, **new}
    return {name: value for name, value in new.items() if held[name] != value}


def _services(answers: Mapping[str, str], held: Mapping[str, Any]) -> dict[str, Any]:
    has = set(held["services_yes"]) - set(answers)
    has_not = set(held["services_no"]) - set(answers)
    has |= {code for code, answer in answers.items() if answer == Known.YES}
    has_not |= {code for code, answer in answers.items() if answer == Known.NO}
    return {"services_yes": sorted(has), "services_no": sorted(has_not)}


def _checked(row: StationRow, on: str, held: Mapping[str, str]) -> dict[str, str]:
    facts = {fact for name, fact in CHECKED_FACTS.items() if getattr(row, name)}
    return {**held, **{fact: on for fact in sorted(facts) if held.get(fact, "") < on}}
