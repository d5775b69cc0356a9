"""What becomes of one row of a file that is imported."""

from dataclasses import dataclass, field
from typing import Any

from stations.area_names import Claim
from stations.import_report import Line
from stations.matching import Existing, Memory
from stations.station import StationRow


@dataclass
class Plan:
    """What becomes of one row. `key` is None where only the row's code tells it from another.

    `revived` is the withdrawn listing that the row takes up again as if it were new. `said` is kept
    only for a listing that is new, or taken up again; of one that was there it is in `memory`.
    `opened` says that the row lets others into a room that was for its staff only.
    """

    number: int
    row: StationRow
    key: str | None
    existing: Existing | None
    revived: Existing | None
    claim: Claim
    said: dict[str, Any]
    memory: Memory | None = None
    values: dict[str, Any] = field(default_factory=dict)
    moves: bool = False
    opened: bool = False
    same_as: "Plan | None" = None
    refused: Line | None = None

    @property
    def is_new(self) -> bool:
        """Whether the row adds a station."""
        return self.existing is None

    @property
    def has_position(self) -> bool:
        """Whether the station is on the map after this import."""
        return self.row.position is not None or (
            self.existing is not None and self.existing.is_placed
        )
