"""The streets of one profile as plain arrays: what the file holds and every search reads."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.coordinates import FloatArray
from geo.profiles import Profile
from geo.street_grid import ROW_STRIDE
from geo.street_rules import Use, minutes_per_metre

IntArray = NDArray[np.int64]
Int32Array = NDArray[np.int32]
ByteArray = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]

# of an enumeration numpy asks a dozen questions each time
FORWARD, BACKWARD, STEPS = (int(each) for each in (Use.FORWARD, Use.BACKWARD, Use.STEPS))

LARGE, SMALL, SCRAP = range(3)
"""Parts of a network, those first that go before the others in snapping."""

ARRAYS: dict[str, np.dtype[Any]] = {
    "node_lon": np.dtype("<i4"),
    "node_lat": np.dtype("<i4"),
    "node_cell": np.dtype("<i8"),
    "arc_start": np.dtype("<i4"),
    "arc_to": np.dtype("<i4"),
    "arc_row": np.dtype("<i4"),
    "arc_minutes": np.dtype("<f8"),
    "arc_edge": np.dtype("<i4"),
    "edge_from": np.dtype("<i4"),
    "edge_to": np.dtype("<i4"),
    "edge_m": np.dtype("<f8"),
    "edge_use": np.dtype("u1"),
    "edge_part": np.dtype("u1"),
    "edge_point": np.dtype("<i8"),
    "point_lon": np.dtype("<i4"),
    "point_lat": np.dtype("<i4"),
    "point_along": np.dtype("<f8"),
    "piece_cell": np.dtype("<i8"),
    "piece_point": np.dtype("<i4"),
    "piece_edge": np.dtype("<i4"),
}
"""Names and types of the arrays of a graph, in the order of the file."""


@dataclass(frozen=True, eq=False)
class Arcs:
    """The ways out of each node (or, turned round, into it), sorted by node.

    Those of node n are `start[n]` to `start[n + 1]`; `row` is the row of cells that `to` lies in.
    """

    start: Int32Array
    to: Int32Array
    row: Int32Array
    minutes: FloatArray
    edge: Int32Array


@dataclass(frozen=True, eq=False)
class StreetGraph:
    """The streets that one profile may use.

    Longitudes and latitudes are in 1e-7 degrees, longitudes counted from the central meridian.
    """

    profile: Profile
    node_lon: Int32Array  # (nodes,)
    node_lat: Int32Array
    node_cell: IntArray  # ascending: nodes are numbered by the cell they lie in
    arc_start: Int32Array  # (nodes + 1,), then (arcs,); see Arcs
    arc_to: Int32Array
    arc_row: Int32Array
    arc_minutes: FloatArray
    arc_edge: Int32Array
    edge_from: Int32Array  # (edges,), nodes
    edge_to: Int32Array
    edge_m: FloatArray
    edge_use: ByteArray  # bits of street_rules.Use
    edge_part: ByteArray  # how large the part of the network is: LARGE, SMALL or SCRAP
    edge_point: IntArray  # (edges + 1,): where the points of each edge begin
    point_lon: Int32Array  # (points,)
    point_lat: Int32Array
    point_along: FloatArray  # metres from the beginning of the point's edge
    piece_cell: IntArray  # (pieces,), ascending: straight pieces by the cell of their middle
    piece_point: Int32Array  # a piece runs from this point to the next one
    piece_edge: Int32Array

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return len(self.node_cell)

    @cached_property
    def minutes_per_metre(self) -> tuple[float, float]:
        """What a metre takes on the level and over steps."""
        return (
            minutes_per_metre(self.profile, over_steps=False),
            minutes_per_metre(self.profile, over_steps=True),
        )

    @cached_property
    def out(self) -> Arcs:
        """The ways out of each node."""
        return Arcs(self.arc_start, self.arc_to, self.arc_row, self.arc_minutes, self.arc_edge)

    @cached_property
    def into(self) -> Arcs:
        """The ways into each node: the same arcs turned round, for minutes towards a place."""
        origin = np.repeat(np.arange(self.node_count), np.diff(self.arc_start))
        order = np.argsort(self.arc_to, kind="stable")
        origin = origin[order]
        return Arcs(
            np.searchsorted(self.arc_to[order], np.arange(self.node_count + 1)).astype(np.int32),
            origin.astype(np.int32),
            (self.node_cell[origin] // ROW_STRIDE).astype(np.int32),
            self.arc_minutes[order],
            self.arc_edge[order],
        )

    def paces(self, edges: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return minutes a metre along each edge and against it; inf where that is not allowed."""
        use = self.edge_use[edges]
        level, steps = self.minutes_per_metre
        pace = np.where(use & STEPS, steps, level)
        return np.where(use & FORWARD, pace, np.inf), np.where(use & BACKWARD, pace, np.inf)
