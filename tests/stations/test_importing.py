"""Imports on a real database: matching, three-way comparison, totals, and all bad input."""

import threading
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Text, func, literal_column, select, update
from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat, convert
from seeds import sources
from seeds.areas import read_areas
from stations.areas import replace_areas, upsert_sources
from stations.errors import InvalidInputError
from stations.import_plan import source_key
from stations.import_report import Verdict
from stations.importing import (
    ImportReport,
    apply_rows,
    ensure_source,
    format_report,
    import_rows,
    source_code_of,
)
from stations.reading import FileRow, read_file
from stations.register import current_version
from stations.station import GivenPosition, Known, StationRow
from stations.tables import CodeCounter, Source, Station, StationHistory
from tests.factories import add_areas

HERE = LonLat(121.5, 29.8)


@pytest.fixture
def ground(session: Session) -> Session:
    """Two districts, west and east of 121.55, and a source."""
    add_areas(session)
    ensure_source(session, "gov")
    session.commit()
    return session


def row(name: str = "一号驿站", at: LonLat | None = HERE, **said: Any) -> StationRow:
    position = None if at is None else GivenPosition(at, said.pop("datum", Datum.WGS84))
    return StationRow(**({"name": name, "kind": "rest_station", "position": position} | said))


def run(
    session: Session, *stations: StationRow, dry_run: bool = False, **options: Any
) -> ImportReport:
    rows = [FileRow(number, station) for number, station in enumerate(stations, start=2)]
    report = apply_rows(session, rows, options.pop("source", "gov"), dry_run=dry_run, **options)
    session.commit()
    return report


def totals(report: ImportReport) -> tuple[int, int, int, int, int, int]:
    assert report.read == report.added + report.changed + report.unchanged + report.refused
    return (
        report.read,
        report.added,
        report.changed,
        report.unchanged,
        report.unplaced,
        report.refused,
    )


def stored(session: Session, code: str = "NB-RS-0001") -> Station:
    return session.scalars(
        select(Station).where(Station.code == code).execution_options(populate_existing=True)
    ).one()


def everything(session: Session) -> list[Any]:
    """All rows that an import could write."""
    found: list[Any] = [current_version(session)]
    for table in (Station, StationHistory, CodeCounter, Source):
        as_text = func.to_jsonb(literal_column(table.__tablename__)).cast(Text).label("row")
        found.append(session.scalars(select(as_text).select_from(table).order_by("row")).all())
    return found


def refused(report: ImportReport) -> list[tuple[int | None, str]]:
    return [(line.row, line.field) for line in report.lines if line.verdict is Verdict.REFUSED]


def remarked(report: ImportReport) -> list[tuple[int | None, str]]:
    return [(line.row, line.field) for line in report.lines if line.verdict is Verdict.REMARK]


def test_a_new_station_holds_all_that_the_row_says(ground: Session) -> None:
    report = run(
        ground,
        row(
            at=LonLat(121.504, 29.797),
            datum=Datum.GCJ02,
            source_id="7",
            also_kinds=("reading_room", "rest_station"),
            brand="爱心驿站",
            tier="basic",
            level="town",
            access="outdoor_workers",
            entry=("walk_in", "card"),
            services={"wifi": Known.YES, "toilet": Known.NO, "bed": Known.UNKNOWN},
            hours_text="周一至周五8:30-17:30",
            capacity_per_day=80,
            town_code="330203001",
            checked_on=date(2026, 11, 1),
            notes="门口有台阶",
        ),
    )
    assert totals(report) == (1, 1, 0, 0, 0, 0)
    assert report.lines == ()
    station = stored(ground)
    assert station.also_kinds == ["reading_room"]
    assert (station.services_yes, station.services_no) == (["wifi"], ["toilet"])
    assert station.entry == ["card", "walk_in"]
    assert station.hours == "Mo-Fr 08:30-17:30"
    assert (station.given_lon, station.given_lat, station.given_datum) == (121.504, 29.797, "gcj02")
    assert (station.area_code, station.town_code) == ("330203", "330203001")
    assert station.checked == {
        "hours": "2026-11-01",
        "services": "2026-11-01",
        "access": "2026-11-01",
        "position": "2026-11-01",
    }
    assert (station.status, station.is_public, station.version) == ("active", True, 1)
    assert station.source_key == "7"
    point = convert(LonLat(121.504, 29.797), Datum.GCJ02, Datum.WGS84)
    lon, lat = ground.execute(select(func.ST_X(Station.geom), func.ST_Y(Station.geom))).one()
    assert (lon, lat) == pytest.approx(point, abs=1e-12)
    history = ground.scalars(select(StationHistory)).one()
    assert (history.action, history.version, history.station_code) == ("imported", 1, "NB-RS-0001")
    assert history.register_version == station.register_version == current_version(ground)
    assert history.values["name"] == "一号驿站"


