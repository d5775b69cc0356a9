"""What an export says of each station, cell by cell, in words that an import reads back.

The columns are the fields of `stations/columns.py`, so that a file of CSV or Excel can be edited
offline and imported again: rows are known by their code, and unchanged cells change nothing.
Further columns tell what no import takes: the datum, what was checked, the source and its licence.
"""

from collections.abc import Iterable
from functools import cache

from stations.closure_text import closure_lines
from stations.columns import COLUMNS, LEVELS, TOLD, level_words, plain_word, words_of
from stations.exporting import Exported, Wanted
from stations.station import Known, Station
from stations.taxonomy import FACETS, taxonomy

Value = str | int | float | None

SEPARATORS = frozenset("、,，;；/|\n")
"""What ends a word of a list when it is read; a word that holds one is written as its code."""

JOINER = {"zh": "、", "en": "; "}
ANSWERS = {
    "zh": {Known.YES: "是", Known.NO: "否", Known.UNKNOWN: "不详"},
    "en": {Known.YES: "yes", Known.NO: "no", Known.UNKNOWN: "unknown"},
}

SAID = (
    *("code", "name", "name_en", "aliases", "kind", "also_kinds", "brand", "tier", "level"),
    *("status", "access", "entry", "area_name", "town_name", "town_code", "address", "way_in"),
    *("lon", "lat", "datum", "phone", "hours_text", "closures", "capacity_per_day", "honours"),
    *("built_as", "built_by", "notes"),
)
TOLD_LAST = (
    "checked",
    "version",
    "public",
    "position_verified",
    "source",
    "licence",
    "attribution",
)
NOT_PUBLIC = ("public", "position_verified")  # which of their own stations people see


def fields(wanted: Wanted) -> list[str]:
    """Return the fields of an export in their order."""
    services = [f"service:{code}" for code in taxonomy().service]
    last = [field for field in TOLD_LAST if not (wanted.is_public and field in NOT_PUBLIC)]
    return [*SAID, *services, *last]


def cells(each: Exported, wanted: Wanted) -> dict[str, Value]:
    """Return what is said of a station, by field and in the order of `fields`."""
    station, lang = each.station, wanted.lang
    answers = ANSWERS[lang]
    lon, lat = each.point or (None, None)
    found: dict[str, Value] = {
        "code": station.code,
        "name": station.name,
        "name_en": station.name_en,
        "aliases": _names(station.aliases, lang),
        "kind": word("kind", station.kind, lang),
        "also_kinds": _words("kind", station.also_kinds, lang),
        "brand": station.brand,
        "tier": word("tier", station.tier, lang),
        "level": _level(station.level, lang),
        "status": word("status", station.status.value, lang),
        "access": word("access", station.access.value, lang),
        "entry": _words("entry", station.entry, lang),
        "area_name": each.district,
        "town_name": each.town,
        "town_code": station.town_code,
        "address": station.address,
        "way_in": station.way_in,
        "lon": lon,
        "lat": lat,
        "datum": None if each.point is None else wanted.crs.value,
        "phone": station.phone,
        "hours_text": station.hours_text,
        "closures": closure_lines(station.closures),
        "capacity_per_day": station.capacity_per_day,
        "honours": _words("honour", station.honours, lang),
        "built_as": word("built_as", station.built_as, lang),
        "built_by": word("built_by", station.built_by, lang),
        "notes": station.notes,
    }
    for service in taxonomy().service:
        found[f"service:{service}"] = answers[station.service(service)]
    return found | _told(each, wanted)


def _told(each: Exported, wanted: Wanted) -> dict[str, Value]:
    station = each.station
    answers = ANSWERS[wanted.lang]
    found: dict[str, Value] = {"checked": _checked(station), "version": station.version}
    if not wanted.is_public:
        found["public"] = answers[Known.YES if station.is_public else Known.NO]
        verified = station.point is None or station.position_verified
        found["position_verified"] = answers[Known.YES if verified else Known.NO]
    return found | {
        "source": each.source.name,
        "licence": each.source.licence,
        "attribution": each.source.attribution,
    }


def title(field: str, lang: str) -> str:
    """Return the title of a column, which `columns.column_field` knows unless it is only told."""
    if lang == "en":
        return field
    if field.startswith("service:"):
        return word("service", field.removeprefix("service:"), lang) or field
    return TOLD[field] if field in TOLD else COLUMNS[field][0]


@cache
def word(facet: str, code: str | None, lang: str) -> str | None:
    """Return what people call a term of the taxonomy, where a reader understands it so."""
    if code is None or facet not in FACETS or code not in taxonomy().facet(facet):
        return code
    term = taxonomy().facet(facet)[code]
    name = term.en if lang == "en" else term.zh
    is_understood = words_of(facet).get(plain_word(name)) == code
    return name if is_understood and not SEPARATORS & set(name) else code


def _words(facet: str, codes: Iterable[str], lang: str) -> str | None:
    return _list([word(facet, code, lang) or code for code in codes], lang)


def _names(names: Iterable[str], lang: str) -> str | None:
    """Return names as a list, or nothing where one of them would be read back as two."""
    return None if any(SEPARATORS & set(name) for name in names) else _list(names, lang)


def _list(texts: Iterable[str], lang: str) -> str | None:
    return JOINER[lang].join(texts) or None


@cache
def _level(code: str | None, lang: str) -> str | None:
    if code is None or lang == "en":
        return code
    return next((name for name in LEVELS[code] if level_words().get(name) == code), code)


def _checked(station: Station) -> str | None:
    return " ".join(f"{fact}={day}" for fact, day in sorted(station.checked.items())) or None
