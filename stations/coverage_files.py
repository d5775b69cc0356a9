"""Coverage as CSV, Excel and GeoJSON: by area or by cell, each with how its figures were made.

Columns are named as in the answers over HTTP. A CSV repeats in each row how its figures were made,
for rows are copied out of it; a workbook has a second sheet for that, GeoJSON a member `coverage`.
"""

import csv
import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from shapely import MultiPolygon
from shapely.geometry import mapping

from geo import cells as h3_cells
from stations.csv_text import guarded
from stations.errors import InvalidInputError
from stations.xlsx_writing import Sheet, Value, write_workbook

FORMATS = ("csv", "xlsx", "geojson")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "html": "text/html; charset=utf-8",
}
CLASSES = ("total", "served", "without_capacity", "uncovered", "not_routable")
CELL_COLUMNS = (
    "minutes", "reached_by", "residents", "uncovered", "not_routable", "stations",
)  # fmt: skip
MADE_UP = "示例数据 / demo data"

Row = dict[str, Value]


def about(report: Mapping[str, Any]) -> Row:
    """Say how the figures of a report were made, and of what."""
    network = report["network"]
    sources = [source["attribution"] or source["name"] for source in report["sources"]]
    return {
        "limit_minutes": report["minutes"],
        "kinds": " ".join(report["kinds"]),
        "profile": report["profile"],
        "method": report["method"],
        "speed_kmh": report["speed_kmh"],
        "detour_factor": report["detour_factor"],
        "at": report["at"],
        "as_of": report["as_of"],
        "data_version": report["data_version"],
        "sources": "; ".join([*sources, *([] if network is None else [network["attribution"]])]),
        "note": MADE_UP if report["demo"] else None,
    }


def area_rows(report: Mapping[str, Any]) -> list[Row]:
    """Return a row for the area and for each of its parts."""
    own = {**report, "code": report["area"], "name": report["area_name"]}
    own |= {"name_en": report["area_name_en"], "stations": report["stations"]["counted"]}
    return [_area_row(each) for each in (own, *report["areas"])]


def cell_rows(found: Mapping[str, Any]) -> list[Row]:
    """Return a row for each cell, with its centre in WGS-84 degrees."""
    names: list[str] = found["cells"]
    numbers = np.array([h3_cells.text_to_cell(name) for name in names], dtype=np.int64)
    lon, lat = (degrees.round(7).tolist() for degrees in h3_cells.centres(numbers))
    return [
        {"cell": name, "lon": lon[place], "lat": lat[place]}
        | {column: found[column][place] for column in CELL_COLUMNS}
        for place, name in enumerate(names)
    ]


def write(
    file_format: str,
    report: Mapping[str, Any],
    found: Mapping[str, Any] | None,
    shapes: Mapping[str, MultiPolygon],
) -> bytes:
    """Return the whole file: of the cells if they are given, else of the area and its parts.

    `shapes` are the areas' boundaries by code, WGS-84, for GeoJSON. Raises InvalidInputError for a
    format that there is none of.
    """
    rows = area_rows(report) if found is None else cell_rows(found)
    if file_format == "csv":
        return _csv(rows, about(report))
    if file_format == "xlsx":
        return _xlsx(rows, about(report))
    if file_format == "geojson":
        return _geojson(rows, report, shapes)
    raise no_such_format(file_format, FORMATS)


def no_such_format(file_format: str, known: Sequence[str]) -> InvalidInputError:
    """Say which formats there are."""
    return InvalidInputError(
        field="format",
        problem_zh=f"没有“{file_format}”这种格式（{'、'.join(known)}）",
        problem_en=f"there is no format “{file_format}” ({', '.join(known)})",
    )


def _area_row(figures: Mapping[str, Any]) -> Row:
    effective = figures["effective"]
    return {
        "code": figures["code"],
        "name": figures["name"],
        "name_en": figures["name_en"],
        "stations": figures["stations"],
        **{f"residents_{name}": figures["demand"]["residents"][name] for name in CLASSES},
        **{f"workers_{name}": figures["demand"]["workers"][name] for name in CLASSES},
        **{f"backup_{name}": figures["backup"][name] for name in ("0", "1", "2", "3+")},
        "median_minutes": figures["nearest"]["median_minutes"],
        "p90_minutes": figures["nearest"]["p90_minutes"],
        "effective_stations": effective["stations"],
        "effective_residents_served": effective["demand"]["residents"]["served"],
    }


def _csv(rows: Sequence[Row], made: Row) -> bytes:
    text = io.StringIO()
    titles = [*rows[0], *made] if rows else [*made]
    writer = csv.writer(text)
    writer.writerow(titles)
    for row in rows:
        writer.writerow([_in_csv(value) for value in (*row.values(), *made.values())])
    return text.getvalue().encode("utf-8-sig")  # the mark tells Excel that it is UTF-8


def _in_csv(value: Value) -> Value:
    return guarded(value) if isinstance(value, str) else value


def _xlsx(rows: Sequence[Row], made: Row) -> bytes:
    figures = Sheet("coverage", list(rows[0]) if rows else [], [list(row.values()) for row in rows])
    how = Sheet("about", ["", "value"], [[name, value] for name, value in made.items()])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.xlsx"
        write_workbook(path, [figures, how])
        return path.read_bytes()


def _geojson(
    rows: Sequence[Row], report: Mapping[str, Any], shapes: Mapping[str, MultiPolygon]
) -> bytes:
    features: list[dict[str, Any]] = []
    for row in rows:
        name: Any
        geometry: Any
        if "cell" in row:
            corners = [*h3_cells.boundary(h3_cells.text_to_cell(str(row["cell"])))]
            ring = [[round(lon, 7), round(lat, 7)] for lon, lat in (*corners, corners[0])]
            name, geometry = row["cell"], {"type": "Polygon", "coordinates": [ring]}
        else:
            shape = shapes.get(str(row["code"]))
            name, geometry = row["code"], None if shape is None else mapping(shape)
        features.append({"type": "Feature", "id": name, "geometry": geometry, "properties": row})
    body = {"type": "FeatureCollection", "coverage": about(report), "features": features}
    return json.dumps(body, ensure_ascii=False).encode()
