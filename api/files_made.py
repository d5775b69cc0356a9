"""Files to download: made whole on disk, a few at a time, and sent in pieces."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Semaphore
from typing import IO

from stations.errors import BusyError

CHUNK_BYTES = 32 * 1024
"""The event loop zips a piece in a millisecond, in which nobody else is answered."""


def made_whole(places: Semaphore, name: str, write: Callable[[Path], None]) -> IO[bytes]:
    """Let `write` make the file, and open it; it is gone from its directory already.

    So the database is read as fast as it goes, however slow the reader's line is, and a reader that
    goes away leaves nothing behind. Raises BusyError where no place is free.
    """
    if not places.acquire(blocking=False):
        raise BusyError
    try:
        with tempfile.TemporaryDirectory(prefix="nuanyi-export-") as directory:
            path = Path(directory) / name
            write(path)
            return path.open("rb")
    finally:
        places.release()


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in pieces, and close it."""
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
