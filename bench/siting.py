"""Siting: greedy with swaps and exact over a whole city, and beside spopt with the same solver.

    make bench-siting                        # or, set up already:
    .venv/bin/python -m bench.siting [--rounds 5] [--peer-rounds 3]

The shipped demand of Ningbo (示例), its most populous cells of resolution 9, 20 sites, 1.2 km in a
straight line. Over 50,000 cells and 2,000 candidates: those of a grid (the most populous cells of
resolution 8) and those drawn among cells by people, with no station yet, which is the hardest, and
with 300. What each choice is worth is a ratio to the best one. Then 5,000 cells and 2,000 of them
as candidates, 300 stations, beside spopt's MCLP: the same people must be reached, by HiGHS on one
thread in both; its seconds are those of building and solving, from a matrix that is ready. All take
turns, and ratios are made within a round. The last line is JSON.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csc_array
from scipy.spatial import cKDTree

from bench.siting_page import as_page, as_plot
from geo import cells
from geo.coordinates import FloatArray, earth_centred
from geo.reach import IntArray
from geo.siting import Siting, SitingQuestion, choose
from seeds.areas import read_districts, read_towns
from seeds.demand import spread
from seeds.population import latest_residents
from stations.demand import CellShares
from stations.settings import REPOSITORY

RESULTS = Path(__file__).with_name("results")
CELLS, FEW_CELLS, CANDIDATES, STATIONS, K = 50_000, 5_000, 2_000, 300, 20
RADIUS_M = 1_200.0
METRES_PER_MINUTE = 80.0
EXACT_WITHIN_S = 600.0


class City(NamedTuple):
    """Cells in ascending order and their residents."""

    cells: IntArray
    residents: IntArray

    def most_populous(self, count: int) -> "City":
        """Return so many cells with the most residents."""
        first = np.sort(np.argsort(-self.residents, kind="stable")[:count])
        return City(self.cells[first], self.residents[first])


def main() -> None:
    """Measure in turns, write, and print the figures as JSON on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer-rounds", type=int, default=3)
    asked = parser.parse_args()
    city = ningbo()
    figures: dict[str, Any] = {
        "cells": CELLS, "few_cells": FEW_CELLS, "candidates": CANDIDATES, "stations": STATIONS,
        "k": K, "radius_m": RADIUS_M,
    }  # fmt: skip
    whole = city.most_populous(CELLS)
    cases = {
        f"{name}, {stations} stations": question(whole, candidates, stations)
        for name, candidates in (("grid", grid(whole)), ("drawn", drawn(whole)))
        for stations in (0, STATIONS)
    }
    figures["city"] = measured(cases, asked.rounds)
    few = city.most_populous(FEW_CELLS)
    figures["peer"] = beside_spopt(question(few, drawn(few), STATIONS), asked.peer_rounds)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "siting.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "siting.md").write_text(as_page(figures), encoding="utf-8")
    (RESULTS / "siting.svg").write_text(as_plot(figures), encoding="utf-8")
    print(as_page(figures))
    print(json.dumps(figures))


def ningbo() -> City:
    """Spread the shipped residents over the cells of the shipped districts."""
    parts = [
        (district.code, cells.cover(district.boundary, 9))
        for district in sorted(read_districts(), key=lambda each: each.code)
        if district.boundary is not None
    ]
    shares = CellShares(
        np.concatenate([cover.cells for _code, cover in parts]),
        np.repeat([code for code, _cover in parts], [len(cover.cells) for _code, cover in parts]),
        np.concatenate([cover.shares for _code, cover in parts]),
    )
    residents = latest_residents()
    towns = Counter(town.parent_code for town in read_towns())
    demand = spread(shares, residents, {code: towns[code] for code in residents})
    every, place = np.unique(demand.cells, return_inverse=True)
    return City(every, np.bincount(place, demand.residents).astype(np.int64))


def grid(city: City) -> tuple[FloatArray, FloatArray]:
    """Return the centres of the most populous cells of resolution 8."""
    parents, place = np.unique(cells.parents(city.cells, 8), return_inverse=True)
    people = np.bincount(place, city.residents).astype(np.int64)
    return cells.centres(City(parents, people).most_populous(CANDIDATES).cells)


def drawn(city: City) -> tuple[FloatArray, FloatArray]:
    """Return the centres of cells that are drawn by their people."""
    return cells.centres(np.sort(draw(city, CANDIDATES, seed=1)))


def draw(city: City, count: int, seed: int) -> IntArray:
    """Draw cells, none twice, by their people."""
    chances = city.residents / city.residents.sum()
    return np.random.default_rng(seed).choice(city.cells, count, replace=False, p=chances)


def question(
    city: City, candidates: tuple[FloatArray, FloatArray], stations: int
) -> SitingQuestion:
    """Ask for sites among candidates where some stations stand already."""
    people = earth_centred(*cells.centres(city.cells))
    pairs = cKDTree(people).sparse_distance_matrix(
        cKDTree(earth_centred(*candidates)), RADIUS_M, output_type="coo_matrix"
    )
    minutes = csc_array(pairs)
    minutes.sort_indices()
    minutes.data /= METRES_PER_MINUTE
    reached_by, minutes_now = np.zeros(len(people), np.int64), np.full(len(people), np.inf)
    existing = cells.centres(draw(city, stations, seed=2))
    if stations:
        tree = cKDTree(earth_centred(*existing))
        reached_by = tree.query_ball_point(people, RADIUS_M, return_length=True)
        minutes_now = tree.query(people)[0] / METRES_PER_MINUTE
    return SitingQuestion(
        minutes, RADIUS_M / METRES_PER_MINUTE, city.residents, reached_by, minutes_now,
        *candidates, existing_lon=existing[0], existing_lat=existing[1],
    )  # fmt: skip


