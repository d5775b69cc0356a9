"""The directory: an immutable copy of all public stations in memory, which answers nearest.

No query, no lock, and still there when the database is restarting. Stations are indexed in
earth-centred coordinates, in which the straight line orders as the ellipsoid does; on the unit
sphere one query in a hundred comes out in the wrong order. Bands of latitude give all within a
radius, and a k-d tree those along a line and the nearest at any distance.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from geo.bands import Bands
from geo.coordinates import FloatArray, LonLat, chord_m, earth_centred_point, geodesic_m
from geo.lines import MOST_PIECE_M, Line
from geo.network import Snaps, StreetNetwork
from geo.profiles import Profile
from stations.calendar import Calendar
from stations.directory_columns import (
    SMALL,
    SNAP_COLUMNS,
    Columns,
    IntArray,
    Pieces,
    bits,
    build,
    compacted,
    mask_of,
)
from stations.filters import Filters
from stations.hours import schedule_of
from stations.hours_rules import Schedule
from stations.hours_state import Shut, shut_times
from stations.nearest import Frontier, Question
from stations.sieve import WANTED, Sieve
from stations.ways import (
    NO_PARKING,
    PARKED,
    PARKING_UNKNOWN,
    TRUCK_PARKING,
    Candidate,
    Ways,
    ways_from,
)

ROOM_M = 1.0
"""More than the difference between a chord and the way over the ellipsoid at 20 km, and than the
rounding to whole metres."""

HALF_M = 0.5
"""A station this much farther than asked is within reach: people read whole metres."""

ROW_BITS = 32
ROW_MASK = (1 << ROW_BITS) - 1
FIRST_ANYWHERE = 16
WIDEN_ANYWHERE_BY = 4
MOST_SIEVES = 64
MOST_PIECES = 32

LEAF = 32
"""Stations in a leaf of the tree; measured: a tenth faster than with scipy's 16."""


