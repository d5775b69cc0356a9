"""The way itself: the line on the map from a position along streets to another, and its metres."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.coordinates import FloatArray, LonLat
from geo.snapping import Snaps
from geo.street_graph import StreetGraph
from geo.street_grid import turned_e7
from geo.street_search import Search, along_edge_minutes, end_minutes, minutes_to_ends

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
    place, parts = _parts(found, target)
    lon_lat = [_points(graph, part) for part in parts]
    lon = turned_e7(np.concatenate([each[0] for each in lon_lat]), -central_meridian_e7) * 1e-7
    lat = np.concatenate([each[1] for each in lon_lat]) * 1e-7
    line = [origin_point]
    for point in zip(lon.tolist(), lat.tolist(), strict=True):
        if line[-1] != point:
            line.append(LonLat(*point))
    if line[-1] != target_point or len(line) == 1:
        line.append(target_point)
    legs_m = float(origin.off_m[place] + target.off_m[0])
    along_m = sum(abs(end - begin) for _, begin, end in parts)
    return Route(float(minutes), legs_m + along_m, legs_m, line)


def street_m_of(found: Search, targets: Snaps) -> FloatArray:
    """Return the metres of the ways that a search with ways found, shape (targets,).

    Legs off the street are in them. All targets must have been found. Ways from one person share
    their first streets, and each street is measured once.
    """
    origin, edges = found.origin, targets.edge
    numbers, by, straight_from = _last_ends(found, targets)
    street_m = origin.off_m[straight_from] + np.abs(targets.along_m - origin.along_m[straight_from])
    rest = np.flatnonzero(straight_from < 0)
    from_end_m = found.graph.edge_m[edges] - targets.along_m
    last_m = np.where(by == 0, targets.along_m, from_end_m)[rest]
    street_m[rest] = _node_m(found, numbers[rest].tolist()) + last_m
    return np.asarray(street_m + targets.off_m)


def _last_ends(found: Search, targets: Snaps) -> tuple[IntArray, IntArray, IntArray]:
    """Tell through which end of its edge each target is reached, shape (targets,) each.

    The node by its number in the ball; 0 for the beginning of the edge, 1 for its end; and the
    place of the origin from which the way goes through neither, but straight along the edge that
    both are on: -1 where none does.
    """
    graph, origin, edges = found.graph, found.origin, targets.edge
    ends = np.stack((graph.edge_from[edges], graph.edge_to[edges])).astype(np.int64)
    numbers = found.ball.numbers_of(graph, ends)
    to_target = minutes_to_ends(graph, edges, targets.along_m, leaving=False)
    totals = found.minutes[numbers] + to_target
    by = np.argmin(totals, axis=0)
    taken = (by, np.arange(len(edges)))
    least, straight_from = totals[taken], np.full(len(edges), -1)
    for place, edge in enumerate(origin.edge.tolist()):
        on_edge = np.flatnonzero(edges == edge)
        if len(on_edge):
            straight = along_edge_minutes(graph, origin[place], targets[on_edge])
            better = on_edge[straight <= least[on_edge]]
            straight_from[better] = place
            least[on_edge] = np.minimum(least[on_edge], straight)
    return numbers[taken], by, straight_from


def _node_m(found: Search, numbers: list[int]) -> FloatArray:
    """Return metres from the origin, its leg included, to nodes by their numbers in the ball."""
    graph, source, came_from = found.graph, found.ball.count + 1, found.came_from
    passed: dict[int, None] = {}  # whoever comes before another stands before it
    for last in numbers:
        number, way = last, []
        while number != source and number not in passed:
            way.append(number)
            number = came_from.item(number)
        passed.update(dict.fromkeys(reversed(way)))
    here = np.fromiter(passed, np.int64, len(passed))
    before = came_from[here].astype(np.int64)
    nodes = found.ball.nodes(here)
    step_m = np.zeros(len(here))
    behind = before != source
    step_m[behind] = graph.edge_m[
        _edges_between(graph, found.ball.nodes(before[behind]), nodes[behind])
    ]
    metres = {source: 0.0}
    for first in np.flatnonzero(~behind).tolist():
        place, (_, begin_m, end_m) = _first_part(graph, found.origin, int(nodes[first]))
        step_m[first] = found.origin.off_m[place] + abs(end_m - begin_m)
    for number, earlier, step in zip(passed, before.tolist(), step_m.tolist(), strict=True):
        metres[number] = metres[earlier] + step
    return np.array([metres[number] for number in numbers])


def _parts(found: Search, target: Snaps) -> tuple[int, list[Part]]:
    """Return the place of the origin where the way begins, and its parts along edges."""
    graph, origin, edge = found.graph, found.origin, int(target.edge[0])
    along_m, length_m = float(target.along_m[0]), float(graph.edge_m[edge])
    number, by, straight_from = (int(each[0]) for each in _last_ends(found, target))
    if straight_from >= 0:
        return straight_from, [(edge, float(origin.along_m[straight_from]), along_m)]
    nodes = _nodes_to(found, number)
    place, first = _first_part(graph, origin, int(nodes[0]))
    last: Part = (edge, length_m if by else 0.0, along_m)
    return place, [first, *_whole_edges(graph, nodes), last]


def _nodes_to(found: Search, number: int) -> IntArray:
    """Return the nodes from the first behind the origin to one, by its number in the ball."""
    came_from, passed = found.came_from, []
    while number != found.ball.count + 1:
        passed.append(number)
        number = int(came_from[number])
    return found.ball.nodes(np.array(passed[::-1], dtype=np.int64))


def _first_part(graph: StreetGraph, origin: Snaps, node: int) -> tuple[int, Part]:
    """Return the place of the origin from which a node is reached first, and the part to it."""
    ends, minutes = end_minutes(graph, origin, leaving=True)
    by_end, place = divmod(int(np.argmin(np.where(ends == node, minutes, np.inf))), len(origin))
    edge = int(origin.edge[place])
    to_m = float(graph.edge_m[edge]) if by_end else 0.0
    return place, (edge, float(origin.along_m[place]), to_m)


def _whole_edges(graph: StreetGraph, nodes: IntArray) -> list[Part]:
    edges = _edges_between(graph, nodes[:-1], nodes[1:])
    forward = (graph.edge_from[edges] == nodes[:-1]).tolist()
    return [
        (edge, 0.0, length_m) if is_forward else (edge, length_m, 0.0)
        for edge, length_m, is_forward in zip(
            edges.tolist(), graph.edge_m[edges].tolist(), forward, strict=True
        )
    ]


def _edges_between(graph: StreetGraph, nodes: IntArray, others: IntArray) -> IntArray:
    """Return the edge from each node to the other one; there must be one."""
    arc = graph.arc_start[nodes].astype(np.int64)
    while (is_other := graph.arc_to[arc] != others).any():  # as often as streets meet in a node
        arc += is_other
    return graph.arc_edge[arc].astype(np.int64)


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
