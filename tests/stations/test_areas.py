from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from shapely import MultiPolygon, Polygon, box
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from geo.cells import cover
from geo.coordinates import LonLat
from stations.areas import (
    AreaRow,
    PopulationRow,
    SourceRow,
    get_area,
    leaf_areas,
    list_areas,
    list_sources,
    replace_areas,
    set_populations,
    upsert_sources,
)
from stations.demand import DemandRows, cell_shares, read_demand, replace_demand
from stations.errors import AreaNotFoundError, InvalidInputError
from stations.register import current_version
from stations.tables import Event, EventHistory, Station, StationHistory
from tests.factories import add_areas, add_source, add_station

SOURCE = SourceRow("test", "A test", "CC0-1.0", "Nobody")


def square(west: float, east: float) -> MultiPolygon:
    return MultiPolygon([box(west, 29.80, east, 29.81)])


CITY = AreaRow("1", "市", "city", "test", boundary=square(121.50, 121.52))
WEST = AreaRow("11", "西区", "district", "test", "West", "1", boundary=square(121.50, 121.51))
EAST = AreaRow("12", "东区", "district", "test", "East", "1", boundary=square(121.51, 121.52))
TOWN = AreaRow("111", "一镇", "town", "test", None, "11", counts_as_town=True)
AREAS = [TOWN, EAST, WEST, CITY]  # parents last: the order does not matter


@pytest.fixture
def loaded(session: Session) -> Session:
    upsert_sources(session, [SOURCE])
    replace_areas(session, AREAS)
    return session


def codes(areas: list[AreaRow]) -> list[str]:
    return [area.code for area in areas]


def demand_everywhere(session: Session) -> DemandRows:
    shares = cell_shares(session)
    count = len(shares.cells)
    return DemandRows(
        shares.cells,
        shares.area_codes,
        np.arange(count, dtype=np.int64),
        np.ones(count, dtype=np.int64),
    )


def test_areas_are_listed_by_level_and_parent(loaded: Session) -> None:
    assert codes([*list_areas(loaded)]) == ["1", "11", "111", "12"]
    assert codes([*list_areas(loaded, level="district")]) == ["11", "12"]
    assert codes([*list_areas(loaded, parent="11")]) == ["111"]
    assert list_areas(loaded, level="town", parent="12") == []


def test_boundaries_come_when_asked_for(loaded: Session) -> None:
    west = get_area(loaded, "11")
    assert (west.boundary, west.has_boundary, west.name_en) == (None, True, "West")
    with_shape = get_area(loaded, "11", with_geometry=True)
    assert with_shape.boundary == WEST.boundary
    town = get_area(loaded, "111", with_geometry=True)
    assert (town.boundary, town.has_boundary, town.counts_as_town) == (None, False, True)


def test_an_area_that_does_not_exist_is_named(session: Session) -> None:
    with pytest.raises(AreaNotFoundError) as error:
        get_area(session, "99", field="area")
    assert error.value.field == "area"
    assert "99" in error.value.sentence("zh")


def test_leaf_areas_have_a_boundary_and_no_part_that_has_one(loaded: Session) -> None:
    assert codes([*leaf_areas(loaded)]) == ["11", "12"]
    zone = AreaRow("z", "片区", "zone", "test", None, "11", boundary=square(121.502, 121.504))
    replace_areas(loaded, [zone])
    assert codes([*leaf_areas(loaded)]) == ["11", "12"]
    assert set(cell_shares(loaded).area_codes.tolist()) == {"11", "12"}


def test_leaf_areas_have_the_cells_that_cover_them(loaded: Session) -> None:
    stored = cell_shares(loaded)
    for area in (WEST, EAST):
        assert area.boundary is not None
        here = stored.area_codes == area.code
        expected = cover(area.boundary, 9)
        assert stored.cells[here].tolist() == expected.cells.tolist()
        assert stored.shares[here].tolist() == expected.shares.tolist()
    assert set(stored.area_codes.tolist()) == {"11", "12"}


def test_loading_the_same_again_writes_nothing(loaded: Session) -> None:
    version = current_version(loaded)
    assert version > 0
    assert upsert_sources(loaded, [SOURCE]) is False
    assert replace_areas(loaded, AREAS) is False
    assert current_version(loaded) == version


def test_a_new_name_is_written_and_keeps_cells_and_demand(loaded: Session) -> None:
    replace_demand(loaded, demand_everywhere(loaded), "test")
    version = current_version(loaded)
    assert replace_areas(loaded, [replace(WEST, name="西新区")]) is True
    assert get_area(loaded, "11").name == "西新区"
    assert current_version(loaded) == version + 1
    assert len(read_demand(loaded).cells) == len(cell_shares(loaded).cells)


def test_a_new_boundary_brings_new_cells_and_takes_the_demand_in_it_away(loaded: Session) -> None:
    replace_demand(loaded, demand_everywhere(loaded), "test")
    wider = replace(EAST, boundary=square(121.51, 121.53))
    assert replace_areas(loaded, [wider]) is True
    assert wider.boundary is not None
    stored = cell_shares(loaded)
    assert (
        stored.cells[stored.area_codes == "12"].tolist() == cover(wider.boundary, 9).cells.tolist()
    )
    assert set(read_demand(loaded).area_codes.tolist()) == {"11"}


def test_an_area_that_gets_parts_with_boundaries_is_no_leaf_any_more(loaded: Session) -> None:
    assert replace_areas(loaded, [replace(TOWN, boundary=WEST.boundary)]) is True
    assert codes([*leaf_areas(loaded)]) == ["111", "12"]
    assert set(cell_shares(loaded).area_codes.tolist()) == {"111", "12"}


