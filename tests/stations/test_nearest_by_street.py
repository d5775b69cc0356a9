"""The nearest by real streets: equal to searching everything, whatever lies in a straight line."""

import math
import random
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from geo.network import SNAP_WITHIN_M, StreetNetwork
from geo.profiles import Profile, straight_line_minutes
from geo.street_graph import SMALL
from stations import nearest
from stations.calendar import shipped
from stations.directory import Directory, DirectorySource
from stations.directory_columns import build
from stations.directory_reading import everything
from stations.knn import RegisterSource
from stations.nearest import Question
from stations.street_networks import build_network
from stations.tables import Station
from stations.ways import longest_minutes, route_between
from tests.factories import add_source, station_row
from tests.geo.towns import at, town

AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

# Two banks of a river 200 m wide, streets along both, and one bridge 1.5 km to the east.
SOUTH, NORTH, WEST, BRIDGE = 29.87, 29.8718, 121.55, 121.5655
OWN_BANK, OTHER_BANK = LonLat(121.5545, SOUTH), LonLat(WEST, NORTH)


def two_banks(folder: Path) -> StreetNetwork:
    nodes = {
        1: (WEST - 0.002, SOUTH), 2: (BRIDGE, SOUTH), 3: (WEST - 0.002, NORTH), 4: (BRIDGE, NORTH),
    }  # fmt: skip
    file = folder / "banks.osm"
    ways = {10: (1, 2), 11: (3, 4), 12: (2, 4)}
    file.write_text(
        "<osm version='0.6'>"
        + "".join(
            f"<node id='{n}' version='1' lon='{x}' lat='{y}'/>" for n, (x, y) in nodes.items()
        )
        + "".join(
            f"<way id='{way}' version='1'>"
            + "".join(f"<nd ref='{node}'/>" for node in through)
            + "<tag k='highway' v='residential'/></way>"
            for way, through in ways.items()
        )
        + "</osm>",
        encoding="utf-8",
    )
    return network_of(file, folder)


def network_of(file: Path, folder: Path) -> StreetNetwork:
    path = folder / "streets.network"
    build_network(file, path)
    return StreetNetwork.open(path)


def lay_out(session: Session, points: dict[str, LonLat], network: StreetNetwork) -> Directory:
    add_source(session)
    session.execute(insert(Station), [station_row(code, point) for code, point in points.items()])
    columns, pieces = build(everything(session), lambda _station: b"", network=network)
    return Directory.of(1, shipped(), columns, pieces)


def test_the_own_bank_comes_first(session: Session, tmp_path: Path) -> None:
    """The other bank is 200 m away and 3 km to walk; the station on the own bank 434 m."""
    network = two_banks(tmp_path)
    points = {"NB-RS-0001": OTHER_BANK, "NB-RS-0002": OWN_BANK}
    directory = lay_out(session, points, network)
    origin = LonLat(WEST, SOUTH)
    for sort, codes in (("minutes", ["0002", "0001"]), ("distance", ["0001", "0002"])):
        question = Question(origin, AT, within_m=1_000, limit=5, sort=sort)  # type: ignore[arg-type]
        found = nearest.answer(DirectorySource(directory, question, network), question)
        assert [directory.code(each.held)[-4:] for each in found.stations] == codes
        own = next(each for each in found.stations if directory.code(each.held).endswith("2"))
        assert own.way.method == "streets"
        assert own.way.street_m == pytest.approx(434, abs=3)
        assert own.minutes == pytest.approx(434 / (5000 / 60), abs=0.05)
        other = next(each for each in found.stations if each is not own)
        assert other.distance_m == pytest.approx(200, abs=2)
        assert other.way.street_m == pytest.approx(2 * 1_497 + 200, abs=20)
    straight = nearest.answer(DirectorySource(directory, question), question)
    assert straight.stations[0].way.method == "straight_line"


@pytest.mark.parametrize("behind_m", [90, 110, 300])
def test_a_park_on_the_other_bank_stays_far(
    session: Session, tmp_path: Path, behind_m: int
) -> None:
    """However far behind the other bank's street it lies, people have to go over the bridge."""
    network = two_banks(tmp_path)
    park = LonLat(WEST, NORTH + behind_m / 111_000)
    directory = lay_out(session, {"NB-RS-0001": park, "NB-RS-0002": OWN_BANK}, network)
    for lat in (SOUTH, SOUTH - 0.0012):  # on the street, and 133 m behind it
        question = Question(LonLat(WEST, lat), AT, within_m=2_000, limit=5)
        found = nearest.answer(DirectorySource(directory, question, network), question)
        own, other = found.stations
        assert directory.code(own.held) == "NB-RS-0002"
        assert other.minutes is not None
        assert other.minutes > 38


