"""The columns of the directory: what of each public station is looked at to find the nearest.

Rows are in the order of codes, so that the row decides ties. What people are shown of a station is
bytes that the door (`api`) made of it once; the directory keeps them and never looks inside.
"""

import mmap
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.coordinates import Datum, FloatArray, convert_arrays, earth_centred
from geo.street_rules import STREET_PROFILES
from stations.station import Access, Closure, Station, Status
from stations.taxonomy import Taxonomy, taxonomy

if TYPE_CHECKING:  # a process that lays out without streets waits for no search to be imported
    from geo.network import StreetNetwork

IntArray = NDArray[np.int64]
FaceOf = Callable[[Station], bytes]

CODE_BYTES = 40  # the longest code of a station
SNAP_COLUMNS = ("edge", "along_m", "off_m")
SMALL = "small_"
ACCESS = {access.value: place for place, access in enumerate(Access)}


@dataclass(frozen=True, eq=False)
class Columns:
    """One row a public station, shape (rows,) each but where said.

    Masks have a bit for each word of a facet, in the taxonomy's order. `hours` is the place of the
    text among those of the directory, -1 where hours are not known. A face is the bytes from
    `face_start` on, `face_length` of them, in the piece `face_piece`.
    """

    code: NDArray[np.bytes_]
    lon: FloatArray  # WGS-84 degrees, as lat
    lat: FloatArray
    xyz: FloatArray  # (rows, 3), earth-centred metres
    gcj_lon: FloatArray  # GCJ-02 degrees, as gcj_lat
    gcj_lat: FloatArray
    kinds: IntArray
    services_yes: IntArray
    services_no: IntArray
    entry: IntArray
    access: IntArray  # place in ACCESS
    tier: IntArray  # a bit, or none where it is not known
    is_closed: NDArray[np.bool_]  # for the time being
    hours: IntArray
    shut: IntArray  # place among the closures of the directory, -1 where there are none
    face_piece: IntArray
    face_start: IntArray
    face_length: IntArray
    walk_edge: IntArray  # where the station meets the streets, for those who walk; -1: nowhere
    walk_along_m: FloatArray
    walk_off_m: FloatArray
    walk_small_edge: IntArray  # and where the small islands of the network
    walk_small_along_m: FloatArray
    walk_small_off_m: FloatArray
    ebike_edge: IntArray  # and for those who ride
    ebike_along_m: FloatArray
    ebike_off_m: FloatArray
    ebike_small_edge: IntArray
    ebike_small_along_m: FloatArray
    ebike_small_off_m: FloatArray

    def __len__(self) -> int:
        """Return how many stations there are."""
        return len(self.code)

    def rows_of(self, codes: Sequence[str]) -> tuple[IntArray, NDArray[np.bool_]]:
        """Return the row of each code, or that before which it belongs, and whether it is there."""
        wanted = np.array([code.encode() for code in codes], dtype=f"S{CODE_BYTES}")
        rows = np.searchsorted(self.code, wanted).astype(np.int64)
        there = np.zeros(len(wanted), dtype=np.bool_)
        inside = rows < len(self)
        there[inside] = self.code[rows[inside]] == wanted[inside]
        return rows, there

    def taken(self, rows: NDArray[Any]) -> "Columns":
        """Return some of the rows."""
        return Columns(*(getattr(self, each.name)[rows] for each in fields(self)))

    def merged(self, others: "Columns") -> "Columns":
        """Return both, in the order of codes; no code may be in both."""
        places = np.searchsorted(self.code, others.code)
        return Columns(
            *(
                np.insert(getattr(self, each.name), places, getattr(others, each.name), axis=0)
                for each in fields(self)
            )
        )

    def replaced(self, rows: IntArray, others: "Columns") -> "Columns":
        """Return a copy in which `rows` are the rows of `others`."""
        found = {}
        for each in fields(self):
            column = np.array(getattr(self, each.name))
            column[rows] = getattr(others, each.name)
            found[each.name] = column
        return Columns(**found)


class Bits:
    """The bit of each word of the taxonomy's facets; words that it no longer has are no bit."""

    def __init__(self, words: Taxonomy) -> None:
        self.kind = _bits(words.kind)
        self.service = _bits(words.service)
        self.entry = _bits(words.entry)
        self.tier = _bits(words.tier)


_bits_of: list[tuple[Taxonomy, Bits]] = []


def bits() -> Bits:
    """Return the bits of the taxonomy in use, which changes only where a test changes it."""
    words = taxonomy()
    if not _bits_of or _bits_of[0][0] is not words:
        _bits_of[:] = [(words, Bits(words))]
    return _bits_of[0][1]


def mask_of(bits: dict[str, int], words: Iterable[str]) -> int:
    """Return the bits of some words together."""
    mask = 0
    for word in words:
        mask |= bits.get(word, 0)
    return mask


