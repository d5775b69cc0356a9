"""Reach in the coverage process: columns are added and picked there, and not counted again.

Whoever asks for other kinds, another hour, or after an edit, mostly asks for columns that are
there. By street they come from PostGIS where another process has counted them.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Engine

from geo.coordinates import FloatArray
from geo.network import Column, StreetNetwork, StreetRows
from geo.profiles import Profile
from geo.reach import (
    BoolArray,
    Reach,
    beside,
    in_blocks,
    metres_per_minute,
    of_columns,
    pairs_within,
    pick_stations,
    straight_line_blocks,
)
from stations import reach_columns
from stations.coverage_ground import Ground
from stations.coverage_question import CoverageQuestion, digest
from stations.database import read_session, write_session
from stations.reach_columns import Position

MAX_HELD = 4
"""Reaches in memory: the last few limits and profiles that somebody asked for."""

HELD_MAX_BYTES = 400_000_000
"""And of them not more than this: an hour by e-bike is 1 GB alone, and is counted again."""

MARK_EVERY_S = 60.0
COLUMNS_AT_ONCE = 200
SPARE_COLUMNS = 200
FAR_MINUTES = 240.0
"""Farther is equally far: four hours on the way."""

Progress = Callable[[int, int], None]
"""Called with how many columns are counted, and of how many."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Reach of stations in the order asked for: blocks of consecutive cells.

    `routable`, shape (stations,), is False where a station is on no street.
    """

    blocks: list[Reach]
    routable: BoolArray


@dataclass(frozen=True, eq=False)
class _Held:
    """Reach of all positions that were asked for under the same terms."""

    place: dict[Position, int]
    columns: Columns

    @property
    def byte_count(self) -> int:
        """Bytes of its matrices."""
        matrices = [block.minutes for block in self.columns.blocks]
        return sum(each.data.nbytes + each.indices.nbytes + each.indptr.nbytes for each in matrices)


class Reaches:
    """The reaches that a process holds. Not to be shared between threads."""

    def __init__(self, engine: Engine, network: StreetNetwork | None) -> None:
        self._engine = engine
        self._network = network
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._marked_s: dict[str, float] = {}  # when it was last said that terms are in use
        self._rows: OrderedDict[tuple[str, str], StreetRows] = OrderedDict()

    def of(
        self,
        ground: Ground,
        question: CoverageQuestion,
        positions: Sequence[Position],
        progress: Progress = lambda _done, _of: None,
    ) -> Columns:
        """Return the reach of stations at these positions, and remember it."""
        key = digest(
            {
                "cells": ground.cells_id,
                "detour_factor": question.detour_factor,
                "minutes": question.minutes,
                "network": question.network,
                "profile": question.profile,
                "speed_kmh": question.speed_kmh,
            }
        )
        held = self._held.pop(key, None)
        wanted = list(dict.fromkeys(positions))
        if held is None:
            missing = wanted
        else:
            missing = [position for position in wanted if position not in held.place]
        if question.network is not None and not missing:
            self._mark_used(key)
        if held is None or len(missing) > len(held.place):
            held = _laid_out(wanted, self._counted(ground, question, wanted, key, progress))
        elif missing:
            further = self._counted(ground, question, missing, key, progress)
            columns = Columns(
                beside(held.columns.blocks, further.blocks),
                np.concatenate((held.columns.routable, further.routable)),
            )
            held = _laid_out([*held.place, *missing], columns)
        found = _picked(held.columns, [held.place[position] for position in positions])
        if len(held.place) > 2 * len(wanted) + SPARE_COLUMNS:
            held = _laid_out(wanted, _picked(held.columns, [held.place[each] for each in wanted]))
        self._held[key] = held
        while len(self._held) > MAX_HELD or self._held_bytes() > HELD_MAX_BYTES:
            self._held.popitem(last=False)
        return found

    def beyond(
        self, ground: Ground, question: CoverageQuestion, positions: Sequence[Position]
    ) -> Columns:
        """Return the reach of places where no station is yet, and remember nothing."""
        return self._counted(ground, question, list(positions), None, lambda _done, _of: None)

    def pairs_at_most(
        self, ground: Ground, question: CoverageQuestion, positions: Sequence[Position]
    ) -> int:
        """Return how many pairs `beyond` gives at most; without streets, just how many."""
        detour_factor = question.detour_factor if question.network is None else 1.0
        within_m = question.minutes * metres_per_minute(question.speed_kmh, detour_factor)
        lon, lat = np.array(positions, dtype=np.float64).reshape(-1, 2).T
        return pairs_within(ground.tree, lon, lat, within_m)

    def places(self, ground: Ground, question: CoverageQuestion) -> tuple[FloatArray, FloatArray]:
        """Return where a station for each cell would stand: on its street, else in its centre.

        Longitudes and latitudes of shape (cells,), WGS-84; nan where a cell has no street.
        """
        if question.network is None:
            return ground.lon, ground.lat
        snaps = self._rows_of(self._streets(), ground, Profile(question.profile)).snaps
        return snaps.lon, snaps.lat

    def nearest(
        self, ground: Ground, question: CoverageQuestion, positions: Sequence[Position]
    ) -> FloatArray:
        """Return minutes of each cell to the nearest of some stations, far beyond the limit.

        Shape (cells,); inf where none is within `FAR_MINUTES`.
        """
        lon = np.array([position[0] for position in positions], dtype=np.float64)
        lat = np.array([position[1] for position in positions], dtype=np.float64)
        if not len(positions):
            return np.full(len(ground.lon), np.inf)
        if question.network is None:
            metres = ground.metres_to_nearest(lon, lat)
            minutes = metres / metres_per_minute(question.speed_kmh, question.detour_factor)
            return np.where(minutes <= FAR_MINUTES, minutes, np.inf)
        profile, network = Profile(question.profile), self._streets()
        snaps = network.stations(lon, lat, profile)
        rows = self._rows_of(network, ground, profile)
        return network.nearest(rows, snaps[snaps.is_near], FAR_MINUTES)

    def _mark_used(self, key: str) -> None:
        """Say in PostGIS that columns are in use, so that those of rarer terms go first."""
        now_s = time.monotonic()
        if now_s - self._marked_s.get(key, -math.inf) >= MARK_EVERY_S:
            self._marked_s[key] = now_s
            with write_session(self._engine) as session:
                reach_columns.mark_used(session, key)

    def _held_bytes(self) -> int:
        return sum(each.byte_count for each in self._held.values())

    def _streets(self) -> StreetNetwork:
        if self._network is None:
            raise ValueError("the question names a network, and there is none here")
        return self._network

    def _counted(
        self,
        ground: Ground,
        question: CoverageQuestion,
        positions: list[Position],
        key: str | None,
        progress: Progress,
    ) -> Columns:
        lon = np.array([position[0] for position in positions], dtype=np.float64)
        lat = np.array([position[1] for position in positions], dtype=np.float64)
        if question.network is None:
            blocks = list(
                straight_line_blocks(
                    ground.lon,
                    ground.lat,
                    lon,
                    lat,
                    limit_minutes=question.minutes,
                    speed_kmh=question.speed_kmh,
                    detour_factor=question.detour_factor,
                    tree=ground.tree,
                )
            )
            progress(len(positions), len(positions))
            return Columns(blocks, np.ones(len(positions), dtype=np.bool_))
        return self._by_street(ground, question, positions, lon, lat, key, progress)

    def _by_street(
        self,
        ground: Ground,
        question: CoverageQuestion,
        positions: list[Position],
        lon: FloatArray,
        lat: FloatArray,
        key: str | None,
        progress: Progress,
    ) -> Columns:
        network = self._streets()
        profile = Profile(question.profile)
        rows = self._rows_of(network, ground, profile)
        snaps = network.stations(lon, lat, profile)
        found: dict[Position, Column] = {}
        if key is not None:
            with read_session(self._engine) as session:
                found = reach_columns.load(session, key, positions)
        missing = [place for place, position in enumerate(positions) if position not in found]
        for begin in range(0, max(len(missing), 1), COLUMNS_AT_ONCE):
            some = missing[begin : begin + COLUMNS_AT_ONCE]
            counted = {
                positions[place]: network.column(rows, snaps[place], question.minutes)
                for place in some
            }
            found |= counted
            if key is not None:  # what is counted stays, also when nobody waits for the rest
                with write_session(self._engine) as session:
                    reach_columns.keep(session, key, counted)
            progress(len(found), len(positions))
        if key is not None and missing:
            with write_session(self._engine) as session:
                reach_columns.forget_others(session, key, positions)
        listed = [found[position] for position in positions]
        whole = of_columns(listed, len(rows), question.minutes, rows.routable)
        return Columns(in_blocks(whole), snaps.is_near)

    def _rows_of(self, network: StreetNetwork, ground: Ground, profile: Profile) -> StreetRows:
        """Put the ground's cells on the streets, once."""
        key = (ground.cells_id, profile.value)
        rows = self._rows.pop(key, None)
        if rows is None:
            rows = network.rows(ground.lon, ground.lat, profile)
        self._rows[key] = rows
        while len(self._rows) > MAX_HELD:
            self._rows.popitem(last=False)
        return rows


def _laid_out(positions: Sequence[Position], columns: Columns) -> _Held:
    return _Held({position: place for place, position in enumerate(positions)}, columns)


def _picked(columns: Columns, places: Sequence[int]) -> Columns:
    if list(places) == list(range(len(columns.routable))):
        return columns  # as most do who ask for the first time: a copy may be 1 GB
    index = np.array(places, dtype=np.int64)
    blocks = [pick_stations(block, index) for block in columns.blocks]
    return Columns(blocks, columns.routable[index])
