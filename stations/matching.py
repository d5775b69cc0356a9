"""Finds the listings that rows speak of, and compares what a source says with what it last said."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, RowMapping, Text, any_, cast, literal, or_, select
from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat, convert, earth_centred
from stations.hours import SHANGHAI, parse_hours
from stations.plain_text import with_plain_blanks
from stations.station import Access, Closure, GivenPosition, Known, StationRow, Status
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
    "way_in",
    "built_as",
    "built_by",
)
LIST_FIELDS = ("also_kinds", "entry", "honours", "aliases")

# A date of checking in a file is about the facts that the row itself holds.
CHECKED_FACTS = {
    "hours_text": "hours",
    "services": "services",
    "status": "status",
    "access": "access",
    "position": "position",
    "address": "address",
}

UNMOVED_M = 0.01
"""A position that is no farther from the one held is the same, rounded for a file."""

NEW_STATION: dict[str, Any] = {
    **dict.fromkeys(PLAIN_FIELDS),
    "status": Status.ACTIVE.value,
    "access": Access.UNKNOWN.value,
    "also_kinds": [],
    "entry": [],
    "honours": [],
    "aliases": [],
    "closures": [],
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
    "position_verified": True,
}
"""The columns of a station of which nothing is known yet, in the form in which they are written."""


@dataclass(frozen=True)
class Existing:
    """A listing as it is before the import. `is_of_source`: it came from this import's source.

    A withdrawn one, which an undone import had added, is taken up again as if it were new.
    """

    code: str
    source_key: str | None
    is_of_source: bool
    kind: str
    area_code: str | None
    is_placed: bool
    given: GivenPosition | None
    withdrawn: bool = False


@dataclass(frozen=True)
class Held:
    """What a listing holds, by column, and what each source last said of it, by field."""

    columns: dict[str, Any]
    imported: dict[str, Any]

    def said_by(self, source_code: str) -> dict[str, Any]:
        """Return what a source last said of this place, by field."""
        return dict(self.imported.get(source_code, {}))

    def sources_saying(self, field: str, code: str, answer: str) -> set[str]:
        """Return the sources that last said this of one entry of a field, such as a service."""
        return {
            source
            for source, said in self.imported.items()
            if said.get(field, {}).get(code) == answer
        }


@dataclass(frozen=True)
class Memory:
    """What is to be remembered of all sources, and `[before, now]` of the fields said anew."""

    what: dict[str, Any]
    changed: dict[str, list[Any]]


def find(
    session: Session, *, codes: Sequence[str], source_code: str, keys: Sequence[str], locking: bool
) -> list[Existing]:
    """Return the listings that have one of the codes, or one of the source's keys.

    Locked in the order of codes, before the register is, as every writer does.
    """
    query = (
        select(
            Station.code,
            Station.kind,
            Station.source_code,
            Station.source_key,
            Station.area_code,
            Station.given_lon,
            Station.given_lat,
            Station.given_datum,
            Station.withdrawn,
        )
        .where(
            or_(
                _among(codes),
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
        withdrawn=row["withdrawn"],
    )


def held(session: Session, codes: Sequence[str]) -> dict[str, Held]:
    """Return by code what these listings hold; not of all at once, for it is a lot."""
    names = [name for name in NEW_STATION if name != "position"]
    columns = [getattr(Station, name) for name in names]
    query = select(Station.code, Station.imported, *columns).where(_among(codes))
    return {
        row["code"]: Held({name: row[name] for name in names}, row["imported"] or {})
        for row in session.execute(query).mappings()
    }


def _among(codes: Sequence[str]) -> ColumnElement[bool]:
    return Station.code == any_(cast(literal(list(codes)), ARRAY(Text)))


def is_unmoved(held: GivenPosition | None, now: GivenPosition | None) -> bool:
    """Whether a position is the one that is held, in whatever datum, but for rounding.

    Exports give 7 decimals of a degree, which is at most 8 mm off.
    """
    if held is None or now is None or held == now:
        return held == now
    if held.datum is now.datum and max(
        abs(held.point.lon - now.point.lon), abs(held.point.lat - now.point.lat)
    ) > 1e-6 / max(math.cos(math.radians(now.point.lat)), 1e-6):
        return False  # without a conversion: most are in one datum
    points = [convert(each.point, each.datum, Datum.WGS84) for each in (held, now)]
    here, there = earth_centred([p.lon for p in points], [p.lat for p in points])
    return math.dist(here, there) <= UNMOVED_M


def said(row: StationRow) -> dict[str, Any]:
    """Return what a row says, by field, as JSON; what it does not say is not there."""
    found: dict[str, Any] = {
        name: value for name in PLAIN_FIELDS if (value := getattr(row, name)) is not None
    }
    for name in LIST_FIELDS:
        if (words := getattr(row, name)) is not None:
            found[name] = sorted(set(words))
    if row.closures is not None:
        found["closures"] = [closure_json(each) for each in sorted(row.closures, key=_beginning)]
    if row.services:
        found["services"] = {code: row.services[code].value for code in sorted(row.services)}
    if row.checked_on is not None:
        found["checked_on"] = row.checked_on.isoformat()
    if row.position is not None:
        found["position"] = [*row.position.point, row.position.datum.value]
    return found


def closure_json(closure: Closure) -> dict[str, str]:
    """Return a one-off closure as the register keeps it."""
    return {
        "starts_at": closure.starts_at.astimezone(SHANGHAI).isoformat(),
        "ends_at": closure.ends_at.astimezone(SHANGHAI).isoformat(),
        "reason": closure.reason,
    }


def _beginning(closure: Closure) -> datetime:
    return closure.starts_at


def anew(now: Mapping[str, Any], last: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a source says now and did not say last time; services one by one."""
    found = {name: value for name, value in now.items() if last.get(name) != value}
    if "services" in found:
        before = last.get("services", {})
        found["services"] = {
            code: answer for code, answer in now["services"].items() if before.get(code) != answer
        }
    return found


