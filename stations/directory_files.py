"""The directory in files: how the processes that lay it out hand it over, each its part."""

import mmap
import pickle
import shutil
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stations.directory_columns import Columns, Pieces

FACES_FILE = "faces.bin"
REST_FILE = "rest.pickle"


def save(columns: Columns, pieces: Pieces, folder: Path) -> None:
    """Write what was built in one go for another process to map."""
    for each in fields(columns):
        np.save(folder / f"{each.name}.npy", getattr(columns, each.name))
    (folder / FACES_FILE).write_bytes(b"".join(bytes(piece) for piece in pieces.faces))
    (folder / REST_FILE).write_bytes(pickle.dumps((pieces.hours, pieces.shut)))


def load(folders: Sequence[Path]) -> tuple[Columns, Pieces]:
    """Put together what was saved in parts, which follow each other in the order of codes.

    Faces are mapped, in one file of all parts; it may be removed while it is mapped.
    """
    hours: dict[str, int] = {}
    shut: list[Any] = []
    parts: list[Columns] = []
    faces_bytes = 0
    for folder in folders:
        columns = Columns(*(np.load(folder / f"{each.name}.npy") for each in fields(Columns)))
        own_hours, own_shut = pickle.loads((folder / REST_FILE).read_bytes())  # noqa: S301 - ours
        places = [hours.setdefault(text, len(hours)) for text in own_hours]
        parts.append(
            replace(
                columns,
                hours=np.array([*places, -1], dtype=np.int64)[columns.hours],
                shut=np.where(columns.shut < 0, -1, columns.shut + len(shut)),
                face_start=columns.face_start + faces_bytes,
            )
        )
        shut += own_shut
        faces_bytes += (folder / FACES_FILE).stat().st_size
    with (folders[0] / FACES_FILE).open("ab") as whole:
        for folder in folders[1:]:
            with (folder / FACES_FILE).open("rb") as file:
                shutil.copyfileobj(file, whole)
    columns = Columns(
        *(_joined([getattr(part, each.name) for part in parts]) for each in fields(Columns))
    )
    return columns, Pieces(tuple(hours), tuple(shut), (_mapped(folders[0] / FACES_FILE),))


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _mapped(path: Path) -> bytes | mmap.mmap:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
