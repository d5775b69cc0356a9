"""Text search over 200,000 stations against `ILIKE '%…%'` with the same ranking, in one run.

    .venv/bin/python -m bench.search [--stations 200000] [--queries 200]

Both answer the ten best of the same rows, in turns, and must give the same list. `ILIKE` reads a
table made for it: only the folded texts, each a plain column, so that it has no joins and no wide
rows to read. Ours is the whole of `text_search.search`, with what is public asked of each station,
details read, and, where the exact ways find fewer than ten, guesses by sound and spelling; the
guesses are left out of the comparison of the lists. Further queries, which `ILIKE` is not asked,
show what common and misspelt words cost.

A database is made on the tests' server (.data/test, or NUANYI_TEST_DATABASE_URL) and dropped.
"""

# ruff: noqa: S311, S608

import argparse
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from stations import schema, search_index
from stations.database import make_engine, read_session
from stations.local_postgres import ensure_running
from stations.pinyin import HAN, fold
from stations.search_ways import ways_of
from stations.settings import REPOSITORY, Settings
from stations.tables import Station
from stations.text_search import Answer, Question, search
from tests.conftest import create_database, drop_database
from tests.factories import add_areas, station_row

SEED = 20261124
LIMIT = 10
HERE = LonLat(121.55, 29.87)
RESULTS = Path(__file__).with_name("results")

ROADS = ("路", "街", "巷", "大道", "东路", "西路", "南路", "北路", "中路", "弄")
PLACES = ("社区", "村", "广场", "大厦", "商场", "公园", "小区", "市场", "公交站", "服务区", "园区")
SUFFIXES = (
    "工会驿站", "户外劳动者服务站点", "爱心驿站", "暖心驿站", "便利店", "药店", "营业厅", "店",
    "职工服务中心", "妈咪暖心小屋", "司机之家",
)  # fmt: skip
BRANDS = ("中国石化", "中国移动", "建设银行", "农商银行", "国家电网", "邮政储蓄", "人寿保险")

PLAIN = text("""
    CREATE TABLE plain AS
    SELECT type, code, name, name_length, alias, brand, array_to_string(areas, ' ') AS area,
        kinds, address
    FROM search_entries
    WHERE type <> 'station' OR (SELECT is_public FROM stations s WHERE s.code = search_entries.code)
""")

MATCHES = """
    name ILIKE :within OR alias ILIKE :within OR brand ILIKE :within OR area ILIKE :within
    OR kinds && CAST(:kinds AS text[]) OR address ILIKE :within
"""
COUNT = text(f"SELECT count(*) FROM plain WHERE {MATCHES}")
ILIKE = text(f"""
    SELECT type, code, CASE
        WHEN name ILIKE :asked THEN 0
        WHEN name ILIKE :begins THEN 1
        WHEN name ILIKE :within THEN 2
        WHEN alias ILIKE :within THEN 3
        WHEN brand ILIKE :within THEN 4
        WHEN area ILIKE :within THEN 5
        WHEN kinds && CAST(:kinds AS text[]) THEN 6
        ELSE 7 END AS rank
    FROM plain
    WHERE {MATCHES}
    ORDER BY rank, name_length, code, type
    LIMIT {LIMIT}
""")
LIKE = text(ILIKE.text.replace("ILIKE", "LIKE"))


