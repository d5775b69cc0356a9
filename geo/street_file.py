"""One file that holds a street network: written whole, mapped into memory by every process.

Layout, little-endian: 8 bytes of magic, the format's version and the length of the header (4 bytes
each), the SHA-256 of all that follows, the header as JSON, then the arrays one after the other,
each on a multiple of 64 bytes. The network's id is the beginning of that SHA-256.
"""

import hashlib
import json
import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from geo.profiles import Profile
from geo.street_graph import ARRAYS, StreetGraph
from geo.street_reading import StreetFileError
from geo.street_rules import STREET_PROFILES
from geo.water import WATER_ARRAYS, Water

MAGIC = b"NUANYIST"
FORMAT_VERSION = 3
"""Raised whenever what the arrays mean changes, so that no program misreads another's file."""

PREFIX = struct.Struct("<8sII32s")
ALIGNED_TO = 64
ID_LENGTH = 12
DIGESTED_AT_ONCE = 1 << 24


@dataclass(frozen=True, eq=False)
class StreetFile:
    """What a file holds. `about` are plain facts: attribution, timestamp, counts."""

    id: str
    central_meridian_e7: int
    about: dict[str, Any]
    graphs: dict[Profile, StreetGraph]
    water: Water


class Streets(Protocol):
    """What goes into a file."""

    @property
    def graphs(self) -> dict[Profile, StreetGraph]:
        """The graph of each profile."""

    @property
    def water(self) -> Water:
        """Where nobody walks."""

    @property
    def central_meridian_e7(self) -> int:
        """What longitudes are counted from."""

    @property
    def about(self) -> dict[str, Any]:
        """Plain facts."""


def chunks_of(streets: Streets) -> Iterator[bytes | memoryview]:
    """Yield the bytes of a file, in order; the same for the same input."""
    arrays = [
        (f"{profile}/{name}", getattr(streets.graphs[profile], name))
        for profile in STREET_PROFILES
        for name in ARRAYS
    ]
    arrays += [(f"water/{name}", getattr(streets.water, name)) for name in WATER_ARRAYS]
    places: dict[str, tuple[int, int]] = {}
    at = 0
    for name, array in arrays:
        places[name] = (at, len(array))
        at += _padded(array.nbytes)
    header = json.dumps(
        {
            "central_meridian_e7": streets.central_meridian_e7,
            "about": streets.about,
            "arrays": places,
            "bytes": at,
        },
        ensure_ascii=False,
        sort_keys=True,
    ).encode()
    header += b" " * (_padded(PREFIX.size + len(header)) - PREFIX.size - len(header))
    rest: list[bytes | memoryview] = [header]
    for _, array in arrays:
        rest.append(memoryview(array).cast("B") if len(array) else b"")
        rest.append(b"\0" * (_padded(array.nbytes) - array.nbytes))
    digest = hashlib.sha256()
    for chunk in rest:
        digest.update(chunk)
    yield PREFIX.pack(MAGIC, FORMAT_VERSION, len(header), digest.digest())
    yield from rest


def open_file(path: Path) -> StreetFile:
    """Map a file into memory, read-only; processes that open the same file share its pages.

    Reads it once to compare its SHA-256, so that a damaged file never reaches a search. Raises
    StreetFileError for a missing or damaged file, and for one of another version of the format.
    """
    try:
        with path.open("rb") as file:
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError as error:
        raise StreetFileError("还没有路网文件", "there is no street network yet") from error
    except (OSError, ValueError) as error:  # an empty file cannot be mapped
        raise _damaged() from error
    if len(whole) < PREFIX.size:
        raise _damaged()
    magic, version, header_length, digest = PREFIX.unpack_from(whole)
    if magic != MAGIC:
        raise StreetFileError("这不是暖驿的路网文件", "this is no street network of Nuanyi's")
    if version != FORMAT_VERSION:
        raise StreetFileError(
            f"路网文件的格式是第 {version} 版，本程序用第 {FORMAT_VERSION} 版，"
            "请重新运行 nuanyi network build",
            f"the street network has format {version}, this program reads {FORMAT_VERSION}: "
            "run nuanyi network build again",
        )
    if _digest(whole) != digest:
        raise _damaged()
    try:
        header = json.loads(whole[PREFIX.size : PREFIX.size + header_length])
    except ValueError as error:  # the digest does not hold the length
        raise _damaged() from error
    body = PREFIX.size + header_length

    def arrays(group: str, types: dict[str, np.dtype[Any]]) -> dict[str, NDArray[Any]]:
        return {
            name: _array(whole, body, dtype, *header["arrays"][f"{group}/{name}"])
            for name, dtype in types.items()
        }

    return StreetFile(
        digest.hex()[:ID_LENGTH],
        int(header["central_meridian_e7"]),
        header["about"],
        {profile: StreetGraph(profile, **arrays(profile, ARRAYS)) for profile in STREET_PROFILES},
        Water(**arrays("water", WATER_ARRAYS)),
    )


def _array(whole: mmap.mmap, body: int, dtype: np.dtype[Any], at: int, count: int) -> NDArray[Any]:
    if not count:
        return np.empty(0, dtype)
    # a plain array on the map: a np.memmap costs a microsecond more with every slice
    return np.frombuffer(whole, dtype, count=count, offset=body + at)


def _digest(whole: mmap.mmap) -> bytes:
    digest = hashlib.sha256()
    with memoryview(whole) as view:
        for begin in range(PREFIX.size, len(view), DIGESTED_AT_ONCE):
            digest.update(view[begin : begin + DIGESTED_AT_ONCE])
    return digest.digest()


def _padded(size: int) -> int:
    return -(-size // ALIGNED_TO) * ALIGNED_TO


def _damaged() -> StreetFileError:
    return StreetFileError(
        "路网文件已损坏，请重新运行 nuanyi network build",
        "the street network's file is damaged: run nuanyi network build again",
    )
