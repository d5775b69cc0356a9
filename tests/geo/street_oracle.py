"""The slow and plain way to snap and to count minutes, for comparison: every piece, every point.

It shares with the network the pieces of street and what each may be used for, and nothing else: it
measures them again, snaps by looking at all of them, and searches the whole of them by networkx.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import networkx as nx  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from geo.coordinates import FloatArray, earth_centred
from geo.network import SNAP_WITHIN_M, StreetNetwork
from geo.profiles import Profile
from geo.street_graph import LARGE, SCRAP, SMALL
from geo.street_rules import Use, minutes_per_metre
from geo.water_reading import OUTLINE

WALKED_M = 5000 / 60


@dataclass(frozen=True)
class Spot:
    """Where a position meets the streets: the piece, the share of it, and metres off it."""

    piece: int
    share: float
    off_m: float


class Nearest(Protocol):
    """The nearest point on one part of the network, across water or not."""

    def __call__(self, within_m: float, *, across: bool = False) -> Spot | None:
        """Return it, or None where none is within."""


class Streets:
    """All pieces of one profile, as points in space."""

    def __init__(self, network: StreetNetwork, profile: Profile) -> None:
        graph = network.graphs[profile]
        self.profile = profile
        lon = (graph.point_lon + float(network.central_meridian_e7)) * 1e-7
        lat = graph.point_lat * 1e-7
        self.points, self.lon_lat = earth_centred(lon, lat), np.stack((lon, lat), 1)
        water, meridian = network.water, float(network.central_meridian_e7)
        ends = ((water.lon, water.lat), (water.end_lon, water.end_lat))
        self.water = np.stack([np.stack((x + meridian, y), 1) for x, y in ends], 1) * 1e-7
        self.is_outline = water.kind == OUTLINE
        starts, ends = graph.edge_point[:-1].tolist(), graph.edge_point[1:].tolist()
        self.name: list[tuple[str, int]] = [("point", n) for n in range(len(lon))]
        pieces, edges = [], []
        for edge, (start, end) in enumerate(zip(starts, ends, strict=True)):
            self.name[start] = ("node", int(graph.edge_from[edge]))
            self.name[end - 1] = ("node", int(graph.edge_to[edge]))
            pieces += [(n, n + 1) for n in range(start, end - 1)]
            edges += [edge] * (end - 1 - start)
        self.pieces: NDArray[np.int64] = np.array(pieces, dtype=np.int64).reshape(-1, 2)
        self.edges = edges
        self.use = graph.edge_use[edges]
        part = graph.edge_part[edges]
        self.parts = [part == each for each in (LARGE, SMALL, SCRAP)]
        self.graph = nx.DiGraph()
        for piece, (one, other) in enumerate(pieces):
            metres = float(np.linalg.norm(self.points[one] - self.points[other]))
            self._join(self.graph, piece, self.name[one], self.name[other], metres)

    def places(self, lon: float, lat: float) -> list[Spot]:
        """Where people get onto the streets: as the nearest they reach; and on a nearer island."""
        large, small, scrap = (self._nearest_of(part, lon, lat) for part in self.parts)
        near_m = SNAP_WITHIN_M[self.profile]
        if len(self.water):
            order = [
                large(near_m),
                large(500),
                small(near_m),
                small(500),
                large(near_m, across=True),
                small(near_m, across=True),
                scrap(500),
                large(500, across=True),
                small(500, across=True),
                scrap(500, across=True),
            ]
        else:
            order = [large(near_m), small(near_m), large(500), small(500), scrap(500)]
        found = next(filter(None, order), None)
        island = small(near_m)
        if island is None or found is None or not island.off_m < found.off_m:
            return [] if found is None else [found]
        return [found, island]

    def spot(self, lon: float, lat: float, within_m: float | None = None) -> Spot | None:
        """The nearest point of all pieces: on this side of the water, large parts first."""
        cap_m = SNAP_WITHIN_M[self.profile] if within_m is None else within_m
        for across in (False, True):
            for part in self.parts:
                spot = self._nearest_of(part, lon, lat)(cap_m, across=across)
                if spot is not None:
                    return spot
        return None

    def _nearest_of(self, part: NDArray[np.bool_], lon: float, lat: float) -> "Nearest":
        place = earth_centred(lon, lat)[0]
        one, other = self.points[self.pieces[:, 0]], self.points[self.pieces[:, 1]]
        run, away = other - one, place - one
        length2 = np.maximum(np.sum(run * run, axis=1), 1e-30)
        share = np.clip(np.sum(away * run, axis=1) / length2, 0, 1)
        off_m = np.linalg.norm(away - share[:, np.newaxis] * run, axis=1)

        def nearest(within_m: float, *, across: bool = False) -> Spot | None:
            found = np.where(part & (off_m <= within_m), off_m, np.inf)
            if not np.isfinite(found).any():
                return None
            piece = int(np.flatnonzero(found <= found.min() + 1e-6)[0])  # of equals the first
            spot = Spot(piece, float(share[piece]), float(off_m[piece]))
            if across or not self._is_wet(lon, lat, spot):
                return spot
            spots = []
            for piece in np.flatnonzero(np.isfinite(found)).tolist():
                for at in (float(share[piece]), *(tenth / 10 for tenth in range(11))):
                    away_m = np.linalg.norm(one[piece] + at * run[piece] - place)
                    if away_m <= within_m:
                        spots.append(Spot(piece, at, float(away_m)))
            spots.sort(key=lambda spot: spot.off_m)
            return next((spot for spot in spots if not self._is_wet(lon, lat, spot)), None)

        return nearest

    def _is_wet(self, lon: float, lat: float, spot: Spot) -> bool:
        """Whether water bars a leg: all shores are looked at, half a metre beyond its end."""
        one, other = (self.lon_lat[n] for n in self.pieces[spot.piece])
        here = np.array([lon, lat])
        run = one + spot.share * (other - one) - here
        half_metre = 0.5 / max(spot.off_m, 0.5)
        outlines_before, lines = self._crossed(here, run * (1 - half_metre))
        outlines_upto, _lines = self._crossed(here, run * (1 + half_metre))
        if outlines_before:
            return outlines_upto >= 2
        return lines >= 1

    def _crossed(self, here: FloatArray, run: FloatArray) -> tuple[int, int]:
        begin, end = self.water[:, 0] - here, self.water[:, 1] - here

        def side(of: FloatArray, along: FloatArray) -> NDArray[np.bool_]:
            cross: FloatArray = along[..., 0] * of[..., 1] - along[..., 1] * of[..., 0]
            return cross > 0

        parted = side(begin, run) != side(end, run)
        crossed = parted & (side(-begin, end - begin) != side(run - begin, end - begin))
        return int((crossed & self.is_outline).sum()), int((crossed & ~self.is_outline).sum())

    def minutes(self, start: Spot | None, ends: list[Spot | None]) -> list[float]:
        """Minutes from one spot to others by a search of everything."""
        if start is None:
            return [math.inf] * len(ends)
        graph = self.graph.copy()
        by_piece: dict[int, list[tuple[float, str]]] = {}
        for number, spot in [(-1, start), *enumerate(ends)]:
            if spot is not None:
                by_piece.setdefault(spot.piece, []).append((spot.share, f"spot {number}"))
        for piece, spots in by_piece.items():
            one, other = self.pieces[piece]
            metres = float(np.linalg.norm(self.points[one] - self.points[other]))
            row = [(0.0, self.name[one]), *sorted(spots), (1.0, self.name[other])]
            for (share, here), (further, there) in pairwise(row):
                self._join(graph, piece, here, there, (further - share) * metres)
        found = nx.single_source_dijkstra_path_length(graph, "spot -1")
        return [
            math.inf
            if spot is None
            else found.get(f"spot {number}", math.inf) + (start.off_m + spot.off_m) / WALKED_M
            for number, spot in enumerate(ends)
        ]

    @staticmethod
    def place(lon: float, lat: float) -> FloatArray:
        """A position in space."""
        return np.asarray(earth_centred(lon, lat)[0])

    def _join(
        self, graph: "nx.DiGraph", piece: int, one: object, other: object, metres: float
    ) -> None:
        use = int(self.use[piece])
        minutes = metres * minutes_per_metre(self.profile, over_steps=bool(use & Use.STEPS))
        # who stands on a node, to a micrometre, stands on it whatever the street allows
        on_spot = metres <= 1e-6 and "spot" in f"{one}{other}"
        for allowed, here, there in ((Use.FORWARD, one, other), (Use.BACKWARD, other, one)):
            if use & allowed or on_spot:
                known = graph.get_edge_data(here, there, {"weight": math.inf})["weight"]
                graph.add_edge(here, there, weight=min(known, 0.0 if on_spot else minutes))


def beside_streets(
    network: StreetNetwork, profile: Profile, count: int, seed: int, spread_deg: float = 4e-4
) -> tuple[FloatArray, FloatArray]:
    """Positions beside streets, some on them, some too far off."""
    graph = network.graphs[profile]
    random = np.random.default_rng(seed)
    point = random.integers(0, len(graph.point_lon), count)
    spread = random.choice([0.0, spread_deg / 4, spread_deg, spread_deg * 3], count)
    lon = (graph.point_lon[point] + float(network.central_meridian_e7)) * 1e-7
    lat = graph.point_lat[point] * 1e-7
    return lon + random.normal(0, 1, count) * spread, lat + random.normal(0, 1, count) * spread
