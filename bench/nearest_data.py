"""Made-up stations for the bench of nearest: clustered as cities are, with hours and facts."""

# ruff: noqa: S311

import random
import sys
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from stations.hours import parse_hours
from stations.register import next_version
from stations.tables import Station
from stations.taxonomy import taxonomy
from tests.factories import add_areas, station_row

SEED = 20261125
CITIES = 300
TEXTS = 500
AT_A_TIME = 10_000
RARE_SERVICE = "shower"  # one station in 10,000 says that it has one


def cities(chance: random.Random) -> list[tuple[LonLat, float]]:
    """Return centres and how much of the stations each gets."""
    return [
        (LonLat(chance.uniform(103, 121.5), chance.uniform(23, 39.5)), chance.paretovariate(1.2))
        for _ in range(CITIES)
    ]


def points(count: int, seed: int = SEED) -> Iterator[LonLat]:
    """Yield positions: 15 of 100 anywhere, the others round the centres of cities."""
    known = cities(random.Random(SEED))
    chance = random.Random(seed)
    centres, weights = zip(*known, strict=True)
    for centre in chance.choices(centres, weights, k=count):
        if chance.random() < 0.15:
            yield LonLat(chance.uniform(103, 121.5), chance.uniform(23, 39.5))
        else:
            yield LonLat(centre.lon + chance.gauss(0, 0.05), centre.lat + chance.gauss(0, 0.04))


def hours_texts(chance: random.Random) -> list[str]:
    """Return distinct texts as signs have them."""
    found: dict[str, None] = {"全天": None}
    while len(found) < TEXTS:
        morning = f"{chance.randint(5, 9)}:{chance.choice(('00', '15', '30', '45'))}"
        evening = f"{chance.randint(16, 22)}:{chance.choice(('00', '30'))}"
        noon = f"{morning}-12:00、{chance.choice(('13:00', '13:30', '14:00'))}-{evening}"
        days = chance.choice(("", "周一至周五 ", "工作日 ", "周一至周六 "))
        found[days + chance.choice((f"{morning}-{evening}", noon))] = None
    return list(found)


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Yield stations as rows of the table."""
    chance = random.Random(SEED + 1)
    texts = hours_texts(chance)
    services = [code for code in taxonomy().service if code != RARE_SERVICE]
    for number, point in enumerate(points(count)):
        has = [code for code in services if chance.random() < 0.35]
        has_not = [code for code in services if code not in has and chance.random() < 0.3]
        if chance.random() < 0.0001:
            has.append(RARE_SERVICE)
        said = chance.choice(texts) if chance.random() < 0.9 else None
        closures = [
            {
                "starts_at": "2026-11-20T00:00:00+08:00",
                "ends_at": "2026-12-01T00:00:00+08:00",
                "reason": "设备检修",
            }
        ]
        yield station_row(
            f"NB-RS-{number:06}",
            point,
            kind=chance.choices(("rest_station", "nursing_room", "drivers_home"), (6, 3, 1))[0],
            name=f"示例驿站{number}号（{chance.choice(('解放', '中山', '人民', '环城'))}路）",
            address=f"示例路 {chance.randint(1, 999)} 号",
            services_yes=has,
            services_no=has_not,
            hours_text=said,
            hours=None if said is None else parse_hours(said),
            closures=closures if chance.random() < 0.01 else [],
            tier=chance.choice((None, "basic", "benchmark")),
            entry=chance.choice(([], ["walk_in"], ["app"], ["walk_in", "qr_code"])),
            checked={"hours": "2026-11-01"},
            area_code="330203",
        )


def fill(engine: Engine, count: int) -> None:
    """Put the stations into a migrated, empty database."""
    with Session(engine, autoflush=False) as session:
        session.execute(text("SET statement_timeout = 0"))
        add_areas(session)
        version = next_version(session)
        held: list[dict[str, Any]] = []
        for number, row in enumerate(rows(count), start=1):
            held.append(row | {"register_version": version})
            if len(held) == AT_A_TIME or number == count:
                session.execute(insert(Station), held)
                held.clear()
                print(f"{number} of {count} stations", file=sys.stderr, flush=True)
        session.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE stations"))
