"""Where demo stations stand: points drawn where people are, inside their district, in a town."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPolygon

from geo.coordinates import Datum, FloatArray, LonLat, convert
from seeds.demand import IntArray, invent_centres, rounded_centres
from seeds.draws import Draws
from stations.areas import AreaRow
from stations.demand import DemandRows
from stations.station import GivenPosition

DECIMALS = 6
MOST_TRIES = 500

# A res-9 cell is at most 0.0043 degrees wide and 0.0037 high at Ningbo.
CELL_REACH_DEGREES = 0.0018

TOWN_RANKS = ("街道", "镇", "乡")


@dataclass(frozen=True)
class Place:
    """A drawn position with the district and the town that it is in."""

    position: GivenPosition
    district: AreaRow
    town: AreaRow


@dataclass(frozen=True)
class Ground:
    """All that places are drawn from: rows of demand, and the districts and towns they lie in."""

    districts: dict[str, AreaRow]
    towns: dict[str, list[AreaRow]]  # of each district, in the order of its centres
    centres: dict[str, list[LonLat]]
    demand: DemandRows
    lon: FloatArray
    lat: FloatArray


def ground(areas: Sequence[AreaRow], demand: DemandRows) -> Ground:
    """Lay the ground: each town gets an invented centre, street offices those nearest the seat."""
    lon, lat = rounded_centres(demand.cells)
    districts = {area.code: area for area in areas if area.level == "district"}
    towns: dict[str, list[AreaRow]] = {}
    centres: dict[str, list[LonLat]] = {}
    for code in districts:
        towns[code] = sorted(
            (area for area in areas if area.level == "town" and area.parent_code == code),
            key=lambda town: (_rank(town), town.code),
        )
        rows = demand.area_codes == code
        found = invent_centres(code, lon[rows], lat[rows], len(towns[code]))
        centres[code] = [LonLat(centre.lon, centre.lat) for centre in found]
    for district in districts.values():
        if district.boundary is not None:
            shapely.prepare(district.boundary)
    return Ground(districts, towns, centres, demand, lon, lat)


def weights_ladder(on: Ground, place_by: str) -> IntArray:
    """Cumulated whole weights of the rows of demand: by residents, by workers, or all alike."""
    weights = {
        "residents": on.demand.residents,
        "workers": on.demand.workers,
        "land": np.ones(len(on.demand.cells), dtype=np.int64),
    }[place_by]
    return np.cumsum(weights, dtype=np.int64)


def draw_place(draws: Draws, on: Ground, ladder: IntArray, gcj02_percent: int) -> Place:
    """Draw a place by a ladder of weights; some positions are given in GCJ-02."""
    datum = Datum.GCJ02 if draws.below(100) < gcj02_percent else Datum.WGS84
    for _ in range(MOST_TRIES):
        row = int(np.searchsorted(ladder, draws.below(int(ladder[-1])), side="right"))
        drawn = LonLat(
            float(on.lon[row]) + draws.between(-CELL_REACH_DEGREES, CELL_REACH_DEGREES),
            float(on.lat[row]) + draws.between(-CELL_REACH_DEGREES, CELL_REACH_DEGREES),
        )
        given = GivenPosition(_rounded(convert(drawn, Datum.WGS84, datum)), datum)
        point = convert(given.point, datum, Datum.WGS84)
        district = on.districts[str(on.demand.area_codes[row])]
        if _holds(district.boundary, point):
            return Place(given, district, _nearest_town(on, district.code, point))
    raise RuntimeError("no place was found inside a district")


def _rank(town: AreaRow) -> int:
    ranks = [rank for rank, ending in enumerate(TOWN_RANKS) if town.name.endswith(ending)]
    return min(ranks, default=len(TOWN_RANKS))


def _nearest_town(on: Ground, district_code: str, point: LonLat) -> AreaRow:
    def squared(centre: LonLat) -> float:
        return (centre.lon - point.lon) ** 2 + (centre.lat - point.lat) ** 2

    centres = on.centres[district_code]
    nearest = min(range(len(centres)), key=lambda number: squared(centres[number]))
    return on.towns[district_code][nearest]


def _holds(boundary: MultiPolygon | None, point: LonLat) -> bool:
    return boundary is not None and bool(shapely.contains_xy(boundary, point.lon, point.lat))


def _rounded(point: LonLat) -> LonLat:
    return LonLat(round(point.lon, DECIMALS), round(point.lat, DECIMALS))
