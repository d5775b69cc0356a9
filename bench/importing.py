"""20,000 rows of an Excel workbook into a fresh register, through the command line.

    .venv/bin/python -m bench.importing

The workbook is made up (示例数据): 15 columns over the districts of Ningbo, GCJ-02, hours as people
write them, one row in fifty without a position. Dry run, import, the same file again, a corrected
file, undo, and the first file once more run one after the other, each in a process of its own;
seconds are of the whole process, memory is the most that it held. A database is made on the tests'
server (.data/test, or NUANYI_TEST_DATABASE_URL) and dropped.
"""

import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from geo.coordinates import Datum, convert_arrays
from seeds import sources
from seeds.areas import read_areas
from stations import schema
from stations.areas import AreaRow, replace_areas, upsert_sources
from stations.database import make_engine
from stations.local_postgres import ensure_running
from stations.settings import REPOSITORY, Settings
from stations.xlsx_writing import Sheet, write_workbook
from tests.conftest import create_database, drop_database

ROWS = 20_000
SEED = 20_261_124
RESULTS = Path(__file__).parent / "results"
MOST_SECONDS, MOST_MEGABYTES = 30.0, 500.0

TITLES = (
    "编号", "站点名称", "站点类型", "所属区", "所属街道", "详细地址", "经度", "纬度", "服务时间",
    "联系电话", "服务对象", "饮用水", "微波炉", "日接待量", "备注",
)  # fmt: skip
BRANDS = ("爱心驿站", "暖心驿站", "小哥加油站", "幸福驿站", "城警驿站", "红色环卫之家")
STREETS = ("中山", "人民", "解放", "江南", "百丈", "环城", "兴宁", "天童", "通途", "甬江")
HOURS = (
    "周一至周五8:30-17:30", "24小时", "8:30-12:00、14:00-18:30", "全天", "工作日 9：00—17：00",
    "周一至周日 7:00-22:00", "法定节假日休息，其余 8:00-18:00", "夏季8:00-18:00，冬季8:30-17:00",
)  # fmt: skip
ACCESS = ("户外劳动者", "所有人", "工会会员", "仅供员工")


def workbook_rows(areas: list[AreaRow], *, corrected: bool) -> list[list[str | int | float | None]]:
    """Make the rows; the corrected ones differ in the hours of every tenth."""
    random_ = random.Random(SEED)  # noqa: S311 - example data
    districts = [area for area in areas if area.level == "district" and area.boundary is not None]
    towns = {
        area.code: [town.name for town in areas if town.parent_code == area.code]
        for area in districts
    }
    lons: list[float] = []
    lats: list[float] = []
    homes: list[AreaRow] = []
    while len(lons) < ROWS:
        district = districts[len(lons) % len(districts)]
        if district.boundary is None:
            continue
        west, south, east, north = district.boundary.bounds
        lon, lat = random_.uniform(west, east), random_.uniform(south, north)
        if shapely.contains_xy(district.boundary, lon, lat):
            lons.append(lon)
            lats.append(lat)
            homes.append(district)
    shifted = convert_arrays(lons, lats, Datum.WGS84, Datum.GCJ02)
    rows: list[list[str | int | float | None]] = []
    for number, (lon, lat, home) in enumerate(
        zip(shifted[0].tolist(), shifted[1].tolist(), homes, strict=True), start=1
    ):
        street = f"{random_.choice(STREETS)}{random_.choice('东西南北中')}路"
        door = random_.randrange(1, 2000)
        placed = number % 50 != 0
        hours = random_.choice(HOURS)
        rows.append(
            [
                f"示例-{number:05d}",
                f"{home.name}{street}{door}号{random_.choice(BRANDS)}",
                "户外劳动者服务站点",
                home.name,
                random_.choice(towns[home.code]) if number % 3 else None,
                f"{street}{door}号",
                round(lon, 6) if placed else None,
                round(lat, 6) if placed else None,
                "9:00-17:00" if corrected and number % 10 == 0 else hours,
                f"0574-{random_.randrange(10**7, 10**8)}" if number % 4 else None,
                ACCESS[min(int(random_.expovariate(1)), 3)],
                random_.choice(("是", "否", "不详")),
                random_.choice(("有", "无", None)),
                random_.randrange(10, 500) if number % 5 else None,
                "示例数据",
            ]
        )
    return rows


