import json
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import shapely
from pyproj import Geod

from seeds import boundaries, sources
from seeds.areas import CITY_CODE, DISTRICTS_FILE, read_areas, read_districts, read_towns
from seeds.population import CENSUS_DAY, LATEST_DAY, latest_residents, read_populations
from seeds.sources import read_sources
from stations.areas import AreaRow

# Areas of the boundary file by district, km2, computed on the ellipsoid from unsimplified shapes.
PUBLISHED_KM2 = {
    "330203": 592.9,
    "330205": 208.8,
    "330206": 671.3,
    "330211": 271.3,
    "330212": 832.1,
    "330213": 1342.5,
    "330225": 1513.3,
    "330226": 1902.2,
    "330281": 1536.4,
    "330282": 1487.2,
}


def test_there_are_a_city_ten_districts_and_162_towns(areas: list[AreaRow]) -> None:
    assert Counter(area.level for area in areas) == {"city": 1, "district": 10, "town": 162}
    assert len({area.code for area in areas}) == 173
    assert sum(area.counts_as_town for area in areas) == 156
    assert all(area.counts_as_town is False for area in areas if area.level != "town")


def test_parents_are_one_level_up(areas: list[AreaRow]) -> None:
    by_code = {area.code: area for area in areas}
    above = {"district": "city", "town": "district"}
    for area in areas:
        if area.level == "city":
            assert area.parent_code is None
        else:
            assert by_code[str(area.parent_code)].level == above[area.level]
            assert area.code.startswith(str(area.parent_code).removesuffix("00"))


def test_six_zones_do_not_count_as_towns() -> None:
    zones = [town.name for town in read_towns() if not town.counts_as_town]
    assert len(zones) == 6
    assert "保税区" in zones
    assert not any(name.endswith(("街道", "镇", "乡")) for name in zones)


def test_districts_are_named_in_both_languages_and_towns_have_no_shape() -> None:
    assert {area.code: (area.name, area.name_en) for area in read_districts()} == (
        boundaries.DISTRICTS
    )
    assert all(town.boundary is None for town in read_towns())


def test_districts_are_a_valid_coverage_of_at_most_200_kb() -> None:
    shapes = [district.boundary for district in read_districts()]
    assert DISTRICTS_FILE.stat().st_size <= 200_000
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)


def test_districts_are_as_large_as_before_they_were_simplified() -> None:
    ellipsoid = Geod(ellps="WGS84")
    for district in read_districts():
        assert district.boundary is not None
        area_km2 = abs(ellipsoid.geometry_area_perimeter(district.boundary)[0]) / 1e6
        assert area_km2 == pytest.approx(PUBLISHED_KM2[district.code], rel=0.005)


def test_the_city_is_the_union_of_its_districts(areas: list[AreaRow]) -> None:
    city = next(area for area in areas if area.code == CITY_CODE)
    assert city.boundary is not None
    assert city.boundary.is_valid
    parts = [district.boundary for district in read_districts()]
    assert city.boundary.area == pytest.approx(sum(part.area for part in parts if part), rel=1e-12)


def test_districts_hold_the_real_places_said_to_be_in_them(shared_data: Path) -> None:
    """A wrong datum puts 18 of the 1,008 places into another district."""
    file = shared_data / "places" / "ningbo_osm_poi_centroids_wgs84.geojson"
    places = json.loads(file.read_text(encoding="utf-8"))["features"]
    shapes = {district.name[:2]: district.boundary for district in read_districts()}
    misplaced = 0
    for place in places:
        shape = shapes[place["properties"]["county"][:2]]
        misplaced += not shapely.contains_xy(shape, *place["geometry"]["coordinates"])
    assert len(places) > 1000
    assert misplaced <= 3


def test_the_file_names_its_source_and_licence() -> None:
    about = json.loads(DISTRICTS_FILE.read_text(encoding="utf-8"))["properties"]
    assert about == boundaries.ABOUT
    assert "示意" in about["note"]
    assert "MIT" in about["licence"]


def test_simplifying_keeps_a_coverage_and_the_written_file_reads_the_same() -> None:
    districts = {
        district.code: district.boundary for district in read_districts() if district.boundary
    }
    again = boundaries.simplified(districts)
    assert shapely.coverage_is_valid(list(again.values()))
    text = boundaries.to_geojson(districts)
    assert text == DISTRICTS_FILE.read_text(encoding="utf-8")


def test_every_source_that_seeds_name_is_described() -> None:
    described = {source.code for source in read_sources()}
    named = {area.source_code for area in read_areas()}
    named |= {population.source_code for population in read_populations()}
    assert named | {sources.DEMO} == described
    assert all(source.attribution and source.licence for source in read_sources())
    tables = tomllib.loads(sources.FILE.read_text(encoding="utf-8"))["source"]
    assert len(tables) == len(described)


def test_populations_are_those_published() -> None:
    rows = read_populations()
    city = {row.on_date: row.residents for row in rows if row.area_code == CITY_CODE}
    assert city == {CENSUS_DAY: 9_404_283, LATEST_DAY: 9_777_000}
    assert len(rows) == 22
    assert latest_residents()["330212"] == 1_711_000
    assert set(latest_residents()) == {district.code for district in read_districts()}
    assert sum(latest_residents().values()) == 9_777_000
