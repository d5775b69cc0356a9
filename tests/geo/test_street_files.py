"""Files that are hostile or broken: a sentence, never a crash; extracts, and our own file."""

import bz2
import re
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from geo.coordinates import LonLat
from geo.network import STREET_PROFILES, NetworkFileError, StreetNetwork
from geo.street_building import build_streets
from geo.street_file import FORMAT_VERSION, PREFIX
from geo.street_reading import read_osm_streets
from tests.geo.towns import at, osm_xml, town, two_banks

STREET = {"highway": "residential"}
TWO = {1: at(0, 0), 2: at(100, 0)}
WHOLE = osm_xml(TWO, [([1, 2], STREET)])
BOMB = """<?xml version="1.0"?>
<!DOCTYPE osm [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<osm version="0.6"><node id="1" lat="30" lon="121"><tag k="name" v="&c;"/></node></osm>"""

quick = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refusal(folder: Path, name: str, content: bytes) -> NetworkFileError | None:
    """The error that a file is refused with; None where a network can be built of it."""
    file = folder / name
    file.write_bytes(content)
    refused = None
    try:
        build_streets(read_osm_streets(file))
    except NetworkFileError as error:
        refused = error
    if refused is not None:
        assert refused.problem_zh != refused.problem_en
        assert "\n" not in refused.problem_en
    return refused


BEGIN, ONE_NODE, OTHER_NODE, WAY, END = re.split(r"(?=<node|<way|</osm)", WHOLE)
WAYS_FIRST = BEGIN + WAY + ONE_NODE + OTHER_NODE + END
ONE_NODE_LATE = BEGIN + ONE_NODE + WAY + OTHER_NODE + END
DELETED = WHOLE.replace("<way ", '<way visible="false" ')


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.osm", WAYS_FIRST.encode(), "not sorted"),
        ("a.osm", ONE_NODE_LATE.encode(), "not sorted"),
        ("a.osm", DELETED.encode(), "no street"),
        ("a.osm", b"", "not a whole"),
        ("a.osm.pbf", b"", "not a whole"),
        ("a.osm.bz2", b"", "not a whole"),
        ("a.osm", b"lon,lat\n121,30\n", "not a whole"),
        ("a.osm.pbf", WHOLE.encode(), "not a whole"),
        ("a.osm", b"\x00\x00\x00\x0d\x0a\x09OSMHeader", "not a whole"),
        ("a.osm.bz2", WHOLE.encode(), "not a whole"),
        ("a.osm", b"<gpx><trk/></gpx>", "not a whole"),
        ("a.osm", BOMB.encode(), "not a whole"),
        ("a.osm", b'<osm version="0.6"/>', "no street"),
        ("a.osm", b'<osm version="0.5"></osm>', "not a whole"),
        ("a.osm", osm_xml(TWO, []).encode(), "no street"),
        ("a.osm", osm_xml(TWO, [([1, 2], {"building": "yes"})]).encode(), "no street"),
        ("a.osm", osm_xml(TWO, [([1], STREET), ([], STREET)]).encode(), "no street"),
        ("a.osm", osm_xml(TWO, [([1, 1, 1], STREET)]).encode(), "no street"),
        ("a.osm", osm_xml(TWO, [([7, 8, 9], STREET)]).encode(), "no street"),
        ("a.osm", osm_xml(TWO, [([1, 2], {"highway": "motorway"})]).encode(), "no street"),
        ("a.osm", WHOLE.replace('lat="30', 'lat="north').encode(), "not a whole"),
        ("a.osm", WHOLE.replace('lon="121', 'lon="721').encode(), "not a whole"),
        ("a.osm", WHOLE.replace('lon="121', 'lon="181').encode(), "no street"),
        ("a.osm", WHOLE.replace('id="1"', 'id="99999999999999999999"').encode(), "not a whole"),
        ("a.osm", WHOLE.replace('id="1"', 'id="one"').encode(), "not a whole"),
        ("A.OSM", WHOLE.encode(), ".osm.pbf"),
        ("a.txt", WHOLE.encode(), ".osm.pbf"),
        ("a.shp", b"", ".osm.pbf"),
    ],
)
def test_what_is_no_extract_is_refused(
    tmp_path: Path, name: str, content: bytes, problem: str
) -> None:
    error = refusal(tmp_path, name, content)
    assert error is not None
    assert problem in error.problem_en


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.osm").mkdir()
    for name in ("none.osm.pbf", "folder.osm"):
        with pytest.raises(NetworkFileError, match="no such file"):
            read_osm_streets(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.osm", WHOLE.encode()),
        ("a.osm.bz2", bz2.compress(WHOLE.encode())),
        # numbers that an editor gives to what is not uploaded yet; far apart, and unsorted
        ("a.osm", osm_xml({-7: at(0, 0), 3: at(50, 0)}, [([3, -7], STREET)]).encode()),
        ("a.osm", osm_xml({2**62: at(0, 0), 1: at(50, 0)}, [([1, 2**62], STREET)]).encode()),
        # a node that the extract lacks, in the middle of a way
        ("a.osm", osm_xml({**TWO, 3: at(200, 0)}, [([1, 2, 99, 3], STREET)]).encode()),
        ("a.osm", osm_xml({1: at(0, 0), 2: at(0, 0)}, [([1, 2], STREET)]).encode()),
        ("a.osm", osm_xml({1: LonLat(-180, 0), 2: LonLat(180, 0)}, [([1, 2], STREET)]).encode()),
        ("a.osm", osm_xml({1: LonLat(0, 90), 2: LonLat(90, 90)}, [([1, 2], STREET)]).encode()),
    ],
)
def test_what_is_odd_but_whole_is_built(tmp_path: Path, name: str, content: bytes) -> None:
    assert refusal(tmp_path, name, content) is None


