"""Real streets: minutes as a full search by networkx and pgRouting has them, metres as pyrosm's."""

from pathlib import Path

import networkx as nx  # type: ignore[import-untyped]
import numpy as np
import pytest
from sqlalchemy import Engine, text

from geo.coordinates import LonLat
from geo.network import SNAP_WITHIN_M, STREET_PROFILES, StreetNetwork, least_minutes
from geo.profiles import Profile
from geo.street_grid import chords_m
from geo.street_reading import OsmStreets, pieces_of, read_osm_streets
from geo.street_rules import Use, minutes_per_metre
from tests.geo.street_oracle import Streets, beside_streets
from tests.geo.towns import network_of

FILES = ["monaco.osm.pbf", "shanghai.osm"]
ORIGINS, TARGETS = 25, 20  # 500 pairs
EXACT = 1e-6


@pytest.fixture(scope="module", params=FILES)
def streets(shared_data: Path, request: pytest.FixtureRequest) -> OsmStreets:
    return read_osm_streets(shared_data / "networks" / request.param)


@pytest.fixture(scope="module")
def network(streets: OsmStreets, tmp_path_factory: pytest.TempPathFactory) -> StreetNetwork:
    return network_of(streets, tmp_path_factory.mktemp("network") / "streets.network")


@pytest.mark.parametrize("profile", STREET_PROFILES)
def test_minutes_are_those_of_a_full_search(network: StreetNetwork, profile: Profile) -> None:
    plain = Streets(network, profile)
    lon, lat = beside_streets(network, profile, ORIGINS + TARGETS, seed=4)
    spots = [plain.spot(*place) for place in zip(lon.tolist(), lat.tolist(), strict=True)]
    snaps = network.snap(lon, lat, profile)
    finite = 0
    for origin in range(ORIGINS):
        expected = np.array(plain.minutes(spots[origin], spots[ORIGINS:]))
        found = network.minutes_between(snaps[origin], snaps[ORIGINS:], profile, 1000)
        np.testing.assert_allclose(found, expected, rtol=0, atol=EXACT)
        near = np.where(expected <= 12, expected, np.inf)
        bounded = network.minutes_between(snaps[origin], snaps[ORIGINS:], profile, 12)
        np.testing.assert_allclose(bounded, near, rtol=0, atol=EXACT)
        finite += int(np.isfinite(found).sum())
    assert finite > ORIGINS * TARGETS / 4  # the rest are on no street, or on an island


@pytest.mark.parametrize("profile", STREET_PROFILES)
def test_snapping_is_that_of_looking_at_every_piece(
    network: StreetNetwork, profile: Profile
) -> None:
    plain = Streets(network, profile)
    lon, lat = beside_streets(network, profile, 400, seed=5)
    many = network.snap(lon, lat, profile)
    for place in range(400):
        spot = plain.spot(lon[place], lat[place])
        one = network.snap(lon[place], lat[place], profile)
        assert one.edge[0] == many.edge[place]
        if spot is None:
            assert many.edge[place] == -1
            continue
        assert many.off_m[place] == pytest.approx(spot.off_m, abs=1e-6)
        assert many.off_m[place] <= SNAP_WITHIN_M[profile]
        for name in ("along_m", "off_m", "lon", "lat"):
            assert getattr(one, name)[0] == pytest.approx(getattr(many, name)[place], abs=1e-6)


@pytest.mark.parametrize("profile", STREET_PROFILES)
def test_joining_and_cutting_streets_changes_no_minutes(
    streets: OsmStreets, network: StreetNetwork, profile: Profile
) -> None:
    """The nodes of the file, uncut and unjoined, searched by networkx: to a centimetre a piece."""
    one, other, is_piece = pieces_of(streets)
    way = np.repeat(np.arange(len(streets.way_start) - 1), np.diff(streets.way_start))[:-1]
    use = streets.use[profile][way]
    kept = np.flatnonzero(is_piece & (use & Use.BOTH > 0))
    one, other, use = one[kept], other[kept], use[kept]
    e7 = (streets.lon_e7.astype(np.int64), streets.lat_e7.astype(np.int64))
    metres = chords_m(e7[0][one], e7[1][one], e7[0][other], e7[1][other])
    assert network.graphs[profile].edge_m.sum() == pytest.approx(metres.sum(), rel=1e-5)
    graph = nx.DiGraph()
    for a, b, bits, m in zip(one.tolist(), other.tolist(), use.tolist(), metres, strict=True):
        minutes = float(m) * minutes_per_metre(profile, over_steps=bool(bits & Use.STEPS))
        # a shut gate may be reached and not passed
        for allowed, begin, end in ((Use.FORWARD, a, b), (Use.BACKWARD, b, a)):
            if bits & allowed:
                here = (begin, "out") if streets.blocked[profile][begin] else begin
                there = (end, "in") if streets.blocked[profile][end] else end
                if minutes < graph.get_edge_data(here, there, {"weight": np.inf})["weight"]:
                    graph.add_edge(here, there, weight=minutes)

    places = {
        (lon, lat): number
        for number, (lon, lat) in enumerate(zip(e7[0].tolist(), e7[1].tolist(), strict=True))
    }
    built = network.graphs[profile]
    random = np.random.default_rng(6)
    lon = built.node_lon.astype(np.int64) + network.central_meridian_e7
    chosen = random.choice(built.node_count, 60, replace=False)
    vertices = [places[int(lon[n]), int(built.node_lat[n])] for n in chosen]
    snaps = network.snap(lon[chosen] * 1e-7, built.node_lat[chosen] * 1e-7, profile)
    usable = [
        n for n in range(60) if snaps.off_m[n] < 1e-3 and not streets.blocked[profile][vertices[n]]
    ]
    for origin in usable[:15]:
        full = nx.single_source_dijkstra_path_length(graph, vertices[origin])
        found = network.minutes_between(snaps[origin], snaps[usable], profile, 1000)
        expected = [full.get(vertices[n], np.inf) for n in usable]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("profile", STREET_PROFILES)
