"""How many people an area has before and after its demand changes."""

from collections.abc import Collection, Mapping, Sequence
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


def sums_of(
    ground: Ground, after: Mapping[Key, Sequence[Any]], codes: Collection[str]
) -> list[AreaSums]:
    """Return the people of leaf areas as they are stored and as they come to be, by code."""
    sums = {code: ([0, 0], [0, 0]) for code in sorted(codes)}  # residents, workers: before, then
    for when, people in enumerate((ground.stored, after)):
        for (code, _cell), (residents, workers, *_source) in people.items():
            if code in sums:
                sums[code][0][when] += residents
                sums[code][1][when] += workers
    return [
        AreaSums(code, ground.areas[code].name, (before, then), (workers_before, workers_then))
        for code, ((before, then), (workers_before, workers_then)) in sums.items()
    ]
