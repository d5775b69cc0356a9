"""The directory: an immutable copy of all public stations in memory, which answers nearest.

No query, no lock, and still there when the database is restarting. A k-d tree holds the stations in
earth-centred coordinates, in which the straight line orders as the ellipsoid does; on the unit
sphere one query in a hundred comes out in the wrong order.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.coordinates import FloatArray, LonLat, earth_centred_point, geodesic_m
from geo.lines import Line
from geo.network import Snaps, StreetNetwork
from stations.calendar import Calendar
from stations.directory_columns import (
    ACCESS,
    Columns,
    IntArray,
    Pieces,
    bits,
    build,
    compacted,
    mask_of,
    snaps,
)
from stations.filters import Filters, entry_without_phone
from stations.hours import schedule_of
from stations.hours_rules import Schedule
from stations.hours_state import Shut, shut_times
from stations.nearest import Frontier, Question
from stations.station import Access
from stations.ways import Candidate, Ways, ways_from

BoolArray = NDArray[np.bool_]

ROOM_M = 1.0
"""More than the difference between a chord and the way over the ellipsoid at 20 km, and than the
rounding to whole metres."""

RARE_SHARE = 0.02
"""A filter that fewer stations pass is remembered with its rows: few enough to look at each."""

MOST_FILTERS_REMEMBERED = 256
MOST_PIECES = 32


class Asked(NamedTuple):
    """Filters as masks, worked out once a question."""

    kinds: int
    facts: tuple["Fact", ...]
    include_unknown: bool


class Fact(NamedTuple):
    """One thing asked of a station; `_facts` of the filters says the same in SQL."""

    name: str
    mask: int


@dataclass(frozen=True, eq=False)
class Directory:
    """All public stations at one version of the register."""

    version: int
    calendar: Calendar
    columns: Columns
    pieces: Pieces
    tree: cKDTree | None  # None: there is no station
    _rare: dict[Filters, IntArray] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, version: int, calendar: Calendar, columns: Columns, pieces: Pieces) -> "Directory":
        """Index what was laid out."""
        return cls(version, calendar, columns, pieces, _tree(columns))

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
        the tree is this one's.
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
        tree = _tree(columns) if moved else self.tree
        return Directory(version, calendar, columns, pieces, tree)

    def at_version(self, version: int, calendar: Calendar) -> "Directory":
        """Return the same stations at a later version, which changed none of them."""
        return replace(self, version=version, calendar=calendar, _rare={})

    def warm(self) -> None:
        """Work out now what the first question would wait for."""
        _ = self.schedules, self.shut

    def within(self, origin: LonLat, within_m: float) -> tuple[IntArray, FloatArray]:
        """Return rows at most so many ellipsoid metres from a WGS-84 point, and their metres.

        In the order of rows.
        """
        if self.tree is None:
            return NO_ROWS, np.empty(0)
        here = earth_centred_point(origin)
        found = self.tree.query_ball_point(here, within_m + ROOM_M)
        found.sort()
        rows = np.array(found, dtype=np.int64)
        return rows, self.metres(here, rows)

    def along(self, line: Line, within_m: float) -> tuple[IntArray, FloatArray, FloatArray]:
        """Return rows at most so many metres off a line, metres off it, and metres along it.

        In the order of the line, then of codes. The line is made of chords through the ellipsoid,
        at most `MOST_PIECE_M` long each, so that metres are right to the centimetre.
        """
        if self.tree is None:
            return NO_ROWS, np.empty(0), np.empty(0)
        near = self.tree.query_ball_point(
            line.middles_m, np.array(line.lengths_m) / 2 + within_m + ROOM_M
        )
        rows = np.unique(np.concatenate([np.array(each, dtype=np.int64) for each in near]))
        off_m, along_m = line.measured(self.columns.xyz.take(rows, axis=0))
        kept = np.rint(off_m) <= within_m
        rows, off_m, along_m = rows[kept], off_m[kept], along_m[kept]
        order = np.lexsort((rows, np.rint(along_m)))
        return rows[order], off_m[order], along_m[order]

    def metres(self, here: tuple[float, float, float], rows: IntArray) -> FloatArray:
        """Return ellipsoid metres from an earth-centred point to stations."""
        gap = self.columns.xyz.take(rows, axis=0) - np.array(here)
        return geodesic_m(np.sqrt(np.einsum("ij,ij->i", gap, gap)))

    def asked(self, filters: Filters) -> Asked:
        """Return filters as masks."""
        known = bits()
        facts = []
        if filters.services:
            facts.append(Fact("service", mask_of(known.service, filters.services)))
        if filters.access:
            facts.append(Fact("access", sum(1 << ACCESS[each] for each in filters.access)))
        if filters.entry:
            facts.append(Fact("entry", mask_of(known.entry, filters.entry)))
        if filters.no_app:
            facts.append(Fact("no_app", mask_of(known.entry, entry_without_phone())))
        if filters.tiers:
            facts.append(Fact("tier", mask_of(known.tier, filters.tiers)))
        return Asked(mask_of(known.kind, filters.kinds), tuple(facts), filters.include_unknown)

    def sifted(self, asked: Asked, rows: IntArray) -> tuple[BoolArray, dict[str, int]]:
        """Tell which rows are wanted, and count those left out for a fact that is not known.

        Each is left out for one reason, the first in the order of the facts.
        """
        columns = self.columns
        may = np.ones(len(rows), dtype=np.bool_)
        if asked.kinds:
            may &= (columns.kinds.take(rows) & asked.kinds) != 0
        known = []
        for fact in asked.facts:
            has, unknown = _judged(columns, fact, rows)
            known.append((fact.name, has))
            may &= has | unknown
        if asked.include_unknown:
            return may, {}
        left_out = {}
        for name, has in known:
            missing = int(np.count_nonzero(may & ~has))
            if missing:
                left_out[f"{name}_unknown"] = missing
            may &= has
        return may, left_out

    def nearest_anywhere_m(self, origin: LonLat, filters: Filters) -> int | None:
        """Return metres to the nearest wanted station, however far; None where there is none."""
        here = earth_centred_point(origin)
        rows = self._rare_rows(filters)
        if rows is not None:
            return round(float(self.metres(here, rows).min())) if len(rows) else None
        asked = self.asked(filters)
        count = 16
        while self.tree is not None:
            count = min(count, len(self))
            _chords, found = self.tree.query(here, count)
            near = np.atleast_1d(np.asarray(found, dtype=np.int64))
            wanted, _left_out = self.sifted(asked, near)
            if wanted.any():
                return round(float(self.metres(here, near[wanted]).min()))
            if count == len(self):
                break
            count *= 16
        return None

    def _rare_rows(self, filters: Filters) -> IntArray | None:
        """Return all rows that pass filters, where these are few; None where they are many.

        Remembered, since a filter that few stations pass is asked far from most of them.
        """
        key = filters
        known = self._rare.get(key)
        if known is None:
            wanted, _left_out = self.sifted(self.asked(filters), _all_rows(len(self)))
            known = np.flatnonzero(wanted).astype(np.int64)
            if len(known) > RARE_SHARE * len(self):
                known = MANY
            if len(self._rare) >= MOST_FILTERS_REMEMBERED:
                self._rare.clear()
            self._rare[key] = known
        return None if known is MANY else known


MANY: IntArray = np.empty(0, dtype=np.int64)
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
        rows, metres = directory.within(question.origin, question.within_m)
        whole = np.rint(metres).astype(np.int64)
        near = whole <= question.within_m
        rows, whole = rows[near], whole[near]
        wanted, self._left_out = directory.sifted(directory.asked(question.filters), rows)
        rows, whole = rows[wanted], whole[wanted]
        order = np.argsort(whole, kind="stable")  # rows are in the order of codes
        self._rows, self._metres = rows[order], whole[order]

    def first(self, count: int) -> Frontier:
        """Return at least `count` of the wanted stations within reach, or all there are."""
        directory, columns = self._directory, self._directory.columns
        rows = self._rows[:count]
        hours, shut = columns.hours.take(rows).tolist(), columns.shut.take(rows).tolist()
        closed = columns.is_closed.take(rows).tolist()
        found = [
            Candidate(
                metres,
                row,
                None if hours[place] < 0 else directory.schedules[hours[place]],
                () if shut[place] < 0 else directory.shut[shut[place]],
                closed[place],
                row,
            )
            for place, (row, metres) in enumerate(
                zip(rows.tolist(), self._metres[:count].tolist(), strict=True)
            )
        ]
        complete = count >= len(self._rows)
        # whoever is not in it is at least as far as the next one
        return Frontier(found, math.inf if complete else float(self._metres[count]))

    def counts(self) -> tuple[int, dict[str, int]]:
        """Count the wanted within reach, and those left out for a fact that is not known."""
        return len(self._rows), dict(self._left_out)

    def nearest_anywhere_m(self) -> int | None:
        """Return metres to the nearest wanted station, however far; None where there is none."""
        return self._directory.nearest_anywhere_m(self._question.origin, self._question.filters)

    def code_of(self, held: int) -> str:
        """Return the code of a station that it found."""
        return self._directory.code(held)

    def ways(self) -> Ways:
        """Return how people get from the origin to these stations."""
        asked, columns = self._question, self._directory.columns

        def snaps_of(network: StreetNetwork, rows: Sequence[int]) -> Snaps:
            return snaps(columns, network, asked.profile, np.array(rows, dtype=np.int64))

        return ways_from(asked.origin, asked.profile, asked.within_m, self._network, snaps_of)


def empty(version: int, calendar: Calendar) -> Directory:
    """Return a directory without a station."""
    return Directory.of(version, calendar, *build((), lambda _station: b""))


def _tree(columns: Columns) -> cKDTree | None:
    return cKDTree(columns.xyz, balanced_tree=False, copy_data=True) if len(columns) else None


def _all_rows(count: int) -> IntArray:
    return np.arange(count, dtype=np.int64)


def _judged(columns: Columns, fact: Fact, rows: IntArray) -> tuple[BoolArray, BoolArray]:
    """Tell of each row whether it has what is asked, and whether that is not known."""
    if fact.name == "service":
        yes, no = columns.services_yes.take(rows), columns.services_no.take(rows)
        has = (yes & fact.mask) == fact.mask
        return has, ~has & ((no & fact.mask) == 0)
    if fact.name == "access":
        access = columns.access.take(rows)
        has = ((1 << access) & fact.mask) != 0
        return has, access == ACCESS[Access.UNKNOWN.value]
    held = (columns.tier if fact.name == "tier" else columns.entry).take(rows)
    return (held & fact.mask) != 0, held == 0
