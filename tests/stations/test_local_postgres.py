"""The private cluster on real servers: started, killed, moved side by side, run by others."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from stations import local_postgres, postgres_programs
from stations.errors import (
    ClusterUnreachableError,
    ClusterVersionError,
    DataDirectoryError,
    PostgresMissingError,
)
from stations.local_cluster import SYSTEM_HOME, Cluster, locate
from stations.settings import REPOSITORY

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as other users")
DataDir = Callable[[str], Path]


def quiet(_line: str) -> None:
    """Progress that nobody reads."""


def start(data_dir: Path) -> str:
    return local_postgres.ensure_running(data_dir, progress=quiet)


def query(data_dir: Path, statement: str) -> list[tuple[object, ...]]:
    cluster = locate(data_dir)
    with psycopg.connect(
        host=str(cluster.socket_dir), port=5432, user="nuanyi", dbname="nuanyi", autocommit=True
    ) as connection:
        cursor = connection.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def wait_for(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def kill_server(cluster: Cluster) -> None:
    pid = cluster.postmaster()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: cluster.postmaster() is None)


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A directory that every user may pass through, unlike pytest's own."""
    base = Path(tempfile.mkdtemp(prefix="nuanyi-test-", dir="/tmp"))
    base.chmod(0o755)
    try:
        yield base
    finally:
        shutil.rmtree(base)


def clean_up(data_dir: Path) -> None:
    cluster = locate(data_dir)
    local_postgres.stop(data_dir, progress=quiet)
    for directory in (cluster.home, cluster.socket_dir):
        shutil.rmtree(directory, ignore_errors=True)
    with contextlib.suppress(OSError):
        SYSTEM_HOME.rmdir()


@pytest.fixture
def new_data_dir() -> Iterator[DataDir]:
    """Makes data directories that are stopped and removed afterwards."""
    made: list[Path] = []

    def make(name: str) -> Path:
        made.append(base / name)
        return made[-1]

    with scratch() as base:
        yield make
        for data_dir in made:
            clean_up(data_dir)


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """One running cluster for the tests that do not mind the others."""
    with scratch() as base:
        start(base / "data")
        yield base / "data"
        clean_up(base / "data")


def test_a_new_cluster_has_the_database_with_its_extensions(data_dir: Path) -> None:
    found = query(data_dir, "SELECT extname FROM pg_extension ORDER BY 1")
    assert {("postgis",), ("btree_gist",)} <= set(found)
    assert query(data_dir, "SELECT datcollate FROM pg_database WHERE datname = 'nuanyi'") == [
        ("C.UTF-8",)
    ]


def test_only_the_owner_of_the_socket_directory_can_connect(data_dir: Path) -> None:
    cluster = locate(data_dir)
    assert cluster.socket_dir.stat().st_mode & 0o777 == 0o700
    assert cluster.home.stat().st_mode & 0o777 == 0o700
    assert query(data_dir, "SHOW listen_addresses") == [("",)]


def test_asking_again_changes_nothing(data_dir: Path) -> None:
    before = locate(data_dir).postmaster()
    assert start(data_dir) == start(data_dir)
    assert locate(data_dir).postmaster() == before


def test_the_server_is_nobodys_child(data_dir: Path) -> None:
    pid = locate(data_dir).postmaster()
    assert pid is not None
    assert os.getsid(pid) == pid, "it has a session of its own: Ctrl-C does not reach it"
    status = Path(f"/proc/{pid}/status").read_text()
    assert f"PPid:\t{os.getpid()}\n" not in status


def test_positions_do_not_reach_the_log(data_dir: Path) -> None:
    query(data_dir, "CREATE TABLE places (id int PRIMARY KEY, lon float CHECK (lon < 180))")
    for statement in (
        "INSERT INTO places VALUES (1, 121.987654)",
        "INSERT INTO places VALUES (1, 121.987654)",
        "INSERT INTO places VALUES (2, 521.987654)",
        "SELECT '121.987654x'::float",
        "SELECT nothing FROM places WHERE lon = 121.987654",
    ):
        with contextlib.suppress(psycopg.Error):
            query(data_dir, statement)
    logs = [*(locate(data_dir).home / "log").iterdir(), data_dir / "postgres-start.log"]
    assert len(logs) >= 2
    assert not [log for log in logs if "21.987654" in log.read_text()]