def test_neighbours_in_a_park_are_not_sent_round_by_the_street(
    session: Session, tmp_path: Path
) -> None:
    network = two_banks(tmp_path)
    at_lat = SOUTH - 0.003  # 333 m off
    directory = lay_out(session, {"NB-RS-0001": LonLat(WEST + 0.001, at_lat)}, network)
    question = Question(LonLat(WEST, at_lat), AT, within_m=2_000, limit=5)
    for source in (
        DirectorySource(directory, question, network),
        RegisterSource(session, question, network),
    ):
        (only,) = nearest.answer(source, question).stations
        assert only.way.method == "straight_line"
        assert only.way.street_m is None
        assert only.minutes == straight_line_minutes(only.distance_m, Profile.WALK)


def test_neighbours_with_a_river_between_them_are_none(session: Session, tmp_path: Path) -> None:
    """Each knows the street of the own bank, and both are farther from it than from the other."""
    nodes = {1: at(-4000, 0), 2: at(4000, 0), 3: at(-4000, 500), 4: at(4000, 500)}
    nodes |= {11: at(-4000, 250), 12: at(4000, 250)}
    street = {"highway": "residential"}
    ways = [([1, 2], street), ([3, 4], street), ([11, 12], {"waterway": "river"})]
    network = town(tmp_path, nodes, ways)
    directory = lay_out(session, {"NB-RS-0001": at(0, 280), "NB-RS-0002": at(10, 200)}, network)
    question = Question(at(0, 220), AT, within_m=2_000, limit=5)
    for source in (
        DirectorySource(directory, question, network),
        RegisterSource(session, question, network),
    ):
        found = nearest.answer(source, question).stations
        told = {source.code_of(each.held): (each.way.method, each.minutes) for each in found}
        assert told["NB-RS-0002"][0] == "straight_line"
        assert told.get("NB-RS-0001", ("streets", None)) == ("streets", None)


@pytest.mark.parametrize("is_wet", [True, False])
def test_a_station_on_no_street_is_reached_in_a_straight_line_unless_over_water(
    session: Session, tmp_path: Path, *, is_wet: bool
) -> None:
    nodes = {1: at(-4000, 0), 2: at(4000, 0), 11: at(-4000, 100), 12: at(4000, 100)}
    river = {"waterway": "river" if is_wet else "stream"}
    network = town(tmp_path, nodes, [([1, 2], {"highway": "residential"}), ([11, 12], river)])
    points = {"NB-RS-0001": at(0, 600), "NB-RS-0002": at(1200, 20)}
    directory = lay_out(session, points, network)
    question = Question(at(0, 20), AT, within_m=2_000, limit=5)
    for source in (
        DirectorySource(directory, question, network),
        RegisterSource(session, question, network),
    ):
        found = nearest.answer(source, question).stations
        codes = [source.code_of(each.held) for each in found]
        beyond = found[codes.index("NB-RS-0001")]
        if is_wet:
            assert codes == ["NB-RS-0002", "NB-RS-0001"]
            assert (beyond.minutes, beyond.warnings) == (None, ("no_way_found",))
        else:
            assert codes == ["NB-RS-0001", "NB-RS-0002"]
            assert beyond.way.method == "straight_line"


@pytest.mark.parametrize("inside_m", [115, 90])
def test_neighbours_in_a_compound_and_the_street_outside(
    session: Session, tmp_path: Path, inside_m: int
) -> None:
    """The gate is not mapped. The neighbour is within the cap of the street, the person perhaps."""
    network = town(
        tmp_path,
        {1: at(-4000, 0), 2: at(4000, 0), 11: at(0, inside_m), 12: at(400, inside_m)},
        [([1, 2], {"highway": "residential"}), ([11, 12], {"highway": "service"})],
    )
    places = {"NB-RS-0001": at(150, inside_m - 18), "NB-RS-0002": at(700, 5)}
    directory = lay_out(session, places, network)
    person = at(20, inside_m - 1)
    question = Question(person, AT, within_m=2_000, limit=5)
    for source in (
        DirectorySource(directory, question, network),
        RegisterSource(session, question, network),
    ):
        inner, outer = nearest.answer(source, question).stations
        assert source.code_of(inner.held) == "NB-RS-0001"
        assert inner.way.street_m == pytest.approx(1 + 130 + 18, abs=1)
        if inside_m > 100:  # beyond the cap an island is one of its own
            assert outer.warnings == ("no_way_found",)
        else:
            assert outer.way.street_m == pytest.approx(inside_m - 1 + 680 + 5, abs=2)
        for each, there in zip((inner, outer), places.values(), strict=True):
            if each.minutes is None:
                continue
            route = route_between(person, there, Profile.WALK, network, each.minutes + 0.01)
            assert route is not None
            assert route.minutes == pytest.approx(each.minutes, abs=1e-9)
            assert round(route.street_m) == each.way.street_m