def main() -> None:
    """Fill a database, ask, compare, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=200_000)
    parser.add_argument("--queries", type=int, default=200)
    asked = parser.parse_args()
    server = make_url(ensure_running(REPOSITORY / ".data" / "test", progress=print))
    url = create_database(server)
    engine = make_engine(url, Settings(statement_timeout_ms=60_000))
    try:
        schema.upgrade(engine)
        figures = {"stations": asked.stations, **fill(engine, asked.stations)}
        queries = pick(engine, asked.queries)
        figures |= compare(engine, queries)
        figures["further_ms"] = further(engine)
    finally:
        engine.dispose()
        drop_database(server, url)
    RESULTS.mkdir(exist_ok=True)
    line = json.dumps(figures, ensure_ascii=False)
    (RESULTS / "search.json").write_text(line + "\n", encoding="utf-8")
    (RESULTS / "search.md").write_text(as_page(figures), encoding="utf-8")
    print(line)


def as_page(figures: dict[str, Any]) -> str:
    """Return the figures as a page of Markdown."""
    times = "".join(
        f"| {name} | {figures[key]['p50']} | {figures[key]['p95']} |\n"
        for name, key in (("ours", "ours_ms"), ("ILIKE", "ilike_ms"), ("LIKE", "like_ms"))
    )
    further = "".join(f"| {asked} | {ms} |\n" for asked, ms in figures["further_ms"].items())
    return (
        f"# Text search, {figures['stations']} stations\n\n"
        f"{figures['queries']} queries of 1-4 characters with 1-200 matches, equal lists; "
        f"ILIKE takes {figures['ratio_p50']} times as long (median of ratios), "
        f"LIKE {figures['ratio_to_like_p50']} times.\n\n"
        f"| | p50 ms | p95 ms |\n|---|---|---|\n{times}\n"
        f"20,000 entries are made anew in {figures['refresh_20000_s']} s, all in "
        f"{figures['rebuild_s']} s; table and indexes {figures['index_mb']} MB.\n\n"
        "Common and misspelt words (`@`: with a position), medians of 5:\n\n"
        f"| asked | ms |\n|---|---|\n{further}"
    )


def fill(engine: Engine, count: int) -> dict[str, Any]:
    """Add made-up stations and their entries; return how long 20,000 entries take."""
    chance = random.Random(SEED)
    with Session(engine, autoflush=False) as session:
        session.execute(text("SET statement_timeout = 0"))
        add_areas(session)
        for start in range(0, count, 20_000):
            numbers = range(start, min(start + 20_000, count))
            session.execute(insert(Station), [_station(chance, number) for number in numbers])
            print(f"{numbers.stop} stations", flush=True)
        session.execute(text("ANALYZE stations"))
        began = time.perf_counter()
        search_index.rebuild(session)
        rebuilt_s = time.perf_counter() - began
        print(f"rebuilt in {rebuilt_s:.0f} s", flush=True)
        session.execute(PLAIN)
        session.execute(text("ANALYZE plain"))
        session.commit()
        some = session.scalars(select(Station.code).limit(20_000)).all()
        began = time.perf_counter()
        search_index.refresh(session, some)
        refreshed_s = time.perf_counter() - began
        session.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE search_entries"))
        size = text("SELECT pg_total_relation_size('search_entries')")
        size_mb = connection.execute(size).scalar_one() / 1e6
    return {
        "rebuild_s": round(rebuilt_s, 1),
        "refresh_20000_s": round(refreshed_s, 2),
        "index_mb": round(size_mb),
    }


CHARACTERS = [chr(number) for number in range(0x4E00, 0x9FA5)]
random.Random(SEED).shuffle(CHARACTERS)


def _word(chance: random.Random, length: int) -> str:
    """Return a made-up word: few characters are common, most are rare, as in real names."""
    return "".join(CHARACTERS[min(int(chance.paretovariate(0.45)), 3_500)] for _ in range(length))


def _station(chance: random.Random, number: int) -> dict[str, Any]:
    road = _word(chance, 2) + chance.choice(ROADS)
    place = chance.choice((road, _word(chance, 2) + chance.choice(PLACES), _word(chance, 3)))
    name = f"{place}{chance.choice(SUFFIXES)}（示例）"
    point = LonLat(HERE.lon + chance.gauss(0, 0.15), HERE.lat + chance.gauss(0, 0.1))
    return station_row(
        f"NB-RS-{number:06}",
        point,
        name=name,
        name_en=None,
        aliases=[_word(chance, 4)] if chance.random() < 0.1 else [],
        brand=chance.choice(BRANDS) if chance.random() < 0.3 else None,
        address=f"宁波市{chance.choice(('西区', '东区'))}{road}{chance.randint(1, 1999)}号",
        area_code=chance.choice(("330203", "330212")),
        town_code=None,
        access=chance.choice(("everyone",) * 9 + ("staff_only",)),
    )


def pick(engine: Engine, count: int) -> list[str]:
    """Pick parts of real texts, of one to four characters, that 1 to 200 entries match."""
    chance = random.Random(SEED + 1)
    picked: dict[str, None] = {}
    with read_session(engine) as session:
        names = session.execute(
            select(Station.name, Station.address, Station.aliases).where(Station.is_public)
        ).all()
        session.execute(text("SET LOCAL statement_timeout = 0"))
        holding = Counter(
            character
            for row in names
            for character in {*fold(row.name), *fold(row.address), *fold("".join(row.aliases))}
        )
        while len(picked) < count:
            length = 1 + len(picked) % 4
            row = chance.choice(names)
            whole = fold(chance.choice((row.name, row.address, *row.aliases)))
            start = chance.randrange(max(len(whole) - length + 1, 1))
            asked = whole[start : start + length]
            if (
                len(asked) != length
                or asked in picked
                or not (HAN.search(asked) or asked.isdigit())
                or (length == 1 and holding[asked] > 200)
            ):
                continue
            matched = search(session, Question(asked, limit=1)).matched
            if matched is None or matched > 200:
                continue
            exact = session.execute(COUNT, _parameters(session, asked)).scalar_one()
            if 1 <= exact <= 200:
                picked[asked] = None
        print(f"{count} queries picked", flush=True)
    return list(picked)


def _parameters(session: Session, asked: str) -> dict[str, Any]:
    way = next((way for way in ways_of(session, asked) if way.match == "kind"), None)
    kinds = [] if way is None else list(way.condition.right.clause.value)
    within = f"%{asked}%"
    return {"asked": asked, "begins": f"{asked}%", "within": within, "kinds": kinds}


def compare(engine: Engine, queries: list[str]) -> dict[str, Any]:
    """Ask both in turns; the lists must be equal."""
    ours_ms: list[float] = []
    ilike_ms: list[float] = []
    like_ms: list[float] = []
    for number, asked in enumerate(queries):
        with read_session(engine) as session:
            parameters = _parameters(session, asked)
        runs: list[Callable[[], None]] = []
        lists: dict[str, list[tuple[str, str]]] = {}

        def ours(asked: str = asked, lists: dict[str, Any] = lists) -> None:
            took, answer = _timed(engine, Question(asked, limit=LIMIT))
            ours_ms.append(took)
            lists["ours"] = [
                (each.details.type, each.details.code)
                for each in answer.found
                if each.match != "fuzzy"
            ]

        def plain(
            statement: Any, times: list[float], parameters: Any = parameters, lists: Any = lists
        ) -> None:
            began = time.perf_counter()
            with read_session(engine) as session:
                rows = session.execute(statement, parameters).all()
            times.append((time.perf_counter() - began) * 1000)
            lists["plain"] = [(row.type, row.code) for row in rows]

        runs = [ours, lambda: plain(ILIKE, ilike_ms), lambda: plain(LIKE, like_ms)]
        for run in runs if number % 2 else reversed(runs):
            run()
        assert lists["ours"] == lists["plain"], asked  # noqa: S101 - the point of it all
        if number % 20 == 0:
            print(f"{number} queries", flush=True)
    ratios = [slow / fast for slow, fast in zip(ilike_ms, ours_ms, strict=True)]
    like_ratios = [slow / fast for slow, fast in zip(like_ms, ours_ms, strict=True)]
    print(f"{'':<10}{'p50 ms':>10}{'p95 ms':>10}")
    for name, times in (("ours", ours_ms), ("ILIKE", ilike_ms), ("LIKE", like_ms)):
        print(f"{name:<10}{_p(times, 50):>10.1f}{_p(times, 95):>10.1f}")
    return {
        "queries": len(queries),
        "ratio_p50": round(statistics.median(ratios), 1),
        "ratio_min": round(min(ratios), 1),
        "ratio_to_like_p50": round(statistics.median(like_ratios), 1),
        "ours_ms": {"p50": round(_p(ours_ms, 50), 2), "p95": round(_p(ours_ms, 95), 2)},
        "ilike_ms": {"p50": round(_p(ilike_ms, 50), 2), "p95": round(_p(ilike_ms, 95), 2)},
        "like_ms": {"p50": round(_p(like_ms, 50), 2), "p95": round(_p(like_ms, 95), 2)},
    }


def further(engine: Engine) -> dict[str, float]:
    """Time common words, readings and misspelt ones, without and with a position: medians of 5."""
    found: dict[str, float] = {}
    with read_session(engine) as session:
        name = session.scalars(select(Station.name).where(Station.code == "NB-RS-000100")).one()
    words = ["店", "路", "驿站", "工会驿站", "宁波", "示例", "西区", "y", "yz", "yizhan", "ghyz"]
    words += ["gonghuiyizhan", "gonghuiyizhen", "yizahn", "工会骅站", "公会意站", name[:2] + "骅站"]
    for asked in words:
        for origin, mark in ((None, ""), (HERE, " @")):
            question = Question(asked, origin, limit=LIMIT)
            times = [_timed(engine, question)[0] for _ in range(5)]
            found[asked + mark] = round(statistics.median(times), 1)
            print(f"{asked + mark:<20}{found[asked + mark]:>10.1f} ms", flush=True)
    return found


def _timed(engine: Engine, question: Question) -> tuple[float, Answer]:
    began = time.perf_counter()
    with read_session(engine) as session:
        answer = search(session, question)
    return (time.perf_counter() - began) * 1000, answer


def _p(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    main()
