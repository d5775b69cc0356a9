"""The directory is the register: however it came to a version, it holds what PostGIS holds."""

import dataclasses
import pickle
import random
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, delete, insert, text, update
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from geo.profiles import Profile
from stations import directory_keeper, directory_reading, nearest, search
from stations.calendar import shipped
from stations.database import make_engine
from stations.directory import Directory, DirectorySource
from stations.directory_building import STATE_FILE, Part, lay_out
from stations.directory_columns import build
from stations.directory_files import load, save
from stations.directory_keeper import DirectoryKeeper
from stations.filters import Filters
from stations.knn import RegisterSource
from stations.nearest import Question
from stations.register import next_version
from stations.settings import Settings
from stations.station import Station as Value
from stations.street_networks import build_network, network_path
from stations.tables import Area, Station
from tests.factories import CITY, add_areas, add_source, add_station, station_row
from tests.geo.towns import osm_xml

AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def face_of(station: Value) -> bytes:
    return f"{station.code} {station.name} {station.version}".encode()


@pytest.fixture
def keeper(engine: Engine) -> Iterator[DirectoryKeeper]:
    with Session(engine) as session:
        add_areas(session)
        session.commit()
    keeper = DirectoryKeeper(engine, Settings(), face_of)
    yield keeper
    keeper.close()


def write(engine: Engine, work: Callable[[Session, int], None]) -> None:
    with Session(engine) as session:
        work(session, next_version(session))
        session.commit()


def add(session: Session, version: int, codes: list[str], chance: random.Random) -> None:
    rows = [some_row(code, version, chance) for code in codes]
    columns = sorted({name for row in rows for name in row})
    session.execute(insert(Station), [{name: row.get(name) for name in columns} for row in rows])


def some_row(code: str, version: int, chance: random.Random) -> dict[str, Any]:
    point = LonLat(CITY.lon + chance.gauss(0, 0.01), CITY.lat + chance.gauss(0, 0.01))
    hours = chance.choice(["24/7", "Mo-Su 08:00-12:00", None])
    closures = [
        {
            "starts_at": "2026-11-23T00:00:00+08:00",
            "ends_at": "2026-11-24T00:00:00+08:00",
            "reason": f"检修 {code}",
        }
    ]
    return station_row(
        code,
        point,
        register_version=version,
        hours=hours,
        hours_text=hours,
        status=chance.choice(["active", "active", "temporarily_closed"]),
        access=chance.choice(["everyone", "everyone", "staff_only"]),
        tier=chance.choice(["basic", None]),
        services_yes=["truck_parking"] if code[-1] in "27" else [],
        services_no=["truck_parking"] if code[-1] in "3459" else [],
        closures=closures if chance.random() < 0.2 else [],
    )


def held_in(directory: Directory) -> list[str]:
    """All that a directory says of its stations, without how it keeps it.

    As texts, in which a station without a street is like another.
    """
    columns = directory.columns
    return [
        repr(
            (
                directory.code(row),
                directory.face(row),
                *(
                    getattr(columns, each.name)[row].tolist()
                    for each in dataclasses.fields(columns)
                    if each.name not in {"code", "hours", "shut"} and "face" not in each.name
                ),
                None if columns.hours[row] < 0 else directory.pieces.hours[columns.hours[row]],
                () if columns.shut[row] < 0 else directory.pieces.shut[columns.shut[row]],
            )
        )
        for row in range(len(directory))
    ]


def afresh(engine: Engine) -> Directory:
    found = DirectoryKeeper(engine, Settings(), face_of).refresh()
    return found.directory