def test_lines_are_as_long_as_their_minutes(network: StreetNetwork, profile: Profile) -> None:
    lon, lat = beside_streets(network, profile, 60, seed=7)
    snaps = network.snap(lon, lat, profile)
    points = [LonLat(*place) for place in zip(lon.tolist(), lat.tolist(), strict=True)]
    found = network.minutes_between(snaps[0], snaps, profile, 60)
    routes = network.routes(points[0], snaps[0], points, snaps, profile, 60)
    for minutes, route, point in zip(found, routes, points, strict=True):
        if route is None:
            assert not np.isfinite(minutes)
            continue
        assert route.minutes == minutes
        assert (route.line[0], route.line[-1]) == (points[0], point)
        e7 = np.rint(np.array(route.line) * 1e7).astype(np.int64)
        length_m = chords_m(e7[:-1, 0], e7[:-1, 1], e7[1:, 0], e7[1:, 1]).sum()
        assert route.street_m == pytest.approx(length_m, rel=1e-3, abs=0.5)
        assert minutes >= least_minutes(route.street_m, profile) - 1e-9


def test_minutes_are_those_of_pgrouting(network: StreetNetwork, engine: Engine) -> None:
    """`pgr_dijkstraCost` on the same arcs, between crossings, for walkers and e-bikes."""
    with engine.connect() as connection:
        have = "SELECT count(*) FROM pg_available_extensions WHERE name = 'pgrouting'"
        if not connection.execute(text(have)).scalar_one():
            pytest.skip("the server has no pgRouting (Debian: postgresql-<version>-pgrouting)")
        connection.execute(text("CREATE EXTENSION pgrouting"))
        for profile in STREET_PROFILES:
            graph = network.graphs[profile]
            origins = np.repeat(np.arange(graph.node_count), np.diff(graph.arc_start))
            connection.execute(text("DROP TABLE IF EXISTS arcs"))
            connection.execute(
                text(
                    "CREATE TEMP TABLE arcs (id bigint, source bigint, target bigint, cost float8)"
                )
            )
            arcs = [
                {"id": number, "source": source, "target": target, "cost": cost}
                for number, (source, target, cost) in enumerate(
                    zip(
                        origins.tolist(),
                        graph.arc_to.tolist(),
                        graph.arc_minutes.tolist(),
                        strict=True,
                    )
                )
            ]
            connection.execute(text("INSERT INTO arcs VALUES (:id, :source, :target, :cost)"), arcs)
            lon, lat = _places_of_nodes(network, profile)
            snaps = network.snap(lon, lat, profile)
            nodes = np.flatnonzero(snaps.off_m < 1e-4)
            nodes = np.random.default_rng(8).choice(nodes, 45, replace=False)
            query = text(
                "SELECT start_vid, end_vid, agg_cost FROM pgr_dijkstraCost("
                "'SELECT id, source, target, cost FROM arcs', "
                "CAST(:origins AS bigint[]), CAST(:targets AS bigint[]))"
            )
            rows = connection.execute(
                query, {"origins": nodes[:25].tolist(), "targets": nodes[25:].tolist()}
            )
            expected = {(row[0], row[1]): row[2] for row in rows}
            assert len(expected) > 100
            for origin in nodes[:25].tolist():
                found = network.minutes_between(snaps[origin], snaps[nodes[25:]], profile, 1000)
                legs = snaps.leg_minutes[origin] + snaps.leg_minutes[nodes[25:]]
                wanted = [expected.get((origin, n), np.inf) for n in nodes[25:].tolist()]
                np.testing.assert_allclose(found, wanted + legs, rtol=0, atol=EXACT)


def _places_of_nodes(network: StreetNetwork, profile: Profile) -> tuple[list[float], list[float]]:
    graph = network.graphs[profile]
    lon = (graph.node_lon + float(network.central_meridian_e7)) * 1e-7
    return lon.tolist(), (graph.node_lat * 1e-7).tolist()