def test_a_second_run_of_the_same_rows_changes_nothing(ground: Session) -> None:
    rows = [
        row(services={"wifi": Known.YES}, hours_text="全天", checked_on=date(2026, 11, 1)),
        row("二号", None, source_id="x"),
        row("三号", code="NB-RS-0009", entry=("card", "app")),
    ]
    assert totals(run(ground, *rows)) == (3, 3, 0, 0, 1, 0)
    before = everything(ground)
    assert totals(run(ground, *rows)) == (3, 0, 0, 3, 1, 0)
    assert everything(ground) == before


def test_a_dry_run_gives_the_same_report_and_writes_nothing(ground: Session) -> None:
    run(ground, row(phone="1"), row("二号"))
    rows = [
        row(phone="2"),
        row("二号"),
        row("三号", None),
        row("四号", LonLat(0, 0)),
        row("五号", town_code="999"),
        row("六号", code="NB-NR-0001"),
    ]
    before = everything(ground)
    planned = run(ground, *rows, dry_run=True)
    assert everything(ground) == before
    assert totals(planned) == (6, 1, 1, 1, 1, 3)
    done = run(ground, *rows)
    assert done == planned
    assert format_report(done, "en") == format_report(planned, "en")


def test_a_dry_run_needs_no_source_and_adds_none(ground: Session) -> None:
    before = everything(ground)
    rows = [FileRow(2, row())]
    report = import_rows(ground, rows, source_name="New one", dry_run=True)
    assert report.added == 1
    assert everything(ground) == before


def test_a_file_of_which_nothing_is_taken_in_leaves_no_source(ground: Session) -> None:
    before = everything(ground)
    rows = [FileRow(2, row(at=LonLat(0, 0)))]
    report = import_rows(ground, rows, source_name="New one", dry_run=False)
    ground.commit()
    assert totals(report) == (1, 0, 0, 0, 0, 1)
    assert everything(ground) == before


def test_a_managers_edit_survives_the_same_file_and_yields_to_news(ground: Session) -> None:
    run(ground, row(source_id="1", phone="111", address="旧路", services={"wifi": Known.YES}))
    ground.execute(
        update(Station).values(phone="222", services_yes=[], services_no=["wifi"], version=2)
    )
    ground.commit()
    assert totals(
        run(ground, row(source_id="1", phone="111", address="新路", services={"wifi": Known.YES}))
    ) == (1, 0, 1, 0, 0, 0)
    station = stored(ground)
    assert (station.phone, station.address) == ("222", "新路")
    assert (station.services_yes, station.services_no, station.version) == ([], ["wifi"], 3)
    run(ground, row(source_id="1", phone="333", services={"wifi": Known.UNKNOWN}))
    station = stored(ground)
    assert (station.phone, station.address) == ("333", "新路")
    assert station.services_no == ["wifi"]  # not to know it is no news


def test_a_moved_station_moves_only_where_the_file_moved_it(ground: Session) -> None:
    run(ground, row(source_id="1"))
    assert stored(ground).area_code == "330203"
    assert totals(run(ground, row(source_id="1", at=LonLat(121.6, 29.8)))) == (1, 0, 1, 0, 0, 0)
    station = stored(ground)
    assert (station.area_code, station.given_lon) == ("330212", 121.6)


