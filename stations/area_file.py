"""Reads boundaries of areas from a GeoJSON file, and checks that their datum is the named one.

A file of districts in GCJ-02 looks like any other: its coordinates are off by half a kilometre. So
the boundaries are laid over those that are known, under all three datums.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import shapely
from shapely import MultiPolygon
from shapely.errors import GEOSException
from shapely.geometry import shape

from geo.boundaries import as_multipolygon, better_datum, to_wgs84
from geo.coordinates import Datum
from stations.areas import LEVELS, AreaRow
from stations.errors import FileRefusedError, InvalidInputError
from stations.file_text import read_text
from stations.import_report import shown

CODE_NAMES = ("code", "adcode", "id", "区划代码", "代码")
NAME_NAMES = ("name", "名称")
LONGEST_NAME = 100

DATUM_NAMES = {Datum.WGS84: "WGS-84", Datum.GCJ02: "GCJ-02", Datum.BD09: "BD-09"}


@dataclass(frozen=True)
class FileArea:
    """An area as the file has it: the boundary in the file's own datum, or None."""

    code: str
    name: str
    level: str
    parent_code: str | None
    boundary: MultiPolygon | None


def read_area_file(path: Path) -> list[FileArea]:
    """Read the areas of a FeatureCollection of polygons, by code.

    A feature has a `code` or `adcode` of 6 digits (a city or a district) or 9 to 12 (a town), a
    `name`, and may have `level` and `parent`. Raises FileRefusedError for the first that has not.
    """
    if path.suffix.lower() not in (".geojson", ".json"):
        raise _refused("file", "边界只读 GeoJSON", "boundaries are read from GeoJSON only")
    try:
        document = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise _refused("file", "不是完整的 JSON", "it is not whole JSON") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features:
        raise _refused(
            "features", "这不是 GeoJSON 的 FeatureCollection，或者是空的",
            "this is no GeoJSON FeatureCollection, or an empty one",
        )  # fmt: skip
    areas = [_area(number, feature) for number, feature in enumerate(features, start=1)]
    codes = [area.code for area in areas]
    repeated = next((code for code in codes if codes.count(code) > 1), None)
    if repeated is not None:
        raise _refused("code", f"{repeated} 出现了两次", f"{repeated} is given twice")
    return sorted(areas, key=lambda area: area.code)


def check_datum(
    areas: Sequence[FileArea], known: Iterable[AreaRow], named: Datum
) -> tuple[int, dict[Datum, float]]:
    """Return how many boundaries were compared with known ones, and the misfit under each datum.

    `known` is WGS-84. Raises FileRefusedError where another datum than `named` fits clearly better.
    """
    boundaries = {area.code: area.boundary for area in known if area.boundary is not None}
    pairs = [
        (area.boundary, boundaries[area.code])
        for area in areas
        if area.boundary is not None and area.code in boundaries
    ] or _parents_pairs(areas, boundaries)
    if not pairs:
        return 0, {}
    given, others = zip(*pairs, strict=True)
    best, fits = better_datum(given, others, named)
    if best is not named:
        raise _refused(
            "datum",
            f"这些边界看起来是 {DATUM_NAMES[best]}，不是 {DATUM_NAMES[named]}："
            f"与已知的 {len(pairs)} 个区域相比，"
            f"按 {DATUM_NAMES[named]} 有 {fits[named]:.1%} 对不上，"
            f"按 {DATUM_NAMES[best]} 只有 {fits[best]:.1%}。请用 --datum {best}",
            f"these boundaries look like {DATUM_NAMES[best]}, not {DATUM_NAMES[named]}: of the "
            f"{len(pairs)} areas that are known, {fits[named]:.1%} does not match as "
            f"{DATUM_NAMES[named]}, and {fits[best]:.1%} as {DATUM_NAMES[best]}. "
            f"Use --datum {best}",
        )
    return len(pairs), fits


def _parents_pairs(
    areas: Sequence[FileArea], boundaries: Mapping[str, MultiPolygon]
) -> list[tuple[MultiPolygon, MultiPolygon]]:
    """Pair the union of what lies in an area with that area, where its boundary is known."""
    parts: dict[str, list[MultiPolygon]] = {}
    for area in areas:
        code = area.parent_code
        if area.boundary is not None and code is not None and code in boundaries:
            parts.setdefault(code, []).append(area.boundary)
    return [
        (as_multipolygon(shapely.union_all(shapely.make_valid(part))), boundaries[code])
        for code, part in parts.items()
    ]


def area_rows(
    areas: Sequence[FileArea], stored: Iterable[AreaRow], datum: Datum, source_code: str
) -> list[AreaRow]:
    """Return the areas to store: boundaries in WGS-84, and what is known of them kept.

    Areas that nobody gave and whose parts are in the file get the union of their parts.
    """
    held = {area.code: area for area in stored}
    rows: dict[str, AreaRow] = {}
    for area in areas:
        boundary = None if area.boundary is None else to_wgs84(area.boundary, datum)
        before = held.get(area.code)
        if before is None:
            rows[area.code] = AreaRow(
                code=area.code,
                name=area.name,
                level=area.level,
                source_code=source_code,
                parent_code=area.parent_code,
                boundary=boundary,
            )
        elif boundary is None or (before.boundary == boundary and before.name == area.name):
            rows[area.code] = before
        else:
            rows[area.code] = replace(
                before, name=area.name, boundary=boundary, source_code=source_code
            )
    return list(_with_unions(rows, held, source_code).values())


