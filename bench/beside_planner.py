"""Nearest while a planner computes: what couriers wait, beside what they wait alone.

    python -m bench.beside_planner [--rounds 3] [--planners 1]

The demo is served as `nuanyi serve` does, with its processes. Nearest is asked at 30 % of the peak
that was measured just before, in turns alone and beside planners who never pause: each asks for the
coverage of the whole city and then for its map, as the page does, each time for another instant, so
that no answer is kept. Prints the 99th percentiles and their ratio, round by round, as JSON on the
last line.
"""

import argparse
import json
import statistics
import threading
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from sqlalchemy.engine import URL

from bench import nearest_data
from bench.demo import demo
from bench.nearest import OURS, steady_load, write_addresses, wrk
from bench.nearest_serving import serving, tell
from stations.settings import REPOSITORY

RESULTS = REPOSITORY / "bench" / "results"
SHARE_OF_PEAK = 0.3
SECONDS = 15
FIRST_INSTANT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


def main() -> None:
    """Measure in turns, write, and print ratios as JSON on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--planners", type=int, default=1)
    arguments = parser.parse_args()
    with demo() as (url, folder):
        figures = measured(url, folder, arguments.rounds, arguments.planners)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "beside_planner.json").write_text(
        json.dumps(figures, indent=1) + "\n", encoding="utf-8"
    )
    print(json.dumps(figures))


def measured(url: URL, folder: Path, rounds: int, planner_count: int) -> dict[str, Any]:
    """Ask alone and beside planners, in turns."""
    write_addresses(folder, nearest_data.CITY)
    alone, beside, answered = [], [], 0
    with serving(url, folder) as served:
        wrk(OURS, served.port, folder, 3)
        peak = wrk(OURS, served.port, folder, 8)["rps"]
        rate = peak * SHARE_OF_PEAK
        tell(f"peak {peak:.0f}/s, asked at {rate:.0f}/s")
        instants = count()
        for number in range(rounds + 1):
            one = steady_told(served.port, folder, rate)
            stop = threading.Event()
            answers: list[int] = []
            planners = [
                threading.Thread(target=plan, args=(served.port, instants, stop, answers))
                for _ in range(planner_count)
            ]
            for each in planners:
                each.start()
            other = steady_told(served.port, folder, rate)
            stop.set()
            for each in planners:
                each.join()
            tell(f"round {number}: alone {one}, beside {other}, {len(answers)} answers")
            if number:  # the first one warms up
                alone.append(one)
                beside.append(other)
                answered += len(answers)
    ratios = [b["p99_ms"] / a["p99_ms"] for a, b in zip(alone, beside, strict=True)]
    return {
        "peak_per_s": round(peak),
        "asked_per_s": round(rate),
        "planners": planner_count,
        "reports_and_maps": answered,
        "alone": alone,
        "beside": beside,
        "p99_beside_to_alone": {
            "median": round(statistics.median(ratios), 2),
            "least": round(min(ratios), 2),
            "greatest": round(max(ratios), 2),
        },
    }


def steady_told(port: int, folder: Path, rate: float) -> dict[str, float]:
    """Ask for a while; stop the bench if any question failed."""
    told: dict[str, float] = json.loads(steady_load(port, folder, rate, SECONDS).communicate()[0])
    if told["failed"]:
        raise SystemExit(f"{told['failed']} questions failed")
    return told


def plan(port: int, instants: "count[int]", stop: threading.Event, answers: list[int]) -> None:
    """Ask for the whole city and its map at one instant after the other; keep their sizes."""
    while not stop.is_set():
        at = FIRST_INSTANT + timedelta(minutes=next(instants))
        for path in ("/v1/coverage", "/v1/coverage/map"):
            address = f"http://127.0.0.1:{port}{path}?minutes=15&at={quote(at.isoformat())}"
            try:
                asked = Request(address, headers={"Accept-Encoding": "gzip"})
                with urlopen(asked, timeout=60) as reply:  # noqa: S310 - this machine
                    answers.append(len(reply.read()))
            except HTTPError as refusal:
                refusal.close()
                if refusal.code != 503:  # too many at once: asked again
                    raise


if __name__ == "__main__":
    main()
