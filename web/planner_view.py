"""What the planners' map shows, as plain values: the service fills it, the map draws it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from geo.coordinates import BoundingBox
from stations.settings import Tiles
from stations.taxonomy import Kind, taxonomy
from web.planner_cells import CellFacts, CellLayerName


def to_minute(instant: str) -> str:
    """Return an RFC 3339 instant as people read it, to the minute."""
    return instant[:16].replace("T", " ")


@dataclass(frozen=True)
class Credit:
    """Whose data the map shows; `url` may be empty."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class CoverageMapView:
    """All that the map shows; coordinates are WGS-84, GeoJSON in lon, lat.

    `cells` are of resolution `res`; `layer` is the one that is shown first. `districts` is a
    FeatureCollection whose properties have code and name and may have name_en, stations, residents,
    served, uncovered and backed_up; `stations` one of public stations with code, name, kind, status
    and `open`: at the instant, None where it is not known, and true where no instant is asked.
    `kinds` are those that were counted: they are shown at first. `bounds` is what the map shows at
    first. `as_of` is RFC 3339 and shown as given, to the minute; so is `at`, where only stations
    that are open at an instant count. `remarks` say in the reader's words why the map may look
    empty.
    """

    layer: CellLayerName
    area_name: str
    res: int
    cells: CellFacts
    limit_minutes: int
    districts: Mapping[str, Any]
    stations: Mapping[str, Any]
    kinds: Sequence[str]
    bounds: BoundingBox
    method: Literal["straight_line", "streets"]
    profile: str
    speed_kmh: float
    as_of: str
    data_version: int
    demo: bool
    credits: Sequence[Credit] = field(default=())
    remarks: Sequence[str] = field(default=())
    tiles: Tiles | None = None
    at: str | None = None
    map_approval_number: str = ""
    hotline: str = ""

    @property
    def kinds_present(self) -> list[Kind]:
        """Kinds of which the map has stations, in the taxonomy's order."""
        present = {feature["properties"]["kind"] for feature in self.stations["features"]}
        return [kind for code, kind in taxonomy().kind.items() if code in present]
