"""The change feed: complete under many writers, and silent about what was never public."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat
from stations import accounts, history, listing, schema, search
from stations.accounts import Account
from stations.changes import Change, Page, Place, changes
from stations.database import make_engine, read_session, write_session
from stations.errors import InvalidInputError, StaleVersionError, WriteBusyError
from stations.hours import SHANGHAI
from stations.importing import apply_rows, ensure_source
from stations.listing import Update
from stations.reading import FileRow
from stations.register import current_version, next_version
from stations.settings import Settings
from stations.station import GivenPosition, Station, StationRow
from stations.tables import Station as Row
from stations.tables import StationHistory
from stations.taxonomy import taxonomy
from tests.factories import add_areas

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=SHANGHAI)
WRITERS = 20


@pytest.fixture
def admin(engine: Engine) -> Account:
    with write_session(engine) as session:
        add_areas(session)
        ensure_source(session, "gov")
        number = accounts.add(
            session, login="admin", name="admin", role="administrator", password="an honest one"
        )
    return Account(id=number, login="admin", name="admin", role="administrator", scope=())


def row(number: int, **said: object) -> StationRow:
    point = LonLat(121.4 + number / 10_000, 29.8)
    known = {
        "name": f"{number}号驿站",
        "kind": "rest_station",
        "source_id": str(number),
        "position": GivenPosition(point, Datum.WGS84),
        "access": "everyone",
    }
    return StationRow(**(known | said))  # type: ignore[arg-type]


def bring_in(engine: Engine, *rows: StationRow, source: str = "gov") -> None:
    with write_session(engine) as session:
        numbered = [FileRow(number, each) for number, each in enumerate(rows, start=2)]
        report = apply_rows(session, numbered, source, dry_run=False)
        assert report.refused == 0, report


def edit(engine: Engine, admin: Account, code: str, **values: object) -> None:
    with write_session(engine) as session:
        version = session.scalars(select(Row.version).where(Row.code == code)).one()
        change = Update(values=dict(values), services={}, position=None)
        listing.update(session, code, version, change, admin, NOW)


def page(engine: Engine, since: int = 0, after: Place | None = None, limit: int = 1000) -> Page:
    with read_session(engine) as session:
        return changes(session, since, after, limit)


def told(engine: Engine, since: int = 0) -> list[tuple[str, str, int]]:
    return [(each.op, each.code, each.version) for each in page(engine, since).changes]


def public(engine: Engine) -> dict[str, Station]:
    with read_session(engine) as session:
        codes = session.scalars(select(Row.code).where(Row.is_public)).all()
        return {each.code: each for each in search.some(session, codes, search.IS_PUBLIC)}


@dataclass
class Follower:
    """Keeps a copy by the feed, as its description says it is to be done."""

    engine: Engine
    limit: int
    since: int = 0
    after: Place | None = None
    copy: dict[str, Station] = field(default_factory=dict)
    heard: list[Change] = field(default_factory=list)

    def read_a_page(self) -> bool:
        """Read one page; whether it was the last for now."""
        found = page(self.engine, self.since, self.after, self.limit)
        assert len(found.changes) <= self.limit
        for change in found.changes:
            self.heard.append(change)
            if change.station is None:
                self.copy.pop(change.code, None)
            else:
                self.copy[change.code] = change.station
        self.after = found.after
        if found.after is None:
            self.since = found.data_version
        return found.after is None

    def catch_up(self) -> None:
        while not self.read_a_page():
            pass


def test_the_feed_of_a_new_reader_is_the_public_register(engine: Engine, admin: Account) -> None:
    bring_in(engine, row(1), row(2, access="staff_only"), row(3, status="planned"), row(4))
    bring_in(engine, row(5, position=None))
    edit(engine, admin, "NB-RS-0004", status="closed")
    assert told(engine) == [("upsert", "NB-RS-0001", 1)]
    found = page(engine)
    assert found.data_version == 3
    assert found.after is None
    assert found.changes[0].station == public(engine)["NB-RS-0001"]


@pytest.mark.parametrize(
    "values",
    [{"access": "staff_only"}, {"status": "closed"}, {"status": "planned"}],
)
def test_what_is_public_no_longer_leaves_as_a_tombstone_once(
    engine: Engine, admin: Account, values: dict[str, str]
) -> None:
    bring_in(engine, row(1), row(2))
    edit(engine, admin, "NB-RS-0001", **values)
    assert told(engine, since=1) == [("delete", "NB-RS-0001", 2)]
    assert told(engine, since=2) == []
    assert told(engine, since=0) == [("upsert", "NB-RS-0002", 1)]
    edit(engine, admin, "NB-RS-0001", notes="后来的事")
    assert told(engine, since=2) == []
    # a late reader hears of the going, and of nothing that was done afterwards
    assert told(engine, since=1) == [("delete", "NB-RS-0001", 2)]
    edit(engine, admin, "NB-RS-0001", access="everyone", status="active")
    assert told(engine, since=1) == told(engine, since=3) == [("upsert", "NB-RS-0001", 4)]


def test_a_withdrawn_or_unplaced_station_leaves_too(engine: Engine, admin: Account) -> None:
    bring_in(engine, row(1), row(2))
    for code, columns in (
        ("NB-RS-0001", "withdrawn = true"),
        (
            "NB-RS-0002",
            "position = NULL, h3_9 = NULL, given_lon = NULL, given_lat = NULL, given_datum = NULL",
        ),
    ):
        with write_session(engine) as session:
            session.execute(
                text(
                    "UPDATE stations SET register_version = register_version + 1,"
                    " version = version + 1, " + columns + " WHERE code = :code"
                ),
                {"code": code},
            )
            version = next_version(session)
            session.execute(
                text("UPDATE stations SET register_version = :version WHERE code = :code"),
                {"version": version, "code": code},
            )
            history.record(
                session, [code], action="undone", register_version=version, account_id=None
            )
    assert told(engine, since=1) == [("delete", "NB-RS-0001", 2), ("delete", "NB-RS-0002", 2)]
    assert told(engine) == []


def test_a_station_that_was_never_public_yields_nothing(engine: Engine, admin: Account) -> None:
    bring_in(engine, row(1, access="staff_only"))
    bring_in(engine, row(2))
    for number in range(3):
        edit(engine, admin, "NB-RS-0001", notes=f"第 {number} 次")
    for since in range(6):
        assert "NB-RS-0001" not in {code for _op, code, _version in told(engine, since)}


def test_a_station_public_only_between_two_visits_yields_nothing(
    engine: Engine, admin: Account
) -> None:
    bring_in(engine, row(1, access="staff_only"))
    edit(engine, admin, "NB-RS-0001", access="everyone")
    edit(engine, admin, "NB-RS-0001", access="staff_only")
    assert told(engine, since=1) == []
    assert told(engine, since=2) == [("delete", "NB-RS-0001", 3)]


def test_what_goes_while_its_reader_turns_the_page_is_told(engine: Engine, admin: Account) -> None:
    bring_in(engine, row(1), row(2), row(3))
    follower = Follower(engine, limit=1)
    assert not follower.read_a_page()
    assert list(follower.copy) == ["NB-RS-0001"]
    edit(engine, admin, "NB-RS-0001", access="staff_only")
    follower.catch_up()
    assert follower.copy == public(engine)
    assert sorted(follower.copy) == ["NB-RS-0002", "NB-RS-0003"]


@pytest.mark.parametrize(
    ("since", "after"), [(2, None), (0, Place(2, 1, "NB")), (0, Place(1, 2, "NB"))]
)
def test_a_reader_ahead_of_the_register_is_told_to_start_anew(
    engine: Engine, admin: Account, since: int, after: Place | None
) -> None:
    bring_in(engine, row(1))
    with pytest.raises(InvalidInputError) as raised:
        page(engine, since, after)
    assert raised.value.field == ("since" if after is None else "cursor")
    assert "since=0" in raised.value.sentence("en")
    assert "备份" in raised.value.sentence("zh")


def test_pages_hold_each_change_once_in_order_and_their_end(engine: Engine, admin: Account) -> None:
    bring_in(engine, *(row(number) for number in range(25)))
    bring_in(engine, *(row(number) for number in range(25, 40)))
    whole = page(engine).changes
    keys = [(each.register_version, each.code) for each in whole]
    assert keys == sorted(keys)
    assert len(keys) == 40
    for limit in (1, 3, 10, 25, 39, 40, 41):
        follower = Follower(engine, limit)
        follower.catch_up()
        assert follower.heard == list(whole), limit


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_writes_and_pages_ends_in_the_public_register(
    engine: Engine, admin: Account, seed: int
) -> None:
    draw = random.Random(seed)
    never = {f"NB-RS-{number:04d}" for number in (3, 6, 9)}
    bring_in(engine, *(row(number, access="staff_only") for number in range(1, 11)))
    codes = [f"NB-RS-{number:04d}" for number in range(1, 11)]
    followers = [Follower(engine, limit) for limit in (1, 3, 50)]
    for _ in range(60):
        if draw.random() < 0.5:
            code = draw.choice(codes)
            values = {
                "status": draw.choice(("active", "temporarily_closed", "closed")),
                "access": "staff_only"
                if code in never
                else draw.choice(("everyone", "staff_only")),
                "notes": str(draw.random()),
            }
            edit(engine, admin, code, **values)
        else:
            draw.choice(followers).read_a_page()
    expected = public(engine)
    for follower in followers:
        follower.catch_up()
        assert follower.copy == expected
        assert never.isdisjoint(change.code for change in follower.heard)


def write_at_random(engine: Engine, admin: Account, writer: int) -> int:
    """Write twelve times, as one writer of many; return how often that succeeded."""
    draw = random.Random(writer)
    written = 0
    for turn in range(12):
        if writer % 5 == 0:  # four of the twenty import: old places anew, and new ones
            numbers = [*(draw.randrange(60) for _ in range(3)), 100 + writer * 100 + turn]
            rows = [
                row(each, notes=f"{writer}.{turn}", brand=draw.choice(("甲", "乙")))
                for each in dict.fromkeys(numbers)
            ]
            bring_in(engine, *rows)
            written += 1
        else:
            code = f"NB-RS-{draw.randint(1, 60):04d}"
            access = draw.choice(("everyone", "everyone", "staff_only"))
            with suppress(StaleVersionError, WriteBusyError):  # others were first
                edit(engine, admin, code, access=access, notes=f"{writer}.{turn}")
                written += 1
    return written


def test_nothing_is_missed_under_twenty_writers(engine: Engine, admin: Account) -> None:
    """Edits of the same and of other stations, and imports, while two readers follow."""
    bring_in(engine, *(row(number) for number in range(60)))
    many = make_engine(engine.url, Settings(pool_size=WRITERS + 4, lock_timeout_ms=30_000))
    followers = [Follower(many, limit) for limit in (2, 17)]
    at_work = threading.Event()
    at_work.set()

    def follow(follower: Follower) -> int:
        while at_work.is_set():
            follower.read_a_page()
        return len(follower.heard)

    with ThreadPoolExecutor(WRITERS + len(followers)) as pool:
        reading = [pool.submit(follow, follower) for follower in followers]
        writing = [pool.submit(write_at_random, many, admin, each) for each in range(WRITERS)]
        wait(writing)
        at_work.clear()
        assert sum(each.result() for each in writing) > WRITERS * 6
        assert all(each.result() > 60 for each in reading)  # they heard of changes meanwhile
    expected = public(engine)
    for follower in followers:
        follower.catch_up()
        assert follower.copy == expected
        assert follower.since == page(engine).data_version
        upserts = [(each.code, each.version) for each in follower.heard if each.station]
        assert len(set(upserts)) == len(upserts)  # none was heard twice as it was
    many.dispose()


def test_a_kind_that_is_withheld_from_now_on_leaves_by_the_feed(
    engine: Engine, admin: Account
) -> None:
    bring_in(
        engine,
        row(1, access="unknown"),
        row(2),
        row(3, kind="nursing_room", access="unknown"),
        row(4, kind="nursing_room"),
    )
    words = taxonomy()
    kinds = words.kind | {
        "rest_station": words.kind["rest_station"].model_copy(
            update={"withheld_when_unknown": True}
        ),
        "nursing_room": words.kind["nursing_room"].model_copy(
            update={"withheld_when_unknown": False}
        ),
    }
    before = {code for _op, code, _version in told(engine)}
    assert before == {"NB-NR-0002", "NB-RS-0001", "NB-RS-0002"}
    for _ in range(2):  # the second time there is nothing to change
        with engine.begin() as connection:
            schema.copy_taxonomy(connection, replace(words, kind=kinds))
    assert told(engine, since=1) == [
        ("upsert", "NB-NR-0001", 2),
        ("delete", "NB-RS-0001", 2),
    ]
    with Session(engine) as session:
        assert current_version(session) == 2
        histories = session.execute(
            select(StationHistory.station_code, StationHistory.was_public)
            .where(StationHistory.register_version == 2)
            .order_by(StationHistory.station_code)
        ).all()
        assert [tuple(each) for each in histories] == [("NB-NR-0001", True), ("NB-RS-0001", False)]
        assert session.scalars(
            select(Row.withheld_when_unknown).where(Row.code == "NB-RS-0002")
        ).one()