def test_data_survive_a_kill_of_the_server_in_the_middle_of_a_query(data_dir: Path) -> None:
    cluster = locate(data_dir)
    query(data_dir, "CREATE TABLE kept AS SELECT 42 AS answer")
    # A query that never looks up keeps its orphan alive, and with it the server's memory.
    connection = psycopg.connect(
        host=str(cluster.socket_dir), port=5432, user="nuanyi", dbname="nuanyi"
    )
    backend = connection.info.backend_pid
    endless = "SELECT count(*) FROM generate_series(1, 1e9::bigint)"
    failed: list[Exception] = []

    def run() -> None:
        try:
            connection.execute(endless)
        except psycopg.Error as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: len(query(data_dir, _ACTIVE)) == 1)
    kill_server(cluster)
    assert backend in cluster.processes()
    assert not local_postgres.is_running(data_dir)
    start(data_dir)
    thread.join(20)
    connection.close()
    assert len(failed) == 1
    assert query(data_dir, "SELECT answer FROM kept") == [(42,)]


_ACTIVE = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT count(*) FROM generate%'"


def test_a_lock_file_whose_number_is_now_another_program_s_is_stale(data_dir: Path) -> None:
    cluster = locate(data_dir)
    kill_server(cluster)
    for lock in (cluster.pgdata / "postmaster.pid", Path(f"{cluster.socket}.lock")):
        lines = lock.read_text().splitlines()
        # Our own process: alive, of a user the server could signal, and no server.
        lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert not local_postgres.is_running(data_dir)
    start(data_dir)
    assert local_postgres.is_running(data_dir)


def test_a_swept_socket_directory_is_made_again(data_dir: Path) -> None:
    cluster = locate(data_dir)
    shutil.rmtree(cluster.socket_dir)
    assert not local_postgres.is_running(data_dir)
    start(data_dir)
    assert query(data_dir, "SELECT 1") == [(1,)]


def test_the_watch_starts_a_dead_server_again_but_not_a_stopped_one(data_dir: Path) -> None:
    ended = threading.Event()
    watcher = threading.Thread(
        target=local_postgres.watch,
        args=(data_dir,),
        kwargs={"interval_s": 0.05, "stop_event": ended, "progress": quiet},
    )
    watcher.start()
    try:
        kill_server(locate(data_dir))
        wait_for(lambda: local_postgres.is_running(data_dir))
        assert local_postgres.stop(data_dir, progress=quiet)
        assert not ended.wait(0.3)
        assert not local_postgres.is_running(data_dir)
    finally:
        ended.set()
        watcher.join()
    assert not local_postgres.stop(data_dir, progress=quiet)
    start(data_dir)


def test_an_unfinished_cluster_is_made_anew(new_data_dir: DataDir) -> None:
    data_dir = new_data_dir("data")
    half_made = data_dir / "postgres" / "pgdata.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("15\n")
    start(data_dir)
    assert query(data_dir, "SELECT 1") == [(1,)]


def test_two_side_by_side_started_by_two_processes_each(new_data_dir: DataDir) -> None:
    first, second = new_data_dir("first"), new_data_dir("second")
    command = (
        "import sys; from pathlib import Path; from stations.local_postgres import ensure_running;"
        "print(ensure_running(Path(sys.argv[1]), progress=lambda line: None))"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", command, str(data_dir)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        for data_dir in (first, first, second, second)
    ]
    urls = [process.communicate(timeout=60)[0].strip() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0]
    assert urls[0] == urls[1] != urls[2] == urls[3]
    query(first, "CREATE TABLE mine AS SELECT 1 AS one")
    assert local_postgres.stop(first, progress=quiet)
    assert local_postgres.is_running(second), "only its own server is stopped"
    assert query(second, "SELECT to_regclass('mine') IS NULL") == [(True,)]


