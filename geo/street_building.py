"""From the ways of OpenStreetMap to the graph of one profile: nodes, edges, arcs, pieces, islands.

An edge runs between two nodes where there is something to choose: a crossing, an end, a gate, or a
change of what the street is. All that lies between is its shape. Everything is numbered by place,
so that what is near in the city is near in the file.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo.coordinates import FloatArray
from geo.polylines import Polylines
from geo.profiles import Profile
from geo.street_chains import Chains, chains_of, reordered
from geo.street_graph import ARRAYS, LARGE, SCRAP, SMALL, StreetGraph
from geo.street_grid import (
    NODE_CELL_E7,
    ROW_STRIDE,
    cell_keys,
    central_meridian_e7,
    chords_m,
    turned_e7,
)
from geo.street_reading import OsmStreets
from geo.street_rules import STREET_PROFILES, Use, minutes_per_metre
from geo.water import Water

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"

MAIN_FROM_M = 5_000.0
"""Streets that hang together over less than this give way, within the cap of snapping, to those of
a larger piece of the network: footways of a courtyard whose gate nobody mapped. Above it they are
an island in their own right, a town on one perhaps."""

SMALL_FROM_M = 200.0
"""What hangs together over less than this is no island but a scrap: the way to a bench, a pier."""


@dataclass(frozen=True, eq=False)
class BuiltStreets:
    """The graphs of an extract, and what is to be told of them."""

    graphs: dict[Profile, StreetGraph]
    water: Water
    central_meridian_e7: int
    about: dict[str, Any]


def build_streets(streets: OsmStreets) -> BuiltStreets:
    """Build the graph of each profile that has a network."""
    meridian_e7 = central_meridian_e7(streets.lon_e7)
    graphs = {profile: build_graph(streets, profile, meridian_e7) for profile in STREET_PROFILES}
    water = Water.of(streets.water, meridian_e7)
    return BuiltStreets(
        graphs,
        water,
        meridian_e7,
        {
            "attribution": ATTRIBUTION,
            "osm_timestamp": streets.osm_timestamp,
            "dropped": streets.dropped,
            "missing_nodes": streets.missing_nodes,
            "outside_pieces": streets.outside_pieces,
            "water_km": water.km,
            "profiles": {str(profile): _facts(graph) for profile, graph in graphs.items()},
        },
    )


def _facts(graph: StreetGraph) -> dict[str, float | int]:
    """Count what a report tells: nodes, edges, kilometres, and how the streets hang together."""
    total_m = float(graph.edge_m.sum())
    return {
        "nodes": graph.node_count,
        "edges": len(graph.edge_m),
        "km": round(total_m / 1000, 1),
        "steps_km": round(float(graph.edge_m[graph.edge_use & Use.STEPS > 0].sum()) / 1000, 1),
        "components": _components(graph.arc_start, graph.arc_to)[0],
        "main_km": round(float(graph.edge_m[graph.edge_part == LARGE].sum()) / 1000, 1),
    }


def build_graph(streets: OsmStreets, profile: Profile, central_meridian_e7: int) -> StreetGraph:
    """Build what one profile travels on. Empty where it may use no street."""
    chains = chains_of(streets, profile)
    lon_e7 = turned_e7(streets.lon_e7.astype(np.int64), central_meridian_e7)
    lat_e7 = streets.lat_e7.astype(np.int64)

    ends, end_vertex = _nodes(chains.ends, streets.blocked[profile])
    node_cell = cell_keys(lon_e7[end_vertex], lat_e7[end_vertex], NODE_CELL_E7)
    order = np.lexsort((np.arange(len(end_vertex)), node_cell))
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    one, other = number[ends[0]], number[ends[1]]

    by_place = np.lexsort((np.arange(len(one)), other, one))
    chains = reordered(chains, by_place)
    one, other = one[by_place], other[by_place]
    shape = _shapes(chains, lon_e7, lat_e7)
    arrays: dict[str, NDArray[Any]] = {
        "node_lon": lon_e7[end_vertex[order]],
        "node_lat": lat_e7[end_vertex[order]],
        "node_cell": node_cell[order],
        "edge_from": one,
        "edge_to": other,
        "edge_m": shape.edge_m,
        "edge_use": chains.use,
        "edge_point": shape.drawn.start,
        "point_lon": shape.drawn.lon_e7,
        "point_lat": shape.drawn.lat_e7,
        "point_along": shape.along_m,
    }
    arrays |= _arcs(arrays, profile)
    arrays["edge_part"] = _parts_of_edges(arrays)
    arrays["piece_point"], arrays["piece_cell"] = shape.drawn.pieces_by_cell()
    arrays["piece_edge"] = shape.drawn.line_of(arrays["piece_point"])
    typed = {name: np.ascontiguousarray(arrays[name], dtype) for name, dtype in ARRAYS.items()}
    return StreetGraph(profile, **typed)


def _nodes(ends: IntArray, blocked: BoolArray) -> tuple[tuple[IntArray, IntArray], IntArray]:
    """Return the node at the beginning and end of each edge, and the vertex of each node.

    A shut gate becomes a node for each street that ends there, so that none goes through.
    """
    shut = np.flatnonzero(blocked[ends])
    keys = ends.copy()
    keys[shut] = len(blocked) + np.arange(len(shut))
    _, where, place = np.unique(keys, return_index=True, return_inverse=True)
    return (place[::2], place[1::2]), ends[where]


@dataclass(frozen=True, eq=False)
class _Shapes:
    """Points of all edges, how far along its edge each lies, and the metres of edges."""

    drawn: Polylines
    along_m: FloatArray
    edge_m: FloatArray


def _shapes(chains: Chains, lon_e7: IntArray, lat_e7: IntArray) -> _Shapes:
    """Lay out the shapes, with long pieces divided, and measure along them."""
    drawn = Polylines(lon_e7[chains.vertex], lat_e7[chains.vertex], chains.start).divided()
    lon, lat, start = drawn
    step_m = np.zeros(len(lon))
    step_m[1:] = chords_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    step_m[start[:-1]] = 0.0
    sizes = np.diff(start)
    along = np.cumsum(step_m)
    along_m = np.maximum(along - np.repeat(along[start[:-1]], sizes), 0.0)
    return _Shapes(drawn, along_m, along_m[start[1:] - 1])


def _arcs(arrays: dict[str, NDArray[Any]], profile: Profile) -> dict[str, NDArray[Any]]:
    """Return the ways out of each node: of several edges between the same two the shortest counts.

    (A sparse matrix made of coordinates would add their minutes up.)
    """
    one, other = arrays["edge_from"], arrays["edge_to"]
    use = arrays["edge_use"]
    pace = np.where(
        use & Use.STEPS != 0,
        minutes_per_metre(profile, over_steps=True),
        minutes_per_metre(profile, over_steps=False),
    )
    minutes = arrays["edge_m"] * pace
    forward = np.flatnonzero((use & Use.FORWARD != 0) & (one != other))
    backward = np.flatnonzero((use & Use.BACKWARD != 0) & (one != other))
    origin = np.concatenate((one[forward], other[backward]))
    target = np.concatenate((other[forward], one[backward]))
    edge = np.concatenate((forward, backward))
    order = np.lexsort((edge, minutes[edge], target, origin))
    origin, target, edge = origin[order], target[order], edge[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (origin[1:] != origin[:-1]) | (target[1:] != target[:-1])
    origin, target, edge = origin[first], target[first], edge[first]
    nodes = len(arrays["node_cell"])
    return {
        "arc_start": np.searchsorted(origin, np.arange(nodes + 1)),
        "arc_to": target,
        "arc_row": arrays["node_cell"][target] // ROW_STRIDE,
        "arc_minutes": minutes[edge],
        "arc_edge": edge,
    }


def _parts_of_edges(arrays: dict[str, NDArray[Any]]) -> NDArray[np.uint8]:
    """Return how large the part is that each edge lies on, in which every way can be undone.

    Edges both of whose ends are strongly connected; the others lie on none, and are scraps.
    """
    count, label = _components(arrays["arc_start"], arrays["arc_to"])
    one, other = label[arrays["edge_from"]], label[arrays["edge_to"]]
    inside = one == other
    total_m = np.bincount(one[inside], arrays["edge_m"][inside], minlength=count)
    part = np.full(count, SCRAP, dtype=np.uint8)
    part[total_m >= SMALL_FROM_M] = SMALL
    part[total_m >= MAIN_FROM_M] = LARGE
    return np.where(inside, part[one], np.uint8(SCRAP)) if count else part


def _components(arc_start: NDArray[Any], arc_to: NDArray[Any]) -> tuple[int, NDArray[np.int32]]:
    """Count the pieces of the network in which every way can be undone, and name each node's."""
    nodes = len(arc_start) - 1
    if not nodes:
        return 0, np.empty(0, dtype=np.int32)
    matrix = csr_array((np.ones(len(arc_to)), arc_to, arc_start), shape=(nodes, nodes))
    count, label = connected_components(matrix, connection="strong")
    return int(count), label
