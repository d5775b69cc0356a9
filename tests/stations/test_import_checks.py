"""Doubts about rows: another datum, another district, a place that is there already."""

import ast
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from geoalchemy2.shape import from_shape
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat, convert, convert_arrays
from seeds import sources
from seeds.areas import read_areas
from stations import area_names
from stations.area_names import Claim
from stations.areas import upsert_sources
from stations.import_report import Line, Verdict
from stations.importing import ImportReport, apply_rows, ensure_source
from stations.reading import FileRow, read_file
from stations.settings import REPOSITORY
from stations.station import GivenPosition, StationRow
from stations.tables import Area, Station
from tests.factories import add_areas

HERE = LonLat(121.5, 29.8)
METRE = 1 / 111_320  # of latitude, in degrees
AREAS = read_areas()
DISTRICTS = [area for area in AREAS if area.level == "district" and area.boundary is not None]


@pytest.fixture
def ground(session: Session) -> Session:
    add_areas(session)
    ensure_source(session, "gov")
    ensure_source(session, "other")
    return session


@pytest.fixture
def ningbo(session: Session) -> Session:
    """The real districts and towns, without the cells of their demand, which take long."""
    upsert_sources(session, sources.read_sources())
    for area in AREAS:
        shape = None if area.boundary is None else from_shape(area.boundary, srid=4326)
        session.execute(
            insert(Area).values(
                code=area.code,
                name=area.name,
                level=area.level,
                parent_code=area.parent_code,
                boundary=shape,
                source_code=area.source_code,
            )
        )
    ensure_source(session, "gov")
    return session


def north_of(point: LonLat, metres: float) -> LonLat:
    return LonLat(point.lon, point.lat + metres * METRE)


def row(name: str = "一号驿站", at: LonLat | None = HERE, **said: Any) -> StationRow:
    position = None if at is None else GivenPosition(at, said.pop("datum", Datum.WGS84))
    return StationRow(**({"name": name, "kind": "rest_station", "position": position} | said))


def run(session: Session, *stations: StationRow, source: str = "gov", **how: Any) -> ImportReport:
    rows = [FileRow(number, station) for number, station in enumerate(stations, start=2)]
    report = apply_rows(session, rows, source, dry_run=how.pop("dry_run", False), **how)
    assert report.read == report.added + report.changed + report.unchanged + report.refused
    assert all(line.code for line in report.lines)
    return report


def codes(report: ImportReport) -> list[tuple[int | None, str, Verdict]]:
    return [(line.row, line.code, line.verdict) for line in report.lines]


REMARK, REFUSED = Verdict.REMARK, Verdict.REFUSED


CLAIMS: list[tuple[dict[str, Any], tuple[str | None, str | None, str]]] = [
    ({"district": "鄞州区"}, ("330212", None, "district")),
    ({"district": "鄞州"}, ("330212", None, "district")),
    ({"district": "宁波市鄞州区"}, ("330212", None, "district")),
    ({"district": "鄞 州 區"}, ("330212", None, "district")),
    ({"district": "慈谿"}, ("330282", None, "district")),  # as it was written of old
    ({"district": "鄞洲区"}, (None, None, "")),
    ({"town": "百丈街道"}, ("330212", "330212008", "town")),
    ({"town": "百丈", "district": "鄞州"}, ("330212", "330212008", "district")),
    ({"town": "百丈", "district": "海曙"}, ("330203", None, "district")),
    ({"address": "浙江省宁波市海曙区中山西路1号"}, ("330203", None, "address")),
    ({"address": "慈溪市场路1号"}, (None, None, "")),
    ({"address": "慈溪市市场路1号"}, ("330282", None, "address")),
    ({"district": "江北", "address": "鄞州区某路"}, ("330205", None, "district")),
    ({"town_code": "330212008", "district": "海曙"}, ("330212", None, "town_code")),
    ({}, (None, None, "")),
]


def test_the_area_that_a_row_claims(ningbo: Session) -> None:
    names = area_names.load(ningbo)
    for said, expected in CLAIMS:
        found = names.claim(row(**said))
        assert (found.area_code, found.town_code, found.origin) == expected, said


def test_a_town_that_two_districts_have_needs_its_district(ground: Session) -> None:
    ground.execute(update(Area).where(Area.code == "330212001").values(name="西街道"))
    names = area_names.load(ground)
    assert names.claim(row(town="西街道")) == Claim(unknown=(("town", "西街道"),))
    assert names.claim(row(town="西街道", district="东区")).town_code == "330212001"


def test_a_towns_name_gives_its_code_and_unknown_names_are_told(ground: Session) -> None:
    report = run(
        ground,
        row("甲", town="西街道"),
        row("乙", None, district="火星区"),
        row("丙", None, district="东区", town="没有镇"),
    )
    assert codes(report) == [(3, "unknown_district", REMARK), (4, "unknown_town", REMARK)]
    found = ground.execute(select(Station.name, Station.area_code, Station.town_code)).all()
    # one without a position waits among the stations of the district that it names
    assert [tuple(each) for each in found] == [
        ("甲", "330203", "330203001"),
        ("乙", None, None),
        ("丙", "330212", None),
    ]


