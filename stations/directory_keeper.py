"""Keeps a directory as new as the register: one thread beside each API process.

PostgreSQL tells it of every commit (NOTIFY); a word that was missed is caught by comparing the
version each second. A few rows are put into a copy of the directory; many, or all, are laid out in
a process of their own, so that the interpreter's lock is free for those who ask meanwhile. While
the database is away the last directory stays, and says how old it is.
"""

import logging
import os
import pickle
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from geo.network import StreetNetwork
from stations import calendar, directory_reading, register
from stations.database import REACHED_OR_GONE, read_session
from stations.directory import Directory
from stations.directory_building import STATE_FILE, Part, Task, building, told_of
from stations.directory_columns import FaceOf, build
from stations.directory_files import load
from stations.errors import NuanyiError
from stations.register import CHANNEL, RegisterState
from stations.settings import Settings
from stations.street_networks import StreetsInUse

log = logging.getLogger("nuanyi")

POLL_S = 1.0
RETRY_S = 1.0
FAILED_RETRY_S = 5.0
MOST_CHANGED_ROWS = 1_000
"""More rows at once are laid out anew, all of them, in another process."""

SMALL = 2_000
"""A register of so few stations is laid out here in less time than a process takes to start."""

BUILD_TIMEOUT_S = 300
LOOK_S = 0.05
PROCESSES = min(2, os.cpu_count() or 1)


class BuildError(Exception):
    """The process that lays the directory out has failed; the old directory stays."""


@dataclass(frozen=True)
class Held:
    """A directory, and the last time at which it was known to be the register.

    `network` is the one on whose streets its stations lie.
    """

    directory: Directory
    network: StreetNetwork | None
    as_of: datetime
    state: RegisterState
    area_names: dict[str, str]

    def age_s(self) -> int:
        """Return for how many seconds nobody has heard whether it still is the register."""
        return max(0, int((_now() - self.as_of).total_seconds()))


