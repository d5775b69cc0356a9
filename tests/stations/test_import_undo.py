"""A whole import is taken back: before and after are the same, but for what people did since."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import cast, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat
from stations.errors import ImportNotFoundError, ImportUndoneError
from stations.import_undo import Kept, UndoReport, format_undo, undo
from stations.importing import ImportReport, apply_rows, ensure_source
from stations.reading import FileRow
from stations.register import current_version
from stations.station import GivenPosition, Known, StationRow
from stations.tables import Import, Station, StationHistory
from tests.factories import add_areas

HERE = LonLat(121.5, 29.8)
NOT_COMPARED = ("version", "register_version", "updated_at", "created_at")


@pytest.fixture
def ground(session: Session) -> Session:
    add_areas(session)
    ensure_source(session, "gov")
    ensure_source(session, "other")
    session.commit()
    return session


def row(
    source_id: str, name: str = "一号驿站", at: LonLat | None = HERE, **said: Any
) -> StationRow:
    position = None if at is None else GivenPosition(at, Datum.WGS84)
    return StationRow(
        **({"name": name, "kind": "rest_station", "source_id": source_id, "position": position})
        | said
    )


def run(session: Session, *stations: StationRow, source: str = "gov") -> ImportReport:
    rows = [FileRow(number, station) for number, station in enumerate(stations, start=2)]
    report = apply_rows(session, rows, source, dry_run=False, accept_duplicates=True)
    session.flush()
    return report


def taken_back(session: Session, report: ImportReport) -> UndoReport:
    assert report.import_id is not None
    return undo(session, report.import_id)


def register(session: Session) -> dict[str, Any]:
    """Every column of every station that is there, by code."""
    query = select(Station.code, cast(func.to_jsonb(literal_column("stations")), JSONB)).where(
        Station.withdrawn.is_(False)
    )
    return {
        code: {name: value for name, value in values.items() if name not in NOT_COMPARED}
        for code, values in session.execute(query.select_from(Station))
    }


def stored(session: Session, code: str = "NB-RS-0001") -> Station:
    return session.scalars(
        select(Station).where(Station.code == code).execution_options(populate_existing=True)
    ).one()


def test_what_an_import_added_is_withdrawn_and_comes_back_under_its_code(ground: Session) -> None:
    first = run(ground, row("1", services={"wifi": Known.YES}), row("2", "二号驿站"))
    report = taken_back(ground, first)
    assert (report.withdrawn, report.restored, report.kept) == (2, 0, ())
    station = stored(ground)
    assert station.withdrawn
    assert not station.is_public
    assert (station.source_key, station.imported) == ("1", None)
    assert station.register_version == current_version(ground)
    actions = ground.execute(
        select(StationHistory.action, StationHistory.was_public, StationHistory.import_id)
        .where(StationHistory.station_code == "NB-RS-0001")
        .order_by(StationHistory.version)
    ).all()
    assert [row.action for row in actions] == ["imported", "undone"]
    assert not actions[1].was_public
    again = run(ground, row("1", "新名"), row("3", "三号驿站"))
    assert (again.added, again.unchanged) == (2, 0)
    station = stored(ground)
    assert (station.withdrawn, station.name, station.services_yes) == (False, "新名", [])
    assert stored(ground, "NB-RS-0003").name == "三号驿站"
    assert stored(ground, "NB-RS-0002").withdrawn
    # and that can be taken back as well
    assert taken_back(ground, again).withdrawn == 2
    assert stored(ground).name == "一号驿站"


def test_an_import_is_recorded_and_undone_once(ground: Session) -> None:
    first = run(ground, row("1"))
    record = ground.scalars(select(Import)).one()
    assert record.totals == first.totals()
    assert record.register_version == current_version(ground)
    taken_back(ground, first)
    with pytest.raises(ImportUndoneError):
        taken_back(ground, first)
    with pytest.raises(ImportNotFoundError):
        undo(ground, 999)


def test_a_run_that_writes_nothing_is_no_import(ground: Session) -> None:
    run(ground, row("1"))
    assert run(ground, row("1")).import_id is None
    assert len(ground.scalars(select(Import)).all()) == 1


def test_fields_go_back_where_they_are_still_what_the_import_wrote(ground: Session) -> None:
    run(
        ground, row("1", phone="1", address="旧路", services={"wifi": Known.YES}, hours_text="全天")
    )
    before = register(ground)
    second = run(
        ground,
        row(
            "1", "改名", LonLat(121.6, 29.8), phone="2", address="新路",
            services={"wifi": Known.NO, "toilet": Known.YES}, hours_text="8:00-17:00",
        ),
    )  # fmt: skip
    ground.execute(update(Station).values(phone="3", services_no=[], services_yes=["toilet"]))
    report = taken_back(ground, second)
    assert (report.withdrawn, report.restored) == (0, 1)
    assert report.kept == (Kept("NB-RS-0001", "phone"), Kept("NB-RS-0001", "services.wifi"))
    station = stored(ground)
    assert (station.phone, station.address, station.name) == ("3", "旧路", "一号驿站")
    assert (station.hours_text, station.hours) == ("全天", "24/7")
    assert (station.services_yes, station.services_no) == ([], [])
    assert (station.given_lon, station.area_code) == (121.5, "330203")
    assert station.imported == before["NB-RS-0001"]["imported"]
    english = format_undo(report, "en").splitlines()
    assert english[0].startswith("NB-RS-0001: kept: phone: ")
    assert english[-3:] == ["withdrawn: 0", "restored: 1", "kept: 2"]


def test_a_station_that_somebody_edited_since_stays(ground: Session) -> None:
    first = run(ground, row("1"), row("2", "二号驿站"))
    ground.execute(update(Station).where(Station.code == "NB-RS-0002").values(phone="1", version=2))
    report = taken_back(ground, first)
    assert report.kept == (Kept("NB-RS-0002", "all"),)
    assert list(register(ground)) == ["NB-RS-0002"]
    # its source still knows it
    assert run(ground, row("2", "二号驿站")).unchanged == 1


def test_a_station_that_another_source_speaks_of_stays(ground: Session) -> None:
    first = run(ground, row("1"))
    other = run(ground, _by_code("NB-RS-0001"), source="other")
    assert (other.changed, other.unchanged) == (0, 1)
    assert taken_back(ground, first).kept == (Kept("NB-RS-0001", "all"),)
    # what the other source said is forgotten with its import
    assert taken_back(ground, other) == UndoReport(other.import_id or 0)
    assert list(stored(ground).imported or {}) == ["gov"]


def _by_code(code: str) -> StationRow:
    return StationRow(
        name="一号驿站", kind="rest_station", position=GivenPosition(HERE, Datum.WGS84), code=code
    )


def test_undone_in_any_order_the_older_leaves_what_the_newer_said(ground: Session) -> None:
    run(ground, row("1", phone="1", address="甲"))
    second = run(ground, row("1", phone="2", address="乙"))
    third = run(ground, row("1", phone="3"))
    assert taken_back(ground, second).kept == (Kept("NB-RS-0001", "phone"),)
    station = stored(ground)
    assert (station.phone, station.address) == ("3", "甲")
    taken_back(ground, third)
    assert stored(ground).phone == "2"  # what it was before the third


def test_a_position_that_a_geocoder_found_keeps_nothing(ground: Session) -> None:
    first = run(ground, row("1", at=None))
    ground.execute(
        update(Station).values(
            position="SRID=4326;POINT(121.5 29.8)", given_lon=121.5, given_lat=29.8,
            given_datum="wgs84", h3_9=1, area_code="330203", position_verified=False,
        )
    )  # fmt: skip
    assert taken_back(ground, first).withdrawn == 1


PHONES = st.sampled_from([None, "1", "2"])
ROWS = st.lists(
    st.builds(
        row,
        source_id=st.sampled_from("abcd"),
        name=st.sampled_from(["甲站", "乙站", "丙站"]),
        at=st.sampled_from([None, HERE, LonLat(121.6, 29.8)]),
        phone=PHONES,
        hours_text=st.sampled_from([None, "全天", "看不懂"]),
        services=st.dictionaries(
            st.sampled_from(["wifi", "toilet"]), st.sampled_from(list(Known)), max_size=2
        ),
        entry=st.sampled_from([None, (), ("card",), ("app", "card")]),
        aliases=st.sampled_from([None, ("小站",), ("甲站", "老站")]),
        district=st.sampled_from([None, "西区", "东区"]),
        town=st.sampled_from([None, "西街道"]),
    ),
    max_size=5,
    unique_by=lambda each: each.source_id,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.tuples(st.sampled_from(["gov", "other"]), ROWS), min_size=1, max_size=3))
def test_import_and_undo_is_before(ground: Session, files: list[Any]) -> None:
    try:
        *earlier, (source, rows) = files
        for other, given_rows in earlier:
            run(ground, *given_rows, source=other)
        before = register(ground)
        report = run(ground, *rows, source=source)
        if report.import_id is not None:
            undone = taken_back(ground, report)
            assert undone.kept == ()
        assert register(ground) == before
        # what was taken back can be brought in again, with the same result as the first time
        again = run(ground, *rows, source=source)
        assert again == report
    finally:
        ground.rollback()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(ROWS, min_size=1, max_size=4))
def test_undone_from_the_last_to_the_first_nothing_is_left(
    ground: Session, files: list[list[StationRow]]
) -> None:
    try:
        reports = [run(ground, *rows) for rows in files]
        for report in reversed(reports):
            if report.import_id is not None:
                assert taken_back(ground, report).kept == ()
        assert register(ground) == {}
    finally:
        ground.rollback()


def test_an_undo_that_takes_nothing_back_is_not_used_up(ground: Session) -> None:
    """A later import holds all of it: first that one goes, and then the earlier can."""
    first = run(ground, row("1"))
    later = run(ground, row("1", "改了名"), source="gov")
    nothing = taken_back(ground, first)
    assert (nothing.withdrawn, nothing.restored) == (0, 0)
    assert nothing.kept
    assert taken_back(ground, later).restored == 1
    assert taken_back(ground, first).withdrawn == 1