def test_many_unknown_names_are_told_once(ground: Session) -> None:
    rows = [row(f"驿站{n}", None, district=f"外地{n % 7}区") for n in range(20)]
    report = run(ground, *rows)
    assert codes(report) == [(None, "unknown_district", REMARK)]
    assert "20 rows" in report.lines[0].en
    assert "7 names" in report.lines[0].en


def places_in_districts(count: int) -> list[tuple[LonLat, str]]:
    """Points all over the districts, each with the name of its district."""
    random = np.random.default_rng(1)
    found: list[tuple[LonLat, str]] = []
    while len(found) < count:
        area = DISTRICTS[len(found) % len(DISTRICTS)]
        assert area.boundary is not None
        west, south, east, north = area.boundary.bounds
        point = LonLat(float(random.uniform(west, east)), float(random.uniform(south, north)))
        if shapely.contains_xy(area.boundary, *point):
            found.append((point, area.name))
    return found


def test_a_file_in_a_wrong_datum_is_found_out(ningbo: Session) -> None:
    places = places_in_districts(1_500)
    for said, really in itertools.product(Datum, Datum):
        rows = [
            row(
                f"第{number}站",
                convert(point, Datum.WGS84, really),
                datum=said,
                district=district,
                source_id=str(number),
            )
            for number, (point, district) in enumerate(places)
        ]
        report = run(ningbo, *rows, dry_run=True, allow_outside=True)
        of_file = [line.code for line in report.lines if line.row is None]
        suspect = [line for line in report.lines if line.code == "datum_suspect"]
        assert not [line for line in report.lines if line.code == "district_mismatch"]
        if said is really:
            assert of_file == []
            assert suspect == []
        else:
            assert of_file == [f"looks_like_{really.value}"]
            assert report.lines[0].code == of_file[0]  # it stands first
            name = {Datum.WGS84: "WGS-84", Datum.GCJ02: "GCJ-02", Datum.BD09: "BD-09"}[really]
            assert suspect
            assert all(name in line.en for line in suspect)


def test_a_place_far_from_its_district_is_told_under_whatever_datum(ground: Session) -> None:
    report = run(ground, row(district="东区"), row("乙", LonLat(121.6, 29.8), district="东区"))
    assert codes(report) == [(2, "district_mismatch", REMARK)]
    assert "东区" in report.lines[0].en
    assert "西区" in report.lines[0].en


def test_a_border_that_was_simplified_raises_no_doubt(ground: Session) -> None:
    near = LonLat(121.55 + 60 * METRE, 29.8)  # 52 m east of the border
    assert codes(run(ground, row(at=near, district="西区"))) == []


@given(
    lon=st.floats(121.0, 122.1),
    lat=st.floats(29.5, 30.2),
    datum=st.sampled_from(list(Datum)),
)
def test_one_point_read_under_three_datums_differs_by_kilometres_at_most(
    lon: float, lat: float, datum: Datum
) -> None:
    x, y = convert_arrays([lon], [lat], datum, Datum.WGS84)
    assert abs(x[0] - lon) < 0.02
    assert abs(y[0] - lat) < 0.02


def duplicates(report: ImportReport) -> list[Line]:
    return [line for line in report.lines if line.code.startswith("duplicate")]


def test_the_same_place_of_another_source_is_not_listed_twice(ground: Session) -> None:
    run(ground, row("中山路爱心驿站", source_id="1"))
    again = row("中山路爱心驿站", north_of(HERE, 20), source_id="A")
    report = run(ground, again, source="other")
    assert codes(report) == [(2, "duplicate_sure", REFUSED)]
    assert "NB-RS-0001" in report.lines[0].en
    accepted = run(ground, again, source="other", accept_duplicates=True)
    assert (accepted.added, accepted.refused) == (1, 0)
    assert codes(accepted) == [(2, "duplicate_sure", REMARK)]
    # once it is in, it is known by its id, and the file is not refused a second time
    assert run(ground, again, source="other").unchanged == 1


@pytest.mark.parametrize(
    ("said", "metres", "expected"),
    [
        ({"name": "中山路驿站"}, 20, ("duplicate_sure", REFUSED)),  # 爱心 says nothing particular
        ({"name": "中山西路爱心驿站"}, 20, ("duplicate_sure", REFUSED)),  # a slip of the pen
        ({"name": "解放路爱心驿站"}, 20, ("duplicate_sure", REMARK)),  # perhaps next door
        ({"name": "中山路2号爱心驿站"}, 20, ("duplicate_sure", REMARK)),  # another number
        ({"name": "中山路爱心驿站"}, 40, ("duplicate_possible", REMARK)),
        ({"name": "中山路爱心驿站"}, 55, None),
        ({"name": "别的"}, 40, None),
        ({"name": "中山路爱心驿站", "kind": "nursing_room"}, 5, None),
        (
            {"name": "中山路爱心驿站", "kind": "nursing_room", "also_kinds": ("rest_station",)},
            5,
            ("duplicate_sure", REFUSED),
        ),
        ({"name": "中山路爱心驿站", "code": "NB-RS-0099"}, 5, ("duplicate_sure", REMARK)),
    ],
)
def test_what_is_a_duplicate_and_what_is_only_near(
    ground: Session, said: dict[str, Any], metres: float, expected: tuple[str, Verdict] | None
) -> None:
    run(ground, row("中山路爱心驿站", source_id="1"))
    report = run(ground, row(at=north_of(HERE, metres), **said), source="other")
    assert [(line.code, line.verdict) for line in report.lines] == ([expected] if expected else [])


