"""Ningbo, its ten districts and its 162 towns and zones, from the shipped files."""

import csv
import json
from pathlib import Path

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from seeds import sources
from stations.areas import AreaRow

DATA = Path(__file__).with_name("data")
DISTRICTS_FILE = DATA / "ningbo_districts.geojson"
TOWNS_FILE = DATA / "ningbo_towns.csv"

CITY_CODE = "330200"
CITY_NAME = "宁波市"
CITY_NAME_EN = "Ningbo"


def read_areas() -> list[AreaRow]:
    """Read the city, whose boundary is the union of the districts, then these, then the towns."""
    districts = read_districts()
    shapes = [area.boundary for area in districts if area.boundary is not None]
    city = AreaRow(
        code=CITY_CODE,
        name=CITY_NAME,
        name_en=CITY_NAME_EN,
        level="city",
        boundary=_as_multi(shapely.coverage_union_all(shapes)),
        source_code=sources.DISTRICTS,
    )
    return [city, *districts, *read_towns()]


def read_districts() -> list[AreaRow]:
    """Read the ten districts with their simplified boundaries, WGS-84."""
    collection = json.loads(DISTRICTS_FILE.read_text(encoding="utf-8"))
    return [
        AreaRow(
            code=feature["properties"]["code"],
            name=feature["properties"]["name"],
            name_en=feature["properties"]["name_en"],
            level="district",
            parent_code=CITY_CODE,
            boundary=_as_multi(shape(feature["geometry"])),
            source_code=sources.DISTRICTS,
        )
        for feature in collection["features"]
    ]


def read_towns() -> list[AreaRow]:
    """Read the towns, street offices and development zones; they have no boundaries here."""
    with TOWNS_FILE.open(encoding="utf-8", newline="") as file:
        return [
            AreaRow(
                code=row["code"],
                name=row["name"],
                level="town",
                parent_code=row["district_code"],
                counts_as_town=row["counts_as_town"] == "yes",
                source_code=sources.TOWNS,
            )
            for row in csv.DictReader(file)
        ]


def _as_multi(polygon: BaseGeometry) -> MultiPolygon:
    if isinstance(polygon, Polygon):
        return MultiPolygon([polygon])
    if isinstance(polygon, MultiPolygon):
        return polygon
    raise TypeError(f"a boundary must be a polygon, not a {polygon.geom_type}")
