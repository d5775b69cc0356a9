"""Coverage as files: areas, cells or stations as CSV, areas or cells as GeoJSON, all as a workbook.

Each file says how its figures were made: method, speed, minutes, date, data version, sources, and
whether any of it is made up. Reads the answers of `coverage.report`, `cells` and `stations`.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import shapely
from shapely.geometry import mapping

from geo import cells as h3_cells
from geo.coverage import PEOPLE_OF_CELLS
from stations.csv_text import guarded
from stations.taxonomy import taxonomy
from stations.xlsx_writing import Sheet, Value, write_workbook

What = Literal["areas", "cells", "stations"]
DECIMALS: Final = 6
"""A tenth of a metre: finer than any cell or boundary here."""

GROUPS: Final = ("residents", "workers")
CLASSES: Final = ("total", "served", "without_capacity", "uncovered", "not_routable")

TITLES: Final = {
    "code": "区划代码",
    "name": "区域",
    "name_en": "英文名",
    "stations": "计入站点",
    "single_points": "单点站",
    "residents_total": "居民",
    "residents_served": "已覆盖居民",
    "residents_without_capacity": "位置不够的居民",
    "residents_uncovered": "未覆盖居民",
    "residents_not_routable": "算不出的居民",
    "workers_total": "户外劳动者",
    "workers_served": "有位置的户外劳动者",
    "workers_without_capacity": "位置不够的户外劳动者",
    "workers_uncovered": "未覆盖户外劳动者",
    "workers_not_routable": "算不出的户外劳动者",
    "reached_by_0": "到不了站点的居民",
    "reached_by_1": "只到得了1个的居民",
    "reached_by_2": "到得了2个的居民",
    "reached_by_3_or_more": "到得了3个以上的居民",
    "median_minutes": "中位分钟",
    "p90_minutes": "九成分钟",
    "effective_stations": "有效站点",
    "effective_residents_served": "有效覆盖居民",
    "effective_workers_served": "有效有位置的户外劳动者",
    "cell": "H3网格",
    "lon": "中心经度",
    "lat": "中心纬度",
    "minutes": "到最近站点分钟",
    "residents": "居民",
    "uncovered": "未覆盖居民",
    "not_routable": "算不出的居民",
    "workers": "户外劳动者",
    "reached_by": "能到的站点数",
    "station_code": "站点编号",
    "station_name": "站点",
    "area_code": "所在区划代码",
    "residents_in_reach": "到得了的居民",
    "residents_with_no_other": "没有别的站点的居民",
    "workers_in_reach": "到得了的户外劳动者",
    "capacity_per_day": "每天接待",
    "circle_cells": "直线圆内网格",
    "shed_ratio": "沿街可达率",
    "area": "计算区域",
    "limit_minutes": "几分钟内",
    "kinds": "站点种类",
    "profile": "出行方式",
    "method": "算法",
    "speed_kmh": "时速公里",
    "detour_factor": "绕行系数",
    "at": "时刻",
    "as_of": "计算时间",
    "data_version": "数据版本",
    "network": "路网",
    "sources": "来源",
    "demo": "数据性质",
    "remarks": "说明",
}
PROFILES_ZH: Final = {"walk": "步行", "ebike": "电动自行车", "truck": "货车"}
METHODS_ZH: Final = {"streets": "沿实际道路", "straight_line": "直线距离乘绕行系数"}
MADE_UP: Final = {"zh": "示例数据", "en": "demo data (示例数据)"}
REAL: Final = {"zh": "登记数据", "en": "register"}
SHEETS: Final = {"areas": "各区", "stations": "站点", "cells": "网格", "terms": "怎么算的"}

STATION_COLUMNS: Final = {
    "station_code": "code",
    "station_name": "name",
    "area_code": "area",
    "residents_in_reach": "residents",
    "residents_with_no_other": "only_residents",
    "workers_in_reach": "workers",
    "workers_served": "workers_served",
    "capacity_per_day": "capacity_per_day",
    "circle_cells": "circle_cells",
    "shed_ratio": "shed_ratio",
}
"""A column of stations, and what `coverage.stations` calls it."""

Row = dict[str, Value]


@dataclass(frozen=True)
class CoverageFile:
    """What a file is made of: a report, its cells, and the boundaries of its areas, WGS-84.

    `stations` are None where none is listed under the area.
    """

    report: Mapping[str, Any]
    cells: Mapping[str, Any]
    boundaries: Mapping[str, shapely.MultiPolygon]
    lang: str
    stations: Sequence[Mapping[str, Any]] | None = None


def write(path: Path, file_format: str, what: What, contents: CoverageFile) -> None:
    """Write areas or cells as `csv` or `geojson`, stations as `csv`; `xlsx` has all and the terms.

    Raises ValueError for stations as GeoJSON: the register's own export has their points.
    """
    WRITERS[file_format](path, what, contents)


def terms(contents: CoverageFile) -> Row:
    """Say how the figures were made, of what, and when."""
    report, lang = contents.report, contents.lang
    network = report["network"]
    kinds, profile, method = report["kinds"], report["profile"], report["method"]
    if lang == "zh":  # people read these; a program asks for English
        known = taxonomy().kind
        kinds = [known[code].zh if code in known else code for code in kinds]
        profile, method = PROFILES_ZH.get(profile, profile), METHODS_ZH.get(method, method)
    return {
        "area": f"{report['area']} {report['area_name']}" if lang == "zh" else report["area"],
        "limit_minutes": report["minutes"],
        "kinds": ("、" if lang == "zh" else " ").join(kinds),
        "profile": profile,
        "method": method,
        "speed_kmh": report["speed_kmh"],
        "detour_factor": report["detour_factor"],
        "at": report["at"],
        "as_of": report["as_of"],
        "data_version": report["data_version"],
        "network": None if network is None else f"{network['id']} {network['attribution']}",
        "sources": " | ".join(
            source["attribution"] or source["name"] for source in _sources(report)
        ),
        "demo": (MADE_UP if report["demo"] else REAL)[lang],
        "remarks": " ".join(remark[lang] for remark in report["remarks"]) or None,
    }


def area_rows(contents: CoverageFile) -> list[Row]:
    """Return the figures of each part of the area, and those of the whole at the end."""
    report = contents.report
    whole = {**report, "code": report["area"], "name": report["area_name"]}
    whole |= {"name_en": report["area_name_en"], "stations": report["stations"]["counted"]}
    return [_area_row(row) for row in (*report["areas"], whole)]


def cell_rows(contents: CoverageFile) -> Iterator[Row]:
    """Return each cell with its centre, WGS-84."""
    found = contents.cells
    columns = ("minutes", *PEOPLE_OF_CELLS, "reached_by", "stations")
    ids = [h3_cells.text_to_cell(cell) for cell in found["cells"]]
    lons, lats = h3_cells.centres(np.array(ids, dtype=np.int64))
    places = zip(found["cells"], lons.tolist(), lats.tolist(), strict=True)
    for k, (cell, lon, lat) in enumerate(places):
        yield {
            "cell": cell,
            "lon": round(lon, DECIMALS),
            "lat": round(lat, DECIMALS),
            **{name: found[name][k] for name in columns},
        }


def station_rows(contents: CoverageFile) -> list[Row]:
    """Return what each station means to coverage, by code."""
    return [
        {column: station[name] for column, name in STATION_COLUMNS.items()}
        for station in contents.stations or ()
    ]


def _area_row(row: Mapping[str, Any]) -> Row:
    effective = row["effective"]
    return {
        "code": row["code"],
        "name": row["name"],
        "name_en": row["name_en"],
        "stations": row["stations"],
        "single_points": row["single_points"]["numberMatched"],
        **{f"{group}_{name}": row["demand"][group][name] for group in GROUPS for name in CLASSES},
        "reached_by_0": row["backup"]["0"],
        "reached_by_1": row["backup"]["1"],
        "reached_by_2": row["backup"]["2"],
        "reached_by_3_or_more": row["backup"]["3+"],
        "median_minutes": row["nearest"]["median_minutes"],
        "p90_minutes": row["nearest"]["p90_minutes"],
        "effective_stations": effective["stations"],
        "effective_residents_served": effective["demand"]["residents"]["served"],
        "effective_workers_served": effective["demand"]["workers"]["served"],
    }


def _rows(what: What, contents: CoverageFile) -> Iterable[Row]:
    if what == "stations":
        # a file without a station still says why
        return station_rows(contents) or [dict.fromkeys(STATION_COLUMNS)]
    return area_rows(contents) if what == "areas" else cell_rows(contents)


def _titles(names: Iterable[str], lang: str) -> list[str]:
    return [TITLES[name] if lang == "zh" else name for name in names]


def _write_csv(path: Path, what: What, contents: CoverageFile) -> None:
    """Write UTF-8 with the mark that spreadsheets look for; the terms stand in every row.

    A row of cells names its sources and remarks by code: their words would be most of the file.
    """
    own = terms(contents)
    if what == "cells":
        for name in ("sources", "remarks"):
            own[name] = " ".join(each["code"] for each in contents.report[name]) or None
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for number, row in enumerate(_rows(what, contents)):
            if number == 0:
                writer.writerow(_titles([*row, *own], contents.lang))
            writer.writerow(
                guarded(value) if isinstance(value, str) else value
                for value in (*row.values(), *own.values())
            )


def _write_geojson(path: Path, what: What, contents: CoverageFile) -> None:
    """Write a FeatureCollection, one feature a line, with the terms beside the features."""
    if what == "stations":
        raise ValueError("stations are not written as GeoJSON")
    report = contents.report
    head = {
        "type": "FeatureCollection",
        "datum": "wgs84",
        "terms": terms(contents),
        "sources": _sources(report),
    }
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_json(head)[:-1] + ',"features":[')
        for number, row in enumerate(_rows(what, contents)):
            shape = _boundary(contents, row) if what == "areas" else _hexagon(row)
            feature = {"type": "Feature", "geometry": shape, "properties": row}
            file.write((",\n" if number else "\n") + _json(feature))
        file.write("\n]}\n")


def _write_xlsx(path: Path, _what: What, contents: CoverageFile) -> None:
    """Write a sheet of areas, one of stations, one of cells, and one that says how they were made.

    Of an area under which no station is listed there is no sheet of stations.
    """
    lang = contents.lang
    areas = area_rows(contents)
    listed = cell_rows(contents)
    first = next(listed, None)
    cells = [] if first is None else _chained(first, listed)
    own = terms(contents)
    told = zip(_titles(own, lang), own.values(), strict=True)
    name = {key: zh if lang == "zh" else key for key, zh in SHEETS.items()}
    heads = ("项目", "内容") if lang == "zh" else ("term", "value")
    stations = (tuple(row.values()) for row in station_rows(contents))
    of_stations = Sheet(name["stations"], _titles(STATION_COLUMNS, lang), stations)
    write_workbook(
        path,
        [
            Sheet(name["areas"], _titles(areas[0], lang), (tuple(row.values()) for row in areas)),
            *([] if contents.stations is None else [of_stations]),
            Sheet(name["cells"], _titles(first or {"cell": ""}, lang), cells),
            Sheet(name["terms"], heads, told),
        ],
    )


def _chained(first: Row, others: Iterator[Row]) -> Iterator[tuple[Value, ...]]:
    yield tuple(first.values())
    for row in others:
        yield tuple(row.values())


def _boundary(contents: CoverageFile, row: Row) -> dict[str, Any] | None:
    shape = contents.boundaries.get(str(row["code"]))
    if shape is None:
        return None
    found: dict[str, Any] = mapping(shape)
    return found


def _hexagon(row: Row) -> dict[str, Any]:
    corners = h3_cells.boundary(h3_cells.text_to_cell(str(row["cell"])))
    ring = [[round(lon, DECIMALS), round(lat, DECIMALS)] for lon, lat in corners]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _sources(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = report["sources"]
    return found


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


WRITERS: Final[dict[str, Callable[[Path, What, CoverageFile], None]]] = {
    "csv": _write_csv,
    "geojson": _write_geojson,
    "xlsx": _write_xlsx,
}
