"""Writes an export as CSV, Excel, GeoJSON or GeoPackage, row by row, with sources and licences."""

import csv
import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo.coordinates import Datum
from stations import xlsx_writing
from stations.areas import SourceRow
from stations.csv_text import guarded
from stations.errors import InvalidInputError
from stations.export_columns import Value, cells, fields, title
from stations.exporting import Contents, Exported, Wanted
from stations.taxonomy import taxonomy
from stations.xlsx_writing import Sheet

GPKG_CHUNK = 5_000
INTEGERS = ("capacity_per_day", "version")

SOURCE_TITLES = {
    "code": "编码",
    "name": "来源",
    "licence": "许可",
    "attribution": "署名",
    "url": "网址",
    "retrieved_on": "取得日期",
}

NOTE = {
    "zh": "第一张表可以在 Excel 里改好，再用“导入”读回：按编码对上，没有改的格子什么也不变；"
    "坐标系是 {datum}。内容取自以下来源，请按各自的许可使用并署名。登记册第 {version} 版。",
    "en": "The first sheet can be edited in Excel and imported again: rows are known by their "
    "code, cells left as they are change nothing; the datum is {datum}. It is taken from these "
    "sources, each to be used and credited on its own terms. Version {version} of the register.",
}


def check(file_format: str, wanted: Wanted) -> None:
    """Raise InvalidInputError, naming `format` or `crs`, for what no such file can be."""
    if file_format not in FORMATS:
        raise InvalidInputError(
            field="format",
            problem_zh=f"没有“{file_format}”这种格式（{'、'.join(FORMATS)}）",
            problem_en=f"there is no format “{file_format}” ({', '.join(FORMATS)})",
        )
    if file_format == "gpkg" and wanted.crs is not Datum.WGS84:
        raise InvalidInputError(
            field="crs",
            problem_zh="GeoPackage 只用 wgs84：GCJ-02 和 BD-09 没有 EPSG 编号，"
            "别的软件会把点放错地方",
            problem_en="a GeoPackage is in wgs84 only: GCJ-02 and BD-09 have no EPSG code, so "
            "other programs would put every point in the wrong place",
        )


def write(path: Path, file_format: str, contents: Contents) -> None:
    """Write an export into `path`, which is not there yet; raises what `check` does.

    An Excel sheet holds 1,048,575 stations at most: InvalidInputError naming `format`.
    """
    check(file_format, contents.wanted)
    FORMATS[file_format](path, contents)


def _write_csv(path: Path, contents: Contents) -> None:
    """Write UTF-8 with its mark, which Excel needs; texts that begin like a formula are guarded."""
    lang = contents.wanted.lang
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)  # no `;` divides a cell anywhere
        writer.writerow([title(field, lang) for field in fields(contents.wanted)])
        for each in contents.stations:
            writer.writerow(
                [
                    guarded(value) if isinstance(value, str) else "" if value is None else value
                    for value in cells(each, contents.wanted).values()
                ]
            )


def _write_xlsx(path: Path, contents: Contents) -> None:
    """Write a sheet of stations, and one of sources and licences."""
    if contents.count >= xlsx_writing.MOST_ROWS:
        raise InvalidInputError(
            field="format",
            problem_zh=f"Excel 一张表最多 {xlsx_writing.MOST_ROWS} 行，请用 csv",
            problem_en=f"a sheet of Excel has at most {xlsx_writing.MOST_ROWS} rows; use csv",
        )
    lang = contents.wanted.lang
    note = NOTE[lang].format(datum=contents.wanted.crs.value, version=contents.data_version)
    rows = (tuple(cells(each, contents.wanted).values()) for each in contents.stations)
    titles = [title(field, lang) for field in fields(contents.wanted)]
    source_titles = [name if lang == "zh" else field for field, name in SOURCE_TITLES.items()]
    sources: list[tuple[Value, ...]] = [
        tuple(_source(source).values()) for source in contents.sources
    ]
    sources += [(), (note,)]
    width = len(source_titles)
    xlsx_writing.write_workbook(
        path,
        [
            Sheet("站点" if lang == "zh" else "stations", titles, rows),
            Sheet(
                "来源与许可" if lang == "zh" else "sources",
                source_titles,
                [(*row, *[None] * (width - len(row))) for row in sources],
            ),
        ],
    )


def _write_geojson(path: Path, contents: Contents) -> None:
    """Write a FeatureCollection, one feature a line, with the sources beside the features."""
    wanted = contents.wanted
    head = {
        "type": "FeatureCollection",
        "datum": wanted.crs.value,
        "data_version": contents.data_version,
        "sources": [_source(source) for source in contents.sources],
    }
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_json(head)[:-1] + ',"features":[')
        for number, each in enumerate(contents.stations):
            file.write((",\n" if number else "\n") + _json(_feature(each, wanted.crs)))
        file.write("\n]}\n")


