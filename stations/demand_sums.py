"""How many people an area has before and after its demand changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stations.demand_ground import Ground, Key

LOSS_SHARE = 0.5
LOSS_PEOPLE = 1_000
"""An area that loses more than this share of its residents, and so many, loses them by mistake."""


@dataclass(frozen=True)
class AreaSums:
    """Residents and outdoor workers of a leaf area, before and after."""

    area_code: str
    name: str
    residents: tuple[int, int]
    workers: tuple[int, int]

    @property
    def is_great_loss(self) -> bool:
        """Whether so many fewer are there that the file can hardly be about all of the area."""
        before, after = self.residents
        return before - after >= max(LOSS_PEOPLE, LOSS_SHARE * before)


def sums_of(ground: Ground, after: Mapping[Key, Sequence[Any]], code: str) -> AreaSums:
    """Return the people of a leaf area as they are stored, and as they come to be."""
    before, then = (
        [people for (area, _cell), people in each.items() if area == code]
        for each in (ground.stored, after)
    )

    def summed(which: int) -> tuple[int, int]:
        return sum(int(people[which]) for people in before), sum(int(p[which]) for p in then)

    return AreaSums(code, ground.areas[code].name, summed(0), summed(1))