@dataclass(frozen=True, eq=False)
class Directory:
    """All public stations at one version of the register."""

    version: int
    calendar: Calendar
    columns: Columns
    pieces: Pieces
    tree: cKDTree | None  # None: there is no station
    bands: Bands
    written: dict[Any, dict[int, Any]] = field(default_factory=dict, repr=False)
    """What the door made of rows and wants to find again; it goes when a station changes."""
    _sieves: dict[Filters, Sieve] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, version: int, calendar: Calendar, columns: Columns, pieces: Pieces) -> "Directory":
        """Index what was laid out."""
        bands = Bands.of(columns.lon, columns.lat, columns.xyz)
        return cls(version, calendar, columns, pieces, _tree(columns), bands)

    def __len__(self) -> int:
        """Return how many stations there are."""
        return len(self.columns)

    @cached_property
    def schedules(self) -> tuple[Schedule | None, ...]:
        """The distinct hours, compiled once; None for what cannot be evaluated truthfully."""
        return tuple(schedule_of(text) for text in self.pieces.hours)

    @cached_property
    def shut(self) -> tuple[tuple[Shut, ...], ...]:
        """The one-off closures of stations that have any."""
        return tuple(shut_times(each) for each in self.pieces.shut)

    def hours_of(self, row: int) -> tuple[Schedule | None, tuple[Shut, ...]]:
        """Return the hours of a station, None where they are not known, and its closures."""
        hours, shut = int(self.columns.hours[row]), int(self.columns.shut[row])
        return (None if hours < 0 else self.schedules[hours], () if shut < 0 else self.shut[shut])

    def face(self, row: int) -> bytes:
        """Return what people are shown of a station, as it was given when the row was laid out."""
        return self.pieces.face(self.columns, row)

    def code(self, row: int) -> str:
        """Return the code of a station."""
        return bytes(self.columns.code[row]).decode()

    def changed(
        self,
        version: int,
        calendar: Calendar,
        gone: Sequence[str],
        now: tuple[Columns, Pieces],
    ) -> "Directory":
        """Return the directory of a later version, in which some rows are gone or other ones.

        `now` is what was built behind this directory's pieces. Where no station came, went or moved
        what indexes them is this one's.
        """
        fresh, pieces = now
        columns = self.columns
        gone_rows, is_there = columns.rows_of(gone)
        if is_there.any():
            kept = np.ones(len(columns), dtype=np.bool_)
            kept[gone_rows[is_there]] = False
            columns = columns.taken(np.flatnonzero(kept))
        rows, is_there = columns.rows_of([code.decode() for code in fresh.code.tolist()])
        moved = bool(gone) or not is_there.all()
        if is_there.any():
            replaced = fresh.taken(np.flatnonzero(is_there))
            at = rows[is_there]
            moved = moved or not np.array_equal(columns.xyz[at], replaced.xyz)
            columns = columns.replaced(at, replaced)
        if not is_there.all():
            columns = columns.merged(fresh.taken(np.flatnonzero(~is_there)))
        if len(pieces.faces) > MOST_PIECES:
            columns, pieces = compacted(columns, pieces)
        if moved:
            return Directory.of(version, calendar, columns, pieces)
        return Directory(version, calendar, columns, pieces, self.tree, self.bands)

    def at_version(self, version: int, calendar: Calendar) -> "Directory":
        """Return the same stations at a later version, which changed none of them."""
        return replace(self, version=version, calendar=calendar)

    def warm(self) -> None:
        """Work out now what the first question would wait for."""
        _ = self.schedules, self.shut

    def within(self, origin: LonLat, within_m: float) -> tuple[IntArray, FloatArray]:
        """Return the rows at most so many whole ellipsoid metres from a WGS-84 point, unordered.

        With metres through the earth, for `geodesic_m`.
        """
        return self.bands.within(origin, chord_m(within_m + HALF_M))

    def along(self, line: Line, within_m: float) -> tuple[IntArray, FloatArray, FloatArray]:
        """Return rows at most so many metres off a line, metres off it, and metres along it.

        In the order of the line, then of codes. The line is made of chords through the ellipsoid,
        at most `MOST_PIECE_M` long each, so that metres are right to the centimetre.
        """
        if self.tree is None:
            return NO_ROWS, np.empty(0), np.empty(0)
        off_m, along_m = np.full(len(self), np.inf), np.full(len(self), np.inf)
        # part by part, and each only with what is near it: a line may go to and fro all day
        for part in line.parts(max(within_m, MOST_PIECE_M)):
            middle_m, radius_m = part.ball()
            near = self.tree.query_ball_point(middle_m, radius_m + within_m + ROOM_M)
            rows = np.array(near, dtype=np.int64)
            off, along = part.measured(self.columns.xyz.take(rows, axis=0))
            is_nearer = off < off_m[rows]
            is_nearer |= (off == off_m[rows]) & (along < along_m[rows])
            off_m[rows[is_nearer]], along_m[rows[is_nearer]] = off[is_nearer], along[is_nearer]
        rows = np.flatnonzero(np.rint(off_m) <= within_m)
        off_m, along_m = off_m[rows], along_m[rows]
        order = np.lexsort((rows, np.rint(along_m)))
        return rows[order], off_m[order], along_m[order]

    def metres(self, origin: LonLat, rows: IntArray) -> FloatArray:
        """Return ellipsoid metres from a WGS-84 point to stations."""
        gap = self.columns.xyz.take(rows, axis=0)
        gap -= earth_centred_point(origin)
        return geodesic_m(np.sqrt(np.vecdot(gap, gap)))

    def sieve(self, filters: Filters) -> Sieve:
        """Return what filters make of all stations, remembered."""
        sieve = self._sieves.get(filters)
        if sieve is None:
            sieve = Sieve.of(self.columns, filters)
            if len(self._sieves) >= MOST_SIEVES:
                self._sieves.clear()
            self._sieves[filters] = sieve
        return sieve

    def nearest_anywhere_m(self, origin: LonLat, filters: Filters, unwanted: int = 0) -> int | None:
        """Return metres to the nearest wanted station, however far; None where there is none.

        So many as `unwanted` of the nearest were looked at: they are not looked at first alone.
        """
        sieve = self.sieve(filters)
        if sieve.rare is not None:
            rare = sieve.rare
            return round(float(self.metres(origin, rare).min())) if len(rare) else None
        here = earth_centred_point(origin)
        count = unwanted + FIRST_ANYWHERE
        while self.tree is not None:
            count = min(count, len(self))
            _chords, found = self.tree.query(here, count)
            near = np.atleast_1d(np.asarray(found, dtype=np.int64))
            wanted = near[sieve.verdicts.take(near) == WANTED]
            if len(wanted):
                return round(float(self.metres(origin, wanted).min()))
            if count == len(self):
                break
            count *= WIDEN_ANYWHERE_BY
        return None


