"""Lays a part of the directory out, in a process of its own.

What it imports is what such a process waits for before it can begin: no search, and streets only
where there are any.
"""

import gc
import os
import pickle
import signal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Engine

from stations import directory_reading, register
from stations.database import make_engine, read_session
from stations.directory_columns import FaceOf, build
from stations.directory_files import save
from stations.settings import Settings

if TYPE_CHECKING:
    from geo.network import StreetNetwork

STATE_FILE = "state.pickle"


class Part(NamedTuple):
    """The stations from one code on and before another (None: no end), and where they are put."""

    folder: Path
    from_code: str | None
    before_code: str | None


def build_in_a_process(
    url: str, settings: Settings, face_of: FaceOf, part: Part, network_file: Path | None
) -> None:
    """Lay a part of the directory out into files; run in a process of its own."""
    os.nice(settings.background_niceness)
    gc.disable()  # no cycles here, and a million objects would be looked at again and again
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine = make_engine(url, settings.model_copy(update={"statement_timeout_ms": 0}))
    network = None
    if network_file is not None:
        from geo.network import StreetNetwork  # noqa: PLC0415 - half a second, for nobody else

        network = StreetNetwork.open(network_file)
    lay_out(engine, face_of, part, network)
    engine.dispose()


def lay_out(engine: Engine, face_of: FaceOf, part: Part, network: "StreetNetwork | None") -> None:
    """Write a part of the directory into files, with the state of the register that it shows."""
    part.folder.mkdir()
    with read_session(engine) as session:
        state = register.state(session)
        names = directory_reading.area_names(session)
        stations = directory_reading.everything(session, part.from_code, part.before_code)
        columns, pieces = build(stations, face_of, network=network)
    save(columns, pieces, part.folder)
    network_id = None if network is None else network.id
    (part.folder / STATE_FILE).write_bytes(pickle.dumps((state, names, network_id)))
