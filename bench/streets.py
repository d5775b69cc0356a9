"""Street minutes on a city of half a million nodes, beside searches of the whole graph.

    .venv/bin/python -m bench.streets

A made-up city: a grid of streets, dense in the middle and wide at the edge, perturbed, with a fifth
of its streets taken away, a sixth of the rest one-way for e-bikes, a bend in every street. A query
snaps a person and counts the minutes to the 50 nearest of 20,000 stations, by street, 15 minutes at
most. SciPy on the whole graph and networkx answer the same queries, and must agree. `nearest` is
the whole answer to a courier, without its text: the person's street and the stations within reach
are looked up, and the five reached first are told, with metres, open or not on arrival; it looks
only as far as the answer needs. `nearest_straight` is the same without streets.
"""

import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geo.coordinates import LonLat, earth_centred
from geo.network import StreetNetwork
from geo.profiles import TRAVEL, Profile
from geo.street_building import build_streets
from geo.street_file import chunks_of
from geo.street_graph import StreetGraph
from geo.street_reading import OsmStreets
from geo.street_rules import STREET_PROFILES, Use
from geo.water_reading import NO_LINES
from stations import nearest
from stations.calendar import shipped
from stations.directory import Directory, DirectorySource
from stations.directory_columns import build
from stations.nearest import Question
from stations.station import Access, Station, Status

SIDE = 760
CITY_M = 50_000.0
STATIONS = 200_000
ASKED_STATIONS = 20_000
CANDIDATES = 50
QUERIES = 400
COMPARED = 40
BY_NETWORKX = 10
LIMIT_MINUTES = 15.0
CENTRE = LonLat(121.55, 29.87)
AT = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
RESULTS = Path(__file__).parent / "results"


def city(random_: np.random.Generator, side_m: float = CITY_M) -> OsmStreets:
    """Make the streets: each is a way of three nodes, the middle one its bend."""
    axis = np.linspace(-1, 1, SIDE)
    warped = np.sign(axis) * np.abs(axis) ** 1.35 * side_m / 2
    x, y = np.meshgrid(warped, warped)
    spacing = np.gradient(warped)
    x = x + random_.normal(0, 0.2, x.shape) * spacing[np.newaxis, :]
    y = y + random_.normal(0, 0.2, y.shape) * spacing[:, np.newaxis]
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    one = np.concatenate((number[:, :-1].ravel(), number[:-1].ravel()))
    other = np.concatenate((number[:, 1:].ravel(), number[1:].ravel()))
    kept = random_.random(len(one)) > 0.2
    one, other = one[kept], other[kept]
    x, y = x.ravel(), y.ravel()
    length = np.hypot(x[one] - x[other], y[one] - y[other])
    bend_x = (x[one] + x[other]) / 2 + random_.normal(0, 0.05, len(one)) * length
    bend_y = (y[one] + y[other]) / 2 + random_.normal(0, 0.05, len(one)) * length
    lon = CENTRE.lon + np.concatenate((x, bend_x)) / (111_320 * np.cos(np.radians(CENTRE.lat)))
    lat = CENTRE.lat + np.concatenate((y, bend_y)) / 110_850
    bend = SIDE * SIDE + np.arange(len(one))
    oneway = np.where(random_.random(len(one)) < 1 / 6, Use.FORWARD, Use.BOTH)
    open_ = np.zeros(len(lon), dtype=np.bool_)
    return OsmStreets(
        lon_e7=np.rint(lon * 1e7).astype(np.int32),
        lat_e7=np.rint(lat * 1e7).astype(np.int32),
        blocked=dict.fromkeys(STREET_PROFILES, open_),
        refs=np.stack((one, bend, other), 1).ravel(),
        way_start=np.arange(len(one) + 1) * 3,
        use={
            Profile.WALK: np.full(len(one), Use.BOTH, dtype=np.uint8),
            Profile.EBIKE: oneway.astype(np.uint8),
        },
        dropped={},
        osm_timestamp=None,
        water=NO_LINES,
    )


