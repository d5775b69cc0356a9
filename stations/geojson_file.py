"""Reads a GeoJSON file of places: a FeatureCollection of points with properties."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from geo.coordinates import Datum
from stations.cell_values import Cell
from stations.columns import column_field, is_field, plain_word
from stations.encodings import refused
from stations.errors import FileRefusedError
from stations.headers import SAMPLE_MAX_LENGTH, Column, Mapped
from stations.import_report import Line, refusal, remark, shown
from stations.row_values import UNREAD, FileRow, read_row
from stations.staff_only import column_says_staff_only
from stations.table_file import ReadTable, check_needed, field_name, file_notes

WGS84_NAMES = ("crs84", "4326", "4490", "cgcs2000", "wgs84")
LARGEST_WHOLE = 10**15


def read_geojson(
    text: str, datum: Datum, kind: str | None, mapping: Mapped | None = None
) -> ReadTable:
    """Read the features of a FeatureCollection of points, and remarks about the whole file."""
    document = _parse_json(text)
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise refused(
            "这不是 GeoJSON 的 FeatureCollection", "this is not a GeoJSON FeatureCollection"
        )
    features = document.get("features")
    if not isinstance(features, list):
        raise FileRefusedError(
            field="features",
            problem_zh="缺少要素列表",
            problem_en="the list of features is missing",
        )
    notes = _datum_notes(document, datum)
    titles = _property_names(features)
    fields = {title: column_field(title) for title in titles} | _mapped(titles, mapping or {})
    # the geometry says where, so positions among the properties are not read
    fields |= {title: None for title, field in fields.items() if field in ("lon", "lat", "lon_lat")}
    samples = _samples(features)
    columns = tuple(
        Column(title, title, fields[title], is_guess=False, sample=samples.get(title, ""))
        for title in titles
    )
    if features:
        check_needed([field for field in fields.values() if field], kind, columns)
    notes += file_notes(list(fields.items()), kind)
    found = [FileRow(None, None, (note,)) for note in notes]
    for number, feature in enumerate(features, start=1):
        found.append(_read_feature(number, feature, fields, datum, kind))
    return ReadTable(found, columns)


def _mapped(titles: Iterable[str], mapping: Mapped) -> dict[str, str | None]:
    known = {plain_word(title): title for title in titles}
    found: dict[str, str | None] = {}
    for name, field in mapping.items():
        title = known.get(plain_word(name))
        if title is None or (field is not None and not is_field(field)):
            wrong = name if title is None else field
            raise FileRefusedError(
                field="mapping",
                problem_zh=f"没有“{shown(wrong)}”这一项",
                problem_en=f"there is no “{shown(wrong)}”",
            )
        found[title] = field
    return found


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=float)
    except json.JSONDecodeError as error:
        raise refused(
            f"不是 JSON：第 {error.lineno} 行第 {error.colno} 列读不下去",
            f"not JSON: it cannot be read on from line {error.lineno}, column {error.colno}",
        ) from error
    except (RecursionError, ValueError) as error:
        raise refused(
            "JSON 嵌套太深，或含有过长的数字",
            "its JSON is nested too deeply or holds a number that is too long",
        ) from error


def _datum_notes(document: Mapping[str, Any], datum: Datum) -> list[Line]:
    crs = document.get("crs")
    if crs is not None:
        named = crs.get("properties") if isinstance(crs, dict) else None
        name = str(named.get("name", "")) if isinstance(named, dict) else str(crs)
        is_wgs84 = any(each in name.casefold().replace("-", "") for each in WGS84_NAMES)
        if not is_wgs84 or datum is not Datum.WGS84:
            return [
                remark(
                    None,
                    "crs",
                    f"文件写的是“{shown(name)}”，按 --datum 读作 {datum}",
                    f"the file says “{shown(name)}”; it is read as {datum}, as --datum says",
                    code="datum_named",
                )
            ]
    elif datum is not Datum.WGS84:
        return [
            remark(
                None,
                "crs",
                f"按标准 GeoJSON 是 WGS-84，这里按 --datum 读作 {datum}",
                f"GeoJSON is WGS-84 by its standard; it is read as {datum}, as --datum says",
                code="datum_named",
            )
        ]
    return []


def _property_names(features: Iterable[Any]) -> list[str]:
    """Return the names of all properties, in the order in which they first occur."""
    names: dict[str, None] = {}
    for feature in features:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if isinstance(properties, dict):
            names.update(dict.fromkeys(properties))
    return list(names)


def _samples(features: Iterable[Any]) -> dict[str, str]:
    """Return the first text of each property that has any."""
    found: dict[str, str] = {}
    for feature in features:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        for title, value in properties.items() if isinstance(properties, dict) else ():
            if title not in found and (text := _as_text(value)):
                found[title] = " ".join(text.split())[:SAMPLE_MAX_LENGTH]
    return found


def _read_feature(
    number: int,
    feature: Any,
    fields: Mapping[str, str | None],
    datum: Datum,
    kind: str | None,
) -> FileRow:
    problem = _feature_problem(number, feature)
    if problem is not None:
        return FileRow(number, None, (problem,))
    properties = feature.get("properties") or {}
    record: dict[str, Cell] = {}
    for title, value in properties.items():
        field = fields[title]
        if field is None:
            unread = _as_text(value)
            if unread and column_says_staff_only(title, unread):
                record[UNREAD] = Cell(unread, shown(title))
            continue
        if field == "kind" and kind is not None:
            continue
        name = field_name(field, title)
        text = _as_text(value)
        if text is None:
            line = refusal(
                number,
                name,
                f"“{shown(value)}”不是文字或数字",
                "not a text or a number",
                code="bad_value",
            )
            return FileRow(number, None, (line,))
        if field not in record or not record[field].text:
            record[field] = Cell(text, name)
    if feature.get("id") is not None:
        record["source_id"] = Cell(_as_text(feature["id"]) or "", "id")
    geometry = feature.get("geometry")
    if geometry is not None:
        lon, lat = geometry["coordinates"][:2]
        record["lon"] = Cell(_number_text(lon), "lon")
        record["lat"] = Cell(_number_text(lat), "lat")
    return read_row(number, record, datum, kind)


def _feature_problem(number: int, feature: Any) -> Line | None:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return refusal(number, "type", "这不是 Feature", "this is not a Feature", code="no_feature")
    if not isinstance(feature.get("properties") or {}, dict):
        return refusal(
            number, "properties", "这不是一组属性", "these are not properties", code="no_properties"
        )
    geometry = feature.get("geometry")
    if geometry is None:
        return None
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        kind = geometry.get("type") if isinstance(geometry, dict) else geometry
        return refusal(
            number,
            "geometry",
            f"只收点（Point），这里是“{shown(kind)}”",
            f"only a Point is taken in, this is “{shown(kind)}”",
            code="no_point",
        )
    coordinates = geometry.get("coordinates")
    numbers = isinstance(coordinates, list) and all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in coordinates
    )
    if not isinstance(coordinates, list) or not numbers or not 2 <= len(coordinates) <= 4:
        return refusal(
            number,
            "geometry",
            f"坐标应为 [经度, 纬度] 两个数，这里是“{shown(coordinates)}”",
            f"coordinates are [longitude, latitude], two numbers; this is “{shown(coordinates)}”",
            code="bad_coordinate",
        )
    return None


def _number_text(number: float) -> str:
    """Return a number's shortest text; an integer too long for any coordinate stays what it is."""
    return repr(number) if isinstance(number, float) else str(number)[:40]


def _as_text(value: Any) -> str | None:
    """Return a property as a cell would hold it; None for what no cell can hold."""
    match value:
        case None:
            text: str | None = ""
        case bool():
            text = "yes" if value else "no"
        case str():
            text = value.strip()
        case int():
            text = str(value) if abs(value) < LARGEST_WHOLE else None
        case float():
            whole = value.is_integer() and abs(value) < LARGEST_WHOLE
            text = str(int(value)) if whole else repr(value) if math.isfinite(value) else None
        case list():
            text = "、".join(value) if all(isinstance(each, str) for each in value) else None
        case dict():
            pairs = all(isinstance(each, str) for each in value.values())
            text = (
                "、".join(f"{word}={answer}" for word, answer in value.items()) if pairs else None
            )
        case _:
            text = None
    return text