def run(label: str, url: URL, *arguments: str | Path) -> dict[str, float | str]:
    """Run the command in a process of its own; return its seconds, memory and totals."""
    environment = os.environ | {
        "NUANYI_DATABASE_URL": url.render_as_string(hide_password=False),
        "NUANYI_LANG": "en",
    }
    command = [str(Path(sys.executable).with_name("nuanyi")), *map(str, arguments)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, env=environment)
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        lines = out.read().decode().splitlines()
        if process.returncode != 0:
            raise RuntimeError(err.read().decode())
    totals = " ".join(line for line in lines if line.split(": ")[-1].isdigit())
    megabytes = usage.ru_maxrss / 1024  # Linux counts in kilobytes
    print(f"{label:<16}{seconds:8.2f} s {megabytes:8.0f} MB  {totals}", flush=True)
    return {"seconds": round(seconds, 2), "megabytes": round(megabytes, 1), "totals": totals}


def main() -> None:
    """Make the database and the workbooks, run, print, and keep the results."""
    given = os.environ.get("NUANYI_TEST_DATABASE_URL")
    server = make_url(
        given or ensure_running(REPOSITORY / ".data" / "test", progress=lambda _line: None)
    )
    url = create_database(server)
    try:
        areas = read_areas()
        engine = make_engine(url, Settings(statement_timeout_ms=3_600_000))
        schema.upgrade(engine)
        with Session(engine) as session:
            upsert_sources(session, sources.read_sources())
            replace_areas(session, areas)
            session.commit()
        engine.dispose()
        with tempfile.TemporaryDirectory() as folder:
            figures = measure(Path(folder), url, areas)
    finally:
        drop_database(server, url)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "importing.json").write_text(
        json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (RESULTS / "importing.md").write_text(table(figures), encoding="utf-8")
    print(json.dumps(figures, ensure_ascii=False))


def measure(folder: Path, url: URL, areas: list[AreaRow]) -> dict[str, object]:
    """Run each step once, in order; every step finds what the one before left."""
    files = {}
    for label, corrected in (("first", False), ("corrected", True)):
        files[label] = folder / f"{label}.xlsx"
        rows = workbook_rows(areas, corrected=corrected)
        write_workbook(files[label], [Sheet("示例", TITLES, rows)])
    how = ("--datum", "gcj02", "--source", "示例-区县", "--licence", "none")
    print(f"{ROWS} rows, {len(TITLES)} columns, {files['first'].stat().st_size / 1e6:.1f} MB")
    steps = {
        "dry run": run("dry run", url, "import", files["first"], *how, "--dry-run"),
        "import": run("import", url, "import", files["first"], *how),
        "again": run("again", url, "import", files["first"], *how),
        "corrected": run("corrected", url, "import", files["corrected"], *how),
        "undo": run("undo", url, "imports", "undo", "2"),
        "undo all": run("undo all", url, "imports", "undo", "1"),
        "taken up again": run("taken up again", url, "import", files["first"], *how),
        "remarks": run(
            "remarks", url, "import", files["first"], *how, "--dry-run",
            "--remarks", folder / "remarks.xlsx",
        ),
    }  # fmt: skip
    first = steps["import"]
    return {
        "rows": ROWS,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}",
        "steps": steps,
        "import_s": first["seconds"],
        "import_peak_mb": first["megabytes"],
        "within_limits": float(first["seconds"]) < MOST_SECONDS
        and float(first["megabytes"]) < MOST_MEGABYTES,
    }


def table(figures: dict[str, Any]) -> str:
    """Return the results as people read them."""
    lines = [
        f"# {figures['rows']} rows from xlsx ({figures['machine']})",
        "",
        "`.venv/bin/python -m bench.importing`; the whole process, one run of each.",
        "",
        "| step | seconds | peak MB | totals |",
        "|---|---:|---:|---|",
    ]
    lines += [
        f"| {label} | {step['seconds']} | {step['megabytes']} | {step['totals']} |"
        for label, step in figures["steps"].items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