def test_changes_lead_to_the_same_directory_as_a_fresh_one(
    engine: Engine, keeper: DirectoryKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stations come, change, move, close and come back, a few in each version."""
    chance = random.Random(7)
    codes = [f"NB-RS-{number:04}" for number in range(1, 200)]
    waiting = codes.copy()
    chance.shuffle(waiting)
    there: list[str] = []
    monkeypatch.setattr("stations.directory.MOST_PIECES", 6)

    def work(session: Session, version: int) -> None:
        new = [waiting.pop() for _ in range(min(len(waiting), chance.randint(0, 9)))]
        if new:
            add(session, version, new, chance)
            there.extend(new)
        for code in chance.sample(there, min(len(there), 8)):
            row = some_row(code, version, chance)
            columns = {name: row[name] for name in ("status", "access", "hours", "hours_text")}
            if chance.random() < 0.5:
                moved = ("position", "given_lon", "given_lat", "given_datum", "h3_9")
                columns |= {name: row[name] for name in moved}
            if chance.random() < 0.2:
                columns["status"] = "closed"
            session.execute(
                update(Station)
                .where(Station.code == code)
                .values(**columns, register_version=version, version=Station.version + 1)
            )

    for _ in range(40):
        write(engine, work)
        held = keeper.refresh()
        fresh = afresh(engine)
        assert held.directory.version == fresh.version
        assert held_in(held.directory) == held_in(fresh)
        origin = LonLat(CITY.lon + chance.gauss(0, 0.01), CITY.lat + chance.gauss(0, 0.01))
        rows, _chords_m = held.directory.within(origin, 700)
        assert sorted(rows.tolist()) == sorted(fresh.within(origin, 700)[0].tolist())
        assert np.all(held.directory.metres(origin, rows) <= 700.5)
    assert len(held.directory.pieces.faces) <= 7


def test_both_sources_agree_on_random_questions(engine: Engine, keeper: DirectoryKeeper) -> None:
    """`python -m bench.nearest` asks 10,000 more, of 200,000 stations."""
    chance = random.Random(11)
    codes = [f"NB-RS-{number:04}" for number in range(1, 1500)]
    write(engine, lambda session, version: add(session, version, codes, chance))
    directory = keeper.refresh().directory
    with Session(engine) as session:
        session.execute(text("ANALYZE stations"))
        for number in range(1_500):
            question = Question(
                origin=LonLat(CITY.lon + chance.gauss(0, 0.03), CITY.lat + chance.gauss(0, 0.03)),
                at=AT,
                within_m=chance.choice([200, 1_000, 3_000]),
                limit=chance.choice([1, 3, 5]),
                filters=Filters(tiers=("basic",) if number % 5 == 0 else ()),
                open=chance.choice(["any", "any", "on_arrival", "now"]),
                sort=chance.choice(["distance", "minutes"]),
                profile=chance.choice(list(Profile)),
            )
            found = nearest.answer(DirectorySource(directory, question), question)
            expected = nearest.answer(RegisterSource(session, question), question)
            assert [
                (directory.code(each.held), each.distance_m, each.open, each.on_arrival)
                for each in found.stations
            ] == [
                (each.held.code, each.distance_m, each.open, each.on_arrival)
                for each in expected.stations
            ]
            assert (found.matched, found.left_out) == (expected.matched, expected.left_out)


def test_a_commit_is_seen_within_a_second(engine: Engine, keeper: DirectoryKeeper) -> None:
    """Both ways: told by PostgreSQL, and found by comparing the version where no word came."""
    keeper.start()
    wait_for(lambda: keeper.held is not None)
    write(engine, lambda session, version: add(session, version, ["NB-RS-0001"], PUBLIC))
    wait_for(lambda: len(held(keeper)) == 1)
    with Session(engine) as session:  # a writer that tells nobody
        session.execute(text("UPDATE register SET version = version + 1"))
        version = session.scalars(text("SELECT version FROM register")).one()
        add(session, version, ["NB-RS-0002"], PUBLIC)
        session.commit()
    wait_for(lambda: len(held(keeper)) == 2)


def test_a_restored_register_is_read_anew(engine: Engine, keeper: DirectoryKeeper) -> None:
    """A backup has an earlier version, or the same one written by another transaction."""
    write(engine, lambda session, version: add(session, version, ["NB-RS-0001"], PUBLIC))
    assert len(keeper.refresh().directory) == 1
    with Session(engine) as session:
        session.execute(delete(Station))
        session.execute(text("UPDATE register SET version = version"))
        session.commit()
    assert len(keeper.refresh().directory) == 0


def test_a_backup_of_a_later_version_in_the_same_database_is_read_anew(
    engine: Engine, keeper: DirectoryKeeper
) -> None:
    """The restored rows may be of versions that the directory believes to have."""
    write(engine, lambda session, version: add(session, version, ["NB-RS-0001"], PUBLIC))
    write(engine, lambda session, version: add(session, version, ["NB-RS-0002"], PUBLIC))
    assert len(keeper.refresh().directory) == 2
    with Session(engine) as session:
        version = session.execute(text("SELECT version FROM register")).scalar_one()
        session.execute(delete(Station).where(Station.code == "NB-RS-0002"))
        # as pg_restore --clean does: the table goes, and comes again with what the backup holds
        session.execute(text("CREATE TABLE kept AS SELECT * FROM register"))
        session.execute(text("TRUNCATE register"))
        session.execute(text("UPDATE kept SET version = :version"), {"version": version + 7})
        session.execute(text("INSERT INTO register SELECT * FROM kept"))
        session.execute(text("DROP TABLE kept"))
        session.commit()
    assert len(keeper.refresh().directory) == 1


@pytest.mark.usefixtures("keeper")
def test_names_of_areas_are_followed(engine: Engine) -> None:
    def area_of(station: Value) -> bytes:
        return station.area.name.encode() if station.area else b""

    def add_one(session: Session, version: int) -> None:
        row = station_row("NB-RS-0001", area_code="330203", register_version=version)
        session.execute(insert(Station), [row])

    def rename(session: Session, _version: int) -> None:
        session.execute(update(Area).values(name="改了名"))

    keeper = DirectoryKeeper(engine, Settings(), area_of)
    write(engine, add_one)
    assert keeper.refresh().directory.face(0) == "西区".encode()
    write(engine, rename)
    assert keeper.refresh().directory.face(0) == "改了名".encode()


def test_many_rows_are_laid_out_in_another_process(
    engine: Engine, keeper: DirectoryKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(5)
    codes = [f"NB-RS-{number:04}" for number in range(1, 60)]
    write(engine, lambda session, version: add(session, version, codes, chance))
    expected = held_in(afresh(engine))
    monkeypatch.setattr(directory_keeper, "SMALL", 10)
    found = keeper.refresh().directory
    assert held_in(found) == expected
    monkeypatch.setattr(directory_keeper, "MOST_CHANGED_ROWS", 5)
    more = [f"NB-RS-{number:04}" for number in range(60, 90)]
    write(engine, lambda session, version: add(session, version, more, chance))
    assert held_in(keeper.refresh().directory) == held_in(afresh(engine))


def test_what_nobody_thought_of_does_not_stop_it(
    engine: Engine, keeper: DirectoryKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stations.directory_keeper.FAILED_RETRY_S", 0.05)
    failures: list[int] = []
    whole = DirectoryKeeper._refreshed

    def odd(self: DirectoryKeeper, *, is_suspect: bool) -> Any:
        if len(failures) < 3:
            failures.append(1)
            raise OverflowError("date value out of range")
        return whole(self, is_suspect=is_suspect)

    monkeypatch.setattr(DirectoryKeeper, "_refreshed", odd)
    keeper.start()
    wait_for(lambda: keeper.held is not None)
    assert len(failures) == 3


def test_it_listens_by_whatever_address_the_engine_takes(database: URL, engine: Engine) -> None:
    """Such as one whose password holds a space, which libpq will not read in an address."""
    with Session(engine) as session:
        add_areas(session)
        session.commit()
    other = make_engine(database.set(password="odd: %20 + ?"), Settings())
    keeper = DirectoryKeeper(other, Settings(data_dir=Path("/nonexistent")), face_of)
    try:
        keeper.start()
        wait_for(lambda: keeper.held is not None)
        write(engine, lambda session, version: add(session, version, ["NB-RS-0001"], PUBLIC))
        wait_for(lambda: keeper.held is not None and len(keeper.held.directory) == 1)
    finally:
        keeper.close()
        other.dispose()


def test_those_who_ask_at_once_wait_for_one_reading(
    engine: Engine, keeper: DirectoryKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(engine, lambda session, version: add(session, version, ["NB-RS-0001"], random.Random(1)))
    readings: list[int] = []
    whole = directory_reading.count_public

    def slow(session: Session) -> int:
        readings.append(1)
        time.sleep(0.2)
        return whole(session)

    monkeypatch.setattr(directory_reading, "count_public", slow)
    asking = [threading.Thread(target=keeper.refresh) for _ in range(6)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(readings) == 1
    assert held(keeper).code(0) == "NB-RS-0001"


def test_a_process_that_fails_leaves_the_old_directory(
    engine: Engine, keeper: DirectoryKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(engine, lambda session, version: add(session, version, ["NB-RS-0001"], PUBLIC))
    old = keeper.refresh()
    monkeypatch.setattr(directory_keeper, "SMALL", -1)
    monkeypatch.setattr(directory_keeper, "MOST_CHANGED_ROWS", 0)
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    write(engine, lambda session, version: add(session, version, ["NB-RS-0002"], PUBLIC))
    with pytest.raises(directory_keeper.BuildError):
        keeper.refresh()
    assert keeper.held is old


def test_what_is_saved_is_loaded(tmp_path: Any, session: Session) -> None:
    for count in (0, 3):
        add_source(session)
        codes = [f"NB-RS-{number:04}" for number in range(count)]
        session.execute(delete(Station))
        if codes:
            add(session, 1, codes, PUBLIC)
        page, _matched, _left_out = search.in_box(
            session, box=None, cell=None, filters=Filters(), after_code=None, limit=10
        )
        whole = Directory.of(1, shipped(), *build(page, face_of))
        for number, cuts in enumerate(([], [1], [0], [count], [1, 2])):
            parts = [page[start:end] for start, end in pairwise([0, *cuts, count])]
            folders = [tmp_path / f"{count}-{number}-{place}" for place in range(len(parts))]
            for part, folder in zip(parts, folders, strict=True):
                folder.mkdir()
                save(*build(part, face_of), folder)
            assert held_in(Directory.of(1, shipped(), *load(folders))) == held_in(whole)


def test_what_changes_between_two_parts_is_put_in_again(
    engine: Engine, keeper: DirectoryKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(6)
    codes = [f"NB-RS-{number:04}" for number in range(0, 80, 2)]
    write(engine, lambda session, version: add(session, version, codes, chance))

    def change(session: Session, version: int) -> None:
        add(session, version, ["NB-RS-0001", "NB-RS-0079"], PUBLIC)
        for code in ("NB-RS-0004", "NB-RS-0076"):
            one = update(Station).where(Station.code == code)
            session.execute(one.values(name="改了名", register_version=version))
        for code in ("NB-RS-0006", "NB-RS-0078"):
            one = update(Station).where(Station.code == code)
            session.execute(one.values(access="staff_only", register_version=version))

    def build_elsewhere(parts: Sequence[Part], _network: Path | None) -> None:
        for part in parts:
            lay_out(engine, face_of, part, None)
            write(engine, change) if part is parts[0] else None

    monkeypatch.setattr(directory_keeper, "SMALL", 10)
    monkeypatch.setattr(directory_keeper, "PROCESSES", 3)
    monkeypatch.setattr(keeper, "_build_elsewhere", build_elsewhere)
    assert held_in(keeper.refresh().directory) == held_in(afresh(engine))


def test_parts_of_two_states_of_the_register_are_put_together_by_nobody(
    engine: Engine, keeper: DirectoryKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup is restored into the database when one part is read, and not the other."""
    codes = [f"NB-RS-{number:04}" for number in range(40)]
    write(engine, lambda session, version: add(session, version, codes, random.Random(7)))

    def build_elsewhere(parts: Sequence[Part], _network: Path | None) -> None:
        for part in parts:
            lay_out(engine, face_of, part, None)
        path = parts[0].folder / STATE_FILE
        state, *rest = pickle.loads(path.read_bytes())  # noqa: S301 - our own
        path.write_bytes(pickle.dumps((dataclasses.replace(state, file=state.file + 1), *rest)))

    monkeypatch.setattr(directory_keeper, "SMALL", 10)
    monkeypatch.setattr(directory_keeper, "PROCESSES", 2)
    monkeypatch.setattr(keeper, "_build_elsewhere", build_elsewhere)
    with pytest.raises(directory_keeper.BuildError):
        keeper.refresh()
    assert keeper.held is None


@pytest.mark.parametrize("small", [2_000, -1])
def test_a_new_network_is_taken_without_a_restart(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    """A broken file leaves the last one in use, and says so; without a file lines are straight."""
    monkeypatch.setattr(directory_keeper, "SMALL", small)
    settings = Settings(data_dir=tmp_path)
    with Session(engine) as session:
        add_areas(session)
        add_station(session, "NB-RS-0001")
        session.commit()
    keeper = DirectoryKeeper(engine, settings, face_of)
    first = keeper.refresh()
    assert first.network is None
    assert first.directory.columns.walk_edge.tolist() == [-1]
    seen = set()
    for metres in (20, 50):
        street = LonLat(CITY.lon, CITY.lat + metres / 110_850)
        nodes = {1: LonLat(CITY.lon - 0.01, street.lat), 2: LonLat(CITY.lon + 0.01, street.lat)}
        file = tmp_path / "town.osm"
        file.write_text(osm_xml(nodes, [([1, 2], {"highway": "residential"})]), encoding="utf-8")
        report = build_network(file, network_path(settings))
        held = keeper.refresh()
        assert held.network is not None
        assert held.network.id == report.id
        assert held.directory.columns.walk_off_m[0] == pytest.approx(metres, abs=0.5)
        assert keeper.refresh().directory is held.directory
        seen.add(held.network.id)
    assert len(seen) == 2
    broken = tmp_path / "broken"
    broken.write_bytes(b"no network")
    broken.replace(network_path(settings))  # as `network build` does: the old file stays mapped
    assert keeper.refresh().network is held.network
    monkeypatch.setattr(directory_keeper, "MOST_CHANGED_ROWS", 0)
    write(engine, lambda session, version: add(session, version, ["NB-RS-0002"], PUBLIC))
    again = keeper.refresh()  # laid out anew, on the streets that are still in use
    assert len(again.directory) == 2
    assert again.network is held.network
    assert again.directory.columns.walk_off_m[0] == held.directory.columns.walk_off_m[0]
    network_path(settings).unlink()
    assert keeper.refresh().network is None


def test_the_last_directory_stays_while_the_database_is_away(
    engine: Engine, keeper: DirectoryKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(engine, lambda session, version: add(session, version, ["NB-RS-0001"], PUBLIC))
    keeper.start()
    wait_for(lambda: keeper.held is not None and len(held(keeper)) == 1)
    away = threading.Event()
    listening = keeper._connected

    def listen() -> Any:
        if away.is_set():
            raise OSError
        return listening()

    monkeypatch.setattr(keeper, "_connected", listen)
    monkeypatch.setattr(directory_keeper, "RETRY_S", 0.05)
    away.set()
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()
    before = keeper.held
    assert before is not None
    time.sleep(1.2)
    assert held(keeper) is before.directory
    assert keeper.held is not None
    assert keeper.held.age_s() >= 1
    write(engine, lambda session, version: add(session, version, ["NB-RS-0002"], PUBLIC))
    away.clear()
    wait_for(lambda: len(held(keeper)) == 2)


class _Public(random.Random):
    """Chance that makes every station public and open."""

    def choice(self, seq: Any) -> Any:
        return seq[0]


PUBLIC = _Public(1)


def held(keeper: DirectoryKeeper) -> Directory:
    assert keeper.held is not None
    return keeper.held.directory


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait, a good deal longer than it ought to take, so that a busy machine fails nothing."""
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
