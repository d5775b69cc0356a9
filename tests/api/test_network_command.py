"""`nuanyi network build`: reports, refusals with sentences, and an old network that stays."""

import os
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from geo.network import StreetNetwork
from geo.profiles import Profile
from stations.errors import FileRefusedError
from stations.settings import Settings
from stations.street_networks import build_network, load_network, network_path
from tests.command_line import Nuanyi
from tests.factories import add_areas
from tests.geo.towns import at, osm_xml

STREET = {"highway": "residential"}
NOWHERE = URL.create("postgresql+psycopg", host="127.0.0.1", port=1, database="none")
NODES = {1: at(-1000, 0), 2: at(-10, 0), 3: at(10, 0), 4: at(1000, 0), 5: at(1000, 1000)}
TOWN = osm_xml(
    NODES,
    [([1, 2, 3, 4], STREET), ([4, 5], {"highway": "steps"}), ([1, 5], {"highway": "motorway"})],
)


@pytest.fixture
def nuanyi(tmp_path: Path) -> Nuanyi:
    """The command where there is no database at all."""
    return Nuanyi(NOWHERE, tmp_path)


def network_file(nuanyi: Nuanyi) -> Path:
    return Path(nuanyi.environment["NUANYI_DATA_DIR"]) / "network" / "streets.network"


def test_build_needs_no_database_and_reports_the_same_bytes(nuanyi: Nuanyi) -> None:
    file = nuanyi.file("town.osm", TOWN)
    done = nuanyi.run("network", "build", file)
    assert done.returncode == 0, done.stderr.decode()
    network = StreetNetwork.open(network_file(nuanyi))
    assert done.stdout.decode().splitlines() == [
        f"network: {network.id}",
        "source: © OpenStreetMap contributors, ODbL 1.0",
        "map data of: unknown",
        "walking:",
        "  nodes: 3",
        "  edges: 2",
        "  km: 3.0",
        "  km of steps: 1.0",
        "  connected parts: 1",
        "  km in the large ones: 0.0",
        "e-bike:",
        "  nodes: 2",
        "  edges: 1",
        "  km: 2.0",
        "  km of steps: 0.0",
        "  connected parts: 1",
        "  km in the large ones: 0.0",
        "ways left out:",
        "  motorways: 1",
        "km of shores and rivers: 0.0",
        "nodes that the file lacks: 0",
        "pieces outside the area: 0",
    ]
    assert "Reading streets" in done.stderr.decode()
    again = nuanyi.run("network", "build", file)
    assert again.stdout == done.stdout
    zh = nuanyi.run("network", "build", file, NUANYI_LANG="zh").stdout.decode()
    assert f"路网编号：{network.id}" in zh
    assert "高速公路：1" in zh
    assert [each.name for each in network_file(nuanyi).parent.iterdir()] == ["streets.network"]


REFUSED: list[tuple[str, str | None, str, str]] = [
    ("none.osm.pbf", None, "FILE: there is no such file", "没有这个文件"),
    ("a.zip", "PK", "FILE: an .osm.pbf, .osm or .osm.bz2 file", "应为 .osm.pbf"),
    ("cut.osm", TOWN[: len(TOWN) // 2], "not a whole OpenStreetMap file", "不是完整的"),
    ("a.osm.pbf", "not a pbf", "not a whole OpenStreetMap file", "不是完整的"),
    ("empty.osm", osm_xml(NODES, []), "the file has no street", "文件里没有街道"),
]


def test_what_cannot_be_used_leaves_the_old_network(nuanyi: Nuanyi) -> None:
    assert nuanyi.run("network", "build", nuanyi.file("town.osm", TOWN)).returncode == 0
    before = network_file(nuanyi).read_bytes()
    for number, (name, content, en, zh) in enumerate(REFUSED):
        path = nuanyi.folder / name if content is None else nuanyi.file(name, content)
        lang, sentence = ("zh", zh) if number % 2 else ("en", en)
        done = nuanyi.run("network", "build", path, NUANYI_LANG=lang)
        assert done.returncode == 2
        assert done.stdout == b""
        assert sentence in done.stderr.decode()
        assert "Traceback" not in done.stderr.decode()
    assert network_file(nuanyi).read_bytes() == before


@pytest.mark.parametrize(("name", "content", "en", "zh"), REFUSED)
def test_a_refusal_is_a_sentence_in_both_languages(
    tmp_path: Path, name: str, content: str | None, en: str, zh: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(FileRefusedError) as refused:
        build_network(file, tmp_path / "network" / "streets.network")
    assert en in refused.value.sentence("en")
    assert zh in refused.value.sentence("zh")


def test_where_nothing_can_be_written_a_sentence_says_so(nuanyi: Nuanyi) -> None:
    file = nuanyi.file("town.osm", TOWN)
    nuanyi.file("data", "a file where the data directory should be")
    done = nuanyi.run("network", "build", file)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines()[-1].startswith("NUANYI_DATA_DIR: ")


def test_an_area_clips_the_network(database: URL, engine: Engine, tmp_path: Path) -> None:
    with Session(engine) as session:
        add_areas(session)
        session.commit()
    nuanyi = Nuanyi(database, tmp_path)
    file = nuanyi.file("town.osm", TOWN)
    done = nuanyi.run("network", "build", file, "--area", "330203")  # west of 121.55
    assert done.returncode == 0, done.stderr.decode()
    lines = done.stdout.decode().splitlines()
    assert lines[-1] == "pieces outside the area: 2"
    network = StreetNetwork.open(network_file(nuanyi))
    assert network.graphs[Profile.WALK].edge_m.sum() == pytest.approx(1010, rel=2e-3)
    before = network_file(nuanyi).read_bytes()

    away = {number: at(east, 300_000) for number, east in ((1, 0), (2, 100))}
    elsewhere = nuanyi.file("away.osm", osm_xml(away, [([1, 2], STREET)]))
    for arguments, sentence in (
        ((elsewhere, "--area", "330203"), "there is no street in the area"),
        ((file, "--area", "999999"), "there is no area “999999”"),
        ((file, "--area", "330203001"), "has no boundary"),
    ):
        done = nuanyi.run("network", "build", *arguments)
        assert done.returncode == 2
        assert sentence in done.stderr.decode()
    assert network_file(nuanyi).read_bytes() == before


def test_a_server_goes_on_without_a_network_that_it_cannot_read(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    told: list[str] = []
    assert load_network(settings, told.append) is None
    assert told == []
    file = tmp_path / "town.osm"
    file.write_text(TOWN, encoding="utf-8")
    report = build_network(file, network_path(settings))
    network = load_network(settings, told.append)
    assert network is not None
    assert network.id == report.id
    content = bytearray(network_path(settings).read_bytes())
    content[-70] ^= 1
    network_path(settings).write_bytes(content)
    assert load_network(settings, told.append) is None
    assert len(told) == 1
    assert "damaged" in told[0]
    assert "已损坏" in told[0]


def test_a_failed_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path)
    file = tmp_path / "town.osm"
    file.write_text(TOWN, encoding="utf-8")
    build_network(file, network_path(settings))
    before = network_path(settings).read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        build_network(file, network_path(settings))
    assert network_path(settings).read_bytes() == before
    assert [each.name for each in network_path(settings).parent.iterdir()] == ["streets.network"]
