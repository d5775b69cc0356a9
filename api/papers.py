"""Large answers to planners, written in a process beside the API.

A city has 120,000 cells: to write, compress and draw them takes up to seconds, and whoever asks for
the nearest station would wait for Python's lock all the while.
"""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import orjson
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.coverage_view import Need, file_contents, map_view, report_page
from stations import coverage, coverage_files
from stations.coverage import CoverageQuestion
from stations.coverage_files import What
from stations.coverage_results import KeptResult
from stations.database import make_engine, read_session
from stations.demand import RESOLUTION
from stations.errors import BusyError
from stations.niced_process import NicedProcess, awaited, or_in_another
from stations.settings import Settings
from stations.stations_at_hand import StationsAtHand
from stations.waiting import Waiting
from web.planner_cells import CellLayerName
from web.planner_map import render_coverage_map

TIMEOUT_S = 60.0
MOST_WAITING = 8  # each holds one of the 40 threads that serve all routes but nearest
MOST_WAITING_OF_ONE = 3  # so that one who asks without end leaves room for all others
PROCESSES = 2
TRIES = 3
GZIP_LEVEL = 5

T = TypeVar("T")
R = TypeVar("R")

FileFormat = Literal["csv", "geojson", "xlsx"]


class NotKeptError(BusyError):
    """The result to write about is not there, or not any more."""


@dataclass(frozen=True)
class Room:
    """What the process has at hand."""

    engine: Engine
    settings: Settings
    stations: StationsAtHand = field(default_factory=StationsAtHand)


Job = Callable[[Room, Session, CoverageQuestion, T], R]


class Papers:
    """A handle on the processes that write; safe to share between threads, to be closed."""

    def __init__(self, url: str, settings: Settings) -> None:
        own = settings.model_copy(update={"pool_size": 1})
        self._process = NicedProcess(own, _begin, url, own, most=PROCESSES)
        self._waiting = Waiting(MOST_WAITING, MOST_WAITING_OF_ONE)

    def start(self) -> None:
        """Start a process now, so that the first answer does not wait for its imports."""
        self._process.start()

    def close(self) -> None:
        """End the processes, also in the middle of their work."""
        self._process.close()

    def write(
        self,
        session: Session,
        question: CoverageQuestion,
        compute: coverage.Compute,
        job: Job[T, R],
        asked: T,
        *,
        asker: str = "",
        needs: Sequence[Need] = (coverage.report,),
    ) -> R:
        """Do a job about the results of a question, which are computed first if need be.

        `needs` are the answers that the job reads, of which the cells come with the report. The
        session's transaction may end. Raises what `coverage.report` and the job raise;
        BusyError where too many wait, of one `asker` (an address) or of all, after a minute, or
        where processes die of it.
        """
        with self._waiting.place(asker):
            for _ in range(TRIES):
                try:
                    return or_in_another(lambda: self._written(job, question, asked))
                except NotKeptError:  # or not any more: data have changed, or others took its place
                    for need in needs:
                        need(session, question, compute)
                    session.rollback()  # waiting must not hold one of the few connections
            return or_in_another(lambda: self._written(job, question, asked))

    def _written(self, job: Job[T, R], question: CoverageQuestion, asked: T) -> R:
        return awaited(self._process.submit(_do, job, question, asked), TIMEOUT_S)


def cells_json(
    _room: Room, session: Session, question: CoverageQuestion, asked: tuple[int, bool]
) -> bytes:
    """Write the cells of a resolution; zipped if so asked."""
    res, is_zipped = asked
    return zipped(orjson.dumps(coverage.cells(session, question, res, _not_kept)), is_zipped)


@dataclass(frozen=True)
class MapAsked:
    """How the map is wanted."""

    layer: CellLayerName
    lang: str
    nonce: str
    is_zipped: bool


def map_html(room: Room, session: Session, question: CoverageQuestion, asked: MapAsked) -> bytes:
    """Draw the map."""
    report = coverage.report(session, question, _not_kept)
    cells = coverage.cells(session, question, RESOLUTION, _not_kept)
    view = map_view(session, room.settings, asked.layer, report, cells, asked.lang, room.stations)
    html = render_coverage_map(view, lang=asked.lang, nonce=asked.nonce)
    return zipped(html.encode(), asked.is_zipped)


def page_html(
    room: Room, session: Session, question: CoverageQuestion, asked: tuple[str, bool]
) -> bytes:
    """Write the report that opens from disk."""
    lang, is_zipped = asked
    report = coverage.report(session, question, _not_kept)
    page = report_page(session, room.settings, question, report, _not_kept, lang, room.stations)
    return zipped(page.encode(), is_zipped)


@dataclass(frozen=True)
class FileAsked:
    """Which file is wanted, and where it is put; its folder is there."""

    path: Path
    file_format: FileFormat
    of: What
    res: int
    lang: str


def file(_room: Room, session: Session, question: CoverageQuestion, asked: FileAsked) -> None:
    """Write a file of areas, cells or stations."""
    report = coverage.report(session, question, _not_kept)
    contents = file_contents(
        session,
        question,
        report,
        _not_kept,
        file_format=asked.file_format,
        of=asked.of,
        res=asked.res,
        lang=asked.lang,
    )
    coverage_files.write(asked.path, asked.file_format, asked.of, contents)


def zipped(body: bytes, is_zipped: bool) -> bytes:
    """Return a body as it is sent."""
    return gzip.compress(body, GZIP_LEVEL, mtime=0) if is_zipped else body


_room: list[Room] = []
"""What a writing process holds."""


def _begin(url: str, settings: Settings) -> None:
    _room[:] = [Room(make_engine(url, settings), settings)]


def _do(job: Job[T, R], question: CoverageQuestion, asked: T) -> R:
    room = _room[0]
    with read_session(room.engine) as session:
        return job(room, session, question, asked)


def _not_kept(*_asked: Any, **_more: Any) -> KeptResult:
    raise NotKeptError
