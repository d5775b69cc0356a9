"""Backup and restore on real databases: the same answers afterwards, or everything as it was."""

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, Text, cast, create_engine, literal_column, select, table, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from stations import backup as backups
from stations import postgres_programs
from stations.errors import BackupError, PostgresMissingError, RestoreError


def quiet(_line: str) -> None:
    """Progress that nobody reads."""


def contents(url: URL) -> dict[str, list[str]]:
    """Every row of every table of ours, as text."""
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = connection.scalars(
            text(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
                " AND table_type = 'BASE TABLE' AND table_name <> 'spatial_ref_sys' ORDER BY 1"
            )
        ).all()
        row = cast(literal_column("t"), Text)
        found = {
            name: list(
                connection.scalars(select(row).select_from(table(name).alias("t")).order_by(row))
            )
            for name in tables
        }
    engine.dispose()
    return found


def change(url: URL, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def databases(url: URL) -> set[str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.scalars(text("SELECT datname FROM pg_database")).all()
    engine.dispose()
    return {name for name in found if name.startswith(str(url.database))}


def own_functions(url: URL) -> list[str]:
    """The functions that no extension brought."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.scalars(
            text(
                "SELECT p.oid::regprocedure::text FROM pg_proc p"
                " LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'"
                " WHERE pronamespace = 'public'::regnamespace AND d.objid IS NULL"
            )
        ).all()
    engine.dispose()
    return list(found)


@pytest.fixture
def filled(database: URL) -> URL:
    """A database with an area that has a shape and a counter that has moved."""
    change(database, "INSERT INTO sources VALUES ('示例', '示例来源', '-', '-', NULL, NULL)")
    change(
        database,
        "INSERT INTO areas (code, name, level, source_code, boundary) VALUES ('330200', '宁波市',"
        " 'city', '示例', ST_Multi(ST_MakeEnvelope(121, 29, 122, 30, 4326)))",
    )
    change(database, "INSERT INTO code_counters VALUES ('NB-RS', 600)")
    return database


def test_a_restored_copy_answers_the_same(filled: URL, tmp_path: Path) -> None:
    before = contents(filled)
    target = tmp_path / "新目录" / "备份 1.dump"
    backups.backup(filled, target, progress=quiet)
    assert target.stat().st_mode & 0o777 == 0o600, "it holds accounts"
    assert list(target.parent.iterdir()) == [target]

    change(filled, "UPDATE areas SET name = '改了', boundary = NULL")
    change(filled, "CREATE TABLE added (id int)")
    backups.restore(target, filled, progress=quiet)
    assert contents(filled) == before
    assert databases(filled) == {filled.database}
    change(filled, "INSERT INTO code_counters VALUES ('NB-NR', 1)")


def test_people_who_are_connected_do_not_keep_a_restore_from_happening(
    filled: URL, tmp_path: Path
) -> None:
    target = tmp_path / "a.dump"
    backups.backup(filled, target, progress=quiet)
    engine = create_engine(filled)
    ended = threading.Event()
    pool = threading.Thread(target=_keep_connecting, args=(engine, ended))
    pool.start()
    try:
        backups.restore(target, filled, progress=quiet)
    finally:
        ended.set()
        pool.join()
        engine.dispose()


def _keep_connecting(engine: Engine, ended: threading.Event) -> None:
    while not ended.wait(0.01):
        with contextlib.suppress(DBAPIError), engine.connect() as connection:
            connection.execute(text("SELECT pg_sleep(0.01)"))


@pytest.mark.parametrize("kept_bytes", [0, 10, 3000, -200])
def test_a_broken_backup_leaves_everything_as_it_was(
    filled: URL, tmp_path: Path, kept_bytes: int
) -> None:
    target = tmp_path / "a.dump"
    backups.backup(filled, target, progress=quiet)
    target.write_bytes(target.read_bytes()[:kept_bytes])
    before = contents(filled)
    with pytest.raises(RestoreError):
        backups.restore(target, filled, progress=quiet)
    assert contents(filled) == before
    assert databases(filled) == {filled.database}


def test_a_backup_of_something_else_is_refused(filled: URL, server: URL, tmp_path: Path) -> None:
    other = tmp_path / "other.dump"
    backups.backup(server.set(database="postgres"), other, progress=quiet)
    before = contents(filled)
    with pytest.raises(RestoreError, match="no tables"):
        backups.restore(other, filled, progress=quiet)
    with pytest.raises(RestoreError, match="no such file"):
        backups.restore(tmp_path / "missing.dump", filled, progress=quiet)
    assert contents(filled) == before


def test_a_restore_that_was_killed_leaves_nothing_for_long(filled: URL, tmp_path: Path) -> None:
    target = tmp_path / "a.dump"
    backups.backup(filled, target, progress=quiet)
    engine = create_engine(filled, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{filled.database}_restore_0123abcd"'))
        connection.execute(text(f'CREATE DATABASE "{filled.database}_restore_by_hand"'))
    engine.dispose()
    backups.restore(target, filled, progress=quiet)
    assert databases(filled) == {filled.database, f"{filled.database}_restore_by_hand"}
    engine = create_engine(filled, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{filled.database}_restore_by_hand"'))
    engine.dispose()


@pytest.fixture
def borrowed(filled: URL) -> Iterator[URL]:
    """The same database as an operator lends it: its user owns the tables, and little more."""
    role, secret = f"{filled.database}_user", "p@ss word/'\"%"
    change(filled, f"""CREATE ROLE "{role}" LOGIN PASSWORD 'p@ss word/''"%'""")
    for name in contents(filled):
        change(filled, f'ALTER TABLE "{name}" OWNER TO "{role}"')
    for function in own_functions(filled):
        change(filled, f'ALTER FUNCTION {function} OWNER TO "{role}"')
    change(filled, f'GRANT CREATE ON SCHEMA public TO "{role}"')
    yield filled.set(username=role, password=secret)
    change(filled, f'DROP OWNED BY "{role}" CASCADE')
    change(filled, f'DROP ROLE "{role}"')


def test_a_user_who_may_not_make_databases_restores_in_place(borrowed: URL, tmp_path: Path) -> None:
    before = contents(borrowed)
    target = tmp_path / "a.dump"
    backups.backup(borrowed, target, progress=quiet)
    change(borrowed, "UPDATE areas SET name = '改了'")
    backups.restore(target, borrowed, progress=quiet)
    assert contents(borrowed) == before

    change(borrowed, "UPDATE areas SET name = '又改了'")
    changed = contents(borrowed)
    target.write_bytes(target.read_bytes()[:-200])
    with pytest.raises(RestoreError):
        backups.restore(target, borrowed, progress=quiet)
    assert contents(borrowed) == changed


def test_a_backup_that_fails_leaves_no_file(filled: URL, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="nowhere"):
        backups.backup(filled.set(database="nowhere"), tmp_path / "a.dump", progress=quiet)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(BackupError, match="file"):
        backups.backup(filled, tmp_path / "file" / "a.dump", progress=quiet)


def test_the_password_is_in_no_argument_list(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[list[str], dict[str, str]]] = []

    def run(
        command: list[str], env: dict[str, str], **_options: object
    ) -> subprocess.CompletedProcess[str]:
        seen.append((command, env))
        return subprocess.CompletedProcess(command, 1, "", "pg_dump: error: no")

    monkeypatch.setattr(subprocess, "run", run)
    parameters = {"host": "db.example", "sslmode": "require", "password": "s3cret"}
    assert backups.Place(parameters, 15).run("pg_dump", "--verbose") == "pg_dump: error: no"
    ((command, environment),) = seen
    assert "s3cret" not in " ".join(command)
    assert "--dbname=host=db.example sslmode=require" in command
    assert environment["PGPASSWORD"] == "s3cret"


def test_the_client_of_the_server_s_own_version_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for major in ("15", "16", "18"):
        program = tmp_path / major / "bin" / "pg_dump"
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)
    monkeypatch.setattr(postgres_programs, "DEBIAN_HOME", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    fitting = {major: postgres_programs.find_client("pg_dump", major) for major in (15, 16, 17)}
    assert [Path(path).parts[-3] for path in fitting.values()] == ["15", "16", "18"]
    with pytest.raises(PostgresMissingError, match="postgresql-client-19"):
        postgres_programs.find_client("pg_dump", 19)
