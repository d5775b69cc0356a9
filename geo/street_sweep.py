"""Least minutes from every node to the nearest of many places at once: one sweep over the graph.

Delta-stepping (Meyer and Sanders, 2003): what lies within the next few minutes is relaxed together,
again and again until nothing there improves, and is then settled. Whole arrays at a time take half
the time of a heap that takes one node after the other, and the sums are the same to the last bit:
both find the least over all arcs of what is at the one end and what the arc takes.
"""

import numpy as np
from numpy.typing import NDArray

from geo.coordinates import FloatArray
from geo.street_graph import Arcs

IntArray = NDArray[np.int64]

STEP_MINUTES = 2.5
"""Twice or half of it costs a tenth more; the answer does not depend on it."""


def swept(arcs: Arcs, minutes: FloatArray, limit_minutes: float) -> FloatArray:
    """Return the least minutes of every node, shape (nodes,), inf beyond the limit.

    `minutes`, shape (nodes,), is what each node starts with, inf for most. An arc takes at least 0
    minutes from the node it is listed under to its `to`.
    """
    least = np.where(minutes <= limit_minutes, minutes, np.inf)
    beyond = np.nextafter(limit_minutes, np.inf)
    sizes = np.diff(arcs.start)
    last_seen = np.empty(len(least), dtype=np.int64)
    waiting: IntArray = np.flatnonzero(np.isfinite(least))
    while len(waiting):
        until = least[waiting].min() + STEP_MINUTES
        is_near = least[waiting] < until
        near, later = waiting[is_near], [waiting[~is_near]]
        while len(near):
            counts = sizes[near]
            ends = np.cumsum(counts)
            arc = np.repeat(arcs.start[near] - (ends - counts), counts) + np.arange(ends[-1])
            to = arcs.to[arc].astype(np.int64)  # once, and not at each use of it
            found = arcs.minutes[arc] + np.repeat(least[near], counts)
            is_better = found < np.minimum(least[to], beyond)
            to = to[is_better]
            np.minimum.at(least, to, found[is_better])
            improved = _once(to, last_seen)
            is_near = least[improved] < until
            near = improved[is_near]
            later.append(improved[~is_near])
        waiting = np.concatenate(later)
        # one that came near after all is settled by now
        waiting = _once(waiting[least[waiting] >= until], last_seen)
    return least


def _once(nodes: IntArray, last_seen: IntArray) -> IntArray:
    """Return each node once. `last_seen`, shape (nodes of the graph,), is scratch."""
    place = np.arange(len(nodes))
    last_seen[nodes] = place
    once: IntArray = nodes[last_seen[nodes] == place]
    return once
