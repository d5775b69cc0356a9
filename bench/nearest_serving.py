"""The servers that the bench of nearest asks: ours with a Redis beside it, and tipg."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import redis
from sqlalchemy import text
from sqlalchemy.engine import URL

from bench.nearest_app import KEY
from stations.database import make_engine
from stations.settings import REPOSITORY, Settings

TIPG = REPOSITORY / ".venv" / "bench" / "bin" / "python"
FEW_COLUMNS = "tipg_stations"
FOR_TIPG = (
    "DROP TABLE IF EXISTS tipg_stations",
    """CREATE TABLE tipg_stations AS
    SELECT code, name, kind, address, hours_text, geom FROM stations WHERE is_public""",
    "ALTER TABLE tipg_stations ADD PRIMARY KEY (code)",
    "CREATE INDEX ON tipg_stations USING gist (geom)",
    "CREATE INDEX ON stations USING gist (geom)",
    "ANALYZE tipg_stations",
)


def tell(line: str) -> None:
    """Say what is being done."""
    print(line, file=sys.stderr, flush=True)


class Served:
    """Our application in a process of its own, with its directory loaded."""

    def __init__(self, port: int, memory_mb: dict[str, float]) -> None:
        self.port, self.memory_mb = port, memory_mb


@contextmanager
def serving(url: URL, folder: Path) -> Iterator[Served]:
    """Serve our application and a Redis with the same stations."""
    store_socket = folder / "redis.sock"
    store = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", str(store_socket), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    port = free_port()
    environment = os.environ | {
        "NUANYI_DATABASE_URL": url.set(drivername="postgresql").render_as_string(
            hide_password=False
        ),
        "NUANYI_BENCH_REDIS": str(store_socket),
        "NUANYI_DATA_DIR": str(folder / "data"),  # without a street network
    }
    api = subprocess.Popen(
        [
            sys.executable, "-m", "uvicorn", "bench.nearest_app:create_app", "--factory",
            "--port", str(port), "--no-access-log", "--log-level", "warning",
            "--loop", "uvloop", "--http", "httptools", "--no-proxy-headers", "--no-server-header",
        ],
        env=environment,
        stderr=(folder / "api.log").open("w"),
    )  # fmt: skip
    try:
        wait_for(lambda: health(port) is not None)
        before = resident_mb(api.pid)
        fill_redis(url, store_socket)
        begun = time.monotonic()
        wait_for(lambda: (health(port) or {})["directory"]["stations"] is not None)
        tell(f"the directory is there after {time.monotonic() - begun:.1f} s more")
        yield Served(port, {"before": before, "loaded": resident_mb(api.pid)})
    finally:
        for process in (api, store):
            process.terminate()
            process.wait()


@contextmanager
def tipg(url: URL) -> Iterator[int | None]:
    """Serve the same stations by tipg, from an environment of its own; None where there is none.

    It gets the index that its query wants, on the same table and on one with few columns.
    """
    if not TIPG.exists():
        tell("tipg is not installed: left out")
        yield None
        return
    engine = make_engine(url, Settings(statement_timeout_ms=600_000))
    with engine.begin() as connection:
        for statement in FOR_TIPG:
            connection.execute(text(statement))
    engine.dispose()
    port = free_port()
    user, database = url.username or "postgres", url.database
    host = quote(str(url.query.get("host", url.host)), safe="")  # a socket's directory, perhaps
    address = f"postgresql://{user}@{host}/{database}"
    process = subprocess.Popen(
        [
            str(TIPG), "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--no-access-log",
            "--log-level", "warning", "--loop", "uvloop", "--http", "httptools",
        ],
        env=os.environ | {"DATABASE_URL": address, "TIPG_DB_SCHEMAS": '["public"]'},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        items = f"http://127.0.0.1:{port}{items_address('stations', '121,29,122,30')}"
        wait_for(lambda: answers(items))
        yield port
    finally:
        process.terminate()
        process.wait()


def items_address(table: str, box: str) -> str:
    """Return the address of tipg's first five items in a box."""
    return f"/collections/public.{table}/items?limit=5&bbox={box}"


def fill_redis(url: URL, store_socket: Path) -> None:
    """Put the public stations into a geo set."""
    store: Any = redis.Redis(unix_socket_path=str(store_socket))
    wait_for(lambda: store_socket.exists() and bool(store.ping()))
    engine = make_engine(url, Settings(statement_timeout_ms=600_000))
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT ST_X(geom), ST_Y(geom), code FROM stations WHERE is_public")
        ).all()
    engine.dispose()
    for start in range(0, len(rows), 1_000):
        values = [value for row in rows[start : start + 1_000] for value in row]
        store.execute_command("GEOADD", KEY, *values)


def health(port: int) -> dict[str, Any] | None:
    """Return what our application says of itself; None where it does not answer."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/v1/health", timeout=5) as reply:
            found: dict[str, Any] = json.load(reply)
            return found
    except OSError:
        return None


def answers(address: str) -> bool:
    """Whether an address answers."""
    try:
        with urlopen(address, timeout=5) as reply:  # noqa: S310 - our own server
            return bool(reply.status == 200)
    except OSError:
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait up to three minutes."""
    deadline = time.monotonic() + 180
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("it took too long")
        time.sleep(0.1)


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def resident_mb(pid: int) -> float:
    """Return the memory of a process, shared pages too."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1000, 1)
    return 0.0
