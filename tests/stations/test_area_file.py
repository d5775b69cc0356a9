"""Boundaries from a file: what is read, and how a wrong datum is found out."""

import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, box
from shapely.geometry import mapping

from geo.boundaries import as_multipolygon
from geo.coordinates import Datum
from seeds.areas import read_areas, read_districts
from stations import area_file
from stations.areas import AreaRow
from stations.errors import FileRefusedError, InvalidInputError
from tests.geo.test_boundaries import moved

WEST = AreaRow("330203", "西区", "district", "test", parent_code="330200")
EAST = AreaRow("330212", "东区", "district", "test", parent_code="330200")


def feature(code: Any = "330203", name: Any = "西区", **more: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"code": code, "name": name} | more.pop("properties", {}),
        "geometry": mapping(box(121.0, 29.5, 121.55, 30.2)),
    } | more


def write(path: Path, *features: Any) -> Path:
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8"
    )
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "areas.geojson"


def test_codes_names_levels_and_parents(file: Path) -> None:
    read = area_file.read_area_file(
        write(
            file,
            feature(330212, "东区", properties={"level": "district", "parent": {"adcode": 330200}}),
            feature("330203001000", "一街道", geometry=None),
            feature("330200", "市", properties={"parent": {"adcode": 330000}}),
            feature("330203", "西区", properties={"code": None, "adcode": 330203}),
        )
    )
    assert [(area.code, area.level, area.parent_code) for area in read] == [
        ("330200", "city", None),
        ("330203", "district", "330200"),
        ("330203001", "town", "330203"),
        ("330212", "district", "330200"),
    ]
    assert [area.boundary is None for area in read] == [False, False, True, False]


@pytest.mark.parametrize(
    ("features", "reason"),
    [
        ([], "empty one"),
        ([None], "no properties"),
        ([feature("33")], "no area code"),
        ([feature(True)], "no area code"),
        ([feature(None)], "no area code"),
        ([feature(name="")], "no name"),
        ([feature(name="字" * 101)], "no name"),
        ([feature(), feature()], "given twice"),
        ([feature(geometry={"type": "Point", "coordinates": [121, 29]})], "no polygon"),
        ([feature(geometry={"type": "Polygon", "coordinates": [[[121, 29]]]})], "no polygon"),
        ([feature(geometry={"type": "Polygon"})], "no polygon"),
        ([feature(geometry=[1])], "no polygon"),
    ],
)
def test_a_file_of_no_areas_is_refused(file: Path, features: list[Any], reason: str) -> None:
    with pytest.raises(FileRefusedError) as caught:
        area_file.read_area_file(write(file, *features))
    assert reason in caught.value.sentence("en")
    assert caught.value.sentence("zh")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "features", "properties", "geometry", "code", "name", "a"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_areas_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, document: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "any_areas.geojson"
    path.write_text(json.dumps({"features": [document]}), encoding="utf-8")
    try:
        area_file.read_area_file(path)
    except FileRefusedError as error:
        assert error.sentence("zh")  # noqa: PT017


def test_a_csv_holds_no_boundaries(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="GeoJSON only"):
        area_file.read_area_file(tmp_path / "a.csv")


@pytest.mark.parametrize("held", list(Datum))
@pytest.mark.parametrize("named", list(Datum))
def test_the_datum_of_districts_is_found_out(held: Datum, named: Datum) -> None:
    districts = read_districts()
    files = [
        area_file.FileArea(area.code, area.name, "district", None, moved(area.boundary, held))
        for area in districts
        if area.boundary is not None
    ]
    if held is named:
        count, fits = area_file.check_datum(files, districts, named)
        assert count == len(districts)
        assert fits[named] < 1e-6
        return
    with pytest.raises(FileRefusedError) as caught:
        area_file.check_datum(files, districts, named)
    assert caught.value.field == "datum"
    assert f"look like {area_file.DATUM_NAMES[held]}" in caught.value.sentence("en")
    assert f"看起来是 {area_file.DATUM_NAMES[held]}" in caught.value.sentence("zh")
    assert f"--datum {held}" in caught.value.sentence("en")


def test_towns_are_compared_with_the_district_that_they_fill() -> None:
    district = next(area for area in read_districts() if area.code == "330212")
    assert district.boundary is not None
    west, south, east, north = district.boundary.bounds
    middle = (west + east) / 2
    halves = [
        shapely.intersection(district.boundary, box(west, south, middle, north)),
        shapely.intersection(district.boundary, box(middle, south, east, north)),
    ]
    towns = [
        area_file.FileArea(
            f"33021200{number}",
            "镇",
            "town",
            "330212",
            moved(as_multipolygon(half), Datum.GCJ02),
        )
        for number, half in enumerate(halves, start=1)
    ]
    with pytest.raises(FileRefusedError, match="look like GCJ-02"):
        area_file.check_datum(towns, [district], Datum.WGS84)
    assert area_file.check_datum(towns, [district], Datum.GCJ02)[0] == 1


def test_nothing_known_means_nothing_checked() -> None:
    shape = MultiPolygon([box(118.0, 32.0, 118.5, 32.5)])
    nanjing = area_file.FileArea("320102", "玄武区", "district", "320100", shape)
    assert area_file.check_datum([nanjing], read_areas(), Datum.WGS84) == (0, {})


def test_the_whole_becomes_the_union_of_its_parts() -> None:
    city = AreaRow("330200", "市", "city", "test", boundary=MultiPolygon([box(0, 0, 1, 1)]))
    files = [
        area_file.FileArea("330203", "西区", "district", "330200", MultiPolygon([box(0, 0, 1, 1)])),
        area_file.FileArea("330212", "东区", "district", "330200", MultiPolygon([box(1, 0, 2, 1)])),
    ]
    rows = {
        area.code: area
        for area in area_file.area_rows(files, [city, WEST, EAST], Datum.WGS84, "new")
    }
    assert rows["330200"].boundary is not None
    assert shapely.equals(rows["330200"].boundary, box(0, 0, 2, 1))
    assert rows["330212"].source_code == "new"
    again = area_file.area_rows(files, rows.values(), Datum.WGS84, "newer")
    assert area_file.compared(again, rows.values()) == {
        "added": [],
        "changed": [],
        "unchanged": ["330203", "330212"],
    }


def test_areas_above_come_from_the_shipped_ones_or_are_asked_for() -> None:
    shape = MultiPolygon([box(0, 0, 1, 1)])
    here = area_file.FileArea("330203", "西区", "district", "330200", shape)
    there = area_file.FileArea("320102", "玄武区", "district", "320100", shape)
    (city,) = area_file.with_missing_parents([here], [], read_areas())
    assert (city.code, city.boundary) == ("330200", None)
    with pytest.raises(InvalidInputError, match="320100"):
        area_file.with_missing_parents([there], [], read_areas())


def test_the_real_file_in_gcj_02(shared_data: Path) -> None:
    """DataV's file says nothing of its datum, and tools take it for WGS-84."""
    read = area_file.read_area_file(shared_data / "boundaries" / "datav_330200_full_gcj02.json")
    assert len(read) == 10
    with pytest.raises(FileRefusedError) as caught:
        area_file.check_datum(read, read_areas(), Datum.WGS84)
    assert "看起来是 GCJ-02" in caught.value.sentence("zh")
    count, fits = area_file.check_datum(read, read_areas(), Datum.GCJ02)
    assert count == 10
    assert fits[Datum.GCJ02] < 0.004
    assert fits[Datum.WGS84] > 0.05
