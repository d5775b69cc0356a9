"""The private PostgreSQL cluster: made, started, watched and stopped, and no other ever touched."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from sqlalchemy import URL

from stations.errors import (
    ClusterBusyError,
    ClusterStartError,
    DataDirectoryError,
    LocalPostgresError,
)
from stations.local_cluster import PORT, Cluster, locate
from stations.postgres_programs import Server, find_server

Progress = Callable[[str], None]

ROLE = "nuanyi"
DATABASE = "nuanyi"
EXTENSIONS = ("postgis", "btree_gist")

LOCK_TIMEOUT_S = 360.0
START_TIMEOUT_S = 300.0  # recovery after a crash replays what was written since the checkpoint
STOP_TIMEOUT_S = 60.0
ORPHAN_TIMEOUT_S = 5.0

INITIAL_SETTINGS = """
# Written once by nuanyi; yours to change.
shared_buffers = 128MB
max_wal_size = 512MB
jit = off                    # compiling takes longer than any query here
timezone = 'UTC'
log_timezone = 'UTC'
"""

# Given on the command line, where neither a file nor ALTER SYSTEM overrules them.
FIXED_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "fsync": "on",
    # A week of logs, one file a weekday, each begun anew.
    "logging_collector": "on",
    "log_destination": "stderr",
    "log_filename": "postgres-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
    # Where people are is nobody's business: no statement, no parameter, no row reaches the log.
    # The program is told of its own errors; the log keeps what concerns the server.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def ensure_running(data_dir: Path, *, progress: Progress) -> str:
    """Make and start the cluster of a data directory as far as needed; return its SQLAlchemy URL.

    Any number of processes may ask at once. The server is nobody's child: it outlives this
    process and the terminal. Raises a LocalPostgresError with the sentence for the user.
    """
    with _locked(data_dir, progress) as lock:
        return _started(data_dir, progress, lock)


def _started(data_dir: Path, progress: Progress, lock: int) -> str:
    cluster = locate(data_dir)
    _stop_mark(data_dir).unlink(missing_ok=True)
    if not _answers(cluster):
        _start(cluster, data_dir, progress, lock)
    try:
        _ensure_database(cluster)
    except psycopg.Error as error:
        log = cluster.home / "log"
        raise ClusterStartError(log=log, problem=str(error).strip()) from error
    return database_url(cluster)


def stop(data_dir: Path, *, progress: Progress) -> bool:
    """Stop the server after its running transactions are rolled back; False if none was running."""
    if not data_dir.exists():
        return False
    with _locked(data_dir, progress):
        cluster = locate(data_dir)
        _stop_mark(data_dir).touch()
        if not cluster.processes():
            return False
        progress("正在停止数据库 / Stopping the database server")
        _stop_server(cluster)
    return True


def is_running(data_dir: Path) -> bool:
    """Whether the server of this data directory lives and has its socket; costs no connection."""
    if not data_dir.exists():
        return False
    cluster = locate(data_dir)
    return cluster.postmaster() is not None and cluster.socket.exists()


def watch(
    data_dir: Path, *, interval_s: float, stop_event: threading.Event, progress: Progress
) -> None:
    """Start the server again whenever it has died, until the event is set: the body of a thread.

    A server stopped by `stop` stays stopped, and a data directory that was removed stays removed.
    """
    while not stop_event.wait(interval_s):
        try:
            if is_running(data_dir) or not _is_to_run(data_dir):
                continue
            with _locked(data_dir, progress) as lock:
                # somebody may have stopped it meanwhile, and held the lock while doing so
                if _is_to_run(data_dir):
                    _started(data_dir, progress, lock)
        except (LocalPostgresError, OSError) as error:
            progress(str(error))


def _is_to_run(data_dir: Path) -> bool:
    if not data_dir.exists() or _stop_mark(data_dir).exists():
        return False
    return locate(data_dir).major is not None


def database_url(cluster: Cluster) -> str:
    """Return the SQLAlchemy URL of the cluster's database."""
    url = URL.create(
        "postgresql+psycopg",
        username=ROLE,
        database=DATABASE,
        query={"host": str(cluster.socket_dir), "port": str(PORT)},
    )
    return url.render_as_string(hide_password=False)


def _start(cluster: Cluster, data_dir: Path, progress: Progress, lock: int) -> None:
    server = find_server(cluster.major)
    cluster.make_directories()
    if cluster.postmaster() is not None:
        # It lives but does not answer: still starting, stopping, or its socket was swept away.
        if cluster.socket.exists() and not cluster.is_stopping():
            _await_answer(cluster, data_dir, progress)
            return
        _stop_server(cluster)
    _end_orphans(cluster)
    cluster.clear_stale_locks()
    if cluster.major is None:
        progress("正在新建数据库 / Creating the database cluster")
        _initialise(cluster, server, lock)
    progress(f"正在启动 PostgreSQL {server.major} / Starting PostgreSQL {server.major}")
    _launch(cluster, server, data_dir)
    _await_answer(cluster, data_dir, progress)


