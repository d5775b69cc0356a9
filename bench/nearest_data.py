"""Made-up stations for the bench of nearest: clustered as cities are, with hours and facts."""

# ruff: noqa: S311

import random
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from stations.hours import parse_hours
from stations.register import next_version
from stations.tables import Station
from stations.taxonomy import taxonomy
from tests.factories import add_areas, station_row

SEED = 20261125
TEXTS = 500
AT_A_TIME = 10_000
RARE_SERVICE = "shower"  # one station in 10,000 says that it has one


class Land(NamedTuple):
    """Where stations are, in degrees, and round how many towns."""

    west: float
    south: float
    east: float
    north: float
    towns: int


NATION = Land(103, 23, 121.5, 39.5, towns=300)
CITY = Land(121.2, 29.5, 121.9, 30.1, towns=12)
"""About the size of Ningbo's built-up plain: a radius holds many stations."""


def towns(chance: random.Random, land: Land) -> list[tuple[LonLat, float]]:
    """Return centres and how much of the stations each gets."""
    return [(_anywhere(chance, land), chance.paretovariate(1.2)) for _ in range(land.towns)]


def points(count: int, land: Land, seed: int = SEED) -> Iterator[LonLat]:
    """Yield positions: 15 of 100 anywhere, the others round the centres of towns."""
    known = towns(random.Random(SEED), land)
    chance = random.Random(seed)
    centres, weights = zip(*known, strict=True)
    for centre in chance.choices(centres, weights, k=count):
        if chance.random() < 0.15:
            yield _anywhere(chance, land)
        else:
            yield LonLat(centre.lon + chance.gauss(0, 0.05), centre.lat + chance.gauss(0, 0.04))


def _anywhere(chance: random.Random, land: Land) -> LonLat:
    return LonLat(chance.uniform(land.west, land.east), chance.uniform(land.south, land.north))


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


def rows(count: int, land: Land) -> Iterator[dict[str, Any]]:
    """Yield stations as rows of the table."""
    chance = random.Random(SEED + 1)
    texts = hours_texts(chance)
    services = [code for code in taxonomy().service if code != RARE_SERVICE]
    for number, point in enumerate(points(count, land)):
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


def fill(engine: Engine, count: int, land: Land) -> None:
    """Put the stations into a migrated, empty database."""
    with Session(engine, autoflush=False) as session:
        session.execute(text("SET statement_timeout = 0"))
        add_areas(session)
        version = next_version(session)
        held: list[dict[str, Any]] = []
        for number, row in enumerate(rows(count, land), start=1):
            held.append(row | {"register_version": version})
            if len(held) == AT_A_TIME or number == count:
                session.execute(insert(Station), held)
                held.clear()
                print(f"{number} of {count} stations", file=sys.stderr, flush=True)
        session.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE stations"))