def _feature(each: Exported, datum: Datum) -> dict[str, Any]:
    """Return a station with the codes of the taxonomy, for programs; no words of one language."""
    station = each.station
    return {
        "type": "Feature",
        "id": station.code,
        "geometry": None
        if each.point is None
        else {"type": "Point", "coordinates": list(each.point)},
        "properties": {
            "code": station.code,
            "name": station.name,
            "name_en": station.name_en,
            "aliases": list(station.aliases),
            "kind": station.kind,
            "also_kinds": list(station.also_kinds),
            "brand": station.brand,
            "tier": station.tier,
            "level": station.level,
            "status": station.status.value,
            "access": station.access.value,
            "entry": list(station.entry),
            "services": {code: station.service(code).value for code in taxonomy().service},
            "area_name": each.district,
            "area_code": None if station.area is None else station.area.code,
            "town_code": station.town_code,
            "datum": datum.value,
            "address": station.address,
            "way_in": station.way_in,
            "phone": station.phone,
            "hours_text": station.hours_text,
            "osm_hours": station.hours,
            "capacity_per_day": station.capacity_per_day,
            "honours": list(station.honours),
            "built_as": station.built_as,
            "built_by": station.built_by,
            "notes": station.notes,
            "closed_between": [
                {
                    "starts_at": closure.starts_at.isoformat(),
                    "ends_at": closure.ends_at.isoformat(),
                    "reason": closure.reason,
                }
                for closure in station.closures
            ],
            "checked": station.checked,
            "version": station.version,
            "source": station.source,
        },
    }


def _write_gpkg(path: Path, contents: Contents) -> None:
    """Write a layer of points in EPSG:4326, and a table of the sources and their licences."""
    held = [field for field in fields(contents.wanted) if field not in ("lon", "lat", "datum")]
    names = [field.replace(":", "_") for field in held]
    stations = iter(contents.stations)
    is_begun = False
    while (some := list(islice(stations, GPKG_CHUNK))) or not is_begun:
        rows = [cells(each, contents.wanted) for each in some]
        _append(
            path,
            "stations",
            dict(zip(names, ([row[field] for row in rows] for field in held), strict=True)),
            geometry=np.array([_wkb(each) for each in some], object),
            metadata=None if is_begun else _licences(contents),
        )
        is_begun = True
    listed = [_source(source) for source in contents.sources]
    _append(
        path,
        "sources",
        {field: [source[field] for source in listed] for field in SOURCE_TITLES},
        geometry=None,
        metadata=None,
    )


def _wkb(each: Exported) -> bytes | None:
    return None if each.point is None else shapely.to_wkb(shapely.Point(each.point))


def _append(
    path: Path,
    layer: str,
    columns: dict[str, list[Any]],
    *,
    geometry: Any,
    metadata: dict[str, str] | None,
) -> None:
    data, masks = [], []
    for name, values in columns.items():
        missing = np.array([value is None for value in values], bool)
        if name in INTEGERS:
            data.append(np.array([0 if value is None else value for value in values], np.int32))
        else:
            data.append(np.array(values, object))
        masks.append(missing)
    # GDAL costs 44 MB, and hardly any process ever writes a GeoPackage
    import pyogrio.raw  # type: ignore[import-untyped]  # noqa: PLC0415

    pyogrio.raw.write(
        str(path),
        geometry=geometry,
        field_data=data,
        fields=np.array(list(columns), object),
        field_mask=masks,
        layer=layer,
        driver="GPKG",
        geometry_type=None if geometry is None else "Point",
        crs=None if geometry is None else "EPSG:4326",
        append=path.exists(),
        layer_metadata=metadata,
    )


def _licences(contents: Contents) -> dict[str, str]:
    """Return what a reader of the layer is told of its sources."""
    told = {
        f"SOURCE_{source.code}": f"{source.name}; {source.licence}; {source.attribution}"
        for source in contents.sources
    }
    return told | {"DATA_VERSION": str(contents.data_version)}


def _source(source: SourceRow) -> dict[str, str | None]:
    return {
        "code": source.code,
        "name": source.name,
        "licence": source.licence,
        "attribution": source.attribution,
        "url": source.url,
        "retrieved_on": None if source.retrieved_on is None else source.retrieved_on.isoformat(),
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


FORMATS: dict[str, Callable[[Path, Contents], None]] = {
    "csv": _write_csv,
    "xlsx": _write_xlsx,
    "geojson": _write_geojson,
    "gpkg": _write_gpkg,
}

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
}