def _initialise(cluster: Cluster, server: Server, lock: int) -> None:
    """Make the cluster beside its place and move it there, so that a half-made one is never used.

    initdb inherits our lock: should this process be killed, the next one waits for it to end.
    """
    unfinished = cluster.home / "pgdata.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [server.program("initdb"), "--pgdata", str(unfinished), "--username", ROLE]
    command += ["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions"]
    # The 0700 directory of the socket is the guard, so the socket itself trusts who gets there.
    command += ["--auth-local=trust", "--auth-host=reject"]
    made = cluster.run(command, capture_output=True, pass_fds=(lock,), cwd="/")
    if made.returncode != 0:
        raise ClusterStartError(log="initdb", problem=made.stderr.strip()[-2000:])
    with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.write(INITIAL_SETTINGS)
    unfinished.rename(cluster.pgdata)


def _launch(cluster: Cluster, server: Server, data_dir: Path) -> None:
    """Start the server in a session of its own.

    Not by pg_ctl: it hands the path to a shell between double quotes, where `$` still counts.
    """
    settings = FIXED_SETTINGS | {
        "cluster_name": cluster.mark,
        "unix_socket_directories": str(cluster.socket_dir),
        "log_directory": "../log",
    }
    command = ["setsid", "--fork", server.program("postgres"), "-D", str(cluster.pgdata)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with _start_log(data_dir).open("wb") as log:
        cluster.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")


def _await_answer(cluster: Cluster, data_dir: Path, progress: Progress) -> None:
    began = last_seen = last_told = time.monotonic()
    while not _answers(cluster):
        now = time.monotonic()
        if cluster.processes():
            last_seen = now
        if now - last_seen > 1.0 or now - began > START_TIMEOUT_S:
            log = _start_log(data_dir)
            problem = log.read_text(encoding="utf-8", errors="replace").strip()[-2000:]
            raise ClusterStartError(log=log, problem=problem)
        if now - last_told > 10.0:
            last_told = now
            progress("数据库正在自检恢复，请稍候 / The database is recovering, please wait")
        time.sleep(0.05)


def _stop_server(cluster: Cluster) -> None:
    pid = cluster.postmaster()
    if pid is not None:
        cluster.send(pid, signal.SIGINT)
        if not cluster.wait_until_gone([pid], STOP_TIMEOUT_S):
            cluster.send(pid, signal.SIGQUIT)
            cluster.wait_until_gone([pid], ORPHAN_TIMEOUT_S)
    _end_orphans(cluster)


def _end_orphans(cluster: Cluster) -> None:
    """End what a killed server left behind: its memory must be let go before the next can start.

    Idle ones notice within milliseconds and leave; one in the middle of a query does not. Nothing
    committed is lost by ending it: the write-ahead log is replayed at the next start.
    """
    for number in (signal.SIGQUIT, signal.SIGKILL):
        if cluster.wait_until_gone(cluster.processes(), ORPHAN_TIMEOUT_S):
            return
        for pid in cluster.processes():
            cluster.send(pid, number)
    cluster.wait_until_gone(cluster.processes(), ORPHAN_TIMEOUT_S)


def _connect(cluster: Cluster, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(cluster.socket_dir),
        port=PORT,
        user=ROLE,
        dbname=database,
        connect_timeout=10,
        autocommit=True,
    )


def _answers(cluster: Cluster) -> bool:
    if cluster.postmaster() is None:
        return False
    try:
        _connect(cluster, "postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _ensure_database(cluster: Cluster) -> None:
    """Create the database and its extensions where they are missing, under the caller's lock."""
    with _connect(cluster, "postgres") as connection:
        asked = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        if asked.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
    with _connect(cluster, DATABASE) as connection:
        for extension in EXTENSIONS:
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")


@contextlib.contextmanager
def _locked(data_dir: Path, progress: Progress) -> Iterator[int]:
    """Hold the data directory's lock; one process at a time starts or stops its server."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        path = data_dir / "postgres.lock"
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _wait_for_lock(lock, path, progress)
            yield lock
        finally:
            os.close(lock)
    except OSError as error:
        problem = error.strerror or str(error)
        raise DataDirectoryError(path=error.filename or data_dir, problem=problem) from error


def _wait_for_lock(lock: int, path: Path, progress: Progress) -> None:
    began = time.monotonic()
    told = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited_s = time.monotonic() - began
            if waited_s > LOCK_TIMEOUT_S:
                raise ClusterBusyError(lock=path) from None
            if waited_s > 1.0 and not told:
                told = True
                progress("等待另一个进程启动数据库 / Waiting for another process to start it")
            time.sleep(0.05)
        else:
            return


def _start_log(data_dir: Path) -> Path:
    return data_dir / "postgres-start.log"


def _stop_mark(data_dir: Path) -> Path:
    """Tells `watch` that the server was stopped on purpose."""
    return data_dir / "postgres.stopped"