def test_what_a_file_does_not_say_is_left_alone(ground: Session) -> None:
    full = row(source_id="1", phone="111", tier="basic", hours_text="全天", entry=("card",))
    run(ground, full)
    assert totals(run(ground, row(at=None, source_id="1"))) == (1, 0, 0, 1, 0, 0)
    station = stored(ground)
    assert (station.phone, station.tier, station.hours, station.entry) == (
        "111",
        "basic",
        "24/7",
        ["card"],
    )
    assert station.position is not None


def test_two_sources_speak_of_one_station_each_for_itself(ground: Session) -> None:
    ensure_source(ground, "other")
    run(ground, row(source_id="1", phone="111"))
    run(ground, row(code="NB-RS-0001", phone="222"), source="other")
    assert stored(ground).phone == "222"
    # gov says what it always said, so other's news stay
    assert totals(run(ground, row(source_id="1", phone="111"))) == (1, 0, 0, 1, 0, 0)
    station = stored(ground)
    assert (station.phone, station.source_code) == ("222", "gov")


def test_a_file_that_agrees_with_the_listing_changes_no_version(ground: Session) -> None:
    ensure_source(ground, "other")
    run(ground, row(phone="111"))
    before = current_version(ground)
    agreeing = row(code="NB-RS-0001", phone="111")
    assert totals(run(ground, agreeing, source="other")) == (1, 0, 0, 1, 0, 0)
    assert current_version(ground) == before


def test_codes_are_counted_by_kind_and_never_given_twice(ground: Session) -> None:
    run(ground, row("一"), row("二", kind="nursing_room"), row("三"))
    run(ground, row("四", code="NB-RS-0040"), row("五"), row("六", code="HZ-RS-0007"))
    names = dict(ground.execute(select(Station.code, Station.name)).all())
    assert names == {
        "NB-RS-0001": "一",
        "NB-NR-0001": "二",
        "NB-RS-0002": "三",
        "NB-RS-0040": "四",
        "NB-RS-0041": "五",
        "HZ-RS-0007": "六",
    }
    run(ground, row("七", code="NB-RS-0010"), row("八"))
    assert stored(ground, "NB-RS-0042").name == "八"


def test_a_code_in_the_file_is_matched_and_a_wrong_one_refused(ground: Session) -> None:
    run(ground, row("一", source_id="a"), row("二", source_id="b"))
    report = run(
        ground,
        row("改名", code="NB-RS-0001"),
        row("一", code="NB-NR-0002"),
        row("二", source_id="b", code="NB-RS-0099"),
        row("二", source_id="b", kind="nursing_room"),
    )
    assert refused(report) == [(3, "code"), (4, "code"), (5, "kind")]
    assert stored(ground).name == "改名"


def test_one_station_twice_in_a_file(ground: Session) -> None:
    report = run(
        ground,
        row("甲"),
        row("甲", phone="1"),
        row("甲"),
        row("乙", code="NB-RS-0005"),
        row("丙", code="NB-RS-0005"),
        row("丁", source_id="d"),
        row("戊", source_id="d"),
    )
    assert totals(report) == (7, 3, 0, 1, 0, 3)
    assert refused(report) == [(3, "source_id"), (6, "code"), (8, "source_id")]
    # all of them lie in one spot, which is told of those that are taken in
    assert remarked(report) == [(4, "row"), (5, "position"), (7, "position")]
    assert "row 2" in next(line.en for line in report.lines if line.row == 4)


def test_a_code_and_an_id_of_one_station_are_one_station(ground: Session) -> None:
    run(ground, row("一", source_id="a"))
    report = run(ground, row("一", source_id="a"), row("改", code="NB-RS-0001"))
    assert refused(report) == [(3, "code")]


