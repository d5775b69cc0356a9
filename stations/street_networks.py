"""The street network of this installation: built from an extract, kept in the data directory.

One file, which every process maps into its memory. A new one takes its place when it is whole; who
has the old one open keeps it.
"""

import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapely import MultiPolygon
from sqlalchemy.orm import Session

from geo.network import NetworkFileError, StreetNetwork
from geo.street_building import build_streets
from geo.street_file import chunks_of
from geo.street_reading import read_osm_streets
from stations.areas import get_area
from stations.errors import FileRefusedError, NoBoundaryError
from stations.settings import Settings

Progress = Callable[[str], None]

FILE_NAME = "streets.network"

PROFILE_NAMES = {"walk": ("步行", "walking"), "ebike": ("电动自行车", "e-bike")}
REASONS = {
    "construction": ("在建或规划", "under construction or planned"),
    "ferry": ("渡轮", "ferries"),
    "motorway": ("高速公路", "motorways"),
    "no street": ("不是街道", "no streets"),
    "not for walkers or bicycles": (
        "行人和自行车都不得通行",
        "neither walkers nor bicycles may use them",
    ),
    "private": ("不对外开放", "private"),
}


@dataclass(frozen=True)
class NetworkReport:
    """What was built: the network's id and the facts in its file."""

    id: str
    about: dict[str, Any]


def network_path(settings: Settings) -> Path:
    """Return where the network of this installation lies, whether there is one or not."""
    return settings.data_dir / "network" / FILE_NAME


def load_network(settings: Settings, tell: Progress) -> StreetNetwork | None:
    """Open the network of this installation; None where there is none or it cannot be used.

    A file that is damaged or of another version is told of and never stops a server: minutes are
    then those of the straight line.
    """
    path = network_path(settings)
    if not path.exists():
        return None
    try:
        return StreetNetwork.open(path)
    except NetworkFileError as error:
        tell(f"{error.problem_zh} / {error.problem_en}")
        return None


class StreetsInUse:
    """The network that a process has open; `look` takes a newer one.

    What was made with the old one goes on with it: the file it maps stays until it lets go.
    """

    def __init__(self, settings: Settings, tell: Progress) -> None:
        self._settings = settings
        self._tell = tell
        self._seen = self._opened = _file_identity(network_path(settings))
        self.network = load_network(settings, tell)

    def look(self) -> StreetNetwork | None:
        """Return the network, opened anew if another file lies there; a broken one is told of."""
        found = _file_identity(network_path(self._settings))
        if found != self._seen:
            self._seen = found
            opened = load_network(self._settings, self._tell)
            is_other = opened is None or self.network is None or opened.id != self.network.id
            if is_other and (opened is not None or found is None):
                self.network, self._opened = opened, found
        return self.network

    def file_in_use(self, folder: Path) -> Path | None:
        """Return a file of the network in use, for another process to open.

        The installed one; or, where another lies in its place by now, a copy in `folder`.
        """
        if self.network is None:
            return None
        installed = network_path(self._settings)
        if _file_identity(installed) == self._opened:
            return installed
        copy = folder / FILE_NAME
        with copy.open("wb") as file:
            for chunk in chunks_of(self.network):
                file.write(chunk)
        return copy


def _file_identity(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def boundary_of(session: Session, code: str) -> MultiPolygon:
    """Return the boundary of an area; raise AreaNotFoundError or NoBoundaryError."""
    area = get_area(session, code, field="--area", with_geometry=True)
    if area.boundary is None:
        raise NoBoundaryError(field="--area", value=code)
    return area.boundary


def build_network(
    file: Path,
    path: Path,
    *,
    boundary: MultiPolygon | None = None,
    progress: Progress = lambda _line: None,
) -> NetworkReport:
    """Build the network of an OpenStreetMap file, in `boundary` (WGS-84) if given, into `path`.

    Raises FileRefusedError for a file that cannot be used, and OSError where `path` cannot be
    written: the network that was there stays as it was.
    """
    try:
        streets = read_osm_streets(file, boundary=boundary, progress=progress)
        progress("正在建立路网 / Building the network")
        built = build_streets(streets)
    except NetworkFileError as error:
        raise FileRefusedError(
            field="FILE", problem_zh=error.problem_zh, problem_en=error.problem_en
        ) from error
    progress("正在写入 / Writing")
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_whole(path, chunks_of(built))
    return NetworkReport(StreetNetwork.open(path).id, built.about)


def _write_whole(path: Path, chunks: Iterable[bytes | memoryview]) -> None:
    """Write beside the file, and put the whole of it in its place once it is on the disk."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".building-") as directory:
        written = Path(directory) / path.name
        with written.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        written.replace(path)
    # the new name too must outlast a power cut
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def format_report(report: NetworkReport, lang: str) -> str:
    """Return the report as people read it; the same bytes for the same input."""
    en = lang == "en"
    colon = ": " if en else "："

    def line(zh: str, in_english: str, value: object) -> str:
        return f"{in_english if en else zh}{colon}{value}"

    unknown = "unknown" if en else "未注明"
    lines = [
        line("路网编号", "network", report.id),
        line("来源", "source", report.about["attribution"]),
        line("地图数据时间", "map data of", report.about["osm_timestamp"] or unknown),
    ]
    for profile, facts in report.about["profiles"].items():
        lines.append(line(*PROFILE_NAMES[profile], "").rstrip())
        lines += [
            "  " + line("节点", "nodes", facts["nodes"]),
            "  " + line("路段", "edges", facts["edges"]),
            "  " + line("公里", "km", f"{facts['km']:.1f}"),
            "  " + line("其中台阶公里", "km of steps", f"{facts['steps_km']:.1f}"),
            "  " + line("互通的部分", "connected parts", facts["components"]),
            "  " + line("其中大的部分公里", "km in the large ones", f"{facts['main_km']:.1f}"),
        ]
    lines.append(line("未采用的路（条数）", "ways left out", "").rstrip())
    lines += [
        "  " + line(*REASONS[reason], count) for reason, count in report.about["dropped"].items()
    ]
    lines += [
        line("水边和河道公里", "km of shores and rivers", f"{report.about['water_km']:.1f}"),
        line("文件里缺少的节点", "nodes that the file lacks", report.about["missing_nodes"]),
        line("在区域之外的线段", "pieces outside the area", report.about["outside_pieces"]),
    ]
    return "\n".join(lines) + "\n"