def test_a_missing_node_breaks_the_way_and_joins_nothing(tmp_path: Path) -> None:
    nodes = {1: at(0, 0), 2: at(100, 0), 4: at(300, 0), 5: at(400, 0)}
    network = town(tmp_path, nodes, [([1, 2, 99, 4, 5], STREET)])
    for profile in STREET_PROFILES:
        assert network.graphs[profile].edge_m.sum() == pytest.approx(200, rel=2e-3)


@pytest.mark.parametrize("name", ["monaco.osm.pbf", "shanghai.osm"])
def test_a_file_cut_short_is_refused(shared_data: Path, tmp_path: Path, name: str) -> None:
    """Cut anywhere; a pbf cut exactly between two of its blocks cannot be told from a whole one."""
    content = (shared_data / "networks" / name).read_bytes()
    ends = block_ends(content) if name.endswith("pbf") else set()

    @quick
    @given(st.integers(0, len(content) - 12))
    @example(0)
    @example(1)
    def cut(length: int) -> None:
        error = refusal(tmp_path, name, content[:length])
        assert error is not None or length in ends

    cut()
    # between blocks too nothing crashes: it is refused, or it is a network of less
    for length in ends:
        refusal(tmp_path, name, content[:length])


def block_ends(content: bytes) -> set[int]:
    """Where the blocks of a pbf end: four bytes of length, a header that tells the data's size."""
    found, place = {0}, 0
    while place < len(content):
        (size,) = struct.unpack_from(">I", content, place)
        header = content[place + 4 : place + 4 + size]
        # the last field of a BlobHeader is `datasize`, a varint of number 3
        at_field = header.rindex(b"\x18")
        data = sum((byte & 127) << 7 * n for n, byte in enumerate(header[at_field + 1 :]))
        place += 4 + size + data
        found.add(place)
    return found - {len(content)}


@quick
@given(st.binary(max_size=300), st.sampled_from(["a.osm", "a.osm.pbf", "a.osm.bz2"]))
def test_noise_never_crashes(tmp_path: Path, content: bytes, name: str) -> None:
    assert refusal(tmp_path, name, content) is not None


@quick
@given(st.data())
def test_flipped_bytes_never_crash(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(WHOLE.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    refusal(tmp_path, "a.osm", bytes(content))


@quick
@given(st.data())
def test_a_damaged_network_is_refused(tmp_path: Path, data: st.DataObject) -> None:
    """One flipped bit, or an end cut off: never half read."""
    path = tmp_path / "town.network"
    if not path.exists():
        two_banks(tmp_path)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del content[place:]
    damaged = tmp_path / "damaged.network"
    damaged.write_bytes(content)
    with pytest.raises(NetworkFileError):
        StreetNetwork.open(damaged)


def test_a_network_of_another_format_says_what_to_do(tmp_path: Path) -> None:
    two_banks(tmp_path)
    path = tmp_path / "town.network"
    content = bytearray(path.read_bytes())
    magic, version, length, digest = PREFIX.unpack_from(content)
    PREFIX.pack_into(content, 0, magic, version + 1, length, digest)
    path.write_bytes(content)
    with pytest.raises(NetworkFileError, match=f"format {FORMAT_VERSION + 1}.*build again"):
        StreetNetwork.open(path)
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(NetworkFileError, match="no street network of Nuanyi"):
        StreetNetwork.open(path)
    for begun in (b"", b"NUANYIST"):
        path.write_bytes(begun)
        with pytest.raises(NetworkFileError, match="damaged"):
            StreetNetwork.open(path)
    path.unlink()
    with pytest.raises(NetworkFileError, match="no street network yet"):
        StreetNetwork.open(path)


def test_whoever_has_the_old_file_open_keeps_it(tmp_path: Path) -> None:
    network = two_banks(tmp_path)
    path = tmp_path / "town.network"
    other = tmp_path / "other"
    other.mkdir()
    town(other, TWO, [([1, 2], STREET)])
    (other / "town.network").replace(path)
    assert StreetNetwork.open(path).id != network.id
    assert network.snap(*at(0, 10), STREET_PROFILES[0]).is_near.all()