def test_stations_matched_by_code_may_share_name_and_place(ground: Session) -> None:
    second = row("驿站", None, code="NB-RS-0002", source_id="2")
    run(ground, row("驿站", None, code="NB-RS-0001"), second)
    same = [row("驿站", None, code=f"NB-RS-000{n}") for n in (1, 2, 3, 4)]
    assert totals(run(ground, *same)) == (4, 2, 0, 2, 4, 0)
    assert totals(run(ground, *same)) == (4, 0, 0, 4, 4, 0)


def test_a_repeated_row_shares_the_fate_of_the_first(ground: Session) -> None:
    report = run(ground, row(at=LonLat(0, 0)), row(at=LonLat(0, 0)))
    assert refused(report) == [(2, "position"), (3, "position")]
    assert totals(report) == (2, 0, 0, 0, 0, 2)


def test_positions_outside_all_areas(ground: Session) -> None:
    near, far = LonLat(121.0 - 0.01, 29.8), LonLat(120.9, 29.8)  # 970 m and 9.7 km west
    report = run(ground, row("近", near), row("远", far))
    assert refused(report) == [(3, "position")]
    assert remarked(report) == [(2, "position")]
    assert stored(ground).area_code == "330203"
    allowed = run(ground, row("远", far), allow_outside=True)
    assert totals(allowed) == (1, 1, 0, 0, 0, 0)
    assert remarked(allowed) == [(2, "position")]
    assert stored(ground, "NB-RS-0002").area_code is None


def test_a_position_on_a_border_goes_to_the_lower_code(ground: Session) -> None:
    run(ground, row(at=LonLat(121.55, 29.8)))
    assert stored(ground).area_code == "330203"


def test_towns_are_checked(ground: Session) -> None:
    report = run(
        ground,
        row("一", town_code="330212001"),
        row("二", town_code="330203"),
        row("三", None, town_code="330203001"),
    )
    assert remarked(report) == [(2, "town_code")]
    assert refused(report) == [(3, "town_code")]


def test_unplaced_and_staff_only_places_are_not_public(ground: Session) -> None:
    run(
        ground,
        row("一", None),
        row("二", access="staff_only"),
        row("三", kind="nursing_room"),
        row("四", kind="nursing_room", access="everyone"),
    )
    public = ground.scalars(select(Station.name).where(Station.is_public)).all()
    assert public == ["四"]


