"""The way itself: the line on the map from a position along streets to another, and its metres."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.coordinates import LonLat
from geo.snapping import Snaps
from geo.street_graph import StreetGraph
from geo.street_grid import turned_e7
from geo.street_search import Search, along_edge_minutes, end_minutes

IntArray = NDArray[np.int64]
Part = tuple[int, float, float]
"""A run along one edge: the edge, and the metres along it where the run begins and ends."""


@dataclass(frozen=True)
class Route:
    """A way. `line` is WGS-84, from the position itself to the other position itself.

    `street_m` are the metres of the whole line; `legs_m`, which are in them, those off the street.
    """

    minutes: float
    street_m: float
    legs_m: float
    line: list[LonLat]


def route_of(
    found: Search,
    central_meridian_e7: int,
    minutes: float,
    origin_point: LonLat,
    target_point: LonLat,
    target: Snaps,
) -> Route:
    """Return the way that a search with ways found, for `minutes` that it gave.

    The points are the positions that the snaps were made from; the target must have been found.
    """
    graph, origin = found.graph, found.origin
    parts = _parts(found, target)
    lon_lat = [_points(graph, part) for part in parts]
    lon = turned_e7(np.concatenate([each[0] for each in lon_lat]), -central_meridian_e7) * 1e-7
    lat = np.concatenate([each[1] for each in lon_lat]) * 1e-7
    line = [origin_point]
    for point in zip(lon.tolist(), lat.tolist(), strict=True):
        if line[-1] != point:
            line.append(LonLat(*point))
    if line[-1] != target_point or len(line) == 1:
        line.append(target_point)
    legs_m = float(origin.off_m[0] + target.off_m[0])
    return Route(float(minutes), street_m_of(found, target), legs_m, line)


def street_m_of(found: Search, target: Snaps) -> float:
    """Return the metres of the way that a search with ways found, legs off the street included."""
    along_m = sum(abs(end - begin) for _, begin, end in _parts(found, target))
    return float(found.origin.off_m[0] + target.off_m[0]) + along_m


def _parts(found: Search, target: Snaps) -> list[Part]:
    graph, origin, edge = found.graph, found.origin, int(target.edge[0])
    along_m, length_m = float(target.along_m[0]), float(graph.edge_m[edge])
    ends, to_target = end_minutes(graph, target, leaving=False)
    numbers = found.ball.numbers_of(graph, ends)
    totals = found.minutes[numbers] + to_target
    by = int(np.argmin(totals))
    if edge == origin.edge[0]:
        straight = along_edge_minutes(graph, origin, target)[0]
        if straight <= totals[by]:
            return [(edge, float(origin.along_m[0]), along_m)]
    nodes = _nodes_to(found, int(numbers[by]))
    last: Part = (edge, length_m if by else 0.0, along_m)
    return [_first_part(graph, origin, int(nodes[0])), *_whole_edges(graph, nodes), last]


def _nodes_to(found: Search, number: int) -> IntArray:
    """Return the nodes from the first behind the origin to one, by its number in the ball."""
    assert found.before is not None  # noqa: S101 - the search was made with ways
    passed = []
    while number != found.ball.count + 1:
        passed.append(number)
        number = int(found.before[number])
    return found.ball.nodes(np.array(passed[::-1], dtype=np.int64))


def _first_part(graph: StreetGraph, origin: Snaps, node: int) -> Part:
    edge = int(origin.edge[0])
    ends, minutes = end_minutes(graph, origin, leaving=True)
    minutes = np.where(ends == node, minutes, np.inf)
    to_m = float(graph.edge_m[edge]) if np.argmin(minutes) else 0.0
    return edge, float(origin.along_m[0]), to_m


def _whole_edges(graph: StreetGraph, nodes: IntArray) -> list[Part]:
    parts = []
    for one, other in zip(nodes[:-1].tolist(), nodes[1:].tolist(), strict=True):
        begin, end = int(graph.arc_start[one]), int(graph.arc_start[one + 1])
        arc = begin + int(np.searchsorted(graph.arc_to[begin:end], other))
        edge = int(graph.arc_edge[arc])
        length_m = float(graph.edge_m[edge])
        forward = graph.edge_from[edge] == one
        parts.append((edge, 0.0, length_m) if forward else (edge, length_m, 0.0))
    return parts


def _points(graph: StreetGraph, part: Part) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the longitudes and latitudes of a part's line, both ends included."""
    edge, begin_m, end_m = part
    points = slice(int(graph.edge_point[edge]), int(graph.edge_point[edge + 1]))
    along = graph.point_along[points]
    low, high = min(begin_m, end_m), max(begin_m, end_m)
    between = along[(along > low) & (along < high)]
    marks = np.concatenate(([low], between, [high]))
    if begin_m > end_m:
        marks = marks[::-1]
    return (
        np.interp(marks, along, graph.point_lon[points]),
        np.interp(marks, along, graph.point_lat[points]),
    )
