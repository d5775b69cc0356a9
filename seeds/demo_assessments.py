"""Demo inspections (示例): what made-up inspectors found at demo stations, from a fixed seed."""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from seeds.demo_rules import rules as station_rules
from seeds.draws import Draws
from stations.assessments import Answer
from stations.station import Known, StationRow

FILE = Path(__file__).with_name("demo_assessments.toml")


class Group(BaseModel):
    """How inspections of stations of a kind, and of some tiers where these are named, turn out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    tiers: tuple[str, ...] = ()
    assessed: int
    facts: dict[str, tuple[int, int, int]] = {}
    numbers: dict[str, tuple[float, float, float, int]] = {}


class DemoAssessmentRules(BaseModel):
    """All that demo_assessments.toml says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int
    group: tuple[Group, ...]


@cache
def rules() -> DemoAssessmentRules:
    """Return the shipped rules."""
    return DemoAssessmentRules(**tomllib.loads(FILE.read_text(encoding="utf-8")))


def demo_assessments(stations: Sequence[StationRow]) -> Iterator[tuple[str, list[Answer]]]:
    """Make one inspection for each station that had any: its source id, and the answers."""
    for station in stations:
        group = next((each for each in rules().group if _fits(each, station)), None)
        if group is None or station.source_id is None:
            continue
        draws = Draws(rules().seed, "assessments", station.source_id)
        if draws.below(100) < group.assessed:
            yield station.source_id, _answers(group, draws)


def _fits(group: Group, station: StationRow) -> bool:
    return station.kind == group.kind and (not group.tiers or station.tier in group.tiers)


def _answers(group: Group, draws: Draws) -> list[Answer]:
    dates = station_rules()
    day = dates.checked_from + timedelta(days=draws.below(dates.checked_days))
    found = []
    for fact, (yes, no, not_looked) in group.facts.items():
        known = draws.weighted({Known.YES: yes, Known.NO: no, Known.UNKNOWN: not_looked})
        if known is not Known.UNKNOWN:
            found.append(Answer(fact, known, day))
    for fact, (low, high, step, percent) in group.numbers.items():
        number = low + step * draws.below(round((high - low) / step) + 1)
        if draws.below(100) < percent:
            found.append(Answer(fact, number, day))
    return found