def compared(rows: Iterable[AreaRow], stored: Iterable[AreaRow]) -> dict[str, list[str]]:
    """Return the codes that are added, changed and unchanged."""
    held = {area.code: area for area in stored}
    found: dict[str, list[str]] = {"added": [], "changed": [], "unchanged": []}
    for row in sorted(rows, key=lambda row: row.code):
        before = held.get(row.code)
        verdict = "added" if before is None else "unchanged" if before == row else "changed"
        found[verdict].append(row.code)
    return found


def _with_unions(
    rows: dict[str, AreaRow], held: Mapping[str, AreaRow], source_code: str
) -> dict[str, AreaRow]:
    after = {**held, **rows}
    for level in reversed(LEVELS):
        for parent in [area for area in after.values() if area.level == level]:
            parts = [
                area.boundary
                for area in after.values()
                if area.parent_code == parent.code and area.level != "zone"
            ]
            given = any(area.parent_code == parent.code for area in rows.values())
            is_own = parent.code in rows and rows[parent.code].boundary is not None
            whole = [part for part in parts if part is not None]
            if not given or is_own or not whole or len(whole) < len(parts):
                continue
            union = as_multipolygon(shapely.union_all(whole))
            if parent.boundary is None or not shapely.equals(parent.boundary, union):
                after[parent.code] = rows[parent.code] = replace(
                    parent, boundary=union, source_code=source_code
                )
    return rows


def _area(number: int, feature: Any) -> FileArea:
    where = f"features[{number - 1}]"
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise _refused(where, "没有属性", "it has no properties")
    code = _first(properties, CODE_NAMES)
    name = _first(properties, NAME_NAMES)
    if not code.isascii() or not code.isdigit() or len(code) not in (6, 9, 12):
        raise _refused(
            where,
            f"“{shown(code)}”不是区划代码（code 或 adcode，6、9 或 12 位数字）",
            f"“{shown(code)}” is no area code (code or adcode, 6, 9 or 12 digits)",
        )
    if not name or len(name) > LONGEST_NAME:
        raise _refused(where, "没有名称（name），或者太长", "it has no name, or one too long")
    code = code[:9] if len(code) == 12 else code
    return FileArea(
        code=code,
        name=name,
        level=_level(properties, code),
        parent_code=_parent(properties, code),
        boundary=_boundary(f"{where} ({code} {shown(name)})", feature.get("geometry")),
    )


def _first(properties: Mapping[str, Any], names: Iterable[str]) -> str:
    for name in names:
        value = properties.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return " ".join(str(value)[: LONGEST_NAME + 1].split())
    return ""


def _level(properties: Mapping[str, Any], code: str) -> str:
    if properties.get("level") in LEVELS:
        return str(properties["level"])
    if len(code) > 6:
        return "town"
    return "city" if code.endswith("00") else "district"


def _parent(properties: Mapping[str, Any], code: str) -> str | None:
    named = properties.get("parent")
    if isinstance(named, dict):
        named = named.get("adcode") or named.get("code")
    if isinstance(named, str | int) and not isinstance(named, bool) and str(named).isdigit():
        parent: str | None = str(named)[:12]
    elif len(code) > 6:
        parent = code[:6]
    else:
        parent = None if code.endswith("00") else f"{code[:4]}00"
    is_province = parent is not None and (parent.endswith("0000") or parent == "100000")
    return None if is_province else parent


def _boundary(where: str, geometry: Any) -> MultiPolygon | None:
    if geometry is None:
        return None
    try:
        found = as_multipolygon(shape(geometry))
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, GEOSException) as error:
        raise _refused(
            where, "边界不是面（Polygon 或 MultiPolygon）", "its boundary is no polygon"
        ) from error
    return found


def _refused(field: str, problem_zh: str, problem_en: str) -> FileRefusedError:
    return FileRefusedError(field=field, problem_zh=problem_zh, problem_en=problem_en)


def with_missing_parents(
    areas: Sequence[FileArea], stored: Iterable[AreaRow], shipped: Iterable[AreaRow]
) -> list[AreaRow]:
    """Return shipped areas, without their boundaries, that the file's areas lie in and nobody has.

    Raises InvalidInputError naming `parent` for one that is nowhere known.
    """
    have = {area.code for area in stored} | {area.code for area in areas}
    known = {area.code: area for area in shipped}
    needed = {area.parent_code for area in areas if area.parent_code is not None} - have
    for code in sorted(needed):
        if code not in known:
            raise InvalidInputError(
                field="parent",
                problem_zh=f"没有编号为“{shown(code)}”的上级区域，请先载入它，或把它放进文件",
                problem_en=f"there is no area “{shown(code)}” above; load it first, or put it into "
                "the file",
            )
    return [replace(known[code], boundary=None) for code in sorted(needed)]
