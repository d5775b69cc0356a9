"""The planner's room as its user meets it: over HTTP and in a browser, with streets.

    .venv/bin/python -m bench.planner

The demo in the made-up city of `bench.streets`, half a million nodes, served as `nuanyi serve` does
with all of its processes:

- `demand_import`: a CSV with a row for each cell of the demo, by the command line;
- `first_report`: the whole city after the data have changed, computed from nothing;
- `report`: the same again, kept, which needs no more than to be read;
- `what_if`: one more station, each time elsewhere, with the session and its token;
- `map`: the folium map of the whole city in Chromium, from the click to the first painted cell, by
  a browser whose cache is empty; and all bytes that were sent.

The last line is JSON.
"""

import csv
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
from playwright.sync_api import Browser, Page
from sqlalchemy import text
from sqlalchemy.engine import URL

from bench.demo import demo
from bench.nearest_serving import serving
from bench.streets import city
from geo import cells
from geo.street_building import build_streets
from geo.street_file import chunks_of
from stations import accounts
from stations.database import make_engine, write_session
from stations.settings import REPOSITORY, Settings
from stations.street_networks import network_path
from tests.chromium import opened_chromium

RESULTS = REPOSITORY / "bench" / "results"
SIDE_M = 100_000.0
REPORTS = 100
WHAT_IFS = 100
MAPS = 7
LOGIN, PASSWORD = "planner-bench", "not a secret: this database is dropped"
PAINTED = """new Promise((resolve) => {
    const look = () => {
        for (const canvas of document.querySelectorAll('.leaflet-container canvas')) {
            const { width, height } = canvas;
            if (!width || !height) continue;
            const data = canvas.getContext('2d').getImageData(0, 0, width, height).data;
            for (let i = 3; i < data.length; i += 4) {
                if (data[i]) return resolve(performance.now());
            }
        }
        requestAnimationFrame(look);
    };
    look();
})"""


def main() -> None:
    """Build, serve, ask, write; the last line is JSON."""
    with demo() as (url, folder):
        write(measured(url, folder))


def measured(url: URL, folder: Path) -> dict[str, Any]:
    """Measure everything on one database."""
    network = network_path(Settings(data_dir=folder / "data"))
    network.parent.mkdir(parents=True)
    built = build_streets(city(np.random.default_rng(20_260_601), SIDE_M))
    with network.open("wb") as file:
        for chunk in chunks_of(built):
            file.write(chunk)
    imported = demand_imported(url, folder)
    engine = make_engine(url, Settings())
    with write_session(engine) as session:
        accounts.add(session, login=LOGIN, name="示例", role="planner", password=PASSWORD)
    engine.dispose()
    with serving(url, folder) as served:
        asking = Asking(served.port)
        first_s, report = timed(lambda: asking.get("/v1/coverage?minutes=15"))
        reports = [timed(lambda: asking.get("/v1/coverage?minutes=15"))[0] for _ in range(REPORTS)]
        what_ifs = what_if_seconds(asking)
        with opened_chromium() as browser:
            maps = [map_drawn(browser, served.port) for _ in range(MAPS)]
    found = json.loads(report)
    return {
        "demand_import": imported,
        "residents": found["demand"]["residents"]["total"],
        "stations": found["stations"]["counted"],
        "method": found["method"],
        "first_report_s": round(first_s, 2),
        "report_ms": spread([each * 1000 for each in reports]),
        "what_if_first_ms": round(what_ifs[0] * 1000, 1),
        "what_if_ms": spread([each * 1000 for each in what_ifs[1:]]),
        "map_drawn_s": spread([drawn for drawn, _ in maps]),
        "map_sent_mb": round(max(sent for _, sent in maps) / 1e6, 2),
    }