NO_ROWS: IntArray = np.empty(0, dtype=np.int64)


class DirectorySource:
    """The stations round a point, from the directory; `held` of a candidate is its row."""

    def __init__(
        self, directory: Directory, question: Question, network: StreetNetwork | None = None
    ) -> None:
        self._network = network
        self.calendar = directory.calendar
        self._directory = directory
        self._question = question
        rows, chords_m = directory.within(question.origin, question.within_m)
        self._seen = len(rows)
        wanted, self._left_out = directory.sieve(question.filters).sifted(rows)
        # nearest first, and then in the order of codes, which is that of rows: both in one number
        keys = np.rint(geodesic_m(chords_m[wanted])).astype(np.int64)
        keys <<= ROW_BITS
        keys |= rows[wanted]
        keys.sort()
        self._keys = keys

    def first(self, count: int) -> Frontier:
        """Return at least `count` of the wanted stations within reach, or all there are."""
        directory, columns = self._directory, self._directory.columns
        keys = self._keys[:count]
        rows = keys & ROW_MASK
        found = [
            Candidate(
                metres,
                row,
                None if hours < 0 else directory.schedules[hours],
                () if shut < 0 else directory.shut[shut],
                is_closed,
                row,
                parking,
            )
            for metres, row, hours, shut, is_closed, parking in zip(
                (keys >> ROW_BITS).tolist(),
                rows.tolist(),
                columns.hours.take(rows).tolist(),
                columns.shut.take(rows).tolist(),
                columns.is_closed.take(rows).tolist(),
                self._parking(rows),
                strict=True,
            )
        ]
        complete = count >= len(self._keys)
        # whoever is not in it is at least as far as the next one
        return Frontier(found, math.inf if complete else float(self._keys[count] >> ROW_BITS))

    def _parking(self, rows: IntArray) -> list[int]:
        if self._question.profile is not Profile.TRUCK:
            return [PARKED] * len(rows)
        mask = mask_of(bits().service, (TRUCK_PARKING,))
        has = (self._directory.columns.services_yes.take(rows) & mask) != 0
        has_not = (self._directory.columns.services_no.take(rows) & mask) != 0
        found: list[int] = np.select([has, has_not], [PARKED, NO_PARKING], PARKING_UNKNOWN).tolist()
        return found

    def counts(self) -> tuple[int, dict[str, int]]:
        """Count the wanted within reach, and those left out for a fact that is not known."""
        return len(self._keys), dict(self._left_out)

    def nearest_anywhere_m(self) -> int | None:
        """Return metres to the nearest wanted station, however far; None where there is none."""
        return self._directory.nearest_anywhere_m(
            self._question.origin, self._question.filters, self._seen
        )

    def code_of(self, held: int) -> str:
        """Return the code of a station that it found."""
        return self._directory.code(held)

    def ways(self) -> Ways:
        """Return how people get from the origin to these stations."""
        asked = self._question
        return ways_from(asked.origin, asked.profile, asked.within_m, self._network, self)

    def arrivals(self, network: StreetNetwork, held: Sequence[int]) -> tuple[Snaps, Snaps]:
        """Return where stations meet the streets, as they were laid out."""
        columns, profile = self._directory.columns, self._question.profile
        rows = np.array(held, dtype=np.int64)
        nowhere = np.full(len(rows), np.nan)  # nobody asks where on the map a target's street is

        def snaps(which: str) -> Snaps:
            edge, along_m, off_m = (
                getattr(columns, f"{profile}_{which}{name}").take(rows) for name in SNAP_COLUMNS
            )
            return Snaps(network.id, profile, edge, along_m, off_m, nowhere, nowhere)

        return snaps(""), snaps(SMALL)

    def positions(self, held: Sequence[int]) -> tuple[FloatArray, FloatArray]:
        """Return where stations are."""
        columns, rows = self._directory.columns, np.array(held, dtype=np.int64)
        return columns.lon.take(rows), columns.lat.take(rows)


def empty(version: int, calendar: Calendar) -> Directory:
    """Return a directory without a station."""
    return Directory.of(version, calendar, *build((), lambda _station: b""))


def _tree(columns: Columns) -> cKDTree | None:
    if not len(columns):
        return None
    return cKDTree(columns.xyz, leafsize=LEAF, balanced_tree=False, copy_data=True)