def memory(before: Held, source_code: str, now: Mapping[str, Any]) -> Memory | None:
    """Return what is to be remembered after a source said `now`; None where that is nothing new."""
    last = before.said_by(source_code)
    merged = {**last, **now}
    if "services" in now:
        merged["services"] = {**last.get("services", {}), **now["services"]}
    changed = {
        name: [last.get(name), value] for name, value in merged.items() if last.get(name) != value
    }
    return Memory({**before.imported, source_code: merged}, changed) if changed else None


def erasing_nothing(changes: Mapping[str, Any], before: Held, source_code: str) -> dict[str, Any]:
    """Return the changes without the "unknown" that would replace what somebody knows.

    Of access it never does: a room that is staff-only would be open to whoever reads "unknown" so.
    A service goes back to unknown where the yes or no that is held is what this source said last,
    and no other source says it: it takes back its own word, and nobody else's.
    """
    kept = dict(changes)
    if kept.get("access") == Access.UNKNOWN and before.columns["access"] != Access.UNKNOWN:
        del kept["access"]
    if "services" in kept:
        held = dict.fromkeys(before.columns["services_yes"], Known.YES.value)
        held |= dict.fromkeys(before.columns["services_no"], Known.NO.value)
        kept["services"] = {
            code: answer
            for code, answer in kept["services"].items()
            if answer != Known.UNKNOWN
            or held.get(code) is None
            or before.sources_saying("services", code, held[code]) == {source_code}
        }
    return kept


def column_values(
    row: StationRow, changes: Mapping[str, Any], columns: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the columns that the changes give another value, without the position's.

    `columns` is what the listing holds; None for a new one.
    """
    held = dict(NEW_STATION if columns is None else columns)
    new = {name: changes[name] for name in PLAIN_FIELDS if name in changes}
    if "hours_text" in new:
        new["hours"] = parse_hours(new["hours_text"])
    for name in LIST_FIELDS:
        if name in changes:
            new[name] = [word for word in changes[name] if name != "also_kinds" or word != row.kind]
    if "closures" in changes:
        new["closures"] = changes["closures"]
    aliases = new.get("aliases", held["aliases"])
    name = new.get("name", held["name"])
    if name in aliases:  # a listing is not called twice by one name
        new["aliases"] = [alias for alias in aliases if alias != name]
    if "services" in changes:
        new |= _services(changes["services"], held)
    if "checked_on" in changes:
        new["checked"] = _checked(row, changes["checked_on"], held["checked"])
    if columns is None:
        return {"kind": row.kind, **held, **new}
    return {
        name: value
        for name, value in new.items()
        if held[name] != value and not _is_same(name, held[name], value)
    }


def _is_same(name: str, held: Any, value: Any) -> bool:
    """Whether a value differs from the one held by order alone, or by what a reader evens out."""
    if name in LIST_FIELDS:
        return sorted(held) == sorted(value)
    both_texts = isinstance(held, str) and isinstance(value, str)
    return both_texts and with_plain_blanks(held) == with_plain_blanks(value)


def _services(answers: Mapping[str, str], held: Mapping[str, Any]) -> dict[str, Any]:
    has = set(held["services_yes"]) - set(answers)
    has_not = set(held["services_no"]) - set(answers)
    has |= {code for code, answer in answers.items() if answer == Known.YES}
    has_not |= {code for code, answer in answers.items() if answer == Known.NO}
    return {"services_yes": sorted(has), "services_no": sorted(has_not)}


def _checked(row: StationRow, on: str, held: Mapping[str, str]) -> dict[str, str]:
    facts = {fact for name, fact in CHECKED_FACTS.items() if getattr(row, name)}
    # whoever does not know has not looked
    if row.access == Access.UNKNOWN:
        facts.discard("access")
    if all(answer is Known.UNKNOWN for answer in row.services.values()):
        facts.discard("services")
    return {**held, **{fact: on for fact in sorted(facts) if held.get(fact, "") < on}}