def demand_imported(url: URL, folder: Path) -> dict[str, Any]:
    """Import as many rows as the demo has cells, by the command line."""
    engine = make_engine(url, Settings())
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT cell, sum(residents), sum(workers) FROM demand GROUP BY 1 ORDER BY 1")
        ).all()
    engine.dispose()
    file = folder / "demand.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(("cell", "residents", "workers"))
        for cell, residents, workers in rows:
            writer.writerow((cells.cell_to_text(cell), round(residents), round(workers)))
    environment = os.environ | {
        "NUANYI_DATABASE_URL": url.set(drivername="postgresql").render_as_string(
            hide_password=False
        ),
        "NUANYI_DATA_DIR": str(folder / "data"),
    }
    program = str(Path(sys.executable).with_name("nuanyi"))
    arguments = [program, "demand", "import", str(file), "--source", "census", "--allow-loss"]
    seconds, _done = timed(
        lambda: subprocess.run(arguments, env=environment, check=True, capture_output=True)
    )
    return {"rows": len(rows), "seconds": round(seconds, 1)}


class Asking:
    """A planner who is logged in."""

    def __init__(self, port: int) -> None:
        self._host = f"http://127.0.0.1:{port}"
        body = {"login": LOGIN, "password": PASSWORD}
        with urlopen(self._request("/v1/session", body), timeout=60) as reply:  # noqa: S310 - this machine
            cookie = reply.headers["Set-Cookie"].split(";")[0]
            token = json.load(reply)["csrf_token"]
        self._headers = {"Cookie": cookie, "X-CSRF-Token": token}

    def get(self, path: str) -> bytes:
        """Ask, and read all of the answer."""
        with urlopen(self._host + path, timeout=60) as reply:  # noqa: S310 - this machine
            return bytes(reply.read())

    def post(self, path: str, body: object) -> bytes:
        """Ask with a body, as the account."""
        request = self._request(path, body)
        for name, value in self._headers.items():
            request.add_header(name, value)
        with urlopen(request, timeout=60) as reply:  # noqa: S310 - this machine
            return bytes(reply.read())

    def _request(self, path: str, body: object) -> Request:
        headers = {"Content-Type": "application/json"}
        return Request(self._host + path, json.dumps(body).encode(), headers)  # noqa: S310 - as above


def what_if_seconds(asking: Asking) -> list[float]:
    """Try one station after the other, beside streets or not."""
    random_ = np.random.default_rng(3)
    seconds = []
    for _ in range(WHAT_IFS + 1):
        place = {
            "lon": 121.55 + float(random_.normal(0, 0.05)),
            "lat": 29.87 + float(random_.normal(0, 0.04)),
        }
        body = {"minutes": 15, "add": [place]}
        seconds.append(timed(partial(asking.post, "/v1/coverage/what-if", body))[0])
    return seconds


def map_drawn(browser: Browser, port: int) -> tuple[float, int]:
    """Open the map in a browser that holds nothing yet; return seconds, and bytes sent to it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page: Page = context.new_page()
        answers: list[Any] = []
        page.on("requestfinished", lambda answer: answers.append(answer))  # noqa: PLW0108 - it needs attributes
        page.goto(f"http://127.0.0.1:{port}/v1/coverage/map?minutes=15")
        seconds = float(page.evaluate(PAINTED)) / 1000
        page.wait_for_load_state("networkidle")
        sizes = [each.sizes() for each in answers]
        return seconds, sum(
            size["responseBodySize"] + size["responseHeadersSize"] for size in sizes
        )
    finally:
        context.close()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of one call, and what it returned."""
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


def spread(values: list[float]) -> dict[str, float]:
    """Median, the 99th of a hundred, and the greatest."""
    return {
        "p50": round(statistics.median(values), 2),
        "p99": round(float(np.percentile(values, 99)), 2),
        "greatest": round(max(values), 2),
    }


def write(figures: dict[str, Any]) -> None:
    """Keep the figures, and print them as JSON on the last line."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "planner.json").write_text(
        json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    main()
