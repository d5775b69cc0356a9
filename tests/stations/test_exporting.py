"""Exports: what is in them, and that what goes out comes back in and changes nothing."""

import csv
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio.raw  # type: ignore[import-untyped]
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat, convert
from stations import export_columns, export_files, matching, xlsx_writing
from stations.closure_text import closure_lines, read_closures
from stations.columns import TOLD, column_field, guessed_field, is_told, plain_word, words_of
from stations.csv_text import guarded, unguarded
from stations.database import read_session
from stations.errors import AreaNotFoundError, InvalidInputError
from stations.export_columns import SEPARATORS, fields, title, word
from stations.export_files import FORMATS, check, write
from stations.exporting import Wanted, contents
from stations.hours import SHANGHAI
from stations.importing import ImportReport, apply_rows, ensure_source, format_report
from stations.plain_text import is_plain, tidied
from stations.reading import FileRow, read_file
from stations.station import Closure, GivenPosition, Known, StationRow
from stations.tables import Station as Row
from stations.taxonomy import FACETS, taxonomy
from tests.factories import add_areas

EVERYTHING = Row.withdrawn.is_(False)
HERE = LonLat(121.5, 29.8)


@pytest.fixture
def ground(session: Session) -> Session:
    add_areas(session)
    ensure_source(session, "gov", "CC-BY-4.0", "某区总工会")
    session.commit()
    return session


def bring_in(session: Session, *rows: StationRow, source: str = "gov") -> ImportReport:
    numbered = [FileRow(number, row) for number, row in enumerate(rows, start=2)]
    report = apply_rows(session, numbered, source, dry_run=False, allow_outside=True)
    assert report.refused == 0, format_report(report, "en")
    session.commit()
    return report


def row(name: str = "一号驿站", at: LonLat | None = HERE, **said: Any) -> StationRow:
    known: dict[str, Any] = {
        "name": name,
        "kind": "rest_station",
        "access": "everyone",
        "position": None if at is None else GivenPosition(at, Datum.WGS84),
    }
    return StationRow(**(known | said))


def export(session: Session, path: Path, **wanted: Any) -> Path:
    session.rollback()
    path.unlink(missing_ok=True)
    write(path, path.suffix.removeprefix("."), contents(session, Wanted(**wanted)))
    return path


def import_again(session: Session, path: Path, datum: Datum = Datum.WGS84) -> ImportReport:
    rows = read_file(path, datum=datum)
    ensure_source(session, "edited-offline")
    report = apply_rows(session, rows, "edited-offline", dry_run=False, allow_outside=True)
    session.rollback()
    return report


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


FULL = row(
    at=LonLat(121.504, 29.797),
    source_id="7",
    name_en="Station No. 1",
    also_kinds=("reading_room", "card_merchant"),
    brand="爱心驿站",
    tier="benchmark",
    level="town",
    entry=("walk_in", "card"),
    services={"wifi": Known.YES, "toilet": Known.NO},
    address='公园路 1 号\n二楼，"小哥"之家; 左转',
    phone="+86 574 8700 0000",
    hours_text="周一至周五8:30-17:30",
    capacity_per_day=80,
    town_code="330203001",
    checked_on=date(2026, 11, 1),
    notes='=HYPERLINK("x")，门口有台阶',
)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "geojson"])
@pytest.mark.parametrize("crs", list(Datum))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_goes_out_comes_back_and_changes_nothing(
    ground: Session, tmp_path: Path, suffix: str, crs: Datum, lang: str
) -> None:
    bring_in(
        ground,
        FULL,
        row("给出的是高德坐标", position=GivenPosition(LonLat(121.56123456, 29.8), Datum.GCJ02)),
        row("没有坐标", at=None, town_code="330212001"),
        row("内部", LonLat(121.52, 29.8), access="staff_only"),
        row("暂停", LonLat(121.51, 29.8), status="temporarily_closed"),
    )
    file = export(ground, tmp_path / f"all.{suffix}", visible=EVERYTHING, crs=crs, lang=lang)
    before = everything(ground)
    report = import_again(ground, file, crs)
    assert (report.read, report.unchanged) == (5, 5), format_report(report, "en")
    assert everything(ground) == before
    if suffix == "csv":  # its columns are all read, or known to be for people
        assert report.lines == ()


