"""Made-up demand (示例): published district totals spread over H3 cells round invented centres.

Deterministic to the last person: chance comes from `Draws`; positions are rounded to a
ten-millionth of a degree and shares to thousandths before use, so that the last bits of a machine's
mathematics do not matter; densities use only +, -, x and /, which every machine rounds alike; and
people are given out in whole numbers by largest remainder.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from geo.cells import centres as cell_centres
from geo.coordinates import FloatArray
from geo.coverage_shares import largest_remainder
from seeds.draws import Draws
from stations.demand import CellShares, DemandRows

FILE = Path(__file__).with_name("demand.toml")

POSITION_DECIMALS = 7
SHARE_PARTS = 1000
DENSITY_PARTS = 2.0**20
MOST_ATTEMPTS = 200

Pair = tuple[float, float]
IntArray = NDArray[np.int64]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Heights(_Table):
    """Peaks of density: at the seat, at the centres (from, to), and everywhere."""

    seat_height: float
    centre_height: Pair
    background: float


class CentreRules(_Table):
    """How large centres are, how far they lie from the seat and from each other."""

    radius_km: Pair
    spread: float
    apart_km: float


class Seat(_Table):
    """The middle of a district, WGS-84."""

    code: str
    seat: Pair
    radius_km: float


class DemandRules(_Table):
    """All that demand.toml says."""

    seed: int
    workers_per_1000_residents: int
    km_per_degree_lon: float
    km_per_degree_lat: float
    residents: Heights
    workers: Heights
    centres: CentreRules
    district: tuple[Seat, ...]


@dataclass(frozen=True)
class Centre:
    """An invented centre of a district; `height` is 0 to 1 between the lowest and the highest."""

    lon: float
    lat: float
    radius_km: float
    height: float


@cache
def rules() -> DemandRules:
    """Return the shipped rules."""
    return DemandRules(**tomllib.loads(FILE.read_text(encoding="utf-8")))


def spread(
    shares: CellShares, residents_by_area: dict[str, int], centres_by_area: dict[str, int]
) -> DemandRows:
    """Spread residents, and the workers among them, over the parts of cells in each area.

    `shares` is in the order of area code and cell, and so is the result: one row for each of it.
    `centres_by_area` is how many centres to invent in each. Sums equal the given numbers exactly.
    """
    residents = np.zeros(len(shares.cells), dtype=np.int64)
    workers = np.zeros(len(shares.cells), dtype=np.int64)
    for code, total in residents_by_area.items():
        rows = np.flatnonzero(shares.area_codes == code)
        lon, lat = rounded_centres(shares.cells[rows])
        parts = np.rint(shares.shares[rows] * SHARE_PARTS).astype(np.int64)
        centres = invent_centres(code, lon, lat, centres_by_area[code])
        for people, number, heights in (
            (residents, total, rules().residents),
            (workers, total * rules().workers_per_1000_residents // 1000, rules().workers),
        ):
            density = _density(code, centres, heights, lon, lat)
            weights = np.floor(density * DENSITY_PARTS).astype(np.int64) * parts
            people[rows] = largest_remainder(weights, number)
    return DemandRows(shares.cells, shares.area_codes, residents, workers)


def invent_centres(code: str, lon: FloatArray, lat: FloatArray, count: int) -> list[Centre]:
    """Invent centres of a district among its cells, from the nearest to the seat outwards."""
    draws = Draws(rules().seed, "centres", code)
    seat = _seat(code)
    reach_km = rules().centres.spread * seat.radius_km
    near = 1 / (1 + _squared_km(lon, lat, seat.seat) / (reach_km * reach_km))
    ladder = np.cumsum(np.floor(near * DENSITY_PARTS).astype(np.int64))
    found: list[Centre] = []
    while len(found) < count:
        for _ in range(MOST_ATTEMPTS):
            cell = int(np.searchsorted(ladder, draws.below(int(ladder[-1])), side="right"))
            point = (float(lon[cell]), float(lat[cell]))
            if _is_apart(point, found):
                break
        radius_km = draws.between(*rules().centres.radius_km)
        found.append(Centre(*point, radius_km=radius_km, height=draws.unit()))
    return sorted(found, key=lambda centre: _squared_km_of((centre.lon, centre.lat), seat.seat))


def rounded_centres(cells: IntArray) -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes of cells' centres, rounded so that every machine has the same."""
    lon, lat = cell_centres(cells)
    return lon.round(POSITION_DECIMALS), lat.round(POSITION_DECIMALS)


def _density(
    code: str, centres: list[Centre], heights: Heights, lon: FloatArray, lat: FloatArray
) -> FloatArray:
    seat = _seat(code)
    density = heights.background + heights.seat_height * _bump(lon, lat, seat.seat, seat.radius_km)
    low, high = heights.centre_height
    for centre in centres:
        height = low + (high - low) * centre.height
        density = density + height * _bump(lon, lat, (centre.lon, centre.lat), centre.radius_km)
    return density


def _bump(lon: FloatArray, lat: FloatArray, point: Pair, radius_km: float) -> FloatArray:
    flattened = 1 + _squared_km(lon, lat, point) / (radius_km * radius_km)
    return 1 / (flattened * flattened)


def _squared_km(lon: FloatArray, lat: FloatArray, point: Pair) -> FloatArray:
    east = (lon - point[0]) * rules().km_per_degree_lon
    north = (lat - point[1]) * rules().km_per_degree_lat
    return east * east + north * north


def _squared_km_of(one: Pair, other: Pair) -> float:
    return float(_squared_km(np.array([one[0]]), np.array([one[1]]), other)[0])


def _is_apart(point: Pair, centres: list[Centre]) -> bool:
    apart_km = rules().centres.apart_km
    return all(
        _squared_km_of(point, (centre.lon, centre.lat)) >= apart_km * apart_km for centre in centres
    )


def _seat(code: str) -> Seat:
    return next(seat for seat in rules().district if seat.code == code)
