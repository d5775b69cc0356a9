"""Residents of the districts and the city, as published: census 2020 and the end of 2024."""

import csv
from datetime import date
from pathlib import Path

from seeds import sources
from seeds.areas import CITY_CODE
from stations.areas import PopulationRow

FILE = Path(__file__).with_name("data") / "ningbo_population.csv"

CENSUS_DAY = date(2020, 11, 1)
LATEST_DAY = date(2024, 12, 31)

COLUMNS = {
    "residents_2020_11_01": (CENSUS_DAY, sources.CENSUS_2020),
    "residents_2024_12_31": (LATEST_DAY, sources.POPULATION_2024),
}


def read_populations() -> list[PopulationRow]:
    """Read both dates for each district; the city's own row is the sum of its districts."""
    with FILE.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    rows = []
    for column, (on_date, source_code) in COLUMNS.items():
        residents = {row["code"]: int(row[column]) for row in table}
        residents[CITY_CODE] = sum(residents.values())
        rows += [
            PopulationRow(
                area_code=code, on_date=on_date, residents=number, source_code=source_code
            )
            for code, number in residents.items()
        ]
    return rows


def latest_residents() -> dict[str, int]:
    """Residents at the end of 2024 by district."""
    return {
        row.area_code: row.residents
        for row in read_populations()
        if row.on_date == LATEST_DAY and row.area_code != CITY_CODE
    }
