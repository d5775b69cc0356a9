"""Reads a file of places: CSV or GeoJSON in UTF-8, to rows, each understood or refused.

A file that is not what its name says is refused as a whole, with the reason; nothing is guessed.
"""

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from geo.coordinates import Datum
from stations.columns import column_field, plain_word
from stations.errors import FileRefusedError
from stations.file_text import read_text, refused
from stations.import_report import Line, refusal, remark, shown
from stations.row_values import Cell, FileRow, read_row
from stations.taxonomy import taxonomy

__all__ = ["FileRow", "read_file"]

CSV_DELIMITERS = (",", "\t", ";")
LARGEST_WHOLE = 10**15
WGS84_NAMES = ("crs84", "4326", "4490", "cgcs2000", "wgs84")

Record = Mapping[str, Cell]


def read_file(path: Path, *, datum: Datum, kind: str | None = None) -> list[FileRow]:
    """Read a `.csv`, `.geojson` or `.json` file of places whose coordinates are of one datum.

    `kind` is for all rows and wins over a column. A row's number is the one that a person sees: in
    a CSV the row of the spreadsheet, the header being 1; in GeoJSON the place of the feature.

    Remarks about the whole file come first, as rows without a station and without a number.
    Raises FileRefusedError for a file that cannot be read as what its name says, or without a
    column that is needed, and UnknownTermError for an unknown `kind`.
    """
    if kind is not None:
        taxonomy().require("kind", kind, "kind")
    suffix = path.suffix.lower()
    text = read_text(path)
    if suffix == ".csv":
        return _read_csv(text, datum, kind)
    return _read_geojson(text, datum, kind)


def _read_csv(text: str, datum: Datum, kind: str | None) -> list[FileRow]:
    delimiter = _delimiter(text)
    rows = _csv_rows(text, delimiter)
    header = next((row for _number, row in rows if any(row)), [])
    fields = _fields_of(header)
    _check_needed(fields, kind)
    notes = _file_notes(header, fields, kind)
    found = [FileRow(None, None, (note,)) for note in notes]
    for number, row in rows:
        if not any(row):
            continue
        if any(row[len(header) :]):
            found.append(_too_long(number, len(header), len(row)))
            continue
        record = {
            field: Cell(value, _field_name(field, title))
            for field, title, value in zip(fields, header, row, strict=False)
            if field is not None and not (field == "kind" and kind is not None)
        }
        found.append(read_row(number, record, datum, kind))
    return found


def _csv_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):
                raise refused(
                    f"第 {number} 行有一格超过 {csv.field_size_limit()} 个字符；引号可能没有成对",
                    f"row {number} has a cell of more than {csv.field_size_limit()} characters; "
                    "perhaps its quotes do not pair",
                ) from error
            raise refused(
                f"第 {number} 行不是完整的 CSV（引号没有成对）",
                f"row {number} is not whole CSV (its quotes do not pair)",
            ) from error
        yield number, [cell.strip() for cell in row]


def _delimiter(text: str) -> str:
    """Return the delimiter under which the first line holds most known columns."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    known = {
        delimiter: sum(column_field(cell.strip('"')) is not None for cell in first.split(delimiter))
        for delimiter in CSV_DELIMITERS
    }
    return max(CSV_DELIMITERS, key=lambda delimiter: known[delimiter])


def _fields_of(header: list[str]) -> list[str | None]:
    fields = [column_field(title) if title else None for title in header]
    repeated = [field for field, times in Counter(fields).items() if field and times > 1]
    if repeated:
        titles = [shown(t) for t, f in zip(header, fields, strict=True) if f == repeated[0]]
        raise FileRefusedError(
            field=repeated[0],
            problem_zh=f"有两列说的是同一件事：{'、'.join(titles)}",
            problem_en=f"two columns say the same: {', '.join(titles)}",
        )
    return fields


def _check_needed(fields: Iterable[str | None], kind: str | None) -> None:
    held = set(fields)
    needed = {"name"} if kind is not None else {"name", "kind"}
    if held & {"lon", "lat"}:
        needed |= {"lon", "lat"}
    for field in ("name", "lon", "lat", "kind"):
        if field in needed - held:
            more_zh = "；也可以用 --kind 说明整个文件的类型" if field == "kind" else ""
            more_en = "; or name the kind of all rows with --kind" if field == "kind" else ""
            raise FileRefusedError(
                field=field,
                problem_zh=f"缺少这一列{more_zh}",
                problem_en=f"this column is missing{more_en}",
            )


def _file_notes(
    titles: Iterable[str], fields: Iterable[str | None], kind: str | None
) -> list[Line]:
    notes = [
        remark(
            None, shown(title), "不认识这一列，没有读", "this column is not known and was not read"
        )
        for title, field in zip(titles, fields, strict=True)
        if field is None and title
    ]
    if kind is not None and "kind" in fields:
        notes.append(
            remark(None, "kind", f"按 --kind 都作为 {kind}", f"all are {kind}, as --kind says")
        )
    return notes


def _too_long(number: int, expected: int, found: int) -> FileRow:
    line = refusal(
        number,
        "row",
        f"有 {found} 格，表头只有 {expected} 格；多半是文字里的逗号没有加引号",
        f"it has {found} cells and the header {expected}; perhaps a comma in a text is not quoted",
    )
    return FileRow(number, None, (line,))


def _field_name(field: str, title: str) -> str:
    return field if plain_word(title) == plain_word(field) else f"{field} ({shown(title)})"


def _read_geojson(text: str, datum: Datum, kind: str | None) -> list[FileRow]:
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
    fields = {title: column_field(title) for title in titles}
    # the geometry says where, so positions among the properties are not read
    fields |= {title: None for title, field in fields.items() if field in ("lon", "lat")}
    if features:
        _check_needed([field for field in fields.values() if field], kind)
    notes += _file_notes(fields, fields.values(), kind)
    found = [FileRow(None, None, (note,)) for note in notes]
    for number, feature in enumerate(features, start=1):
        found.append(_read_feature(number, feature, fields, datum, kind))
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
                )
            ]
    elif datum is not Datum.WGS84:
        return [
            remark(
                None,
                "crs",
                f"按标准 GeoJSON 是 WGS-84，这里按 --datum 读作 {datum}",
                f"GeoJSON is WGS-84 by its standard; it is read as {datum}, as --datum says",
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
        if field is None or (field == "kind" and kind is not None):
            continue
        name = _field_name(field, title)
        text = _as_text(value)
        if text is None:
            line = refusal(
                number, name, f"“{shown(value)}”不是文字或数字", "not a text or a number"
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
        return refusal(number, "type", "这不是 Feature", "this is not a Feature")
    if not isinstance(feature.get("properties") or {}, dict):
        return refusal(number, "properties", "这不是一组属性", "these are not properties")
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