def everything(session: Session) -> list[Any]:
    columns = [column for column in Row.__table__.columns if column.name != "imported"]
    return [tuple(map(str, each)) for each in session.execute(select(*columns).order_by(Row.code))]


# Whatever people type: quotes, breaks, formulas, marks of XML and of Excel's own escapes.
TEXTS = st.text(
    st.sampled_from(
        "驿站鼓楼aB1 '\"=+-@,;、|/\\\n\t　_x0041<>&]!%{}()（）：:《》\u00e9\U0001f600\ufffe＝"
    ),
    min_size=1,
    max_size=25,
)
WORDS = {
    facet: st.lists(st.sampled_from(sorted(taxonomy().facet(facet))), max_size=3)
    for facet in ("kind", "entry", "honour")
}


def one_of(facet: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(sorted(taxonomy().facet(facet)))


def kept(text: str | None, *, one_line: bool) -> str | None:
    """A text as every door of the register keeps it."""
    tidy = None if text is None else tidied(text, one_line=one_line)
    return tidy if tidy and is_plain(tidy) else None


SAID = st.fixed_dictionaries(
    {
        "name": TEXTS,
        "kind": st.sampled_from(sorted(taxonomy().kind)),
        "also_kinds": WORDS["kind"].map(tuple),
        "entry": WORDS["entry"].map(tuple),
        "honours": WORDS["honour"].map(tuple),
        "aliases": st.lists(TEXTS, max_size=3),
        "tier": one_of("tier"),
        "built_as": one_of("built_as"),
        "built_by": one_of("built_by"),
        "status": one_of("status"),
        "access": one_of("access"),
        "level": st.none() | st.sampled_from(("city", "district", "town", "enterprise")),
        "name_en": st.none() | TEXTS,
        "brand": st.none() | TEXTS,
        "phone": st.none() | TEXTS,
        "address": st.none() | TEXTS,
        "way_in": st.none() | TEXTS,
        "notes": st.none() | TEXTS,
        "hours_text": st.none() | TEXTS | st.just("周一至周五8:30-17:30"),
        "capacity_per_day": st.none() | st.integers(0, 1_000_000),
        "services": st.dictionaries(
            st.sampled_from(sorted(taxonomy().service)), st.sampled_from(Known), max_size=5
        ),
        "at": st.none()
        | st.tuples(
            st.floats(121.2, 121.8, allow_nan=False),
            st.floats(29.6, 30.0, allow_nan=False),
            st.sampled_from(Datum),
        ),
        "closures": st.lists(
            st.tuples(st.integers(0, 10_000), st.integers(1, 10_000), TEXTS), max_size=2
        ),
    }
)
SEVERAL_LINES = ("address", "hours_text", "notes")
ONE_LINE = ("name", "name_en", "brand", "phone", "way_in")


def station_of(said: dict[str, Any], number: int) -> StationRow:
    """A row with these facts, tidied as every door does, at a place of its own."""
    known = dict(said)
    for field in (*SEVERAL_LINES, *ONE_LINE):
        known[field] = kept(said[field], one_line=field in ONE_LINE)
    known["name"] = known["name"] or "无名"
    names = [kept(alias, one_line=True) for alias in said["aliases"]]
    known["aliases"] = tuple(dict.fromkeys(each for each in names if each))
    at = known.pop("at")
    known["position"] = None if at is None else GivenPosition(LonLat(*at[:2]), at[2])
    begin = datetime(2026, 12, 1, tzinfo=UTC)
    known["closures"] = tuple(
        Closure(begin + timedelta(minutes=start), begin + timedelta(minutes=start + length), reason)
        for start, length, text in said["closures"]
        if (reason := kept(text, one_line=True))
    )
    return StationRow(**known, source_id=str(number))


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    said=st.lists(SAID, min_size=1, max_size=4),
    suffix=st.sampled_from(("csv", "xlsx")),
    crs=st.sampled_from(Datum),
    lang=st.sampled_from(("zh", "en")),
)
def test_whatever_is_in_the_register_comes_back_unchanged(
    engine: Engine, tmp_path: Path, said: list[dict[str, Any]], suffix: str, crs: Datum, lang: str
) -> None:
    with Session(engine, autoflush=False) as session:  # all is rolled back: an example each
        add_areas(session)
        ensure_source(session, "gov")
        rows = [FileRow(number, station_of(each, number)) for number, each in enumerate(said, 2)]
        taken_in = apply_rows(
            session, rows, "gov", dry_run=False, allow_outside=True, accept_duplicates=True
        )
        assert taken_in.added == len(rows), format_report(taken_in, "en")
        path = tmp_path / f"all.{suffix}"
        path.unlink(missing_ok=True)
        wanted = Wanted(visible=EVERYTHING, crs=crs, lang=lang)
        write(path, suffix, contents(session, wanted))
        before = everything(session)
        again = read_file(path, datum=Datum.WGS84)  # each row names its datum
        ensure_source(session, "edited-offline")
        report = apply_rows(session, again, "edited-offline", dry_run=False, allow_outside=True)
        assert (report.read, report.unchanged) == (len(rows), len(rows)), format_report(
            report, "en"
        )
        assert everything(session) == before


