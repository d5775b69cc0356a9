"""Coverage by street beside pandana, pgRouting and one plain pass over all edges.

    make bench-coverage
    .venv/bin/python -m bench.coverage

The made-up city of `bench.streets`, wide as Ningbo: half a million nodes, and a row of demand for
each H3 cell of resolution 9. For 300, 1,000 and 3,000 stations, in turns and in one run:

- `surface`: minutes from every row to its nearest station (`StreetNetwork.nearest`);
- `matrix`: every row with every station in reach (`geo.reach.by_streets`);
- `column`: one station on paper (`StreetNetwork.column`), which must equal the matrix's;
- `floor`: one pass over all edges, a sparse matrix times a vector, which no search can undercut
  if it reads them all (ours reads those that are in reach);
- `pandana`: `nearest_pois`, set-up apart; of all nodes, as it knows no demand;
- `pgrouting`: `pgr_drivingDistance` from all stations and the least of each node in SQL.

Then the whole city from nothing, in a process of its own: rows put on the streets, the matrix of
1,000 stations, people given to stations. The last line is JSON.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from shapely import MultiPolygon, box
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url

from bench.streets import CENTRE, city
from geo import cells
from geo.coverage import Demand, by_area, cover
from geo.network import Column, Snaps, StreetNetwork, StreetRows
from geo.profiles import Profile
from geo.reach import by_streets, columns_of
from geo.street_building import build_streets
from geo.street_file import chunks_of
from geo.street_graph import LARGE
from geo.street_search import to_nearest
from stations.local_postgres import ensure_running
from stations.settings import REPOSITORY
from tests.conftest import create_database, drop_database

RESULTS = Path(__file__).parent / "results"
SIDE_M = 100_000.0
COUNTS = (300, 1_000, 3_000)
LIMIT_MINUTES = 15.0
WALK = Profile.WALK
NAMES = ("surface", "matrix", "column", "floor", "pandana", "pgrouting")


def main() -> None:
    """Measure in turns, write, and print ratios as JSON on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--patience-s", type=float, default=900, help="how long to wait for pandana's network"
    )
    parser.add_argument("--from-nothing", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.from_nothing is not None:
        print(json.dumps(from_nothing(arguments.from_nothing)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = Made.of(folder)
        tell(f"{made.graph.node_count} nodes, {len(made.rows)} rows of demand")
        with pandana(made, folder, arguments.patience_s) as peer, pgrouting(made) as engine:
            figures: dict[str, Any] = {
                "nodes": made.graph.node_count,
                "arcs": len(made.graph.arc_to),
                "rows": len(made.rows),
                "pandana_set_up_s": peer.set_up_s,
            }
            for count in COUNTS:
                found = measured(made, count, peer, engine, arguments.rounds)
                figures[str(count)] = found
                tell(f"{count} stations: {found}")
        child = [sys.executable, "-m", "bench.coverage", "--from-nothing", str(folder)]
        told = subprocess.run(child, check=True, capture_output=True, text=True).stdout
        figures["from_nothing"] = json.loads(told)
    write(figures)


class Made:
    """The city, its demand and its stations."""

    def __init__(self, network: StreetNetwork, folder: Path) -> None:
        arrays = np.load(folder / "demand.npz")
        self.network = network
        self.graph = network.graphs[WALK]
        self.cells = arrays["cells"]
        self.lon, self.lat = cells.centres(self.cells)
        self.stations_at = arrays["stations"]
        meridian = float(network.central_meridian_e7)
        self.station_lon = (self.graph.node_lon[self.stations_at] + meridian) * 1e-7
        self.station_lat = self.graph.node_lat[self.stations_at] * 1e-7
        self.rows: StreetRows = network.rows(self.lon, self.lat, WALK)

    @classmethod
    def of(cls, folder: Path) -> "Made":
        """Make it anew: the streets' file, cells and stations go into `folder`."""
        built = build_streets(city(np.random.default_rng(20_260_601), SIDE_M))
        with (folder / "city.network").open("wb") as file:
            for chunk in chunks_of(built):
                file.write(chunk)
        network = StreetNetwork.open(folder / "city.network")
        half_lat = SIDE_M / 2 / 110_850
        half_lon = SIDE_M / 2 / (111_320 * np.cos(np.radians(CENTRE.lat)))
        square = box(
            CENTRE.lon - half_lon,
            CENTRE.lat - half_lat,
            CENTRE.lon + half_lon,
            CENTRE.lat + half_lat,
        )
        covered = cells.cover(MultiPolygon([square]), 9).cells
        random_ = np.random.default_rng(5)
        graph = network.graphs[WALK]
        on_main = np.unique(graph.edge_from[graph.edge_part == LARGE])
        stations = random_.choice(on_main, max(COUNTS), replace=False)
        np.savez(folder / "demand.npz", cells=covered, stations=stations)
        return cls(network, folder)

    def stations(self, count: int) -> Snaps:
        """Return the first stations, on the streets."""
        return self.network.stations(self.station_lon[:count], self.station_lat[:count], WALK)


def measured(
    made: Made, count: int, peer: "Pandana", engine: Engine, rounds: int
) -> dict[str, Any]:
    """Measure everything for some stations, in turns; the first turn warms up."""
    stations, network, rows = made.stations(count), made.network, made.rows
    graph = made.graph
    every = csr_array(
        (graph.arc_minutes, graph.arc_to, graph.arc_start),
        shape=(graph.node_count, graph.node_count),
    )
    vector = np.ones(graph.node_count)
    one = stations[count // 2]
    works: dict[str, Callable[[], Any]] = {
        "surface": lambda: network.nearest(rows, stations, LIMIT_MINUTES),
        "matrix": lambda: by_streets(network, rows, stations, limit_minutes=LIMIT_MINUTES),
        "column": lambda: network.column(rows, one, LIMIT_MINUTES),
        "floor": lambda: every @ vector,
    }
    seconds: dict[str, list[float]] = {name: [] for name in NAMES}
    reached: dict[str, int] = {}
    for turn in range(rounds + 1):
        for name, work in works.items():
            times = []
            for _ in range(1 if name == "matrix" else 5):
                begun = time.perf_counter()
                answer = work()
                times.append(time.perf_counter() - begun)
            seconds[name].append(statistics.median(times))
            check(name, answer, made, stations, count)
        asked = peer.ask(count)
        if asked is not None:
            seconds["pandana"].append(asked[0])
            reached["pandana"] = asked[1]
        begun = time.perf_counter()
        reached["pgrouting"] = driven(engine, made, count)
        seconds["pgrouting"].append(time.perf_counter() - begun)
        if turn == 0:
            seconds = {name: [] for name in NAMES}
    reached["ours"] = int(np.isfinite(to_nodes(made, stations)).sum())
    ms = {name: [each * 1000 for each in times] for name, times in seconds.items() if times}
    found: dict[str, Any] = {
        "ms": {name: round(statistics.median(times), 2) for name, times in ms.items()},
        "surface_to_floor": ratio(ms["surface"], ms["floor"]),
        "pgrouting_to_surface": ratio(ms["pgrouting"], ms["surface"]),
        "matrix_to_column": ratio(ms["matrix"], ms["column"]),
        "surface_to_column": ratio(ms["surface"], ms["column"]),
        "reached_nodes": reached,
    }
    if "pandana" in ms:
        found["pandana_to_surface"] = ratio(ms["pandana"], ms["surface"])
    return found


def check(name: str, answer: Any, made: Made, stations: Snaps, count: int) -> None:
    """Stop where a what-if column is not the matrix's, or the surface not its row minimum."""
    if name == "column":
        column: Column = answer
        again = by_streets(made.network, made.rows, stations, limit_minutes=LIMIT_MINUTES)
        expected = columns_of(again)[count // 2]
        if not (
            np.array_equal(column.rows, expected.rows)
            and np.array_equal(column.minutes, expected.minutes)
        ):
            raise SystemExit("the column is not that of the matrix")
        nearest = made.network.nearest(made.rows, stations, LIMIT_MINUTES)
        least = np.full(len(made.rows), np.inf)
        pairs = again.minutes.tocoo()
        np.minimum.at(least, pairs.row, pairs.data)
        if not np.allclose(nearest, least, atol=1e-9):
            raise SystemExit("the surface is not the matrix's row minimum")


def to_nodes(made: Made, stations: Snaps) -> Any:
    """Return our minutes of every node, as the peers have them."""
    return to_nearest(made.graph, stations, LIMIT_MINUTES)


def ratio(ours: list[float], theirs: list[float]) -> dict[str, float]:
    """Return the median of the ratios within a round, the least and the greatest."""
    found = [one / other for one, other in zip(ours, theirs, strict=True)]
    return {
        "median": round(statistics.median(found), 2),
        "least": round(min(found), 2),
        "greatest": round(max(found), 2),
    }


class Pandana:
    """A handle on the process that holds pandana's network."""

    def __init__(self, process: "subprocess.Popen[str]", patience_s: float) -> None:
        self._process = process
        tell(f"pandana builds its network, for {patience_s:.0f} s at most")
        impatience = threading.Timer(patience_s, process.kill)
        impatience.start()
        told = self._told()
        impatience.cancel()
        self.set_up_s = told and round(told["set_up_s"], 1)  # None: it was not ready in time
        if told is None:
            tell("pandana was not ready in time: left out")

    def ask(self, count: int) -> tuple[float, int] | None:
        """Return the seconds of one query of so many stations, and how many nodes it reached."""
        if self.set_up_s is None:
            return None
        assert self._process.stdin is not None  # noqa: S101 - it was opened as a pipe
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        found = self._told()
        if found is None:
            raise SystemExit("pandana ended")
        return float(found["query_s"]), int(found["reached"])

    def _told(self) -> dict[str, float] | None:
        assert self._process.stdout is not None  # noqa: S101 - it was opened as a pipe
        for line in self._process.stdout:
            if line.startswith("ANSWER "):
                told: dict[str, float] = json.loads(line.removeprefix("ANSWER "))
                return told
        return None


@contextmanager
def pandana(made: Made, folder: Path, patience_s: float) -> Iterator[Pandana]:
    """Start pandana on the same edges."""
    graph = made.graph
    minutes = graph.edge_m / (5_000 / 60)
    np.savez(
        folder / "edges.npz", x=graph.node_lon * 1e-7, y=graph.node_lat * 1e-7,
        edge_from=graph.edge_from, edge_to=graph.edge_to, minutes=minutes,
        stations=made.stations_at,
    )  # fmt: skip
    script = Path(__file__).with_name("coverage_pandana.py")
    process = subprocess.Popen(
        [str(REPOSITORY / ".venv/bench/bin/python"), str(script), str(folder / "edges.npz")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Pandana(process, patience_s)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def pgrouting(made: Made) -> Iterator[Engine]:
    """Make a database with the same edges."""
    server = make_url(ensure_running(REPOSITORY / ".data" / "test", progress=tell))
    url: URL = create_database(server)
    engine = create_engine(url)
    graph = made.graph
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pgrouting CASCADE"))
            connection.execute(
                text(
                    "CREATE TABLE edges (id bigint, source bigint, target bigint,"
                    " cost float8, reverse_cost float8)"
                )
            )
            raw: Any = connection.connection.driver_connection
            minutes = (graph.edge_m / (5_000 / 60)).tolist()
            lines = zip(graph.edge_from.tolist(), graph.edge_to.tolist(), minutes, strict=True)
            with raw.cursor().copy("COPY edges FROM STDIN") as copy:
                for number, (one, other, cost) in enumerate(lines):
                    copy.write_row((number, one, other, cost, cost))
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                text("ANALYZE edges")
            )
        yield engine
    finally:
        engine.dispose()
        drop_database(server, url)


def driven(engine: Engine, made: Made, count: int) -> int:
    """Ask pgRouting, in its best form, for the least minutes of every node; count the nodes."""
    with engine.connect() as connection:
        return int(
            connection.execute(
                text(
                    "SELECT count(*) FROM (SELECT node, min(agg_cost) FROM pgr_drivingDistance("
                    "'SELECT id, source, target, cost, reverse_cost FROM edges',"
                    " CAST(:stations AS bigint[]), :minutes, false) GROUP BY node) AS found"
                ),
                {"stations": made.stations_at[:count].tolist(), "minutes": LIMIT_MINUTES},
            ).scalar_one()
        )


def from_nothing(folder: Path) -> dict[str, Any]:
    """Cover the whole city of 1,000 stations, with nothing ready but the streets' file."""
    begun = time.perf_counter()
    made = Made(StreetNetwork.open(folder / "city.network"), folder)
    rows_s = time.perf_counter() - begun
    stations = made.stations(1_000)
    reach = by_streets(made.network, made.rows, stations, limit_minutes=LIMIT_MINUTES)
    matrix_s = time.perf_counter() - begun - rows_s
    number = np.arange(len(made.cells))
    demand = Demand(made.cells, np.zeros_like(number), 20 + number % 150, (number % 4 == 0) * 8)
    found = cover([reach], demand, np.full(1_000, 240, dtype=np.int64))
    by_area(found, demand, 1)
    return {
        "stations": 1_000,
        "rows": len(made.cells),
        "routable_rows": int(made.rows.routable.sum()),
        "seconds": round(time.perf_counter() - begun, 2),
        "rows_s": round(rows_s, 2),
        "matrix_s": round(matrix_s, 2),
        "peak_mb": peak_mb(),
    }


def peak_mb() -> int:
    """Return the most memory that this program held; getrusage would count its parent's too."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024)
    raise SystemExit("/proc/self/status has no VmHWM")


def write(figures: dict[str, Any]) -> None:
    """Write the table and the plot, and print the figures."""
    lines = ["# Coverage by street\n"]
    set_up = "not ready in the time it was given: left out"
    if figures["pandana_set_up_s"] is not None:
        set_up = f"{figures['pandana_set_up_s']} s"
    lines.append(
        f"\n{figures['nodes']:,} nodes, {figures['rows']:,} rows of demand, {LIMIT_MINUTES:.0f} "
        f"minutes on foot. pandana's set-up, once: {set_up}.\n\n"
    )
    lines.append("| milliseconds | " + " | ".join(f"{n:,} stations" for n in COUNTS) + " |\n")
    lines.append("|---" * (len(COUNTS) + 1) + "|\n")
    lines += [
        f"| {name} | " + " | ".join(f"{figures[str(n)]['ms'][name]:,}" for n in COUNTS) + " |\n"
        for name in figures["1000"]["ms"]
    ]
    for name in (
        "pandana_to_surface", "pgrouting_to_surface", "surface_to_floor", "surface_to_column",
        "matrix_to_column",
    ):  # fmt: skip
        if name not in figures["1000"]:
            continue
        shown = []
        for count in COUNTS:
            one = figures[str(count)][name]
            shown.append(f"{one['median']} ({one['least']}-{one['greatest']})")
        lines.append(f"| **{name.replace('_', ' ')}** | " + " | ".join(shown) + " |\n")
    lines.append(f"\n```json\n{json.dumps(figures['from_nothing'], indent=1)}\n```\n")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "coverage.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "coverage.md").write_text("".join(lines), encoding="utf-8")
    (RESULTS / "coverage.svg").write_text(as_plot(figures), encoding="utf-8")
    print("".join(lines))
    print(json.dumps(figures))


def as_plot(figures: dict[str, Any]) -> str:
    """Return bars of milliseconds at 1,000 stations, on a scale of powers of ten, as SVG."""
    ms = figures["1000"]["ms"]
    parts = []
    for place, name in enumerate(ms):
        y, width = 20 + 26 * place, 90 * float(np.log10(max(ms[name], 0.1) * 10))
        parts.append(
            f'<text x="110" y="{y + 14}" text-anchor="end">{name}</text>'
            f'<rect x="118" y="{y}" width="{width:.1f}" height="18" fill="#1c6e8c"/>'
            f'<text x="{124 + width:.1f}" y="{y + 14}">{ms[name]:,} ms</text>'
        )
    height = 34 + 26 * len(ms)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="{height}" '
        'font-family="sans-serif" font-size="13"><title>Coverage of 1,000 stations</title>'
        f'<rect width="680" height="{height}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def tell(line: str) -> None:
    """Say on standard error how far it is."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
