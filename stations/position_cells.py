"""Reads the cells of a row that tell where a place is, and says how they were read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from geo.coordinates import Datum
from stations.cell_values import Cell, invalid
from stations.coordinate_text import ReadPair, read_angle, read_pair, split_pair
from stations.errors import CoordinateError, NuanyiError
from stations.import_report import shown
from stations.station import GivenPosition

FIELDS = ("lon", "lat", "lon_lat")


@dataclass(frozen=True)
class PositionRead:
    """A position, or None: there is none, or `errors` say what is wrong.

    `remarks` are (column, Chinese, English, code).
    """

    position: GivenPosition | None = None
    errors: tuple[NuanyiError, ...] = ()
    remarks: list[tuple[str, str, str, str]] = field(default_factory=list)


def read_position(record: Mapping[str, Cell], datum: Datum) -> PositionRead:
    """Read the columns lon, lat and lon_lat; one of them may hold both coordinates."""
    cells = {name: record[name] for name in FIELDS if name in record and record[name].text}
    if not cells:
        return PositionRead()
    held = next(iter(cells.values()))
    lon, lat = (cells[name].text if name in cells else "" for name in ("lon", "lat"))
    if lon == lat:  # one cell merged over both columns, or neither of them
        lon = lat = ""
    is_one_cell = not (lon and lat)
    if is_one_cell:
        pair = split_pair(held.text, held.heading)
        if pair is None:
            return PositionRead(errors=(_not_a_pair(cells),))
        lon, lat = pair
    read = read_pair(lon, lat)
    if read is None:
        if is_one_cell:
            return PositionRead(errors=(CoordinateError(field=held.title, value=shown(held.text)),))
        return PositionRead(errors=tuple(_wrong(record, lon, lat)))
    remarks = _how_read(held.title, read, is_one_cell=is_one_cell)
    return PositionRead(GivenPosition(read.point, datum), (), remarks)


def _not_a_pair(cells: Mapping[str, Cell]) -> NuanyiError:
    """Return what is wrong with a cell that should hold both coordinates, or has no partner."""
    if len(cells) == 1 and "lon_lat" not in cells:
        missing = "lat" if "lon" in cells else "lon"
        return invalid(missing, "只有一个坐标，缺少这一个", "one coordinate is missing")
    held = cells.get("lon_lat") or next(iter(cells.values()))
    return CoordinateError(field=held.title, value=shown(held.text))


def _wrong(record: Mapping[str, Cell], lon: str, lat: str) -> list[NuanyiError]:
    found: list[NuanyiError] = []
    for name, text, limit in (("lon", lon, 180.0), ("lat", lat, 90.0)):
        angle = read_angle(text)
        if angle is None or not abs(angle.degrees) <= limit:
            found.append(CoordinateError(field=record[name].title, value=shown(text)))
    # where each is one, both name the same axis
    both = shown(f"{lon} {lat}")
    return found or [CoordinateError(field=record["lon"].title, value=both)]


def _how_read(title: str, read: ReadPair, *, is_one_cell: bool) -> list[tuple[str, str, str, str]]:
    """Remark on coordinates that were not two plain numbers in their two columns."""
    at_zh = f"经度 {read.point.lon:.7f}、纬度 {read.point.lat:.7f}"
    at_en = f"longitude {read.point.lon:.7f}, latitude {read.point.lat:.7f}"
    found = []
    if "swapped" in read.notes:
        zh = f"经度和纬度写反了，按{at_zh} 收"
        found.append(
            (title, zh, f"longitude and latitude are swapped; taken as {at_en}", "swapped")
        )
    if "degrees_minutes" in read.notes:
        en = f"degrees and minutes, read as {at_en}"
        found.append((title, f"度分秒，读作{at_zh}", en, "degrees_minutes"))
    elif "coordinate_words" in read.notes:
        found.append((title, f"读作{at_zh}", f"read as {at_en}", "coordinate_words"))
    if is_one_cell and not found:
        en = f"both in one cell, read as {at_en}"
        found.append((title, f"两个坐标在一格，读作{at_zh}", en, "coordinates_in_one_cell"))
    return found
