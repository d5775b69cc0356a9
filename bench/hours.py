"""Open state of 200,000 stations in one pass, beside the same question asked one by one.

    .venv/bin/python -m bench.hours

500 distinct texts, parsed from Chinese; 1 % of the stations have one-off closures. Every repetition
asks about another instant, so that nothing is answered from what was remembered of the last one.
"""

import gc
import json
import platform
import random
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from stations import calendar
from stations.hours import SHANGHAI, HoursTable, _state, open_state, parse_hours, schedule_of
from stations.hours_rules import compiled
from stations.hours_table import STATE_NAMES
from stations.station import Closure

STATIONS = 200_000
TEXTS = 500
SHARE_WITH_CLOSURES = 0.01
REPETITIONS = 40
ONE_BY_ONE = 4_000  # stations asked one by one in each repetition; the figure is scaled to all
RESULTS = Path(__file__).parent / "results"
FIRST = datetime(2026, 1, 1, tzinfo=SHANGHAI)


def texts(random_: random.Random) -> list[str]:
    """Make distinct hours of every form: days, breaks, nights, holidays, seasons."""
    forms: tuple[Callable[[str, str], str], ...] = (
        lambda one, two: f"{one}-{two}",
        lambda one, two: f"周一至周五 {one}-{two}",
        lambda one, two: f"工作日 {one}-{two}",
        lambda one, two: f"工作日 {one}-{two}，周末及节假日 9:00-16:00",
        lambda one, two: f"{one}-12:00、14:00-{two}，法定节假日休息",
        lambda one, two: f"夏季{one}-{two}，冬季8:30-17:15",
        lambda one, two: f"周一至周五 {one}-{two}，周六 9:00-12:00",
        lambda one, two: f"{two}-次日{one}",
    )
    found = {"24小时": "24/7"}
    while len(found) < TEXTS:
        one = f"{random_.randrange(5, 11)}:{random_.randrange(0, 60, 5):02d}"
        two = f"{random_.randrange(17, 24)}:{random_.randrange(0, 60, 5):02d}"
        text = random_.choice(forms)(one, two)
        hours = parse_hours(text)
        if hours is not None and hours not in found.values():
            found[text] = hours
    return list(found)


def closures(random_: random.Random) -> dict[int, list[Closure]]:
    """One to three closures for 1 % of the stations, of hours or days, round the year."""
    found = {}
    for place in random_.sample(range(STATIONS), int(STATIONS * SHARE_WITH_CLOSURES)):
        found[place] = [
            Closure(start, start + timedelta(hours=random_.choice((4, 24, 240, 2400))), "设备检修")
            for start in (
                FIRST + timedelta(hours=random_.randrange(365 * 24))
                for _ in range(random_.randrange(1, 4))
            )
        ]
    return found


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    """Measure, alternating in one run; print a table, and JSON on the last line."""
    random_ = random.Random(20261124)  # noqa: S311 - the same stations each time
    listed = texts(random_)
    shut = closures(random_)
    code = np.random.default_rng(1).integers(0, TEXTS, STATIONS)
    days = calendar.Calendar()  # of its own, so that no date is known yet
    instants = [
        FIRST + timedelta(minutes=random_.randrange(365 * 1440), seconds=random_.randrange(60))
        for _ in range(REPETITIONS)
    ]

    package_ms = timed(lambda: [calendar.shipped().days(year) for year in (2025, 2026, 2027)])

    def read() -> list[str | None]:
        parse_hours.cache_clear()
        schedule_of.cache_clear()
        return [parse_hours(text) for text in listed]

    begun = time.perf_counter()
    hours = read()
    parse_ms = (time.perf_counter() - begun) * 1000
    begun = time.perf_counter()
    schedules = [compiled(each or "") for each in hours]
    compile_ms = (time.perf_counter() - begun) * 1000
    begun = time.perf_counter()
    table = HoursTable.of(code, schedules, days, shut)
    layout_ms = (time.perf_counter() - begun) * 1000
    cold_ms = timed(lambda: table.states(instants[0]))

    one_pass, one_pass_cpu, one_by_one = [], [], []
    gc.collect()
    gc.freeze()  # the collector need not look at the bench's own stations again
    for instant in instants[1:]:
        cpu = time.process_time()
        one_pass.append(timed(lambda at=instant: table.states(at)))  # type: ignore[misc]
        one_pass_cpu.append((time.process_time() - cpu) * 1000)
        sample = random_.sample(range(STATIONS), ONE_BY_ONE)
        _state.cache_clear()
        begun = time.perf_counter()
        for place in sample:
            open_state(hours[code[place]], instant, calendar=days, closures=shut.get(place, ()))
        one_by_one.append((time.perf_counter() - begun) * 1000 * STATIONS / ONE_BY_ONE)
        found = table.states(instant)
        for place in sample[:200] + list(shut)[:200]:
            one = open_state(
                hours[code[place]], instant, calendar=days, closures=shut.get(place, ())
            )
            if STATE_NAMES[found.state[place]] is not one.state:
                raise SystemExit(f"the two disagree at station {place}, {instant}")

    p50, worst = statistics.median(one_pass), max(one_pass)
    alone = statistics.median(one_by_one)
    figures = {
        "stations": STATIONS,
        "texts": TEXTS,
        "stations_with_closures": len(shut),
        "repetitions": len(one_pass),
        "one_pass_ms": {"p50": round(p50, 2), "worst": round(worst, 2), "cold": round(cold_ms, 2)},
        "one_pass_cpu_ms": {
            "p50": round(statistics.median(one_pass_cpu), 2),
            "worst": round(max(one_pass_cpu), 2),
        },
        "once_ms": {
            "load_package_of_holidays": round(package_ms, 1),
            "parse_texts": round(parse_ms, 1),
            "compile": round(compile_ms, 1),
            "lay_out": round(layout_ms, 1),
        },
        "cold_with_compile_and_lay_out_ms": round(cold_ms + compile_ms + layout_ms, 1),
        "one_by_one_ms": {"p50": round(alone, 1)},
        "ratio_one_by_one_to_one_pass": round(alone / p50, 1),
        "python": platform.python_version(),
    }
    rows = [
        ("one pass, warm, another instant each time, p50", p50),
        ("one pass, warm, worst", worst),
        ("the same in processor time, worst", max(one_pass_cpu)),
        ("one pass, cold: no date known yet", cold_ms),
        ("cold, compiling and laying out included", cold_ms + compile_ms + layout_ms),
        ("one by one, p50 (scaled from a sample)", alone),
        ("once: parse 500 Chinese texts", parse_ms),
        ("once in a process: load the package of holidays", package_ms),
    ]
    table_text = "| 200,000 stations, 500 texts, 1 % with closures | ms |\n|---|---|\n" + "\n".join(
        f"| {name} | {value:.1f} |" for name, value in rows
    )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "hours.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "hours.md").write_text(table_text + "\n", encoding="utf-8")
    print(table_text)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
