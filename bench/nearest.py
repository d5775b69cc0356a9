"""Nearest over HTTP against our own SQL, Redis, tipg and the framework's floor, in turns.

    make bench-nearest                       # or, set up already:
    .venv/bin/python -m bench.nearest [--stations 200000] [--rounds 5] [--seconds 4]

One worker each, uvicorn with uvloop and httptools, wrk with 32 connections on this machine, the
same addresses in the same order: ten parameters, five results, one kind, one service, open on
arrival. The variants take turns, and ratios are made within a round; their least and greatest are
given beside the median. tipg answers its items by box, limit 5: it has no nearest, no filters of
ours and no open state, so that is not like for like; it is asked of the same table and of one with
few columns. Redis answers GEOSEARCH by 10 km behind our application, with the same filters, open
state and body, but counts nothing that is left out; it is measured with 20,000 stations of one
city, since among those of a nation hardly any are within 10 km. Not over HTTP: 10,000 random
questions to both of our sources, what a filter costs that one station in 10,000 passes, and how
long questions take at 30 % of the peak while the directory is laid out anew.
"""

# ruff: noqa: S311

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from sqlalchemy import Engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from api import station_bytes
from bench import nearest_data
from bench.nearest_page import CONNECTIONS, as_page, as_plot
from bench.nearest_serving import (
    FEW_COLUMNS,
    items_address,
    serving,
    tell,
    tipg,
    wait_for,
)
from geo.coordinates import LonLat
from stations import nearest, schema
from stations.database import make_engine, read_session
from stations.directory import DirectorySource
from stations.directory_keeper import DirectoryKeeper
from stations.filters import Filters
from stations.knn import RegisterSource
from stations.local_postgres import ensure_running
from stations.nearest import Question
from stations.settings import REPOSITORY, Settings
from tests.conftest import create_database, drop_database

RESULTS = Path(__file__).with_name("results")
ADDRESSES = 4_000
AT = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
OURS, FLOOR, SQL, REDIS = "ours", "floor", "sql", "redis"
TIPG_ITEMS, TIPG_FEW = "tipg", "tipg_few_columns"
PATHS = {
    OURS: "/v1/stations/nearest",
    FLOOR: "/bench/floor",
    SQL: "/bench/sql",
    REDIS: "/bench/redis",
}
BOX_DEGREES = 0.03

WRK = """
local addresses = {}
for line in io.lines("%s") do addresses[#addresses + 1] = line end
local place = 0
request = function()
  place = place %% #addresses + 1
  return wrk.format("GET", addresses[place])
end
done = function(summary, latency)
  local wrong = summary.errors.status + summary.errors.connect + summary.errors.read
  io.write(string.format("RESULT %%.2f %%.3f %%.3f %%d\\n",
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, wrong + summary.errors.timeout))
end
"""


