"""What demo stations look like, read from demo_stations.toml."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FILE = Path(__file__).with_name("demo_stations.toml")

NONE = "none"
"""The word for "says nothing" among weighted words."""


class KindRules(BaseModel):
    """The demo stations of one kind. Numbers beside words are weights, but for the exact ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    count: int
    place_by: Literal["residents", "workers", "land"]
    hosts: tuple[str, ...]
    access: dict[str, int]
    entry: dict[str, int]
    hours: dict[str, int]
    services: dict[str, tuple[int, int, int]]
    brands: dict[str, int] = Field(default_factory=dict)
    also_kinds: dict[str, int] = Field(default_factory=dict)
    capacity_per_day: int | None = None
    # exactly so many
    tiers: dict[str, int] = Field(default_factory=dict)
    levels: dict[str, int] = Field(default_factory=dict)
    capacity_unknown: int = 0
    temporarily_closed: int = 0
    staff_only: int = 0
    staff_hosts: tuple[str, ...] = ()


class DemoRules(BaseModel):
    """All that demo_stations.toml says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int
    checked_from: date
    checked_days: int
    gcj02_percent: int
    kind: tuple[KindRules, ...]


@cache
def rules() -> DemoRules:
    """Return the shipped rules."""
    return DemoRules(**tomllib.loads(FILE.read_text(encoding="utf-8")))