def test_a_boundary_can_be_taken_away(loaded: Session) -> None:
    assert replace_areas(loaded, [replace(EAST, boundary=None)]) is True
    assert not get_area(loaded, "12").has_boundary
    assert set(cell_shares(loaded).area_codes.tolist()) == {"11"}


def test_areas_that_are_not_given_stay(loaded: Session) -> None:
    replace_areas(loaded, [AreaRow("13", "新区", "district", "test", None, "1")])
    assert codes([*list_areas(loaded)]) == ["1", "11", "111", "12", "13"]


OVERLAPPING = replace(EAST, boundary=square(121.505, 121.52))
CROSSED = MultiPolygon(
    [Polygon([(121.51, 29.80), (121.52, 29.81), (121.52, 29.80), (121.51, 29.81)])]
)
FAR_OUT = MultiPolygon([box(29.8, 121.51, 29.81, 121.52)])  # latitude first


@pytest.mark.parametrize(
    ("area", "said"),
    [
        (OVERLAPPING, "东区"),
        (replace(EAST, boundary=CROSSED), "Self-intersection"),
        (replace(EAST, boundary=FAR_OUT), "12"),
        (replace(EAST, boundary=MultiPolygon()), "12"),
        (replace(EAST, level="county"), "county"),
    ],
)
def test_shapes_that_cannot_be_are_refused_and_nothing_is_written(
    loaded: Session, area: AreaRow, said: str
) -> None:
    before = list_areas(loaded, with_geometry=True)
    version = current_version(loaded)
    with pytest.raises(InvalidInputError) as error:
        replace_areas(loaded, [replace(WEST, name="改"), area])
    assert said in error.value.sentence("zh")
    assert said in error.value.sentence("en")
    assert list_areas(loaded, with_geometry=True) == before
    assert current_version(loaded) == version


def test_a_parent_must_exist(loaded: Session) -> None:
    with pytest.raises(AreaNotFoundError) as error:
        replace_areas(loaded, [replace(TOWN, parent_code="77")])
    assert "77" in str(error.value)


def test_sources_are_added_and_mended(session: Session) -> None:
    assert upsert_sources(session, [SOURCE, replace(SOURCE, code="other")]) is True
    mended = replace(SOURCE, licence="CC-BY-4.0", retrieved_on=date(2026, 11, 23))
    assert upsert_sources(session, [mended]) is True
    assert upsert_sources(session, [mended, replace(SOURCE, code="other")]) is False
    assert current_version(session) == 2


def test_populations_are_added_and_mended(loaded: Session) -> None:
    row = PopulationRow("11", date(2020, 11, 1), 100, "test")
    version = current_version(loaded)
    assert set_populations(loaded, [row, replace(row, on_date=date(2024, 12, 31))]) is True
    assert set_populations(loaded, [row]) is False
    assert set_populations(loaded, [replace(row, residents=101)]) is True
    assert current_version(loaded) == version + 2


def test_what_lies_in_another_area_then_changes_its_area(loaded: Session) -> None:
    """The border between west and east moves over the first station and the event."""
    near, far = LonLat(121.5125, 29.805), LonLat(121.518, 29.805)
    replace_areas(loaded, [replace(TOWN, code="121", parent_code="12")])
    add_station(loaded, "NB-RS-0001", near, area_code="12", town_code="121")
    add_station(loaded, "NB-RS-0002", far, area_code="12", town_code="121")
    add_station(loaded, "NB-RS-0003", None, area_code="12")
    at = datetime(2026, 12, 1, tzinfo=UTC)
    loaded.execute(
        insert(Event).values(
            code="NB-EV-0001", kind="health_check", title="x",
            given_lon=near.lon, given_lat=near.lat,
            given_datum="wgs84", position=f"SRID=4326;POINT({near.lon} {near.lat})", area_code="12",
            starts_at=at, ends_at=at + timedelta(hours=1), source_code="test", register_version=1,
        )
    )  # fmt: skip
    before = current_version(loaded)
    said: list[str] = []
    west, east = square(121.50, 121.515), square(121.515, 121.52)
    replace_areas(loaded, [replace(WEST, boundary=west), replace(EAST, boundary=east)], said.append)
    query = select(Station.code, Station.area_code, Station.town_code, Station.version)
    found = [tuple(row) for row in loaded.execute(query.order_by(Station.code))]
    assert found == [
        ("NB-RS-0001", "11", None, 2),
        ("NB-RS-0002", "12", "121", 1),
        ("NB-RS-0003", "12", None, 1),
    ]
    assert loaded.scalars(select(Event.area_code)).all() == ["11"]
    assert current_version(loaded) == before + 1
    assert set(loaded.scalars(select(StationHistory.station_code))) == {"NB-RS-0001"}
    assert set(loaded.scalars(select(EventHistory.event_code))) == {"NB-EV-0001"}
    assert "1 个站点、1 个活动换了区域" in said[-1]
    # a new name moves nothing
    replace_areas(loaded, [replace(EAST, name="新东区", boundary=east)])
    assert [tuple(row) for row in loaded.execute(query.order_by(Station.code))] == found


def test_a_source_of_staff_only_rooms_alone_is_not_named(session: Session) -> None:
    add_areas(session)  # their source is named for the areas
    for source, access in (("house", "staff_only"), ("open", "everyone"), ("empty", None)):
        add_source(session, source)
        if access is not None:
            code = f"NB-RS-{len(source):04}"
            add_station(session, code, source_code=source, access=access)
    assert {source.code for source in list_sources(session)} == {"test", "open", "empty"}