def main() -> None:
    """Fill databases, serve, measure, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=200_000)
    parser.add_argument("--few", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--questions", type=int, default=10_000)
    asked = parser.parse_args()
    for program in ("wrk", "redis-server"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is missing: make bench-nearest installs it")
    server = make_url(ensure_running(REPOSITORY / ".data" / "test", progress=tell))
    figures: dict[str, Any] = {"stations": asked.stations, "few": asked.few}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_addresses(folder, nearest_data.NATION)
        with filled(server, asked.stations, nearest_data.NATION) as url:
            figures["in_process"] = in_process(url, asked.questions)
            with serving(url, folder) as ours, tipg(url) as theirs:
                ports = dict.fromkeys((OURS, FLOOR, SQL), ours.port)
                if theirs is not None:
                    ports |= dict.fromkeys((TIPG_ITEMS, TIPG_FEW), theirs)
                rounds = measure(ports, folder, asked.rounds, asked.seconds)
                figures["many"] = summary(rounds)
                figures["memory_mb"] = ours.memory_mb
                peak = statistics.median(each[OURS]["rps"] for each in rounds)
                figures["while_rebuilding"] = while_rebuilding(url, ours.port, folder, 0.3 * peak)
        write_addresses(folder, nearest_data.CITY)
        with (
            filled(server, asked.few, nearest_data.CITY) as url,
            serving(url, folder) as ours,
        ):
            ports = dict.fromkeys((OURS, FLOOR, REDIS), ours.port)
            figures["fewer"] = summary(measure(ports, folder, asked.rounds, asked.seconds))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "nearest.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "nearest.md").write_text(as_page(figures), encoding="utf-8")
    (RESULTS / "nearest.svg").write_text(as_plot(figures), encoding="utf-8")
    print(as_page(figures))
    print(json.dumps(figures))


@contextmanager
def filled(server: URL, count: int, land: nearest_data.Land) -> Iterator[URL]:
    """Make a database of so many stations, and drop it at the end."""
    url = create_database(server)
    engine = make_engine(url, Settings(statement_timeout_ms=600_000))
    try:
        schema.upgrade(engine)
        nearest_data.fill(engine, count, land)
        yield url
    finally:
        engine.dispose()
        drop_database(server, url)


def write_addresses(folder: Path, land: nearest_data.Land) -> None:
    """Write what is asked of each variant: the same places, where stations are, in one order."""
    chance = random.Random(7)
    asked = [
        LonLat(point.lon + chance.gauss(0, 0.004), point.lat + chance.gauss(0, 0.004))
        for point in nearest_data.points(ADDRESSES, land, seed=8)
    ]
    for name, path in PATHS.items():
        lines = [f"{path}?{urlencode(parameters(point))}" for point in asked]
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    boxes = [
        f"{point.lon - BOX_DEGREES:.6f},{point.lat - BOX_DEGREES:.6f},"
        f"{point.lon + BOX_DEGREES:.6f},{point.lat + BOX_DEGREES:.6f}"
        for point in asked
    ]
    for name, table in ((TIPG_ITEMS, "stations"), (TIPG_FEW, FEW_COLUMNS)):
        lines = [items_address(table, box) for box in boxes]
        (folder / name).write_text("\n".join(lines), encoding="utf-8")


def parameters(point: LonLat) -> dict[str, str]:
    """Return the ten parameters of a question."""
    return {
        "lon": f"{point.lon:.6f}", "lat": f"{point.lat:.6f}", "crs": "wgs84",
        "kind": "rest_station", "service": "drinking_water", "open": "on_arrival",
        "profile": "walk", "sort": "minutes", "limit": "5", "within_m": "3000",
    }  # fmt: skip


def measure(
    ports: dict[str, int], folder: Path, rounds: int, seconds: int
) -> list[dict[str, dict[str, float]]]:
    """Ask all variants in turns; the first round, which warms up, does not count."""
    found = []
    for number in range(rounds + 1):
        found.append({name: wrk(name, port, folder, seconds) for name, port in ports.items()})
        tell(f"round {number}: {found[-1]}")
    return found[1:]


def wrk(name: str, port: int, folder: Path, seconds: int) -> dict[str, float]:
    """Ask one variant for some seconds."""
    script = folder / f"{name}.lua"
    script.write_text(WRK % (folder / name), encoding="utf-8")
    told = subprocess.run(
        [
            "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "--latency",
            "-s", str(script),
            f"http://127.0.0.1:{port}",
        ],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    line = next(each for each in told.splitlines() if each.startswith("RESULT"))
    rps, p50_ms, p99_ms, wrong = line.split()[1:]
    if int(wrong):
        raise SystemExit(f"{name}: {wrong} questions failed")
    return {"rps": float(rps), "p50_ms": float(p50_ms), "p99_ms": float(p99_ms)}


def summary(rounds: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Return medians of each variant, and ours as ratios to the others, made round by round."""
    names = list(rounds[0])
    found: dict[str, Any] = {
        name: {
            key: round(statistics.median(each[name][key] for each in rounds), 2)
            for key in ("rps", "p50_ms", "p99_ms")
        }
        for name in names
    }
    for name in names:
        if name != OURS:
            ratios = [each[OURS]["rps"] / each[name]["rps"] for each in rounds]
            found[f"ours_to_{name}"] = {
                "median": round(statistics.median(ratios), 2),
                "least": round(min(ratios), 2),
                "greatest": round(max(ratios), 2),
            }
    return found


