"""What imports and their undo make of rooms that are staff-only, and of what is known at all."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from geo.coordinates import Datum
from stations import listing
from stations.accounts import Account
from stations.import_undo import Kept, UndoReport, format_undo, undo
from stations.importing import ImportReport, apply_rows, ensure_source
from stations.listing import Update
from stations.reading import FileRow, read_file
from stations.station import Known, StationRow
from stations.tables import Account as AccountRow
from stations.tables import Station
from tests.factories import add_areas

CODE = "NB-RS-0001"


@pytest.fixture
def ground(session: Session) -> Session:
    add_areas(session)
    for source in ("gov", "other"):
        ensure_source(session, source)
    session.commit()
    return session


def said(**what: Any) -> StationRow:
    return StationRow(**({"name": "一号驿站", "kind": "rest_station", "code": CODE} | what))


def run(session: Session, station: StationRow, source: str = "gov") -> ImportReport:
    report = apply_rows(session, [FileRow(2, station)], source, dry_run=False)
    session.flush()
    return report


def taken_back(session: Session, report: ImportReport) -> UndoReport:
    assert report.import_id is not None
    return undo(session, report.import_id)


def stored(session: Session) -> Station:
    return session.scalars(
        select(Station).where(Station.code == CODE).execution_options(populate_existing=True)
    ).one()


def manager(session: Session) -> Account:
    row = AccountRow(login="boss", name="管理员", role="administrator", password_hash="$argon2id$-")
    session.add(row)
    session.flush()
    return Account(id=row.id, login="boss", name="管理员", role="administrator", scope=())


def codes(report: ImportReport) -> list[str]:
    return [line.code for line in report.lines]


def test_undo_opens_no_room_that_another_source_calls_staff_only(ground: Session) -> None:
    run(ground, said(access="everyone"))
    second = run(ground, said(access="staff_only", phone="1"))
    run(ground, said(access="staff_only"), source="other")
    report = taken_back(ground, second)
    assert report.kept == (Kept(CODE, "access", "staff_only"),)
    station = stored(ground)
    assert (station.access, station.phone) == ("staff_only", None)
    assert "another source says staff only" in format_undo(report, "en")
    assert "别的来源也说仅供员工" in format_undo(report, "zh")


def test_undo_opens_no_room_that_a_manager_confirmed_as_staff_only(ground: Session) -> None:
    run(ground, said(access="everyone"))
    second = run(ground, said(access="staff_only"))
    change = Update(values={"access": "staff_only"}, services={}, position=None)
    at = datetime(2026, 11, 24, tzinfo=UTC)
    listing.update(ground, CODE, stored(ground).version, change, manager(ground), at)
    assert taken_back(ground, second).kept == (Kept(CODE, "access", "staff_only"),)
    assert stored(ground).access == "staff_only"


def test_undo_opens_a_room_that_only_this_import_called_staff_only(ground: Session) -> None:
    run(ground, said(access="everyone"))
    run(ground, said(access="everyone"), source="other")
    second = run(ground, said(access="staff_only", checked_on=date(2026, 11, 1)))
    assert taken_back(ground, second).kept == ()
    assert stored(ground).access == "everyone"


def test_undo_still_closes_what_another_import_opened(ground: Session) -> None:
    run(ground, said(access="staff_only"))
    second = run(ground, said(access="everyone"))
    assert taken_back(ground, second).kept == ()
    assert stored(ground).access == "staff_only"


@pytest.mark.parametrize("known", ["staff_only", "everyone", "outdoor_workers"])
@pytest.mark.parametrize("source", ["gov", "other"])
def test_unknown_takes_no_known_access_away(ground: Session, known: str, source: str) -> None:
    run(ground, said(access=known))
    report = run(ground, said(access="unknown", checked_on=date(2026, 11, 1)), source=source)
    station = stored(ground)
    assert station.access == known
    assert "access" not in station.checked
    assert "staff_only_opened" not in codes(report)
    # and what was known can be said anew afterwards
    run(ground, said(access="members"), source=source)
    assert stored(ground).access == "members"


def test_a_row_that_opens_a_staff_only_room_is_remarked(ground: Session) -> None:
    run(ground, said(access="staff_only"))
    dry = apply_rows(ground, [FileRow(2, said(access="everyone"))], "gov", dry_run=True)
    report = run(ground, said(access="everyone"))
    assert codes(report) == codes(dry) == ["staff_only_opened"]
    assert CODE in report.lines[0].zh
    assert stored(ground).access == "everyone"
    assert "staff_only_opened" not in codes(run(ground, said(access="members")))


def test_an_unknown_service_takes_back_only_what_its_source_had_said(ground: Session) -> None:
    both = {"wifi": Known.YES, "toilet": Known.NO}
    run(ground, said(services=both))
    ground.execute(update(Station).values(services_yes=["microwave", "wifi"]))
    unknown = dict.fromkeys((*both, "microwave"), Known.UNKNOWN)
    run(ground, said(services=unknown), source="other")
    station = stored(ground)
    assert (station.services_yes, station.services_no) == (["microwave", "wifi"], ["toilet"])
    run(ground, said(services=unknown))
    station = stored(ground)
    assert (station.services_yes, station.services_no) == (["microwave"], [])


def test_an_unknown_service_leaves_what_another_source_or_a_manager_says(ground: Session) -> None:
    run(ground, said(services={"wifi": Known.YES, "toilet": Known.NO}))
    run(ground, said(services={"wifi": Known.YES}), source="other")
    ground.execute(update(Station).values(services_yes=["toilet", "wifi"], services_no=[]))
    run(ground, said(services=dict.fromkeys(("wifi", "toilet"), Known.UNKNOWN)))
    station = stored(ground)
    assert (station.services_yes, station.services_no) == (["toilet", "wifi"], [])


@pytest.mark.parametrize("word", ["不详", "不詳", "未知", "待定", "Unknown"])
def test_a_cell_that_says_not_known_erases_nothing(
    tmp_path: Path, ground: Session, word: str
) -> None:
    run(ground, said(hours_text="全天", phone="1", capacity_per_day=20, access="staff_only"))
    file = tmp_path / "a.csv"
    titles = "名称,类型,编码,开放时间,电话,日接待量,等级"
    file.write_text(
        f"{titles}\n一号驿站,rest_station,{CODE},{word},{word},{word},{word}\n", "utf-8"
    )
    report = apply_rows(ground, read_file(file, datum=Datum.WGS84), "gov", dry_run=False)
    assert (report.unchanged, report.refused, report.lines) == (1, 0, ())