@dataclass(frozen=True, eq=False)
class Pieces:
    """What rows point at: hours texts, closures, and faces in pieces of bytes."""

    hours: tuple[str, ...]
    shut: tuple[tuple[Closure, ...], ...]
    faces: tuple[bytes | mmap.mmap, ...]

    @cached_property
    def place_of_hours(self) -> dict[str, int]:
        """Where each text is."""
        return {text: place for place, text in enumerate(self.hours)}

    def face(self, columns: Columns, row: int) -> bytes:
        """Return what people are shown of a station."""
        start = columns.face_start.item(row)
        end = start + columns.face_length.item(row)
        return self.faces[columns.face_piece.item(row)][start:end]


NO_PIECES = Pieces((), (), ())


def build(
    stations: Iterable[Station],
    face_of: FaceOf,
    pieces: Pieces = NO_PIECES,
    network: "StreetNetwork | None" = None,
) -> tuple[Columns, Pieces]:
    """Lay out stations, which come in the order of codes, behind the pieces that are there."""
    known = bits()
    hours = dict(pieces.place_of_hours)
    shut = list(pieces.shut)
    faces = bytearray()
    rows = array("q")  # a list of tuples takes a quarter of all the time to become an array
    codes: list[bytes] = []
    positions: list[tuple[float, float]] = []
    for station in stations:
        if station.point is None:
            raise ValueError(f"{station.code} has no position")
        face = face_of(station)
        codes.append(station.code.encode())
        positions.append(station.point)
        rows.extend(
            (
                mask_of(known.kind, (station.kind, *station.also_kinds)),
                mask_of(known.service, station.services_yes),
                mask_of(known.service, station.services_no),
                mask_of(known.entry, station.entry),
                ACCESS[station.access.value],
                known.tier.get(station.tier or "", 0),
                station.status is Status.TEMPORARILY_CLOSED,
                -1 if station.hours is None else hours.setdefault(station.hours, len(hours)),
                len(shut) if station.closures else -1,
                len(pieces.faces),
                len(faces),
                len(face),
            )
        )
        if station.closures:
            shut.append(station.closures)
        faces += face
    whole = np.frombuffer(rows, dtype=np.int64).reshape(-1, 12).T.copy()
    lon, lat = np.array(positions, dtype=np.float64).reshape(-1, 2).T.copy()
    gcj_lon, gcj_lat = convert_arrays(lon, lat, Datum.WGS84, Datum.GCJ02)
    columns = Columns(
        code=np.array(codes, dtype=f"S{CODE_BYTES}"),
        lon=lon,
        lat=lat,
        xyz=earth_centred(lon, lat),
        gcj_lon=gcj_lon,
        gcj_lat=gcj_lat,
        kinds=whole[0],
        services_yes=whole[1],
        services_no=whole[2],
        entry=whole[3],
        access=whole[4],
        tier=whole[5],
        is_closed=whole[6].astype(np.bool_),
        hours=whole[7],
        shut=whole[8],
        face_piece=whole[9],
        face_start=whole[10],
        face_length=whole[11],
        **_snap_columns(network, lon, lat),
    )
    return columns, Pieces(tuple(hours), tuple(shut), (*pieces.faces, bytes(faces)))


def compacted(columns: Columns, pieces: Pieces) -> tuple[Columns, Pieces]:
    """Let go of faces and closures that no row points at any more, but for the first piece."""
    later = np.flatnonzero(columns.face_piece > 0)
    lengths = columns.face_length[later]
    ends = np.cumsum(lengths)
    faces = b"".join(pieces.face(columns, row) for row in later.tolist())
    piece, start = columns.face_piece.copy(), columns.face_start.copy()
    piece[later], start[later] = 1, ends - lengths
    closing = np.flatnonzero(columns.shut >= 0)
    shut = columns.shut.copy()
    shut[closing] = np.arange(len(closing))
    kept = tuple(pieces.shut[place] for place in columns.shut[closing].tolist())
    return (
        replace(columns, face_piece=piece, face_start=start, shut=shut),
        Pieces(pieces.hours, kept, (pieces.faces[0], faces)),
    )


def _snap_columns(
    network: "StreetNetwork | None", lon: FloatArray, lat: FloatArray
) -> dict[str, NDArray[Any]]:
    nowhere = np.full(len(lon), -1, dtype=np.int64), *np.full((2, len(lon)), np.nan)
    found: dict[str, NDArray[Any]] = {}
    for profile in STREET_PROFILES:
        kinds: tuple[tuple[NDArray[Any], ...], ...] = nowhere, nowhere
        if network is not None and len(lon):
            snaps = network.snap_stations(lon, lat, profile)
            kinds = tuple((each.edge, each.along_m, each.off_m) for each in snaps)
        for which, columns in zip(("", SMALL), kinds, strict=True):
            for name, column in zip(SNAP_COLUMNS, columns, strict=True):
                found[f"{profile}_{which}{name}"] = column
    return found


def _bits(words: Iterable[str]) -> dict[str, int]:
    return {word: 1 << place for place, word in enumerate(words)}