def test_an_edited_cell_is_the_only_thing_that_changes(ground: Session, tmp_path: Path) -> None:
    bring_in(ground, FULL, row("二号驿站", LonLat(121.53, 29.8)))
    file = export(ground, tmp_path / "all.xlsx")
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    sheet.cell(2, titles.index("地址") + 1).value = "新地址"
    sheet.cell(3, titles.index("经度") + 1).value = 121.5400001
    sheet.cell(3, titles.index("微波炉") + 1).value = "是"
    book.save(file)
    before = {each.code: each for each in ground.scalars(select(Row))}
    rows = read_file(file, datum=Datum.WGS84)
    ensure_source(ground, "edited-offline")
    report = apply_rows(ground, rows, "edited-offline", dry_run=False)
    assert (report.changed, report.unchanged, report.added) == (2, 0, 0)
    ground.flush()
    ground.expire_all()
    one, two = ground.scalars(select(Row).order_by(Row.code)).all()
    assert (one.address, one.given_lon, one.given_datum) == ("新地址", 121.504, "wgs84")
    assert (two.given_lon, two.services_yes, two.address) == (121.5400001, ["microwave"], None)
    assert len(before) == 2


@pytest.mark.parametrize(
    ("east_m", "moves"), [(0.0, False), (0.004, False), (0.009, False), (0.02, True), (5.0, True)]
)
@pytest.mark.parametrize("datum", list(Datum))
def test_a_centimetre_is_no_move(east_m: float, moves: bool, datum: Datum) -> None:
    held = GivenPosition(convert(HERE, Datum.WGS84, Datum.GCJ02), Datum.GCJ02)
    there = LonLat(HERE.lon + east_m / 96_500, HERE.lat)
    said = GivenPosition(convert(there, Datum.WGS84, datum), datum)
    assert matching.is_unmoved(held, said) is not moves
    assert matching.is_unmoved(said, said)
    assert not matching.is_unmoved(None, said)


