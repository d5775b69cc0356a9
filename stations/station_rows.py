"""Rows of the register as the values that the program shares."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.orm import aliased

from geo.coordinates import LonLat
from stations.station import Access, AreaName, Closure, Station, Status
from stations.tables import Area
from stations.tables import Station as Row

PLAIN = (
    "code",
    "kind",
    "name",
    "name_en",
    "brand",
    "tier",
    "level",
    "built_as",
    "built_by",
    "address",
    "way_in",
    "phone",
    "hours_text",
    "hours",
    "capacity_per_day",
    "notes",
    "position_verified",
    "h3_9",
    "town_code",
    "is_public",
    "version",
    "updated_at",
)
WORDS = ("also_kinds", "aliases", "honours", "entry", "services_yes", "services_no")

BETWEEN = "\x1f"
"""Stands between the words of an array: a control character, which no word may hold."""

_STATUS = {status.value: status for status in Status}
_ACCESS = {access.value: access for access in Access}


def stations_query() -> Select[Any]:
    """Select what a `Station` holds, for `station_of`.

    An area may be unknown, and must not make a station vanish. Arrays come as one text and objects
    as their JSON: the mapped class takes four times as long for a directory.
    """
    area = aliased(Area)
    return (
        select(
            *(getattr(Row, name) for name in PLAIN),
            *(_as_text(getattr(Row, name)).label(name) for name in WORDS),
            Row.status,
            Row.access,
            Row.source_code,
            Row.area_code,
            area.name.label("area_name"),
            cast(Row.closures, Text).label("closures"),
            cast(Row.checked, Text).label("checked"),
            func.ST_X(Row.geom).label("lon"),
            func.ST_Y(Row.geom).label("lat"),
        )
        .select_from(Row)
        .outerjoin(area, area.code == Row.area_code)
    )


def _as_text(words: ColumnElement[Any]) -> ColumnElement[str]:
    return func.array_to_string(words, BETWEEN)


_PLACES = len(PLAIN) + len(WORDS)


def station_of(row: Sequence[Any]) -> Station:
    """Return the station of a row of `stations_query`; further columns behind it do not matter."""
    values = dict(zip(PLAIN, row, strict=False))
    also_kinds, aliases, honours, entry, yes, no = row[len(PLAIN) : _PLACES]
    status, access, source, area_code, area_name, closures, checked, lon, lat = row[
        _PLACES : _PLACES + 9
    ]
    values |= {
        "also_kinds": words_of(also_kinds),
        "aliases": words_of(aliases),
        "honours": words_of(honours),
        "entry": words_of(entry),
        "services_yes": frozenset(words_of(yes)),
        "services_no": frozenset(words_of(no)),
        "status": _STATUS[status],
        "access": _ACCESS[access],
        "source": source,
        "area": None if area_code is None else AreaName(area_code, area_name),
        "closures": () if closures == "[]" else _closures(closures),
        "checked": dict(_checked(checked)),
        "point": None if lon is None else LonLat(lon, lat),
    }
    # as its __init__ would, which sets one of 34 fields after another and takes half of the time
    station = object.__new__(Station)
    station.__dict__.update(values)
    return station


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of an array that came as one text."""
    return tuple(text.split(BETWEEN)) if text else ()


@lru_cache(maxsize=4096)
def _closures(text: str) -> tuple[Closure, ...]:
    return tuple(closure_of(each) for each in orjson.loads(text))


@lru_cache(maxsize=4096)
def _checked(text: str) -> dict[str, str]:
    found: dict[str, str] = orjson.loads(text)
    return found


def closure_of(kept: dict[str, str]) -> Closure:
    """Read a one-off closure as it is kept."""
    return Closure(
        starts_at=datetime.fromisoformat(kept["starts_at"]),
        ends_at=datetime.fromisoformat(kept["ends_at"]),
        reason=kept["reason"],
    )