def measured(cases: dict[str, SitingQuestion], rounds: int) -> dict[str, Any]:
    """Choose in turns, of every case and in both ways; the first round warms up."""
    seconds: dict[str, dict[str, list[float]]] = {
        name: {"greedy": [], "exact": []} for name in cases
    }
    figures: dict[str, Any] = {}
    for number in range(rounds + 1):
        for name, asked in cases.items():
            greedy_s, greedy = timed(asked, None)
            exact_s, exact = timed(asked, EXACT_WITHIN_S)
            if number:
                seconds[name]["greedy"].append(greedy_s)
                seconds[name]["exact"].append(exact_s)
            figures[name] = {
                "people": exact.people,
                "proven": exact.proven,
                "greedy_to_exact": round(greedy.people / exact.people, 5),
                "greedy_gap": round(greedy.gap, 5),
            }
        tell(f"round {number} of {rounds}")
    for name, both in seconds.items():
        figures[name] |= {
            "greedy_ms": spread_of([each * 1000 for each in both["greedy"]], 1),
            "exact_s": spread_of(both["exact"], 3),
        }
    return figures


def beside_spopt(asked: SitingQuestion, rounds: int) -> dict[str, Any]:
    """Choose in turns with spopt; end the bench where it reaches other people than ours."""
    people = np.where(asked.reached_by == 0, asked.residents, 0)
    centres = earth_centred(asked.lon, asked.lat)
    metres = np.full(asked.minutes.shape, 2 * RADIUS_M)
    stored = asked.minutes.tocoo()
    metres[stored.coords] = stored.data * METRES_PER_MINUTE
    seconds: dict[str, list[float]] = {name: [] for name in ("greedy", "exact", "build", "solve")}
    with tempfile.TemporaryDirectory() as name, spopt(Path(name), metres, people) as peer:
        tell(f"{len(people)} cells, {len(centres)} candidates: spopt takes most of the time")
        for number in range(rounds):
            greedy_s, greedy = timed(asked, None)
            exact_s, exact = timed(asked, EXACT_WITHIN_S)
            told = ask(peer)
            if not (exact.proven and abs(told["people"] - exact.people) <= 1e-4 * exact.people):
                raise SystemExit(f"spopt reaches {told['people']}, ours {exact.people}")
            for key, taken in (
                ("greedy", greedy_s), ("exact", exact_s),
                ("build", told["build_s"]), ("solve", told["solve_s"]),
            ):  # fmt: skip
                seconds[key].append(taken)
            tell(f"round {number + 1} of {rounds}: {told}, ours {exact_s:.3f} s")
    theirs = [sum(both) for both in zip(seconds["build"], seconds["solve"], strict=True)]
    return {
        "people": exact.people,
        "greedy_to_exact": round(greedy.people / exact.people, 5),
        **{f"{key}_s": spread_of(taken, 4) for key, taken in seconds.items()},
        "spopt_to_exact": ratio(theirs, seconds["exact"]),
        "spopt_solve_to_exact": ratio(seconds["solve"], seconds["exact"]),
        "spopt_to_greedy": ratio(theirs, seconds["greedy"]),
    }


def timed(asked: SitingQuestion, exact_within_s: float | None) -> tuple[float, Siting]:
    """Choose sites and say how long it took."""
    begun = time.perf_counter()
    found = choose(asked, K, exact_within_s=exact_within_s)
    return time.perf_counter() - begun, found


@contextmanager
def spopt(folder: Path, metres: FloatArray, people: IntArray) -> Iterator["subprocess.Popen[str]"]:
    """Start spopt with the same question; what is out of reach is twice the radius away."""
    np.savez(folder / "asked.npz", metres=metres, people=people, radius_m=RADIUS_M, k=K)
    script = Path(__file__).with_name("siting_spopt.py")
    process = subprocess.Popen(
        [str(REPOSITORY / ".venv/bench/bin/python"), str(script), str(folder / "asked.npz")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def ask(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Have spopt build and solve once."""
    if process.stdin is None or process.stdout is None:
        raise SystemExit("spopt is not to be spoken to")
    process.stdin.write("again\n")
    process.stdin.flush()
    for line in process.stdout:
        if line.startswith("ANSWER "):
            told: dict[str, Any] = json.loads(line.removeprefix("ANSWER "))
            return told
    raise SystemExit("spopt ended")


def ratio(theirs: list[float], ours: list[float]) -> dict[str, float]:
    """Return the median of the ratios within a round, the least and the greatest."""
    return spread_of([one / other for one, other in zip(theirs, ours, strict=True)], 2)


def spread_of(values: list[float], digits: int) -> dict[str, float]:
    """Return the median, the least and the greatest."""
    return {
        "median": round(statistics.median(values), digits),
        "least": round(min(values), digits),
        "greatest": round(max(values), digits),
    }


def tell(line: str) -> None:
    """Say on standard error how far it is."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
