"""Rows of demand on streets: where people leave for a station, and minutes from all of them to it.

People go to the station, so searches run on the graph turned round. A row meets the street at one
point, which leads to both ends of its edge: the minutes of a row are the lesser of the two ways, or
of the way straight along the edge where the station is on it too.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.coordinates import FloatArray
from geo.snapping import Snaps
from geo.street_graph import StreetGraph
from geo.street_search import minutes_along, minutes_to_ends, search, to_nearest

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ROW_SNAP_WITHIN_M = 200.0
"""How far from a street the centre of a cell may be, whatever the profile: a res-9 cell is 310 m
wide, so its people may well live beside a street that its centre is not near to."""


class Column(NamedTuple):
    """The rows that reach one station, ascending, and their minutes; both of shape (reached,)."""

    rows: IntArray
    minutes: FloatArray


@dataclass(frozen=True, eq=False)
class StreetRows:
    """Rows of demand on the streets of one profile.

    `snaps` are in the order of the rows. A way leads from a row to an end of its edge: ways are
    sorted by that node, those to node n are `way_start[n]` to `way_start[n + 1]`.
    """

    snaps: Snaps
    way_start: IntArray  # (nodes + 1,)
    way_node: IntArray  # (ways,)
    way_row: IntArray
    way_minutes: FloatArray  # from the row to the node, the leg to the street included
    edge: IntArray  # (rows on a street,), ascending
    edge_row: IntArray  # the row on that edge

    @classmethod
    def of(cls, graph: StreetGraph, snaps: Snaps) -> "StreetRows":
        """Lay rows out by the nodes that they lead to."""
        near = np.flatnonzero(snaps.is_near)
        edge, along_m = snaps.edge[near], snaps.along_m[near]
        one, other = minutes_to_ends(graph, edge, along_m, leaving=True)
        node = np.concatenate((graph.edge_from[edge], graph.edge_to[edge])).astype(np.int64)
        minutes = np.concatenate((one, other)) + np.tile(snaps.leg_minutes[near], 2)
        row = np.tile(near, 2)
        allowed = np.flatnonzero(np.isfinite(minutes))
        order = allowed[np.lexsort((row[allowed], node[allowed]))]
        by_edge = np.argsort(edge, kind="stable")
        return cls(
            snaps=snaps,
            way_start=np.searchsorted(node[order], np.arange(graph.node_count + 1)),
            way_node=node[order],
            way_row=row[order],
            way_minutes=minutes[order],
            edge=edge[by_edge],
            edge_row=near[by_edge],
        )

    def __len__(self) -> int:
        return len(self.snaps)

    @property
    def routable(self) -> BoolArray:
        """Which rows have a street near their centre, shape (rows,)."""
        return self.snaps.is_near

    def beside(self, edges: IntArray) -> tuple[IntArray, IntArray]:
        """Return pairs: a place in `edges`, and a row that is on the edge there."""
        first = np.searchsorted(self.edge, edges, side="left")
        counts = np.searchsorted(self.edge, edges, side="right") - first
        place = np.repeat(np.arange(len(edges)), counts)
        offset = first - (np.cumsum(counts) - counts)
        return place, self.edge_row[np.arange(len(place)) + offset[place]]


def column_of(
    graph: StreetGraph,
    rows: StreetRows,
    centre_e7: tuple[float, float],
    station: Snaps,
    limit_minutes: float,
) -> Column:
    """Return the rows that reach one snapped station, by a search of its surroundings alone.

    `centre_e7` is the snapped point in the graph's own units.
    """
    found = search(graph, centre_e7, station, limit_minutes, backwards=True)
    if found is None:
        return Column(np.empty(0, dtype=np.int64), np.empty(0))
    ball = found.ball
    spans = [
        (rows.way_start[first], rows.way_start[end], shift)
        for first, end, shift in zip(ball.first, ball.end, ball.shift, strict=True)
        if first < end
    ]
    row, minutes = [], []
    for begin, end, shift in spans:
        row.append(rows.way_row[begin:end])
        from_node = found.minutes[rows.way_node[begin:end] + shift]
        minutes.append(from_node + rows.way_minutes[begin:end])
    _place, beside = rows.beside(station.edge)
    row.append(beside)
    minutes.append(_straight(graph, rows.snaps[beside], station[np.zeros(len(beside), np.int64)]))
    return _least(np.concatenate(row), np.concatenate(minutes), limit_minutes)


def nearest_of(
    graph: StreetGraph, rows: StreetRows, stations: Snaps, limit_minutes: float
) -> FloatArray:
    """Return minutes from every row to its nearest station, shape (rows,), by one search for all.

    `inf` where none is within the limit. Every station must be on a street.
    """
    nearest = np.full(len(rows), np.inf)
    if not len(stations):
        return nearest
    of_node = to_nearest(graph, stations, limit_minutes)
    np.minimum.at(nearest, rows.way_row, of_node[rows.way_node] + rows.way_minutes)
    place, beside = rows.beside(stations.edge)
    np.minimum.at(nearest, beside, _straight(graph, rows.snaps[beside], stations[place]))
    nearest[nearest > limit_minutes] = np.inf
    return nearest


def _straight(graph: StreetGraph, rows: Snaps, stations: Snaps) -> FloatArray:
    """Return minutes straight along the edge that each row shares with its station, legs too."""
    along = minutes_along(graph, rows.edge, rows.along_m, stations.along_m)
    return (along + stations.leg_minutes) + rows.leg_minutes


def _least(row: IntArray, minutes: FloatArray, limit_minutes: float) -> Column:
    """Keep the least minutes of each row, where they are within the limit."""
    within = np.flatnonzero(minutes <= limit_minutes)
    order = within[np.lexsort((minutes[within], row[within]))]
    row = row[order]
    first = np.ones(len(row), dtype=np.bool_)
    first[1:] = row[1:] != row[:-1]
    return Column(row[first], minutes[order[first]])