def people(
    graph: StreetGraph, meridian_e7: int, count: int, random_: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw positions beside streets: 30 m off or so, where streets are dense more of them."""
    point = random_.integers(0, len(graph.point_lon), count)
    lon = (graph.point_lon[point] + float(meridian_e7)) * 1e-7 + random_.normal(0, 2e-4, count)
    return lon, graph.point_lat[point] * 1e-7 + random_.normal(0, 2e-4, count)


def directory_of(network: StreetNetwork, points: list[LonLat]) -> Directory:
    """Lay out stations at WGS-84 points, open at noon."""
    stations = (
        Station(
            code=f"S{number:06d}", kind="rest_station", also_kinds=(), name="示例", name_en=None,
            aliases=(), brand=None, tier=None, level=None, built_as=None, built_by=None, honours=(),
            status=Status.ACTIVE, access=Access.UNKNOWN, entry=(), services_yes=frozenset(),
            services_no=frozenset(), address=None, way_in=None, phone=None, hours_text=None,
            hours="Mo-Su 08:00-20:00", closures=(), capacity_per_day=None, notes=None, point=point,
            position_verified=True, h3_9=None, area=None, town_code=None, checked={},
            source="bench", is_public=True, version=1, updated_at=AT,
        )
        for number, point in enumerate(points)
    )  # fmt: skip
    columns, pieces = build(stations, lambda _station: b"", network=network)
    directory = Directory.of(1, shipped(), columns, pieces)
    directory.warm()
    return directory


def asked_of(
    directory: Directory, network: StreetNetwork | None, place: LonLat, profile: Profile
) -> float:
    """Return milliseconds of one whole answer."""
    question = Question(place, AT, TRAVEL[profile].within_m, 5, profile=profile, open="on_arrival")
    return timed(lambda: nearest.answer(DirectorySource(directory, question, network), question))


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def spread(times_ms: list[float]) -> dict[str, float]:
    """Median and the 99th of a hundred."""
    return {
        "p50": round(statistics.median(times_ms), 3),
        "p99": round(float(np.percentile(times_ms, 99)), 3),
    }


def main() -> None:
    """Build, ask, compare, write."""
    random_ = np.random.default_rng(20_260_601)
    streets = city(random_)
    begun = time.perf_counter()
    built = build_streets(streets)
    build_s = time.perf_counter() - begun
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "city.network"
        with path.open("wb") as file:
            for chunk in chunks_of(built):
                file.write(chunk)
        size_mb = path.stat().st_size / 1e6
        open_ms = timed(lambda: StreetNetwork.open(path))
        network = StreetNetwork.open(path)
        figures = {
            "python": platform.python_version(),
            "build_arrays_s": round(build_s, 1),
            "file_mb": round(size_mb, 1),
            "open_ms": round(open_ms, 1),
            **{str(profile): measured(network, profile, random_) for profile in STREET_PROFILES},
        }
    write(figures)


def measured(
    network: StreetNetwork, profile: Profile, random_: np.random.Generator
) -> dict[str, object]:
    """Measure one profile."""
    graph = network.graphs[profile]
    lon, lat = people(graph, network.central_meridian_e7, STATIONS, random_)
    snap_all_ms = timed(lambda: network.snap(lon, lat, profile))
    stations = network.snap(lon[:ASKED_STATIONS], lat[:ASKED_STATIONS], profile)
    tree = cKDTree(earth_centred(lon[:ASKED_STATIONS], lat[:ASKED_STATIONS]))
    at_lon, at_lat = people(graph, network.central_meridian_e7, QUERIES, random_)
    near = tree.query(earth_centred(at_lon, at_lat), k=CANDIDATES)[1]

    held = directory_of(network, list(map(LonLat, lon[:ASKED_STATIONS], lat[:ASKED_STATIONS])))
    places = [LonLat(*each) for each in zip(at_lon.tolist(), at_lat.tolist(), strict=True)]
    nearest_ms, straight_ms = (
        [asked_of(held, streets, place, profile) for place in places] for streets in (network, None)
    )
    snaps_ms, minutes_ms, routes_ms, whole_ms, nx_ms = [], [], [], [], []
    matrix = csr_array(
        (graph.arc_minutes, graph.arc_to, graph.arc_start),
        shape=(graph.node_count, graph.node_count),
    )
    other = nx.DiGraph()
    origins = np.repeat(np.arange(graph.node_count), np.diff(graph.arc_start))
    arcs = zip(origins.tolist(), graph.arc_to.tolist(), graph.arc_minutes.tolist(), strict=True)
    other.add_weighted_edges_from(arcs)
    for query in range(QUERIES):
        place = (at_lon[query], at_lat[query])
        snaps_ms.append(timed(lambda at=place: network.snap(*at, profile)))  # type: ignore[misc]
        origin = network.snap(*place, profile)
        targets = stations[near[query]]
        asked = (origin, targets, profile, LIMIT_MINUTES)
        minutes_ms.append(
            timed(lambda asked=asked: network.minutes_between(*asked))  # type: ignore[misc]
        )
        found = network.minutes_between(*asked)
        best = int(np.argmin(found))
        if not np.isfinite(found[best]):
            continue
        target_point = LonLat(lon[near[query][best]], lat[near[query][best]])
        routed = (LonLat(*place), origin, target_point, targets[best], profile, LIMIT_MINUTES)
        routes_ms.append(timed(lambda way=routed: network.route(*way)))  # type: ignore[misc]
        if query < COMPARED:
            node = int(graph.edge_from[origin.edge[0]])
            whole_ms.append(
                timed(lambda at=node: dijkstra(matrix, indices=at, limit=LIMIT_MINUTES))  # type: ignore[misc]
            )
        if query < BY_NETWORKX:
            nx_ms.append(
                timed(
                    lambda at=node: nx.single_source_dijkstra_path_length(  # type: ignore[misc]
                        other, at, cutoff=LIMIT_MINUTES
                    )
                )
            )
            agree(network, profile, node, nx.single_source_dijkstra_path_length(other, node, 15.0))
    return {
        "nodes": graph.node_count,
        "edges": len(graph.edge_m),
        "snap_200000_s": round(snap_all_ms / 1000, 2),
        "snap_one_ms": spread(snaps_ms),
        "nearest_ms": spread(nearest_ms),
        "nearest_straight_ms": spread(straight_ms),
        "minutes_to_50_ms": spread(minutes_ms),
        "route_ms": spread(routes_ms),
        "scipy_whole_graph_ms": spread(whole_ms),
        "networkx_ms": spread(nx_ms),
        "ratio_scipy_whole_graph": round(
            statistics.median(whole_ms) / statistics.median(minutes_ms), 1
        ),
        "ratio_networkx": round(statistics.median(nx_ms) / statistics.median(minutes_ms), 1),
    }


def agree(network: StreetNetwork, profile: Profile, node: int, expected: dict[int, float]) -> None:
    """Stop the bench where the minutes from a node are not those of a full search."""
    graph = network.graphs[profile]
    meridian = float(network.central_meridian_e7)
    numbers = np.array(sorted(expected), dtype=np.int64)[:: max(1, len(expected) // 200)]
    lon = (graph.node_lon[[node, *numbers]] + meridian) * 1e-7
    snaps = network.snap(lon, graph.node_lat[[node, *numbers]] * 1e-7, profile)
    found = network.minutes_between(snaps[0], snaps[1:], profile, LIMIT_MINUTES + 0.01)
    wanted = np.array([expected[number] for number in numbers.tolist()])
    # a node at the end of a one-way street that leads nowhere is snapped to the street beside it
    there = snaps[1:].off_m < 0.001
    if snaps[0].off_m[0] < 0.001 and not np.allclose(found[there], wanted[there], atol=1e-3):
        raise SystemExit("the searches disagree")


def write(figures: dict[str, object]) -> None:
    """Write and print the table and the figures."""
    rows = [
        f"| {name} | {profile} | {value['p50']:.3f} | {value['p99']:.3f} |"
        for profile in STREET_PROFILES
        for name, value in figures[str(profile)].items()  # type: ignore[attr-defined]
        if isinstance(value, dict)
    ]
    text = f"{figures['walk']['nodes']} nodes on foot, {figures['ebike']['nodes']} by e-bike; "  # type: ignore[index]
    text += f"{LIMIT_MINUTES:.0f} minutes.\n\n"
    text += "| one query, ms | profile | p50 | p99 |\n|---|---|---|---|\n" + "\n".join(rows)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "streets.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "streets.md").write_text(text + "\n", encoding="utf-8")
    print(text)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
