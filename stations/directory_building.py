"""Lays a part of the directory out, in a process of its own.

What it imports is what such a process waits for before it can begin: no search, and streets only
where there are any.
"""

import gc
import json
import os
import pickle
import shutil
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


class Task(NamedTuple):
    """What a process is to do, and with what."""

    url: str
    settings: Settings
    face_of: FaceOf
    part: Part
    network_file: Path | None


@contextmanager
def building(task: Task) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a process that lays a part out; it is gone when this ends.

    Not one of `multiprocessing`, which imports anew whatever was started here: a whole server, or a
    test. It is deaf to Ctrl-C, which is meant for us, and the password does not go on its command
    line, which everybody may read. Its standard input stays open: when that ends we are gone, and
    so is it, with what it wrote.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", f"from {__name__} import main; main()"],
        stdin=subprocess.PIPE,
        bufsize=0,  # what is not written at once is not written when it is closed either
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        process_group=0,
    )
    with process:
        try:
            if process.stdin is not None:
                with suppress(BrokenPipeError):  # if it fails at once its exit code says so
                    process.stdin.write(pickle.dumps(task))
            yield process
        finally:
            process.kill()


def main() -> None:
    """Do the task that comes on standard input; say in a line what it fails of."""
    try:
        _do()
    except Exception as error:  # noqa: BLE001 - its text may hold people's words
        sys.exit(told_of(error))


def told_of(error: Exception) -> str:
    """Return a line for the log: class and place of an error, and none of its words."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(at.filename).name}:{at.lineno} {at.name}"
    return json.dumps({"event": "directory", "error": type(error).__name__, "at": place})


def _do() -> None:
    task: Task = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by `building`
    threading.Thread(target=_end_with_parent, args=(task.part.folder.parent,), daemon=True).start()
    os.nice(task.settings.background_niceness)
    gc.disable()  # no cycles here, and a million objects would be looked at again and again
    engine = make_engine(task.url, task.settings.model_copy(update={"statement_timeout_ms": 0}))
    network = None
    if task.network_file is not None:
        from geo.network import StreetNetwork  # noqa: PLC0415 - half a second, for nobody else

        network = StreetNetwork.open(task.network_file)
    lay_out(engine, task.face_of, task.part, network)
    engine.dispose()


def _end_with_parent(folder: Path) -> None:
    os.read(0, 1)  # not through sys.stdin, whose lock a daemon thread must not hold at the end
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


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