@given(
    st.floats(73, 135, allow_nan=False), st.floats(18, 53, allow_nan=False), st.sampled_from(Datum)
)
def test_seven_decimals_are_within_a_centimetre(lon: float, lat: float, datum: Datum) -> None:
    held = GivenPosition(LonLat(lon, lat), Datum.WGS84)
    shown = convert(held.point, Datum.WGS84, datum)
    rounded = GivenPosition(LonLat(round(shown.lon, 7), round(shown.lat, 7)), datum)
    assert matching.is_unmoved(held, rounded)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_column_is_read_back_or_known_to_be_for_people(lang: str) -> None:
    for wanted in (Wanted(lang=lang), Wanted(visible=EVERYTHING, lang=lang)):
        titles = [title(field, lang) for field in fields(wanted)]
        assert len(set(titles)) == len(titles)
        for field, name in zip(fields(wanted), titles, strict=True):
            if field in TOLD:
                assert is_told(name)
                assert (column_field(name), guessed_field(name)) == (None, None)
            else:
                assert column_field(name) == field


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_word_is_read_back(lang: str) -> None:
    for facet in FACETS:
        for code in taxonomy().facet(facet):
            written = word(facet, code, lang)
            assert words_of(facet)[plain_word(written or "")] == code
            assert not SEPARATORS & set(written or "")


def test_a_word_that_would_be_read_as_two_is_written_as_its_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    term = taxonomy().service["wifi"].model_copy(update={"zh": "无线、网络"})
    words = replace(taxonomy(), service=taxonomy().service | {"wifi": term})
    monkeypatch.setattr(export_columns, "taxonomy", lambda: words)
    word.cache_clear()
    assert word("service", "wifi", "zh") == "wifi"
    word.cache_clear()


def test_unknown_is_never_no(ground: Session, tmp_path: Path) -> None:
    bring_in(ground, row(services={"wifi": Known.YES, "toilet": Known.NO}))
    (one,) = table(export(ground, tmp_path / "a.csv"))
    assert (one["Wi-Fi"], one["厕所"], one["微波炉"]) == ("是", "否", "不详")
    (one,) = table(export(ground, tmp_path / "a.csv", lang="en"))
    assert (one["service:wifi"], one["service:toilet"], one["service:microwave"]) == (
        "yes", "no", "unknown",
    )  # fmt: skip


def test_csv_has_its_mark_its_sources_and_no_formula(ground: Session, tmp_path: Path) -> None:
    bring_in(ground, FULL)
    file = export(ground, tmp_path / "a.csv", crs=Datum.GCJ02)
    assert file.read_bytes().startswith(b'\xef\xbb\xbf"')
    (one,) = table(file)
    assert one["备注"] == "'" + str(FULL.notes)
    assert one["电话"] == "'+86 574 8700 0000"
    assert (one["来源"], one["许可"], one["署名"]) == ("gov", "CC-BY-4.0", "某区总工会")
    assert one["坐标系"] == "gcj02"
    shown = convert(LonLat(121.504, 29.797), Datum.WGS84, Datum.GCJ02)
    assert (float(one["经度"]), float(one["纬度"])) == (round(shown.lon, 7), round(shown.lat, 7))
    assert "公开" not in one  # which is for one's own stations
    assert table(export(ground, file, visible=EVERYTHING))[0]["公开"] == "是"