def test_a_long_path_with_spaces_chinese_and_shell_letters(new_data_dir: DataDir) -> None:
    name = "数据 目录 $(touch stolen) `id` \"'%, "
    data_dir = new_data_dir("深 " * 40 + "/" + name)
    assert len(os.fsencode(data_dir)) > 200
    start(data_dir)
    assert len(os.fsencode(locate(data_dir).socket)) <= 107
    assert query(data_dir, "SELECT 1") == [(1,)]
    assert local_postgres.stop(data_dir, progress=quiet)
    shutil.rmtree(locate(data_dir).socket_dir)  # as a reboot does
    start(data_dir)
    assert query(data_dir, "SELECT 1") == [(1,)]


def test_a_socket_directory_taken_by_another_is_refused(new_data_dir: DataDir) -> None:
    data_dir = new_data_dir("很长" * 20)
    data_dir.mkdir()
    taken = locate(data_dir).socket_dir
    assert taken.parent == Path("/tmp")  # noqa: S108
    taken.symlink_to("/var/tmp")  # noqa: S108
    try:
        with pytest.raises(DataDirectoryError):
            start(data_dir)
    finally:
        taken.unlink()


@as_root
def test_roots_cluster_lies_elsewhere_when_the_server_s_user_cannot_pass(
    new_data_dir: DataDir,
) -> None:
    data_dir = new_data_dir("private/data")
    data_dir.parent.mkdir(mode=0o700)
    start(data_dir)
    home = locate(data_dir).home
    assert home.parent == Path("/var/lib/nuanyi")
    assert len(home.name) == 12
    query(data_dir, "CREATE TABLE kept AS SELECT 42 AS answer")
    data_dir.parent.chmod(0o755)
    assert query(data_dir, "SELECT answer FROM kept") == [(42,)], "and it stays there"


@as_root
def test_a_cluster_that_can_no_longer_be_reached_is_not_replaced(new_data_dir: DataDir) -> None:
    data_dir = new_data_dir("closed/data")
    start(data_dir)
    local_postgres.stop(data_dir, progress=quiet)
    data_dir.parent.chmod(0o700)
    with pytest.raises(ClusterUnreachableError, match="postgres"):
        start(data_dir)
    data_dir.parent.chmod(0o755)


@as_root
def test_an_ordinary_user_runs_a_cluster_of_their_own(new_data_dir: DataDir) -> None:
    data_dir = new_data_dir("data")
    data_dir.mkdir()
    os.chown(data_dir, 65534, 65534)
    # The right to read lets this user run an interpreter that may lie under root's home.
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    command += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", sys.executable]
    if subprocess.run([*command, "-c", ""], check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine gives no right to read to other users")
    work = (
        "import os, sys; from pathlib import Path; from stations import local_postgres as l;"
        "d = Path(sys.argv[1]); l.ensure_running(d, progress=print); assert os.geteuid() == 65534;"
        "l.stop(d, progress=print); l.ensure_running(d, progress=print)"
    )
    subprocess.run(
        [*command, "-B", "-c", work, str(data_dir)],
        check=True,
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "HOME": str(data_dir)},
    )
    cluster = locate(data_dir)
    assert cluster.home == data_dir / "postgres"
    assert cluster.uid == 65534
    assert query(data_dir, "SELECT 1") == [(1,)], "root finds and uses the user's cluster"


def test_a_cluster_of_a_version_that_is_not_installed_is_told(new_data_dir: DataDir) -> None:
    data_dir = new_data_dir("old")
    data_dir.mkdir()
    pgdata = locate(data_dir).pgdata
    pgdata.mkdir(parents=True)
    if os.geteuid() == 0:
        shutil.chown(pgdata.parent, "postgres")
    (pgdata / "PG_VERSION").write_text("14\n")
    with pytest.raises(ClusterVersionError, match=r"PostgreSQL 14.*postgresql-14-postgis-3"):
        start(data_dir)
    assert [path.name for path in pgdata.iterdir()] == ["PG_VERSION"]


def test_a_data_directory_that_is_a_file_is_told(new_data_dir: DataDir) -> None:
    data_dir = new_data_dir("file")
    data_dir.write_text("")
    with pytest.raises(DataDirectoryError, match=str(data_dir)):
        start(data_dir)
    data_dir.unlink()


def test_missing_programs_are_told_with_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postgres_programs, "DEBIAN_HOME", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PostgresMissingError, match=r"apt-get install .*postgis"):
        postgres_programs.find_server()