def test_where_no_street_leads_is_last_and_says_so(session: Session, tmp_path: Path) -> None:
    """Within 300 m only ways up to 20 minutes count: over the bridge it is 38."""
    network = two_banks(tmp_path)
    directory = lay_out(session, {"NB-RS-0001": OTHER_BANK}, network)
    question = Question(LonLat(WEST, SOUTH), AT, within_m=300, limit=5)
    found = nearest.answer(DirectorySource(directory, question, network), question)
    (only,) = found.stations
    assert only.minutes is None
    assert only.on_arrival is None
    assert only.warnings == ("no_way_found",)
    assert found.matched == 1


@pytest.mark.parametrize("profile", [Profile.WALK, Profile.EBIKE])
@pytest.mark.parametrize("name", ["monaco.osm.pbf", "shanghai.osm"])
def test_the_nearest_equal_a_search_of_everything(
    session: Session, tmp_path: Path, shared_data: Path, name: str, profile: Profile
) -> None:
    """Five nearest by minutes of stations strewn over real streets, from either source."""
    network = network_of(shared_data / "networks" / name, tmp_path)
    graph = network.graphs[profile]
    chance = random.Random(name)
    on_islands = np.repeat(graph.edge_part == SMALL, np.diff(graph.edge_point)).nonzero()[0]
    chosen = chance.sample(range(len(graph.point_lon)), 200)
    chosen += chance.sample(on_islands.tolist(), 40)
    places = [
        LonLat(float(graph.point_lon[place]) * 1e-7, float(graph.point_lat[place]) * 1e-7)
        for place in chosen
    ]
    # turned longitudes are measured from the extract's own meridian
    meridian = network.central_meridian_e7 * 1e-7
    places = [
        LonLat(place.lon + meridian + chance.gauss(0, off), place.lat + chance.gauss(0, off))
        for place in places
        for off in [chance.choice([0.0003, 0.0003, 0.002])]  # some of them are on no street
    ]
    points = {f"NB-RS-{number:04}": place for number, place in enumerate(places[:120])}
    directory = lay_out(session, points, network)
    within_m = 1_500
    by_street = from_small = 0
    for origin in places[120:]:
        question = Question(origin, AT, within_m=within_m, limit=5, profile=profile)
        found = nearest.answer(DirectorySource(directory, question, network), question)
        again = nearest.answer(RegisterSource(session, question, network), question)
        told = [(directory.code(each.held), each.way.street_m) for each in found.stations]
        assert told == [(each.held.code, each.way.street_m) for each in again.stations]
        rows, _chords_m = directory.within(origin, within_m)
        whole = directory.metres(origin, rows).round()
        assert (whole <= within_m).all()
        here = network.snap_person(origin, profile)
        codes = [directory.code(row) for row in rows.tolist()]
        lon, lat = [points[code].lon for code in codes], [points[code].lat for code in codes]
        there, small = network.snap_stations(lon, lat, profile)
        longest = longest_minutes(within_m, profile)
        minutes = np.full(len(codes), math.inf)
        for place in range(len(here)):
            for snaps in (there, small):
                if snaps is there or network.is_small(here).any():
                    one = network.minutes_between(here[place], snaps, profile, longest)
                    minutes = np.minimum(minutes, one)
        from_small += len(here) > 1
        cap_m = SNAP_WITHIN_M[profile]
        expected = []
        for place, (street, metre) in enumerate(zip(minutes.tolist(), whole.tolist(), strict=True)):
            minute, straight = street, straight_line_minutes(float(metre), profile)
            off_m = (
                here.off_m.min(initial=math.inf),
                np.fmin(there.off_m[place], small.off_m[place]),
            )
            if not (there.is_near[place] and len(here)):
                minute = straight
            elif max(off_m) > cap_m and metre <= sum(off_m):
                minute = min(street, straight)
            expected.append((minute, metre, codes[place]))
        expected = sorted(expected)[:5]
        assert [code for code, _street_m in told] == [code for _minute, _metre, code in expected]
        for each, (minute, _metre, _code) in zip(found.stations, expected, strict=True):
            assert each.way.minutes == pytest.approx(minute, abs=1e-9)
            if each.way.method == "streets" and not math.isinf(minute):
                by_street += 1
                assert each.way.street_m is not None
                assert each.way.street_m >= each.distance_m - 1
    assert by_street > 100
    assert from_small > 3