def test_xlsx_holds_texts_and_a_sheet_of_licences(ground: Session, tmp_path: Path) -> None:
    bring_in(ground, FULL)
    file = export(ground, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(file)
    stations, sources = book.worksheets
    named = {str(title.value): cell for title, cell in zip(stations[1], stations[2], strict=True)}
    assert (named["备注"].value, named["备注"].data_type) == (FULL.notes, "s")
    assert named["备注"].quotePrefix
    assert named["日接待量"].data_type == named["经度"].data_type == "n"
    assert stations.freeze_panes == "A2"
    assert [cell.value for cell in sources[2]][:4] == ["gov", "gov", "CC-BY-4.0", "某区总工会"]
    assert "wgs84" in str(sources.cell(4, 1).value)
    content = file.read_bytes()
    assert export(ground, file).read_bytes() == content


def test_geojson_has_codes_and_its_sources(ground: Session, tmp_path: Path) -> None:
    bring_in(ground, FULL, row("无坐标", None))
    body = json.loads(export(ground, tmp_path / "a.geojson", visible=EVERYTHING).read_text("utf-8"))
    assert body["type"] == "FeatureCollection"
    assert body["datum"] == "wgs84"
    assert body["sources"] == [
        {
            "code": "gov", "name": "gov", "licence": "CC-BY-4.0", "attribution": "某区总工会",
            "url": None, "retrieved_on": None,
        }
    ]  # fmt: skip
    one, two = body["features"]
    assert one["geometry"] == {"type": "Point", "coordinates": [121.504, 29.797]}
    assert two["geometry"] is None
    assert one["properties"]["also_kinds"] == ["card_merchant", "reading_room"]
    assert one["properties"]["services"]["wifi"] == "yes"
    assert one["properties"]["services"]["bed"] == "unknown"
    assert one["properties"]["osm_hours"] == "Mo-Fr 08:30-17:30"
    empty = json.loads(export(ground, tmp_path / "a.geojson", kinds=("craft_school",)).read_text())
    assert (empty["features"], empty["sources"]) == ([], [])


def test_gpkg_has_points_and_a_table_of_sources(
    ground: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_files, "GPKG_CHUNK", 2)
    bring_in(ground, FULL, *(row(f"{n}", LonLat(121.51 + n / 100, 29.8)) for n in range(4)))
    bring_in(ground, row("无坐标", None))
    file = export(ground, tmp_path / "a.gpkg", visible=EVERYTHING)
    meta, _fids, geometry, columns = pyogrio.raw.read(file, layer="stations")
    assert meta["crs"] == "EPSG:4326"
    found = dict(zip(meta["fields"], columns, strict=True))
    assert list(found["code"]) == [f"NB-RS-{n:04d}" for n in range(1, 7)]
    assert shapely.from_wkb(geometry[0]) == shapely.Point(121.504, 29.797)
    assert geometry[5] is None
    assert found["service_wifi"][0] == "是"
    assert found["capacity_per_day"][0] == 80
    assert found["name_en"][1] is None
    assert found["notes"][0] == FULL.notes
    meta, _fids, nothing, columns = pyogrio.raw.read(file, layer="sources")
    found = dict(zip(meta["fields"], columns, strict=True))
    assert nothing is None
    assert [list(found[each]) for each in ("code", "licence")] == [["gov"], ["CC-BY-4.0"]]
    info = pyogrio.read_info(file, layer="stations")
    assert info["layer_metadata"]["SOURCE_gov"] == "gov; CC-BY-4.0; 某区总工会"
    empty = export(ground, tmp_path / "b.gpkg", kinds=("craft_school",))
    assert pyogrio.read_info(empty, layer="stations")["features"] == 0


def test_only_what_is_wanted_is_in_the_file(ground: Session, tmp_path: Path) -> None:
    bring_in(
        ground,
        row("西"),
        row("东", LonLat(121.6, 29.8)),
        row("内", LonLat(121.51, 29.8), access="staff_only"),
        row("书", LonLat(121.52, 29.8), kind="craft_school", also_kinds=("rest_station",)),
        row("未", None, town_code="330203001"),
        row("撤", LonLat(121.53, 29.8)),
    )
    ground.execute(update(Row).where(Row.name == "撤").values(withdrawn=True))
    ground.commit()

    def names(**wanted: Any) -> set[str]:
        return {each["名称"] for each in table(export(ground, tmp_path / "a.csv", **wanted))}

    assert names() == {"西", "东", "书"}
    assert names(visible=EVERYTHING) == {"西", "东", "内", "书", "未"}
    assert names(visible=EVERYTHING, area="330203") == {"西", "内", "书", "未"}
    assert names(area="330212") == {"东"}
    assert names(kinds=("craft_school",)) == {"书"}
    assert names(kinds=("rest_station",)) == {"西", "东", "书"}
    with pytest.raises(AreaNotFoundError):
        names(area="1")


def test_a_format_that_cannot_hold_it_is_refused() -> None:
    for file_format, crs, field in (
        ("pdf", Datum.WGS84, "format"),
        ("gpkg", Datum.GCJ02, "crs"),
        ("gpkg", Datum.BD09, "crs"),
    ):
        with pytest.raises(InvalidInputError) as raised:
            check(file_format, Wanted(crs=crs))
        assert raised.value.field == field
    for file_format in FORMATS:
        check(file_format, Wanted())


def test_a_sheet_has_only_so_many_rows(
    ground: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(ground, row("一"), row("二", LonLat(121.52, 29.8)))
    monkeypatch.setattr(xlsx_writing, "MOST_ROWS", 2)
    with pytest.raises(InvalidInputError, match="format"):
        export(ground, tmp_path / "a.xlsx")


def test_an_export_sees_one_moment(engine: Engine, ground: Session, tmp_path: Path) -> None:
    bring_in(ground, *(row(f"{n}", LonLat(121.4 + n / 100, 29.8)) for n in range(5)))
    with read_session(engine) as session:
        found = contents(session, Wanted())
        first = next(found.stations)
        bring_in(ground, row("后来", LonLat(121.54, 29.8)))
        ground.execute(update(Row).values(name="改了"))
        ground.commit()
        names = [first.station.name, *(each.station.name for each in found.stations)]
    assert (names, found.count) == (["0", "1", "2", "3", "4"], 5)


@given(st.text(max_size=12) | st.text("'=+-@＝a", max_size=6))
def test_the_guard_comes_off_as_it_went_on(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))


def test_the_guard_leaves_plain_texts_alone() -> None:
    for text in ("驿站", "0574-87", "'s", "", "a=b", "1+1"):
        assert guarded(text) == unguarded(text) == text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(
            st.none() | TEXTS | st.integers(-9, 9) | st.floats(-180, 180), min_size=3, max_size=3
        ),
        max_size=4,
    )
)
def test_a_workbook_reads_back(tmp_path: Path, rows: list[list[Any]]) -> None:
    path = tmp_path / "a.xlsx"
    rows = [
        [each if not isinstance(each, str) or is_plain(each) else None for each in r] for r in rows
    ]
    xlsx_writing.write_workbook(path, [xlsx_writing.Sheet("<&>", ["a", "b&", "_x0041_"], rows)])
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_name("<&>")
    read = sheet.to_python(skip_empty_area=False)
    assert read[0] == ["a", "b&", "_x0041_"]
    shown = [["" if each is None else each for each in r] for r in rows]
    while shown and not any(each != "" for each in shown[-1]):
        shown.pop()
    assert [r for r in read[1:] if r] == shown or not shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-01/2026-12-03 装修", ("2026-12-01T00:00", "2026-12-04T00:00", "装修")),
        (
            "2026-12-01 08:00 / 2026-12-01 12:00 停 电",
            ("2026-12-01T08:00", "2026-12-01T12:00", "停 电"),
        ),
        ("2026-12-01T08:00:30/2026-12-02 x", ("2026-12-01T08:00:30", "2026-12-03T00:00", "x")),
    ],
)
def test_closures_are_read(text: str, expected: tuple[str, str, str]) -> None:
    (closure,) = read_closures(text, "closures")
    starts, ends, reason = expected
    assert closure.starts_at == datetime.fromisoformat(starts).replace(tzinfo=SHANGHAI)
    assert closure.ends_at == datetime.fromisoformat(ends).replace(tzinfo=SHANGHAI)
    assert closure.reason == reason
    assert read_closures(closure_lines([closure, closure]) or "", "x") == (closure, closure)


@pytest.mark.parametrize(
    "text",
    ["", "装修", "2026-12-01 装修", "2026-02-30/2026-03-01 x", "2026-12-03/2026-12-01 x",
     "9999-12-31/9999-12-31 x", "0001-01-01/2027-01-01 x", "2026-12-01/2200-01-01 x",
     "2026-12-01/2026-12-02 ", "2026-12-01/2026-12-02 " + "长" * 201],
)  # fmt: skip
def test_a_closure_that_is_not_understood_names_its_column(text: str) -> None:
    if not text:
        assert read_closures(text, "临时关闭") == ()
        return
    with pytest.raises(InvalidInputError) as raised:
        read_closures(text, "临时关闭")
    assert raised.value.field == "临时关闭"
    assert raised.value.sentence("en").count("临时关闭") == 1