class DirectoryKeeper:
    """A handle on the thread. `held` is None until the first directory is there."""

    def __init__(self, engine: Engine, settings: Settings, face_of: FaceOf) -> None:
        self._engine = engine
        self._settings = settings.model_copy(update={"pool_size": 1})
        self._face_of = face_of
        self._streets = StreetsInUse(settings, log.warning)
        self._refreshing = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.held: Held | None = None

    def start(self) -> None:
        """Begin to load, and to keep up."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="directory", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop keeping up; the last directory stays."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def refresh(self, *, is_suspect: bool = False) -> Held:
        """Bring the directory to the register's state, and return it.

        `is_suspect`: the connection was lost, so the register may be another one than before.
        Raises what reading raises; the directory then stays as it was. One caller at a time: the
        others wait, and find what the first one read.
        """
        with self._refreshing:
            return self._refreshed(is_suspect=is_suspect)

    def _refreshed(self, *, is_suspect: bool) -> Held:
        held, network = self.held, self._streets.look()
        with read_session(self._engine) as session:
            state = register.state(session)
            is_rerouted = held is not None and held.network is not network
            if held is not None and held.state == state and not is_rerouted:
                self.held = replace(held, as_of=_now())
                return self.held
            names = directory_reading.area_names(session)
            follows = (
                held is not None
                and not is_suspect
                and not is_rerouted
                and (held.state.database, held.state.file) == (state.database, state.file)
                and held.state.version < state.version
                and held.area_names == names
            )
            changed = None
            if held is not None and follows:
                changed = directory_reading.changed_since(
                    session, held.state.version, MOST_CHANGED_ROWS
                )
            if held is not None and changed is not None:
                stations, gone = changed
                directory = held.directory
                if stations or gone:
                    now = build(stations, self._face_of, directory.pieces, network)
                    directory = directory.changed(
                        state.version, calendar.current(session), gone, now
                    )
                else:
                    directory = directory.at_version(state.version, calendar.current(session))
                return self._take(directory, network, state, names)
            count = directory_reading.count_public(session)
            if count <= SMALL:
                columns, pieces = build(
                    directory_reading.everything(session), self._face_of, network=network
                )
                found = Directory.of(state.version, calendar.current(session), columns, pieces)
                return self._take(found, network, state, names)
            cuts = directory_reading.cuts(session, PROCESSES, count)
        return self._rebuilt(network, cuts)

    @property
    def network(self) -> StreetNetwork | None:
        """The network in use: that of the directory, if there is one."""
        return self._streets.network if self.held is None else self.held.network

    def _rebuilt(self, network: StreetNetwork | None, cuts: Sequence[str]) -> Held:
        """Lay everything out in other processes, and then put in what changed meanwhile."""
        with tempfile.TemporaryDirectory(prefix="nuanyi-directory-") as name:
            parts = [
                Part(Path(name) / str(place), *ends)
                for place, ends in enumerate(pairwise([None, *cuts, None]))
            ]
            self._build_elsewhere(parts, self._streets.file_in_use(Path(name)))
            # each part is of the moment at which it began: what came later is put in again
            made_of = [pickle.loads((part.folder / STATE_FILE).read_bytes()) for part in parts]  # noqa: S301 - written by our children
            network_id = None if network is None else network.id
            if len({(each.database, each.file) for each, _names, _network in made_of}) > 1 or any(
                made_on != network_id for _state, _names, made_on in made_of
            ):
                raise BuildError  # a backup was put in meanwhile, or a new network: read again
            state, names, _network = min(made_of, key=lambda each: each[0].version)
            columns, pieces = load([part.folder for part in parts])
        with read_session(self._engine) as session:
            days = calendar.current(session)
        directory = Directory.of(state.version, days, columns, pieces)
        held = self._take(directory, network, state, names)
        return held if self._stop.is_set() else self.refresh()

    def _build_elsewhere(self, parts: Sequence[Part], network_file: Path | None) -> None:
        url = self._engine.url.render_as_string(hide_password=False)
        deadline = time.monotonic() + BUILD_TIMEOUT_S
        with ExitStack() as stack:
            processes = [
                stack.enter_context(
                    building(Task(url, self._settings, self._face_of, part, network_file))
                )
                for part in parts
            ]
            while any(process.poll() is None for process in processes):
                if time.monotonic() > deadline or self._stop.wait(LOOK_S):
                    break
            if any(process.poll() != 0 for process in processes):
                raise BuildError

    def _take(
        self,
        directory: Directory,
        network: StreetNetwork | None,
        state: RegisterState,
        names: dict[str, str],
    ) -> Held:
        directory.warm()
        self.held = Held(directory, network, _now(), state, names)
        return self.held

    def _run(self) -> None:
        is_away = False
        while not self._stop.is_set():
            try:
                with closing(self._connected()) as listening:
                    listening.execute(f"LISTEN {CHANNEL}")
                    self.refresh(is_suspect=self.held is not None)
                    if is_away:
                        log.info('{"event": "directory", "database": "back"}')
                    is_away = False
                    while not self._stop.is_set():
                        for _told in listening.notifies(timeout=POLL_S, stop_after=1):
                            pass
                        self.refresh()
            except BuildError:
                if not self._stop.is_set():
                    log.warning('{"event": "directory", "error": "BuildError"}')
                self._stop.wait(FAILED_RETRY_S)
            except (psycopg.Error, SQLAlchemyError, NuanyiError, OSError) as error:
                if not is_away:
                    log.warning(
                        '{"event": "directory", "database": "away", "error": "%s"}',
                        type(error).__name__,
                    )
                is_away = True
                self._stop.wait(RETRY_S)
            except Exception as error:  # noqa: BLE001 - without this thread all grows old unseen
                is_away = True
                log.warning(told_of(error))
                self._stop.wait(FAILED_RETRY_S)

    def _connected(self) -> psycopg.Connection:
        # by the parts, as the engine does: libpq reads a whole address in its own way
        _parts, parameters = self._engine.dialect.create_connect_args(self._engine.url)
        return psycopg.connect(**{**parameters, **REACHED_OR_GONE, "autocommit": True})


def _now() -> datetime:
    return datetime.now(UTC)