def test_what_the_source_itself_tells_apart_is_taken_in(ground: Session) -> None:
    first = row("爱心驿站", source_id="1")
    run(ground, first)
    report = run(ground, row("爱心驿站", source_id="2"))
    assert codes(report) == [(2, "duplicate_sure", REMARK)]
    assert report.added == 1


def test_a_row_beside_a_listing_that_the_file_speaks_of_is_another_place(ground: Session) -> None:
    run(ground, row("爱心驿站"))
    report = run(ground, row("爱心驿站"), row("爱心驿站", north_of(HERE, 10)))
    assert (report.added, report.unchanged) == (1, 1)
    assert codes(report) == [(3, "duplicate_sure", REMARK)]


def test_a_place_that_was_closed_may_open_again_as_another(ground: Session) -> None:
    run(ground, row("爱心驿站"))
    ground.execute(update(Station).values(status="closed"))
    assert codes(run(ground, row("爱心驿站"), source="other")) == [(2, "duplicate_sure", REMARK)]


def test_a_withdrawn_place_is_no_duplicate(ground: Session) -> None:
    run(ground, row("爱心驿站"))
    ground.execute(update(Station).values(withdrawn=True))
    assert codes(run(ground, row("爱心驿站"), source="other")) == []


def test_rows_of_one_file_near_each_other_are_told_and_taken_in(ground: Session) -> None:
    report = run(
        ground,
        row("爱心驿站", source_id="1"),
        row("爱心驿站", north_of(HERE, 20), source_id="2"),
        row("别的", north_of(HERE, 45), source_id="3"),
        row("爱心驿站", north_of(HERE, 200), source_id="4"),
    )
    assert report.added == 4
    assert codes(report) == [(3, "duplicate_sure", REMARK), (4, "duplicate_sure", REMARK)]
    assert "row 2" in duplicates(report)[0].en
    assert "row 3" in duplicates(report)[1].en


def test_places_without_a_position_are_compared_by_name_and_address(ground: Session) -> None:
    run(ground, row("甲", None, address="中山路1号"))
    report = run(
        ground,
        row("甲", None, address="中山路 １号"),
        row("甲", None, address="中山路2号", source_id="x"),
        row("甲", None, address="中山路2号", source_id="y"),
        source="other",
    )
    assert codes(report) == [(2, "duplicate_possible", REMARK), (4, "duplicate_possible", REMARK)]
    assert "NB-RS-0001" in report.lines[0].en


def test_a_thousand_rows_of_one_point_are_compared_in_no_time(ground: Session) -> None:
    rows = [row(f"驿站{n}", source_id=str(n)) for n in range(2_000)]
    report = run(ground, *rows, dry_run=True)
    assert len(duplicates(report)) == 1_999


def test_the_real_places_lie_where_the_map_says_and_shifted_they_do_not(
    ningbo: Session, shared_data: Path
) -> None:
    file = shared_data / "places" / "ningbo_osm_poi_centroids_wgs84.geojson"
    placed = {area.name: area.boundary for area in DISTRICTS if area.boundary is not None}
    rows = []
    for each in read_file(file, datum=Datum.WGS84, kind="rest_station"):
        if each.station is None or each.station.position is None:
            continue
        point = each.station.position.point
        home = next((n for n, b in placed.items() if shapely.contains_xy(b, *point)), None)
        shifted = GivenPosition(convert(point, Datum.WGS84, Datum.GCJ02), Datum.WGS84)
        rows.append((each, replace(each.station, district=home), shifted))
    good = [replace(each, station=station) for each, station, _shifted in rows]
    bad = [
        replace(each, station=replace(station, position=shifted)) for each, station, shifted in rows
    ]
    fine = apply_rows(ningbo, good, "gov", dry_run=True)
    assert not [line for line in fine.lines if line.code.startswith(("looks", "datum", "district"))]
    wrong = apply_rows(ningbo, bad, "gov", dry_run=True, allow_outside=True)
    assert wrong.lines[0].code == "looks_like_gcj02"


def test_every_line_has_a_code() -> None:
    """Programs tell lines apart by their codes, so whoever makes a line gives it one."""
    without = []
    for file in sorted((REPOSITORY / "stations").glob("*.py")):
        if file.name == "import_report.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"refusal", "remark"}:
                names = {keyword.arg for keyword in node.keywords}
                if "code" not in names and len(node.args) < 5:
                    without.append(f"{file.name}:{node.lineno}")
    assert without == []
