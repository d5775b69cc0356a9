"""Bounded searches on a street graph: minutes from one place to many, and the ways themselves.

A search of so many minutes cannot leave the ball that the top speed covers in them, so it is made
on the part of the graph in that ball: exact, and its cost follows the ball and not the country.
The shortest paths are SciPy's Dijkstra; those of `to_nearest` are swept (`street_sweep`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.coordinates import FloatArray
from geo.snapping import Snaps
from geo.street_graph import Arcs, StreetGraph
from geo.street_grid import NODE_CELL_E7, ROW_STRIDE, slices_within
from geo.street_rules import metres_per_minute
from geo.street_sweep import swept

IntArray = NDArray[np.int64]

HALF_ROUND_M = 20_100_000.0  # nothing on earth is further away

AT_A_NODE_M = 1e-6
"""Who is so near the end of an edge stands on its node, whatever direction the edge allows."""


@dataclass(frozen=True, eq=False)
class Ball:
    """The nodes in a ball as slices of the graph's, renumbered from 0 in the same order.

    One slice for each row of cells: from node `first[row]` up to and without `end[row]`; a node's
    number in the ball is its own plus `shift[row]`. Before and behind the rows lies one more,
    empty, which stands for all the others.
    """

    row: int
    first: IntArray
    end: IntArray
    shift: IntArray
    count: int

    @classmethod
    def around(cls, graph: StreetGraph, lon_e7: float, lat_e7: float, within_m: float) -> "Ball":
        """Return the nodes within a distance of a place, and some more."""
        row, starts, ends = slices_within(graph.node_cell, lon_e7, lat_e7, within_m, NODE_CELL_E7)
        first = np.array([0, *starts, 0])
        end = np.array([0, *ends, 0])
        sizes = end - first
        before = np.cumsum(sizes) - sizes
        return cls(row - 1, first, end, before - first, int(sizes.sum()))

    def numbers(self, nodes: NDArray[np.integer], rows: NDArray[np.integer]) -> IntArray:
        """Return the numbers in the ball of nodes in rows of cells; `count` for those outside."""
        # twice as quick as np.clip, and it is the hot path
        place = np.minimum(np.maximum(rows - self.row, 0), len(self.first) - 1)
        outside = (nodes < self.first[place]) | (nodes >= self.end[place])
        found: IntArray = nodes + self.shift[place]
        found[outside] = self.count
        return found

    def numbers_of(self, graph: StreetGraph, nodes: IntArray) -> IntArray:
        """Return the numbers in the ball of the graph's nodes; `count` for those outside."""
        return self.numbers(nodes, graph.node_cell[nodes] // ROW_STRIDE)

    def nodes(self, numbers: IntArray) -> IntArray:
        """Return the graph's own numbers of nodes by their numbers in the ball."""
        place = np.searchsorted(self.first + self.shift, numbers, side="right") - 1
        return numbers - self.shift[place]

    def matrix(
        self, arcs: Arcs, seeds: IntArray, seed_minutes: FloatArray
    ) -> csr_array[np.float64]:
        """Return the arcs in the ball as a sparse matrix of `count + 2` rows.

        Row `count` is everything outside, which leads nowhere. The last one is the origin, with an
        arc to each seed.
        """
        spans = [
            (int(a), int(b), int(arcs.start[a]), int(arcs.start[b]))
            for a, b in zip(self.first, self.end, strict=True)
            if a < b
        ]
        to = np.concatenate([arcs.to[s:e] for _, _, s, e in spans] or [arcs.to[:0]])
        row = np.concatenate([arcs.row[s:e] for _, _, s, e in spans] or [arcs.row[:0]])
        minutes = [arcs.minutes[s:e] for _, _, s, e in spans]
        starts, total = [], 0
        for a, b, s, e in spans:
            starts.append(arcs.start[a:b] + np.int32(total - s))
            total += e - s
        tail = np.array([total, total, total + len(seeds)], dtype=np.int32)
        numbers = self.numbers(to, row).astype(np.int32)
        return csr_array(
            (
                np.concatenate([*minutes, seed_minutes]),
                np.concatenate([numbers, seeds.astype(np.int32)]),
                np.concatenate([*starts, tail]),
            ),
            shape=(self.count + 2, self.count + 2),
        )


@dataclass(frozen=True, eq=False)
class Search:
    """What a search from (or, with arcs turned round, to) snapped places found in its ball.

    Those of one person, who may get onto the streets at several.
    """

    graph: StreetGraph
    ball: Ball
    minutes: FloatArray  # (ball.count + 2,), inf beyond; the leg to the street is in them
    before: NDArray[np.int32] | None  # the node before each, in the ball's numbers
    origin: Snaps

    @property
    def came_from(self) -> NDArray[np.int32]:
        """`before`; ValueError for a search that was made without ways."""
        if self.before is None:
            raise ValueError("the search was made without ways")
        return self.before


def search(
    graph: StreetGraph,
    centre_e7: tuple[float, float],
    origin: Snaps,
    limit_minutes: float,
    *,
    backwards: bool = False,
    with_ways: bool = False,
) -> Search | None:
    """Search from snapped places at most so many minutes; None if their legs take them all.

    They are the places where one person gets onto the streets: the best of them counts for each
    way. `centre_e7` is the first of them in the graph's own units. `backwards`: minutes towards
    them.
    """
    left = limit_minutes - origin.leg_minutes  # nan where no street is near
    if not (left >= 0).any():
        return None
    # the person stands between the places, and no farther from each than its leg is long
    apart_m = origin.off_m + origin.off_m[0]
    apart_m[0] = 0.0
    within_m = float(np.fmax.reduce(left * metres_per_minute(graph.profile) + apart_m))
    ball = Ball.around(graph, *centre_e7, min(within_m, HALF_ROUND_M))
    ends, minutes = end_minutes(graph, origin, leaving=not backwards)
    allowed = np.isfinite(minutes)
    ends, minutes = ends[allowed], minutes[allowed]
    seeds = ball.numbers_of(graph, ends)
    if len(set(seeds.tolist())) < len(seeds):
        order = np.lexsort((minutes, seeds))
        seeds, first = np.unique(seeds[order], return_index=True)
        minutes = minutes[order][first]
    matrix = ball.matrix(graph.into if backwards else graph.out, seeds, minutes)
    start = np.array([ball.count + 1])
    before = None
    if with_ways:
        found, all_before = dijkstra(
            matrix, indices=start, limit=limit_minutes, return_predecessors=True
        )
        before = all_before[0]
    else:
        found = dijkstra(matrix, indices=start, limit=limit_minutes)
    found[0, ball.count] = np.inf
    return Search(graph, ball, found[0], before, origin)


def end_minutes(graph: StreetGraph, places: Snaps, *, leaving: bool) -> tuple[IntArray, FloatArray]:
    """Return the nodes at the ends of snapped places' edges, and the minutes to (or from) them.

    Of shape (2 * places,), the beginnings first; the legs to the streets are in the minutes.
    """
    edge = places.edge
    one, other = minutes_to_ends(graph, edge, places.along_m, leaving=leaving)
    leg_minutes = places.leg_minutes
    return (
        np.concatenate((graph.edge_from[edge], graph.edge_to[edge])).astype(np.int64),
        np.concatenate((one + leg_minutes, other + leg_minutes)),
    )


def minutes_to_ends(
    graph: StreetGraph, edges: IntArray, along_m: FloatArray, *, leaving: bool
) -> tuple[FloatArray, FloatArray]:
    """Return minutes between places on edges and the beginning and the end of these edges."""
    forward, backward = graph.paces(edges)
    rest_m = np.maximum(graph.edge_m[edges] - along_m, 0.0)
    to_one, to_other = (backward, forward) if leaving else (forward, backward)
    return _minutes_of(along_m, to_one), _minutes_of(rest_m, to_other)


def _minutes_of(metres: FloatArray, pace: FloatArray) -> FloatArray:
    at_node = metres <= AT_A_NODE_M
    return np.where(at_node, 0.0, np.maximum(metres, AT_A_NODE_M) * pace)


def minutes_at(found: Search, targets: Snaps) -> FloatArray:
    """Return minutes to snapped places, shape (n,), their legs included; inf where not found.

    Through either end of a target's edge, or straight along it where the origin is on it too. All
    targets must have an edge.
    """
    graph = found.graph
    edges = targets.edge
    from_one, from_other = minutes_to_ends(graph, edges, targets.along_m, leaving=False)
    at_one, at_other = (
        found.minutes[found.ball.numbers_of(graph, nodes.astype(np.int64))]
        for nodes in (graph.edge_from[edges], graph.edge_to[edges])
    )
    minutes = np.minimum(at_one + from_one, at_other + from_other)
    for place, edge in enumerate(found.origin.edge.tolist()):
        same = np.flatnonzero(edges == edge)
        if len(same):
            straight = along_edge_minutes(graph, found.origin[place], targets[same])
            minutes[same] = np.minimum(minutes[same], straight)
    return minutes + targets.leg_minutes


def along_edge_minutes(graph: StreetGraph, origin: Snaps, targets: Snaps) -> FloatArray:
    """Return minutes straight along an edge that one place of the origin and all targets are on.

    The origin's leg to the street is in them, the targets' are not.
    """
    straight = minutes_along(graph, targets.edge, origin.along_m[0], targets.along_m)
    return np.asarray(origin.leg_minutes[0] + straight)


def minutes_along(
    graph: StreetGraph,
    edges: IntArray,
    from_m: FloatArray | float,
    to_m: FloatArray | float,
) -> FloatArray:
    """Return minutes along edges, from so many metres behind their beginning to so many."""
    forward, backward = graph.paces(edges)
    ahead_m = np.asarray(to_m - from_m)
    return np.where(ahead_m >= 0, _minutes_of(ahead_m, forward), _minutes_of(-ahead_m, backward))


def to_nearest(graph: StreetGraph, targets: Snaps, limit_minutes: float) -> FloatArray:
    """Return minutes from every node to the nearest of snapped places, shape (nodes,).

    One sweep over the graph turned round, from the ends of the edges that the places lie on.
    """
    one, other = minutes_to_ends(graph, targets.edge, targets.along_m, leaving=False)
    nodes = np.concatenate((graph.edge_from[targets.edge], graph.edge_to[targets.edge]))
    minutes = np.concatenate((one, other)) + np.tile(targets.leg_minutes, 2)
    least = np.full(graph.node_count, np.inf)
    np.minimum.at(least, nodes, minutes)
    return swept(graph.into, least, limit_minutes)