def steady_load(port: int, folder: Path, rate: float, seconds: int) -> "subprocess.Popen[str]":
    """Start asking our nearest at a steady rate; it prints JSON at the end."""
    return subprocess.Popen(
        [
            sys.executable, "-m", "bench.nearest_load", str(port), f"{rate:.1f}", str(seconds),
            str(folder / OURS),
        ],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def while_rebuilding(url: URL, port: int, folder: Path, rate: float) -> dict[str, Any]:
    """Ask at a steady rate: alone, and while more rows change than are taken one by one."""
    alone = json.loads(steady_load(port, folder, rate, 15).communicate()[0])
    engine = make_engine(url, Settings(statement_timeout_ms=600_000))
    process = steady_load(port, folder, rate, 25)
    time.sleep(2)
    with Session(engine) as session:
        raised = text("UPDATE register SET version = version + 1 RETURNING version")
        version = session.scalars(raised).one()
        changed = text(
            "UPDATE stations SET register_version = :version WHERE code IN"
            " (SELECT code FROM stations ORDER BY code LIMIT 1500)"
        )
        session.execute(changed, {"version": version})
        session.commit()
    committed = time.monotonic()
    wait_for(lambda: data_version(port, folder) >= version)
    seen_s = time.monotonic() - committed
    rebuilding = json.loads(process.communicate()[0])
    engine.dispose()
    return {
        "rate": round(rate),
        "alone": alone,
        "rebuilding": rebuilding,
        "seen_after_s": round(seen_s, 1),
    }


def in_process(url: URL, questions: int) -> dict[str, Any]:
    """Compare both sources on random questions; time a rare filter; change rows."""
    engine = make_engine(url, Settings(statement_timeout_ms=600_000))
    keeper = DirectoryKeeper(engine, Settings(data_dir=Path("/nonexistent")), station_bytes.face_of)
    begun = time.perf_counter()
    held = keeper.refresh()
    figures: dict[str, Any] = {"first_load_s": round(time.perf_counter() - begun, 2)}
    figures["questions_agreed"] = agree(engine, keeper, questions)
    points = list(nearest_data.points(3_000, nearest_data.NATION, seed=9))

    def cost(filters: Filters) -> Callable[[LonLat], float]:
        def of(point: LonLat) -> float:
            asked = Question(point, AT, 1_000, 5, filters)
            begun = time.perf_counter()
            nearest.answer(DirectorySource(held.directory, asked), asked)
            return (time.perf_counter() - begun) * 1e6

        return of

    plain, rare = cost(Filters()), cost(Filters(services=(nearest_data.RARE_SERVICE,)))
    rare(points[0])
    pairs = [(plain(point), rare(point)) for point in points]
    figures["rare_filter"] = {
        "unfiltered_us": round(statistics.median(each[0] for each in pairs), 1),
        "rare_us": round(statistics.median(each[1] for each in pairs), 1),
        "ratio": round(statistics.median(each[1] / each[0] for each in pairs), 2),
    }
    for count in (1, 1_000):
        with Session(engine) as session:
            raised = text("UPDATE register SET version = version + 1 RETURNING version")
            version = session.scalars(raised).one()
            changed = text(
                "UPDATE stations SET register_version = :version WHERE code IN"
                " (SELECT code FROM stations ORDER BY code LIMIT :count)"
            )
            session.execute(changed, {"version": version, "count": count})
            session.commit()
        begun = time.perf_counter()
        keeper.refresh()
        figures[f"change_of_{count}_s"] = round(time.perf_counter() - begun, 3)
    engine.dispose()
    return figures


def agree(engine: Engine, keeper: DirectoryKeeper, questions: int) -> int:
    """Ask both sources; end the bench where they differ."""
    assert keeper.held is not None  # noqa: S101 - it was just loaded
    directory = keeper.held.directory
    chance = random.Random(10)
    with read_session(engine) as session:
        for number, point in enumerate(
            nearest_data.points(questions, nearest_data.NATION, seed=11)
        ):
            services = (nearest_data.RARE_SERVICE,) if number % 50 == 0 else ("wifi",)
            asked = Question(
                LonLat(point.lon + chance.gauss(0, 0.003), point.lat + chance.gauss(0, 0.003)),
                AT,
                within_m=chance.choice((500, 1_000, 3_000)),
                limit=5,
                filters=Filters(services=services if number % 3 == 0 else ()),
                open=chance.choice(("any", "on_arrival")),
                sort=chance.choice(("minutes", "distance")),
            )
            one = nearest.answer(DirectorySource(directory, asked), asked)
            other = nearest.answer(RegisterSource(session, asked), asked)
            told = [(directory.code(each.held), each.distance_m) for each in one.stations]
            same = told == [(each.held.code, each.distance_m) for each in other.stations]
            if not same or (one.matched, one.left_out) != (other.matched, other.left_out):
                raise SystemExit(f"the two sources differ: {asked}")
    return questions


def data_version(port: int, folder: Path) -> int:
    """Return the version of the register that an answer is made from."""
    address = (folder / OURS).read_text(encoding="utf-8").split()[0]
    with urlopen(f"http://127.0.0.1:{port}{address}", timeout=30) as reply:
        return int(json.load(reply)["data_version"])


if __name__ == "__main__":
    main()