def test_two_imports_at_once_run_one_after_the_other(engine: Engine, ground: Session) -> None:
    rows = [FileRow(n, row(f"驿站{n}")) for n in range(2, 60)]
    reports: list[ImportReport] = []

    def import_all() -> None:
        with Session(engine, autoflush=False) as session, session.begin():
            reports.append(apply_rows(session, rows, "gov", dry_run=False))

    threads = [threading.Thread(target=import_all) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(totals(report) for report in reports) == [
        (58, 0, 0, 58, 0, 0),
        (58, 0, 0, 58, 0, 0),
        (58, 58, 0, 0, 0, 0),
    ]
    assert ground.scalar(select(func.count()).select_from(Station)) == 58


def test_nothing_stays_of_an_import_that_is_rolled_back(ground: Session) -> None:
    before = everything(ground)
    apply_rows(ground, [FileRow(2, row())], "gov", dry_run=False)
    ground.rollback()
    assert everything(ground) == before


def test_more_rows_than_a_statement_takes_parameters(ground: Session) -> None:
    many = [FileRow(n, row(f"驿站{n}", None)) for n in range(2, 66_002)]
    report = apply_rows(ground, many, "gov", dry_run=True)
    assert totals(report) == (66_000, 66_000, 0, 0, 66_000, 0)
    assert len(set(map(source_key, (r.station for r in many if r.station)))) == 66_000


@pytest.mark.parametrize("name", ["", "  ", "a/b", "x" * 65, "a\0b", "a\nb;c", "'; --", "💥"])
def test_a_source_has_a_plain_name(name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        source_code_of(name)
    assert caught.value.field == "source"


def test_a_source_is_added_once_and_its_licence_said_to_be_unknown(session: Session) -> None:
    assert ensure_source(session, " 鄞州区 总工会 ") == "鄞州区-总工会"
    assert ensure_source(session, "鄞州区 总工会", licence="CC-BY-4.0") == "鄞州区-总工会"
    source = session.scalars(select(Source)).one()
    assert (source.name, source.licence) == ("鄞州区 总工会", "unknown")


def test_the_key_of_a_row_without_an_id_is_a_hash_of_kind_name_and_place() -> None:
    key = source_key(row())
    assert key.startswith("sha256:")
    assert len(key) == len("sha256:") + 64
    assert source_key(row(phone="1", address="x")) == key
    assert source_key(row(datum=Datum.GCJ02)) == key  # the coordinates as given
    others = [row("x"), row(kind="nursing_room"), row(at=LonLat(121.5, 29.80001)), row(at=None)]
    # rooms of one house have one name, and no coordinates tell them apart
    others += [row(at=None, address="1号"), row(at=None, address="1号", way_in="二楼")]
    assert len({key, *map(source_key, others)}) == 7
    assert source_key(row(source_id="7")) == "7"


def test_the_report_is_the_same_bytes_and_ends_with_the_totals(ground: Session) -> None:
    rows = [
        FileRow(2, row()),
        FileRow(3, row("远\nread: 99", LonLat(0, 0))),
    ]
    report = apply_rows(ground, rows, "gov", dry_run=True)
    english, chinese = format_report(report, "en"), format_report(report, "zh")
    assert english.endswith(
        "read: 2\nadded: 1\nchanged: 0\nunchanged: 0\nunplaced: 0\nrefused: 1\n"
    )
    assert chinese.splitlines()[-6:] == english.splitlines()[-6:]
    assert english.splitlines()[0].startswith("row 3: refused: position: ")
    assert chinese.splitlines()[0].startswith("第 3 行：未收：position：")
    assert len(english.splitlines()) == 7


def test_a_cell_cannot_forge_a_line_of_the_report(tmp_path: Path, ground: Session) -> None:
    file = tmp_path / "forged.csv"
    file.write_text('名称,类型\n驿站,"x\nread: 99\u2028y\x85z"\n', encoding="utf-8")
    rows = read_file(file, datum=Datum.WGS84, kind=None)
    lines = format_report(apply_rows(ground, rows, "gov", dry_run=True), "en").splitlines()
    assert len(lines) == 7
    assert lines[1] == "read: 1"


def test_rows_refused_on_reading_are_counted_and_the_others_taken_in(
    tmp_path: Path, ground: Session
) -> None:
    file = tmp_path / "some.csv"
    file.write_text("名称,经度,纬度\n一,121.5,29.8\n二,121.5,\n三,,\n", encoding="utf-8")
    rows = read_file(file, datum=Datum.WGS84, kind="rest_station")
    report = apply_rows(ground, rows, "gov", dry_run=False)
    assert totals(report) == (3, 2, 0, 0, 1, 1)
    assert refused(report) == [(3, "lat")]


def test_the_real_places_of_ningbo_import_whole(session: Session, shared_data: Path) -> None:
    upsert_sources(session, sources.read_sources())
    replace_areas(session, [replace(area) for area in read_areas()])
    file = shared_data / "places" / "ningbo_osm_poi_centroids_wgs84.geojson"
    rows = read_file(file, datum=Datum.WGS84, kind="rest_station")
    first = import_rows(session, rows, source_name="osm", licence="ODbL-1.0", dry_run=False)
    # 东环钢贸城 stands twice in the file, once for each of two districts, with one name and place
    assert totals(first) == (1008, 1007, 0, 1, 0, 0)
    assert (216, "row") in remarked(first)
    second = import_rows(session, rows, source_name="osm", dry_run=False)
    assert totals(second) == (1008, 0, 0, 1008, 0, 0)
    placed = select(func.count()).where(Station.area_code.is_not(None), Station.is_public)
    assert session.scalar(placed) == 1007
