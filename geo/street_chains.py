"""Edges out of ways: cut where there is something to choose, joined where there is nothing.

OpenStreetMap begins a new way wherever a name or a surface changes. Of the nodes that are left when
ways are cut at their crossings 15 to 25 % are such places, where two streets of one use meet end to
end; joined, they cost no search anything, and no minute changes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.profiles import Profile
from geo.street_reading import OsmStreets, pieces_of
from geo.street_rules import Use

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

UNLINKED = -1


@dataclass(frozen=True, eq=False)
class Chains:
    """Edges as runs of vertices: `vertex[start[e]:start[e + 1]]` is the shape of edge `e`.

    Vertices are places in the nodes of the file; `use`, shape (edges,), are bits of Use.
    """

    vertex: IntArray
    start: IntArray
    use: IntArray

    @property
    def ends(self) -> IntArray:
        """The vertex at each end, shape (2 * edges,): first and last of each edge in turn."""
        return np.stack((self.vertex[self.start[:-1]], self.vertex[self.start[1:] - 1]), 1).ravel()

    def taken(self, edges: IntArray, backward: BoolArray, skipped: IntArray) -> IntArray:
        """Return the vertices of edges in a row, some backward, without the first so many each."""
        sizes = np.diff(self.start)[edges] - skipped
        begin = np.where(backward, self.start[edges + 1] - 1 - skipped, self.start[edges] + skipped)
        before = np.cumsum(sizes) - sizes
        step = np.arange(int(sizes.sum())) - np.repeat(before, sizes)
        return self.vertex[
            np.repeat(begin, sizes) + np.repeat(np.where(backward, -1, 1), sizes) * step
        ]


def chains_of(streets: OsmStreets, profile: Profile) -> Chains:
    """Return the edges of what one profile may use."""
    return _joined(_cut(streets, profile), streets.blocked[profile])


def reordered(chains: Chains, order: IntArray) -> Chains:
    """Return the chains in another order."""
    none = np.zeros(len(order), dtype=np.int64)
    vertex = chains.taken(order, none.astype(np.bool_), none)
    return Chains(vertex, _starts(np.diff(chains.start)[order]), chains.use[order])


def _cut(streets: OsmStreets, profile: Profile) -> Chains:
    """Cut the ways where more than two pieces meet, where they end, and where a gate is shut."""
    one, other, is_piece = pieces_of(streets)
    sizes = np.diff(streets.way_start)
    way = np.repeat(np.arange(len(sizes)), sizes)[:-1]
    use = streets.use[profile].astype(np.int64)
    kept = np.flatnonzero(is_piece & (use[way] & Use.BOTH > 0))
    one, other, way = one[kept], other[kept], way[kept]

    count = len(streets.lon_e7)
    meeting = np.bincount(one, minlength=count) + np.bincount(other, minlength=count)
    is_node = (meeting != 2) | streets.blocked[profile]
    begins = np.ones(len(kept), dtype=np.bool_)
    begins[1:] = (way[1:] != way[:-1]) | (one[1:] != other[:-1]) | is_node[one[1:]]
    begins[1:] |= other[1:] == one[:-1]  # a way that turns round on itself
    start = np.flatnonzero(begins)
    # a run of k pieces has k + 1 vertices
    vertex = np.insert(other, start, one[start])
    return Chains(vertex, np.append(start + np.arange(len(start)), len(vertex)), use[way[start]])


def _joined(chains: Chains, blocked: BoolArray) -> Chains:
    """Join edges end to end where exactly two meet that are used alike."""
    link = _links(chains, blocked).tolist()
    edges: list[int] = []
    backward: list[bool] = []
    begins: list[int] = []
    done = bytearray(len(link) // 2)
    # first the chains that have an end, from their lower one; then the rings
    for is_ring in (False, True):
        for end in range(len(link)):
            if done[end >> 1] or (link[end] != UNLINKED and not is_ring):
                continue
            begins.append(len(edges))
            here = end
            while here != UNLINKED and not done[here >> 1]:
                done[here >> 1] = 1
                edges.append(here >> 1)
                backward.append(bool(here & 1))
                here = link[here ^ 1]
    order, turned = np.array(edges, dtype=np.int64), np.array(backward, dtype=np.bool_)
    first = np.array(begins, dtype=np.int64)
    skipped = np.ones(len(order), dtype=np.int64)
    skipped[first] = 0
    sizes = np.diff(chains.start)[order] - skipped
    vertex = chains.taken(order, turned, skipped)
    whole = np.add.reduceat(sizes, first) if len(first) else sizes
    use = chains.use[order[first]]
    return Chains(vertex, _starts(whole), np.where(turned[first], _turned(use), use))


def _links(chains: Chains, blocked: BoolArray) -> IntArray:
    """Return for each end the other end that it is joined to; ends of edge e are 2e and 2e + 1."""
    ends = chains.ends
    link = np.full(len(ends), UNLINKED, dtype=np.int64)
    by_vertex = np.argsort(ends, kind="stable")
    at = ends[by_vertex]
    same = np.zeros(len(at) + 1, dtype=np.bool_)
    same[1:-1] = at[1:] == at[:-1]
    pair = np.flatnonzero(same[1:-1] & ~same[:-2] & ~same[2:])  # exactly two ends at a vertex
    one, other = by_vertex[pair], by_vertex[pair + 1]
    use_to, use_from = chains.use[one >> 1], chains.use[other >> 1]
    use_to = np.where(one & 1, use_to, _turned(use_to))
    use_from = np.where(other & 1, _turned(use_from), use_from)
    joined = (use_to == use_from) & (one >> 1 != other >> 1) & ~blocked[at[pair]]
    joined &= ends[one ^ 1] != ends[other ^ 1]  # there and back again are two streets, not a ring
    link[one[joined]], link[other[joined]] = other[joined], one[joined]
    return link


def _turned(use: IntArray) -> IntArray:
    """Return the use of edges seen from their other end."""
    forward, backward = use & Use.FORWARD > 0, use & Use.BACKWARD > 0
    return (
        (use & Use.STEPS) | np.where(forward, Use.BACKWARD, 0) | np.where(backward, Use.FORWARD, 0)
    )


def _starts(sizes: IntArray) -> IntArray:
    return np.append(0, np.cumsum(sizes))
